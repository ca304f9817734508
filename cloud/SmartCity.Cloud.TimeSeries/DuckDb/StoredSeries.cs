using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>What the store knows of a series without looking: its name, and its newest reading.</summary>
internal sealed class StoredSeries(int id, SeriesEntry entry)
{
    public int Id { get; } = id;
    public SeriesEntry Entry { get; } = entry;

    /// <summary>Greatest event time appended, µs; <see cref="long.MinValue"/> before the first. Only a reading at or before it can replace another.</summary>
    public long NewestTime { get; set; } = long.MinValue;

    /// <summary>Whether the log's catalogue has been found to mean the same by this number.</summary>
    public bool Checked { get; set; }

    /// <summary>The newest reading as queries see it; replaced whole after each commit.</summary>
    public Newest? Last { get; set; }

    /// <summary>Where the newest reading of the append in progress lies; -1 where it brought none.</summary>
    public int PendingBatch { get; set; } = -1;
    public int PendingIndex { get; set; }

    public SeriesStatus Status => Last is { } last
        ? new SeriesStatus(Entry.Key, Entry.Kind, last.Time, last.Value, last.Quality)
        : new SeriesStatus(Entry.Key, Entry.Kind, null, null, ReadingQuality.Good);

    internal sealed record Newest(long Time, ReadingValue Value, ReadingQuality Quality);
}
