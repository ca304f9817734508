namespace SmartCity.Faults;

/// <summary>Shares the rows out among days, so that each day runs some of them and some days run them all.</summary>
internal static class Rotation
{
    /// <summary>The rows of a day. Left out are those that try every instant, those known not to hold, and those too long for any day.</summary>
    /// <param name="rows">Every row.</param>
    /// <param name="day">Number of the day.</param>
    /// <param name="seconds">Seconds that the rows of a day may take together.</param>
    public static IReadOnlyList<FaultRow> Of(IReadOnlyList<FaultRow> rows, int day, int seconds)
    {
        var days = new List<List<FaultRow>>();
        foreach (var row in rows.Where(row => !row.IsExhaustive && row.Open is null && row.Seconds <= seconds))
        {
            // The first day that has room for it; a new one where none has.
            var fits = days.Find(one => one.Sum(other => other.Seconds) + row.Seconds <= seconds);
            if (fits is null) days.Add(fits = []);
            fits.Add(row);
        }
        return days.Count == 0 ? [] : days[(day % days.Count + days.Count) % days.Count];
    }
}
