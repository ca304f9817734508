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
    /// <summary>The server's certificate, PEM, with those between it and its root. Default: one of the city's own authority.</summary>
    [ExistingFile] public string? Certificate { get; set; }
    /// <summary>Its private key, PEM, readable by its owner alone.</summary>
    [ExistingFile(Private = true)] public string? Key { get; set; }
    /// <summary>An authority elsewhere that signs gateways' certificates too, PEM. Default: the city's own alone.</summary>
    [ExistingFile] public string? Authority { get; set; }
    /// <summary>City name that gateway certificates must carry, 1–63 of a-z, 0-9 and -. Default <c>smartcity</c> for the city's own authority, and any for one elsewhere.</summary>
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
        if (City is not null && !SmartCity.Cloud.Fleet.Authority.CityName.IsCity(City)) yield return new ValidationResult($"\"{City}\" cannot stand in a certificate; 1–63 of a-z, 0-9 and - are needed.", [nameof(City)]);
        if (CertificatePair.WrongAuthority(Authority) is { } why) yield return new ValidationResult(why, [nameof(Authority)]);
    }
}
