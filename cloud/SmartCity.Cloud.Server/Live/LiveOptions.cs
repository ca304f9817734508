using System.ComponentModel.DataAnnotations;
using SmartCity.Cloud.Pipelines.Live;

namespace SmartCity.Cloud.Server.Live;

/// <summary>The live values that pages see.</summary>
public sealed record LiveOptions
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud:Live";

    /// <summary>Connections at once, 1 to 10,000; further ones are told to come back. Default 1,000.</summary>
    [Range(1, 10_000)] public int ConnectionsMax { get; set; } = 1_000;
    /// <summary>Batches that wait for the fan-out, 1 to 100,000; the oldest give way and are counted. Default 1,024.</summary>
    [Range(1, 100_000)] public int BatchesMax { get; set; } = 1_024;
    /// <summary>Bytes that may wait for one connection before it is behind, 64 KiB to 64 MiB: then what waits is dropped and it gets all newest values instead. Default 1 MiB.</summary>
    [Range(65_536, 67_108_864)] public int WaitingBytesMax { get; set; } = 1 << 20;
    /// <summary>Sign of life on a quiet connection, 0.1 to 60 s. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")] public TimeSpan TickInterval { get; set; } = TimeSpan.FromSeconds(1);
    /// <summary>A value is never stale earlier than this, however often its series reports, 0.1 s to 1 h. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")] public TimeSpan StaleAfterMin { get; set; } = TimeSpan.FromSeconds(15);
    /// <summary>A value is stale after this where the usual interval is not known yet, 1 s to 1 day. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan StaleAfterFirst { get; set; } = TimeSpan.FromMinutes(10);
    /// <summary>The pace of values.</summary>
    internal ConflationOptions Pace { get; init; } = new();
}
