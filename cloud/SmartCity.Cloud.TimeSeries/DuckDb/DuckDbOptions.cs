using System.ComponentModel.DataAnnotations;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>The embedded store of readings.</summary>
public sealed record DuckDbOptions
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud:DuckDb";

    /// <summary>Folder of the database and of the sealed Parquet files. Default: <c>readings</c> in the server's data folder.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Readings in the hot table from which on it is sealed, 10,000 to 50,000,000. Default 2,500,000: a query scans what is hot, about 5 ms a million readings; decision 6 asks for 30 ms in all.</summary>
    [Range(10_000, 50_000_000)] public int SealRows { get; init; } = 2_500_000;

    /// <summary>Longest a hot table is filled before it is sealed. Default one hour.</summary>
    public TimeSpan SealAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Memory of the engine, MiB, 64 to 65,536; more spills into the folder. Default 200.</summary>
    [Range(64, 65_536)] public int MemoryMegabytes { get; init; } = 200;

    /// <summary>Queries that run at once, 1 to 64; further ones wait. Default 4.</summary>
    [Range(1, 64)] public int QueriesMax { get; init; } = 4;

    /// <summary>IANA zone of the city, whose hours and days are rolled up. Default <c>Asia/Tehran</c>.</summary>
    public string CityZone { get; init; } = "Asia/Tehran";
}
