using System.Globalization;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>A table that readings are appended to. Its bounds only grow, and are read without a lock.</summary>
internal sealed class HotTable(long number)
{
    private long _minTime = long.MaxValue;
    private long _maxTime = long.MinValue;

    public long Number { get; } = number;
    public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"hot_{number}");
    public long Rows { get; set; }
    /// <summary>When its first reading was appended; a hot table is sealed some time after.</summary>
    public long Began { get; set; }
    public long MinTime { get => Volatile.Read(ref _minTime); set => Volatile.Write(ref _minTime, value); }
    public long MaxTime { get => Volatile.Read(ref _maxTime); set => Volatile.Write(ref _maxTime, value); }
    /// <summary>Whether any reading in it replaces another, in it or in an older place.</summary>
    public volatile bool Supersedes;
}

/// <summary>A sealed file: whole UTC days of a range of series, sorted by series, then time, each reading once.</summary>
/// <param name="Number">Names the file; never given out again.</param>
/// <param name="Merged">Whether it was made of other files; those that are, do not share days and series with each other.</param>
/// <param name="FirstDay">First UTC day since 1970.</param>
/// <param name="LastDay">Last UTC day.</param>
/// <param name="MinTime">Least event time, µs.</param>
/// <param name="MaxTime">Greatest event time, µs.</param>
/// <param name="MinSeries">Least series number.</param>
/// <param name="MaxSeries">Greatest series number.</param>
/// <param name="Rows">Readings.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Supersedes">Whether readings in it may replace others in files sealed before.</param>
internal sealed record SealedFile(
    long Number, bool Merged, long FirstDay, long LastDay, long MinTime, long MaxTime, int MinSeries, int MaxSeries, long Rows, long Bytes, bool Supersedes)
{
    public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"readings-{Number:D8}.parquet");

    public bool Overlaps(SealedFile other) => FirstDay <= other.LastDay && other.FirstDay <= LastDay && MinSeries <= other.MaxSeries && other.MinSeries <= MaxSeries;
}

/// <summary>
/// Where the readings lie at one moment. Queries hold a lease while they read; tables and files that a later moment no longer has
/// are removed when the last lease on any earlier moment has ended.
/// </summary>
internal sealed class ReadingSources(string folder, IReadOnlyList<HotTable> hot, IReadOnlyList<SealedFile> files)
{
    public IReadOnlyList<HotTable> Hot { get; } = hot;
    public IReadOnlyList<SealedFile> Files { get; } = files;

    /// <summary>Leases held; guarded by the store's lock on sources.</summary>
    public int Leases { get; set; }

    /// <summary>SQL of the readings of some series in a range, replaced ones left out, with the columns of <see cref="StoreSchema.Columns"/>; null where there is nothing to read.</summary>
    public string? Select(IReadOnlyList<int> series, long from, long to) => Select(
        Filter(series), file => series.Any(id => id >= file.MinSeries && id <= file.MaxSeries), from, to);

    /// <summary>The same of a range of series; replaced ones may stay in where they do not matter.</summary>
    public string? Select(int least, int greatest, long from, long to, bool withReplaced = false) => Select(
        string.Create(CultureInfo.InvariantCulture, $"series BETWEEN {least} AND {greatest}"), file => file.MinSeries <= greatest && file.MaxSeries >= least, from, to, withReplaced);

    /// <summary>Condition on the series.</summary>
    public static string Filter(IReadOnlyList<int> series) => series.Count == 1 ? $"series = {series[0]}" : $"series IN ({string.Join(',', series)})";

    private string? Select(string filter, Func<SealedFile, bool> holdsSome, long from, long to, bool withReplaced = false)
    {
        var parts = new List<string>();
        var supersedes = false;
        foreach (var table in Hot)
        {
            if (table.MinTime >= to || table.MaxTime < from) continue;
            supersedes |= table.Supersedes;
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"SELECT {StoreSchema.Columns} FROM {table.Name} WHERE {filter} AND time >= {from} AND time < {to}"));
        }
        var files = Files.Where(file => file.MinTime < to && file.MaxTime >= from && holdsSome(file)).ToList();
        if (files.Count > 0)
        {
            supersedes |= files.Any(file => file.Supersedes);
            parts.Add(Unpack(files, string.Create(CultureInfo.InvariantCulture,
                $"{filter} AND second >= {FloorSecond(from)} AND second <= {FloorSecond(to)} AND {StoreSchema.Time} >= {from} AND {StoreSchema.Time} < {to}")));
        }
        if (parts.Count == 0) return null;
        var all = string.Join(" UNION ALL ", parts);
        return supersedes && !withReplaced ? Newest(all) : all;
    }

    /// <summary>The least event time at or after <paramref name="from"/> that a source may hold; null where none does.</summary>
    public long? NextTime(long from)
    {
        var sources = Hot.Select(table => (table.MinTime, table.MaxTime)).Concat(Files.Select(file => (file.MinTime, file.MaxTime))).Where(source => source.MinTime <= source.MaxTime && source.MaxTime >= from).ToList();
        return sources.Count == 0 ? null : Math.Max(from, sources.Min(source => source.MinTime));
    }

    /// <summary>Cuts a range where a source begins, so that what is sorted at once holds about <paramref name="rows"/> readings of all series.</summary>
    public IEnumerable<(long From, long To)> Windows(int series, long from, long to, long rows)
    {
        var sources = Hot.Where(table => table.MinTime < to && table.MaxTime >= from).Select(table => (table.MinTime, table.Rows))
            .Concat(Files.Where(file => file.MinTime < to && file.MaxTime >= from && series >= file.MinSeries && series <= file.MaxSeries).Select(file => (file.MinTime, file.Rows)));
        var gathered = 0L;
        foreach (var source in sources.OrderBy(source => source.MinTime))
        {
            if (gathered >= rows && source.MinTime > from)
            {
                yield return (from, source.MinTime);
                (from, gathered) = (source.MinTime, 0);
            }
            gathered += source.Rows;
        }
        yield return (from, to);
    }

    /// <summary>SQL of what sealed files hold.</summary>
    public string Unpack(IEnumerable<SealedFile> files, string where) => StoreSchema.Unpack(string.Join(',', files.Select(file => $"'{StoreSchema.Quote(PathOf(file))}'")), where);

    /// <summary>SQL of sealed files as they are written.</summary>
    public string Raw(IEnumerable<SealedFile> files) => $"SELECT series, second FROM read_parquet([{string.Join(',', files.Select(file => $"'{StoreSchema.Quote(PathOf(file))}'"))}])";

    public string PathOf(SealedFile file) => Path.Combine(folder, file.Name);

    /// <summary>SQL that keeps of each series and time the reading with the highest log offset.</summary>
    public static string Newest(string relation) => $"SELECT * FROM ({relation}) QUALIFY row_number() OVER (PARTITION BY series, time ORDER BY log_offset DESC) = 1";

    public static long FloorSecond(long micros) => micros >= 0 ? micros / UnixMicros.PerSecond : -((-micros + UnixMicros.PerSecond - 1) / UnixMicros.PerSecond);

    public static long DayOf(long micros) => micros >= 0 ? micros / UnixMicros.PerDay : -((-micros + UnixMicros.PerDay - 1) / UnixMicros.PerDay);
}
