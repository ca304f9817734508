using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Finds vehicles that were at two toll points faster than any vehicle drives: a cloned plate, a tag on two vehicles, a wrong clock. Pure.</summary>
public static class ImpossibleTravel
{
    /// <summary>Looks through passages of several toll points, in any order; those known to be duplicates are left out.</summary>
    /// <param name="passages">The passages.</param>
    /// <param name="metres">Length of the shortest way between two toll points, m; null where it is not known.</param>
    /// <param name="options">The greatest speed.</param>
    /// <returns>Two findings a pair, one each passage, by time and passage.</returns>
    public static IReadOnlyList<Finding> Find(IEnumerable<Passage> passages, Func<string, string, double?> metres, CorrelationOptions options)
    {
        var sorted = passages.Where(passage => passage.Vehicle is not null && passage.State != PassageState.Duplicate && passage.Clock != ClockVerdict.Suspect).ToArray();
        Array.Sort(sorted, (a, b) =>
        {
            var order = string.CompareOrdinal(a.Vehicle, b.Vehicle);
            if (order == 0) order = a.Time.CompareTo(b.Time);
            return order != 0 ? order : string.CompareOrdinal(a.Id, b.Id);
        });
        var findings = new List<Finding>();
        for (var i = 1; i < sorted.Length; i++)
        {
            var (from, to) = (sorted[i - 1], sorted[i]);
            if (from.Vehicle != to.Vehicle || from.TollPoint == to.TollPoint || metres(from.TollPoint, to.TollPoint) is not { } distance) continue;
            var seconds = (to.Time - from.Time) / 1e6;
            if (distance <= options.SpeedMaxKmh / 3.6 * seconds) continue;
            findings.Add(new Finding(FindingKind.ImpossibleTravel, from.TollPoint, from.Time, from.Anchor, from.Id, $"then at {to.TollPoint}, passage {to.Id}"));
            findings.Add(new Finding(FindingKind.ImpossibleTravel, to.TollPoint, to.Time, to.Anchor, to.Id, $"before at {from.TollPoint}, passage {from.Id}"));
        }
        findings.Sort((a, b) =>
        {
            var order = a.Time.CompareTo(b.Time);
            if (order == 0) order = string.CompareOrdinal(a.Passage, b.Passage);
            return order != 0 ? order : string.CompareOrdinal(a.Detail, b.Detail);
        });
        return findings;
    }

    /// <summary>Whether <see cref="Find"/> may find something: some two of a vehicle's sightings are too close, whatever lies between them.</summary>
    /// <param name="ways">Toll point and time of each, in order of time.</param>
    /// <param name="metres">See <see cref="Find"/>.</param>
    /// <param name="options">The greatest speed.</param>
    public static bool MayBe(IReadOnlyList<(string Point, long Time)> ways, Func<string, string, double?> metres, CorrelationOptions options)
    {
        ArgumentNullException.ThrowIfNull(ways);
        for (var i = 0; i < ways.Count; i++)
            for (var j = i + 1; j < ways.Count && ways[j].Time - ways[i].Time < UnixMicros.PerDay; j++)
                if (ways[i].Point != ways[j].Point && metres(ways[i].Point, ways[j].Point) is { } distance && distance > options.SpeedMaxKmh / 3.6 * ((ways[j].Time - ways[i].Time) / 1e6)) return true;
        return false;
    }
}
