namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>Decides which sealed files to make into fewer. Pure.</summary>
/// <remarks>
/// Files that share days and series belong together. While their days go on, files are merged when the fresh ones have grown to a quarter of
/// the merged ones, so that a reading is rewritten about five times at most; when the days are over, as soon as it is worth it.
/// Neighbours that are small are joined too, so that a year of a small city is a few files.
/// </remarks>
internal static class SealedFilePlan
{
    /// <summary>A file of fewer readings is small: about 2 MB.</summary>
    public const long SmallRows = 1_000_000;

    /// <summary>Readings of one sort while merging, about 600 MB of plain rows, of which the engine spills what does not fit.</summary>
    public const long SortRows = 10_000_000;

    private const int FreshMin = 4;
    private const int FreshMax = 16;

    /// <summary>The next files to merge into one set; null where all is well.</summary>
    /// <param name="files">All sealed files.</param>
    /// <param name="today">The UTC day that goes on.</param>
    public static IReadOnlyList<SealedFile>? ToMerge(IReadOnlyList<SealedFile> files, long today)
    {
        var small = new List<SealedFile>();
        foreach (var group in Groups(files))
        {
            var isOver = group.Max(file => file.LastDay) < today;
            if (group.Count > 1 && IsWorthIt(group, isOver)) return group;
            if (isOver && group.Count == 1 && small.Sum(file => file.Rows) + group[0].Rows <= SmallRows)
            {
                small.Add(group[0]);
                continue;
            }
            if (small.Count > 1) return small;
            small = isOver && group.Count == 1 && group[0].Rows <= SmallRows ? [group[0]] : [];
        }
        return small.Count > 1 ? small : null;
    }

    private static bool IsWorthIt(List<SealedFile> group, bool isOver)
    {
        var fresh = group.Where(file => !file.Merged).ToList();
        if (fresh.Count == 0) return false;
        var (freshRows, mergedRows) = (fresh.Sum(file => file.Rows), group.Where(file => file.Merged).Sum(file => file.Rows));
        if (isOver) return freshRows * 8 >= mergedRows || fresh.Count >= FreshMin;
        return (fresh.Count >= FreshMin && freshRows * 4 >= mergedRows) || fresh.Count >= FreshMax;
    }

    /// <summary>Files that overlap, directly or through others, in order of their first day.</summary>
    private static List<List<SealedFile>> Groups(IReadOnlyList<SealedFile> files)
    {
        var groups = new List<List<SealedFile>>();
        foreach (var file in files.OrderBy(file => file.FirstDay).ThenBy(file => file.MinSeries))
        {
            var touched = groups.Where(group => group.Any(file.Overlaps)).ToList();
            foreach (var group in touched) groups.Remove(group);
            groups.Add([.. touched.SelectMany(group => group), file]);
        }
        return groups;
    }
}
