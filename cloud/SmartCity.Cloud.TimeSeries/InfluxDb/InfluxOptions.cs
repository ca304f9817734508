using System.ComponentModel.DataAnnotations;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>InfluxDB 1.x, 2.x or 3.x as the store of readings. Which one it is, the store finds out.</summary>
public sealed record InfluxOptions
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud:Influx";

    /// <summary>Address of its HTTP API. Default <c>http://127.0.0.1:8086</c>.</summary>
    public Uri Address { get; init; } = new("http://127.0.0.1:8086");

    /// <summary>Database, made at need (1.x, 3.x); on 2.x the one that <see cref="Bucket"/> is mapped to. Default <c>smartcity</c>.</summary>
    [Required] public string Database { get; init; } = "smartcity";

    /// <summary>User (1.x with authentication).</summary>
    public string? User { get; init; }

    /// <summary>Password of the user.</summary>
    public string? Password { get; init; }

    /// <summary>Token (2.x, 3.x).</summary>
    public string? Token { get; init; }

    /// <summary>Organisation (2.x).</summary>
    public string? Org { get; init; }

    /// <summary>Bucket (2.x). Default: the database's name.</summary>
    public string? Bucket { get; init; }

    /// <summary>Longest an answer is waited for. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Readings of one request, 1 to 50,000. Default 10,000: about 1 MB before gzip.</summary>
    [Range(1, 50_000)] public int LinesMax { get; init; } = 10_000;

    /// <summary>Folder of the index of what was stored. Default: <c>influx-index</c> in the server's data folder.</summary>
    public string Folder { get; init; } = "";
}
