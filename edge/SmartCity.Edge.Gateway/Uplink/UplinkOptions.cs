using System.ComponentModel.DataAnnotations;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>How the gateway reaches its cloud.</summary>
public sealed record UplinkOptions : IValidatableObject
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Edge:Uplink";

    /// <summary>Address of the uplink, <c>https://host:port</c>. Default: a server on this machine.</summary>
    [Required] public string Address { get; init; } = "https://localhost:8443";
    /// <summary>PEM file of the gateway's certificate; the gateway's id is its URI SAN.</summary>
    [ExistingFile] public string? Certificate { get; init; }
    /// <summary>PEM file of the certificate's private key; readable by its owner alone.</summary>
    [ExistingFile(Private = true)] public string? Key { get; init; }
    /// <summary>PEM file of the authority that signed the server's certificate; no other is trusted.</summary>
    [ExistingFile] public string? Authority { get; init; }
    /// <summary>First wait before the stream is opened again; doubles up to <see cref="BackOffMax"/>. Default 200 ms.</summary>
    public TimeSpan BackOffMin { get; init; } = TimeSpan.FromMilliseconds(200);
    /// <summary>Longest wait before the stream is opened again; 2 s in the first half minute of a loss. Default 15 s.</summary>
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromSeconds(15);
    /// <summary>Quiet time after which the link is pinged; it is given up when the answer takes as long again. Default 10 s: a dead link is found in 20 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>Time between two reports of the gateway's state. Default 1 minute.</summary>
    public TimeSpan StatusEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(Address, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps)
            yield return new ValidationResult($"\"{Address}\" is no address of an uplink; https://host:8443 is needed.", [nameof(Address)]);
        foreach (var wrong in CertificatePair.Validate(Certificate, Key)) yield return wrong;
        if (CertificatePair.WrongAuthority(Authority) is { } why) yield return new ValidationResult(why, [nameof(Authority)]);
    }
}
