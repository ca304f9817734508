using System.ComponentModel.DataAnnotations;

namespace SmartCity.Cloud.TimeSeries.VictoriaMetrics;

/// <summary>VictoriaMetrics, single node, as the store of readings. It must run with <c>-dedup.minScrapeInterval=1ms</c>.</summary>
public sealed record VictoriaOptions
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud:Victoria";

    /// <summary>Address of its HTTP API. Default <c>http://127.0.0.1:8428</c>.</summary>
    public Uri Address { get; init; } = new("http://127.0.0.1:8428");

    /// <summary>User, where it or what stands before it asks for one.</summary>
    public string? User { get; init; }

    /// <summary>Password of the user.</summary>
    public string? Password { get; init; }

    /// <summary>Bearer token, where what stands before it asks for one.</summary>
    public string? Token { get; init; }

    /// <summary>Key of its snapshots (<c>-snapshotAuthKey</c>), by which writes are brought to its disk.</summary>
    public string? SnapshotSecret { get; init; }

    /// <summary>Longest an answer is waited for. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Fewer readings than this wait until a second has passed since the last ones were brought to the disk, 0 to 50,000. Default 5,000: bringing them there takes some 20 ms, whatever they are.</summary>
    [Range(0, 50_000)] public int FlushAtOnce { get; init; } = 5_000;

    /// <summary>Folder of the index of what was stored, and of what VictoriaMetrics cannot hold. Default: <c>victoria-index</c> in the server's data folder.</summary>
    public string Folder { get; init; } = "";
}
