using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.Engines;

/// <summary>What a store over an engine knows of a series without asking: its name, and its newest reading.</summary>
internal sealed class EngineSeries(int id, SeriesEntry entry)
{
    public int Id { get; } = id;
    public SeriesEntry Entry { get; } = entry;

    /// <summary>What the engine calls it, made by the store once.</summary>
    public byte[]? Prefix { get; set; }

    /// <summary>Greatest event time in the index, µs; only a reading at or before it can replace another.</summary>
    public long NewestTime { get; set; } = long.MinValue;

    /// <summary>The same with the append in progress, where <see cref="StagedIn"/> is its number.</summary>
    public long StagedTime { get; set; } = long.MinValue;
    public long StagedIn { get; set; }

    /// <summary>Whether the index has it.</summary>
    public bool IsKept { get; set; }

    /// <summary>Whether the log's catalogue has been found to mean the same by this number.</summary>
    public bool IsChecked { get; set; }

    /// <summary>The newest reading as queries see it; replaced whole after each append.</summary>
    public Newest? Last { get; set; }

    public SeriesStatus Status => Last is { } last
        ? new SeriesStatus(Entry.Key, Entry.Kind, last.Time, last.Value, last.Quality)
        : new SeriesStatus(Entry.Key, Entry.Kind, null, null, ReadingQuality.Good);

    internal sealed record Newest(long Time, ReadingValue Value, ReadingQuality Quality);
}
