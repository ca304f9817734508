namespace SmartCity.Cloud.Server.Ingest;

/// <summary>The gRPC boundary's settings.</summary>
public sealed record IngestOptions
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud:Ingest";

    /// <summary>Address to listen on. Default loopback.</summary>
    public string Address { get; set; } = "127.0.0.1";
    /// <summary>Port, 0 for any free one. Default 8443.</summary>
    public int Port { get; set; } = 8443;
    /// <summary>The server's certificate, PEM.</summary>
    public string? Certificate { get; set; }
    /// <summary>Its private key, PEM.</summary>
    public string? Key { get; set; }
    /// <summary>The authority that signs the gateways' certificates, PEM; nothing else is trusted.</summary>
    public string? Authority { get; set; }
    /// <summary>City name that gateway certificates must carry; null accepts any that the authority signed.</summary>
    public string? City { get; set; }
    /// <summary>Bytes of columns that one gateway may have on the way. Default 4 MiB.</summary>
    public int WindowBytes { get; set; } = 4 << 20;
    /// <summary>How long a stream may be open without its Hello. Default 15 s.</summary>
    public TimeSpan HelloWithin { get; set; } = TimeSpan.FromSeconds(15);
}
