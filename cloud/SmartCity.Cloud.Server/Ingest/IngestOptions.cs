using System.ComponentModel.DataAnnotations;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>The gRPC boundary's settings.</summary>
public sealed record IngestOptions : IValidatableObject
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud:Ingest";

    /// <summary>Address to listen on. Default loopback; <c>*</c> is every one of the machine.</summary>
    public string Address { get; set; } = "127.0.0.1";
    /// <summary>Port, 0 for any free one. Default 8443.</summary>
    public int Port { get; set; } = 8443;
    /// <summary>The server's certificate, PEM.</summary>
    [Required, ExistingFile] public string? Certificate { get; set; }
    /// <summary>Its private key, PEM, readable by its owner alone.</summary>
    [Required, ExistingFile(Private = true)] public string? Key { get; set; }
    /// <summary>The authority that signs the gateways' certificates, PEM; nothing else is trusted.</summary>
    [Required, ExistingFile] public string? Authority { get; set; }
    /// <summary>City name that gateway certificates must carry; null accepts any that the authority signed.</summary>
    public string? City { get; set; }
    /// <summary>Bytes of columns that one gateway may have on the way, 64 KiB to 1 GiB. Default 4 MiB.</summary>
    [Range(64 << 10, 1 << 30, ErrorMessage = "64KiB to 1GiB are needed.")] public int WindowBytes { get; set; } = 4 << 20;
    /// <summary>How long a stream may be open without its Hello, 1 s to 5 min. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00", ErrorMessage = "1s to 5m are needed.")] public TimeSpan HelloWithin { get; set; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Surface.TryAddress(Address) is null) yield return new ValidationResult(Surface.AddressNeeded(Address), [nameof(Address)]);
        foreach (var wrong in CertificatePair.Validate(Certificate, Key)) yield return wrong;
        if (CertificatePair.WrongAuthority(Authority) is { } why) yield return new ValidationResult(why, [nameof(Authority)]);
    }
}
