using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Cloud.TimeSeries.InfluxDb;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>The server's settings, section <c>Cloud</c>.</summary>
public sealed record ServerOptions
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud";

    /// <summary>Folder of all data. Default <c>./data/cloud</c>.</summary>
    public string Data { get; set; } = Path.Combine("data", "cloud");
    /// <summary>Port of HTTP on loopback, 0 for any free one. Default 8080.</summary>
    public int HttpPort { get; set; } = 8080;
    /// <summary>Store of readings: <c>duckdb</c> (embedded, default) or <c>influx</c>.</summary>
    public string Store { get; set; } = "duckdb";
    /// <summary>The embedded store.</summary>
    public DuckDbOptions DuckDb { get; set; } = new();
    /// <summary>InfluxDB as the store.</summary>
    public InfluxOptions Influx { get; set; } = new();
    /// <summary>Most bytes of the log. Default 8 GiB.</summary>
    public long LogQuotaBytes { get; set; } = 8L << 30;
    /// <summary>The gRPC boundary.</summary>
    public IngestOptions Ingest { get; set; } = new();
    /// <summary>Live values.</summary>
    public LiveOptions Live { get; set; } = new();
}
