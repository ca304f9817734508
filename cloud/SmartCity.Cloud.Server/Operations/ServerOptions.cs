using System.ComponentModel.DataAnnotations;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Alarms;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Cloud.TimeSeries.InfluxDb;
using SmartCity.Cloud.TimeSeries.VictoriaMetrics;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>The server's settings, section <c>Cloud</c>.</summary>
public sealed record ServerOptions : IValidatableObject
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud";
    private const int HttpsPortDefault = 8444;

    /// <summary>Folder of all data; <c>--data</c> sets it too. Default <c>./data/server</c>.</summary>
    [Required] public string Data { get; set; } = Path.Combine("data", "server");
    /// <summary>Port of HTTP on loopback, 0 for any free one. Default 8080.</summary>
    public int HttpPort { get; set; } = 8080;
    /// <summary>Port of HTTPS, 0 for any free one. Default 8444, or any free one where HTTP has any.</summary>
    public int? HttpsPort { get; set; }
    /// <summary>Address of HTTPS. Default loopback; <c>*</c> is every one of the machine.</summary>
    public string HttpsAddress { get; set; } = "127.0.0.1";
    /// <summary>Certificate of HTTPS, PEM. Default: the uplink's.</summary>
    [ExistingFile] public string? HttpsCertificate { get; set; }
    /// <summary>Its private key, PEM. Default: the uplink's.</summary>
    [ExistingFile(Private = true)] public string? HttpsKey { get; set; }
    /// <summary>Store of readings: <c>duckdb</c>, <c>influx</c> or <c>victoria</c>. Default <c>duckdb</c>.</summary>
    [AllowedValues("duckdb", "influx", "victoria", ErrorMessage = "one of duckdb, influx, victoria is needed.")] public string Store { get; set; } = "duckdb";
    /// <summary>The embedded store.</summary>
    public DuckDbOptions DuckDb { get; set; } = new();
    /// <summary>InfluxDB as the store.</summary>
    public InfluxOptions Influx { get; set; } = new();
    /// <summary>VictoriaMetrics as the store.</summary>
    public VictoriaOptions Victoria { get; set; } = new();
    /// <summary>Most bytes of the log, from 64 MiB. Default 8 GiB.</summary>
    [Range(64L << 20, long.MaxValue, ErrorMessage = "at least 64MiB are needed.")] public long LogQuotaBytes { get; set; } = 8L << 30;
    /// <summary>The gRPC boundary.</summary>
    public IngestOptions Ingest { get; set; } = new();
    /// <summary>Who may do what.</summary>
    public AccessOptions Access { get; set; } = new();
    /// <summary>Live values.</summary>
    public LiveOptions Live { get; set; } = new();

    /// <summary>The city's authority and the enrolment of gateways.</summary>
    public FleetOptions Fleet { get; set; } = new();

    /// <summary>The toll road's books.</summary>
    public TollOptions Toll { get; set; } = new();

    /// <summary>A gateway that was not heard for so long is silent, 2 s to 1 day. It sends its status once a minute. Default 90 s.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "1.00:00:00")] public TimeSpan GatewaySilentAfter { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>How people are told of alarms.</summary>
    public AlarmServerOptions Alarms { get; set; } = new();

    /// <summary>The port of HTTPS as it is listened on.</summary>
    public int HttpsPortUsed => HttpsPort ?? (HttpPort == 0 ? 0 : HttpsPortDefault);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Surface.TryAddress(HttpsAddress) is null) yield return new ValidationResult(Surface.AddressNeeded(HttpsAddress), [nameof(HttpsAddress)]);
        foreach (var wrong in CertificatePair.Validate(HttpsCertificate, HttpsKey, nameof(HttpsCertificate), nameof(HttpsKey))) yield return wrong;
    }
}
