namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Joins entries and exits of a closed system. Pure; the order of the passages is of no matter.</summary>
public static class TripMatcher
{
    /// <summary>
    /// Joins. Every entry and every exit that is no duplicate stands in exactly one trip: exits = complete + overtime + unmatched exits, entries =
    /// complete + overtime + unmatched entries + inside (identity E7).
    /// </summary>
    /// <param name="passages">Passages, also of other toll points. An entry up to <see cref="ClosedSystem.WaitMax"/> before an exit has to be among them.</param>
    /// <param name="system">The closed system.</param>
    /// <param name="asOf">Up to when passages are known, µs since 1970 UTC.</param>
    /// <returns>Trips by time of their last passage, then by id.</returns>
    /// <remarks>A vehicle that enters twice left unseen in between; the first entry stays unmatched. It does not match an exit that came before it.</remarks>
    public static IReadOnlyList<Trip> Match(IEnumerable<Passage> passages, ClosedSystem system, long asOf)
    {
        var sorted = passages.Where(passage => passage.State != PassageState.Duplicate && system.Roles.ContainsKey(passage.TollPoint)).ToArray();
        Array.Sort(sorted, (a, b) =>
        {
            var order = string.CompareOrdinal(a.Vehicle, b.Vehicle);
            if (order == 0) order = a.Time.CompareTo(b.Time);
            return order != 0 ? order : string.CompareOrdinal(a.Id, b.Id);
        });
        var wait = CorrelationWindows.Micros(system.WaitMax);
        var trips = new List<Trip>(sorted.Length);
        Passage? entry = null;
        foreach (var passage in sorted)
        {
            // Of vehicles that nobody knows no two are the same.
            if (entry is not null && (passage.Vehicle is null || entry.Vehicle != passage.Vehicle || passage.Time - entry.Time > wait)) Leave();
            if (system.Roles[passage.TollPoint] == TollPointRole.Entry)
            {
                if (entry is not null) trips.Add(new Trip(entry.Id, entry.Vehicle, entry, null, TripCompleteness.UnmatchedEntry));
                entry = passage;
            }
            else if (entry is null) trips.Add(new Trip(passage.Id, passage.Vehicle, null, passage, TripCompleteness.UnmatchedExit));
            else
            {
                var inTime = passage.Time - entry.Time <= CorrelationWindows.Micros(system.TravelTimeMax(entry.TollPoint, passage.TollPoint));
                trips.Add(new Trip(passage.Id, passage.Vehicle, entry, passage, inTime ? TripCompleteness.Complete : TripCompleteness.Overtime));
                entry = null;
            }
        }
        if (entry is not null) Leave();
        trips.Sort((a, b) =>
        {
            var order = (a.Exit ?? a.Entry)!.Time.CompareTo((b.Exit ?? b.Entry)!.Time);
            return order != 0 ? order : string.CompareOrdinal(a.Id, b.Id);
        });
        return trips;

        void Leave()
        {
            var mayCome = entry!.Vehicle is not null && asOf - entry.Time <= wait;
            trips.Add(new Trip(entry.Id, entry.Vehicle, entry, null, mayCome ? TripCompleteness.Inside : TripCompleteness.UnmatchedEntry));
            entry = null;
        }
    }
}
