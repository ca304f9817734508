namespace SmartCity.Cloud.Tolling.Plates;

/// <summary>Judges a plate read against the register. A letter is never corrected: its dots say whether a car is private, police or a taxi.</summary>
public static class PlateMatcher
{
    private static readonly string[] _digitPairs = ["23", "34", "50", "69"];
    private static readonly string[] _skeletons = ["بپتثنی", "زژ", "سش", "فق", "کگ"];
    private static readonly string[] _latinPairs = ["O0", "B8", "S5", "Z2", "1I"];

    /// <summary>Judges a read.</summary>
    /// <param name="read">The plate as read.</param>
    /// <param name="weakest">Confidence of its weakest character, 0–1; that of the whole where the camera gives no more.</param>
    /// <param name="witnesses">Independent reads that say this plate: front and rear camera, a tag whose account has it.</param>
    /// <param name="isRegistered">Whether a plate stands in the register, by its key.</param>
    /// <param name="agrees">Whether a tag or the itinerary says this plate.</param>
    /// <param name="confidenceMin">Least <paramref name="weakest"/> with which a single read is accepted.</param>
    public static PlateMatch Match(Plate read, double weakest, int witnesses, Func<string, bool> isRegistered, Func<Plate, bool> agrees, double confidenceMin)
    {
        var stands = isRegistered(read.Key);
        if (stands && (witnesses >= 2 || weakest >= confidenceMin)) return new PlateMatch(PlateOutcome.Exact, read, []);

        var near = new List<Plate>();
        var byDigit = 0;
        // The pairs look alike in Persian digits; those of other countries are for a human.
        foreach (var plate in Neighbours(read, read.Category == PlateCategory.Foreign ? [] : _digitPairs, char.IsAsciiDigit))
        {
            if (!isRegistered(plate.Key)) continue;
            near.Add(plate);
            byDigit++;
        }
        foreach (var plate in Neighbours(read, read.Category == PlateCategory.Foreign ? _latinPairs : _skeletons, _ => true))
            if (isRegistered(plate.Key) && !near.Contains(plate)) near.Add(plate);
        near.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        // Cameras of one make err alike: a plate that nobody knows next to one that is known needs more than two of them.
        if (witnesses >= 2 && near.Count == 0) return new PlateMatch(PlateOutcome.Exact, read, []);
        // What stands as read is a second hit: which of the two it was is not for us to guess.
        return !stands && near.Count == 1 && byDigit == 1 && near[0].Category == read.Category && agrees(near[0])
            ? new PlateMatch(PlateOutcome.AutoGradeB, near[0], near)
            : new PlateMatch(PlateOutcome.Review, read, near);
    }

    /// <summary>Whether two plates are the same or differ in one place by what cameras confuse, letters too. Says nothing of which it was.</summary>
    public static bool MayBeSame(Plate a, Plate b) =>
        a.Key == b.Key || DifferBy(a, b, a.Category == PlateCategory.Foreign ? [_latinPairs] : [_digitPairs, _skeletons]);

    /// <summary>Whether two Iranian plates differ in one digit that cameras confuse.</summary>
    internal static bool DifferByDigit(Plate a, Plate b) => a.Category != PlateCategory.Foreign && DifferBy(a, b, [_digitPairs]);

    private static bool DifferBy(Plate a, Plate b, string[][] confusions)
    {
        if (a.Country != b.Country || a.Canonical.Length != b.Canonical.Length) return false;
        var at = -1;
        for (var i = 0; i < a.Canonical.Length; i++)
        {
            if (a.Canonical[i] == b.Canonical[i]) continue;
            if (at >= 0) return false;
            at = i;
        }
        return at >= 0 && confusions.Any(groups => groups.Any(group => group.Contains(a.Canonical[at]) && group.Contains(b.Canonical[at])));
    }

    /// <summary>The plates that differ from <paramref name="plate"/> in one place by a confusion of <paramref name="groups"/>.</summary>
    private static IEnumerable<Plate> Neighbours(Plate plate, string[] groups, Func<char, bool> at)
    {
        for (var i = 0; i < plate.Canonical.Length; i++)
        {
            var letter = plate.Canonical[i];
            if (!at(letter)) continue;
            foreach (var group in groups)
            {
                if (!group.Contains(letter)) continue;
                foreach (var other in group)
                    if (other != letter && PlateGrammar.Parse(string.Concat(plate.Canonical.AsSpan(0, i), [other], plate.Canonical.AsSpan(i + 1)), plate.Country) is { } near)
                        yield return near;
            }
        }
    }
}
