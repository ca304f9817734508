namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>What differs between the passages that stand and those recomputed; only this is posted. Each list by id.</summary>
/// <param name="Added">New ones.</param>
/// <param name="Changed">Those that say something else now.</param>
/// <param name="Removed">Those that are no more.</param>
public sealed record PassageDiff(IReadOnlyList<Passage> Added, IReadOnlyList<PassageChange> Changed, IReadOnlyList<Passage> Removed)
{
    /// <summary>Whether nothing differs.</summary>
    public bool IsEmpty => Added.Count == 0 && Changed.Count == 0 && Removed.Count == 0;

    /// <summary>
    /// Compares. Both sides are the passages of the same toll point and the same cells, all dirty ones together: a vehicle whose time was corrected
    /// over a boundary is then one change, not one removed and one added.
    /// </summary>
    /// <exception cref="ArgumentException">An id stands twice on one side.</exception>
    public static PassageDiff Of(IEnumerable<Passage> standing, IEnumerable<Passage> recomputed)
    {
        var before = standing.ToDictionary(passage => passage.Id, StringComparer.Ordinal);
        var after = recomputed.ToDictionary(passage => passage.Id, StringComparer.Ordinal);
        return new PassageDiff(
            ById(after.Values.Where(passage => !before.ContainsKey(passage.Id))),
            [.. ById(after.Values).Where(passage => before.TryGetValue(passage.Id, out var old) && !old.Equals(passage)).Select(passage => new PassageChange(before[passage.Id], passage))],
            ById(before.Values.Where(passage => !after.ContainsKey(passage.Id))));
    }

    private static List<Passage> ById(IEnumerable<Passage> passages) => [.. passages.OrderBy(passage => passage.Id, StringComparer.Ordinal)];
}

/// <summary>A passage that says something else now.</summary>
/// <param name="Before">As it stands.</param>
/// <param name="After">As recomputed.</param>
public sealed record PassageChange(Passage Before, Passage After);
