using System.ComponentModel.DataAnnotations;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>How the gateway reaches its cloud.</summary>
public sealed record UplinkOptions : IValidatableObject
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Edge:Uplink";
    private const string AddressUsual = "https://localhost:8443";
    private string? _ofCity;

    /// <summary>Address of the uplink, <c>https://host:port</c>. Default: the one that enrolment told, else a server on this machine.</summary>
    public string? Address { get; init; }
    /// <summary>PEM file of the gateway's certificate, with those between it and its root; the gateway's id is its URI SAN. Default: the one that enrolment gave.</summary>
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

    /// <summary>Where enrolment keeps what settings do not name; null where there is no data folder.</summary>
    internal IdentityFolder? Identity { get; set; }

    /// <summary>Address that the city wants the gateway to use; null = none. What settings name stands before it.</summary>
    internal string? OfCity { get => Volatile.Read(ref _ofCity); set => Volatile.Write(ref _ofCity, value); }

    /// <summary>The files and the address as they are now: those of settings, else of enrolment, which may come or change while the gateway runs.</summary>
    internal UplinkFiles Files
    {
        get
        {
            if (Certificate is not null || Identity is not { } folder || folder.Read() is not { } identity) return new UplinkFiles(Address ?? OfCity ?? AddressUsual, Certificate, Key, Authority);
            return new UplinkFiles(Address ?? OfCity ?? identity.Uplink, folder.PathOf(identity.Certificate), folder.PathOf(identity.Key), Authority ?? folder.RootsFile);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address is not null && (!Uri.TryCreate(Address, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps))
            yield return new ValidationResult($"\"{Address}\" is no address of an uplink; https://host:8443 is needed.", [nameof(Address)]);
        foreach (var wrong in CertificatePair.Validate(Certificate, Key)) yield return wrong;
        if (CertificatePair.WrongAuthority(Authority) is { } why) yield return new ValidationResult(why, [nameof(Authority)]);
    }
}

/// <summary>Where the uplink goes and what it shows.</summary>
/// <param name="Address">Address of the uplink.</param>
/// <param name="Certificate">PEM file of the certificate; null where there is none.</param>
/// <param name="Key">PEM file of its key.</param>
/// <param name="Authority">PEM file of the roots.</param>
internal sealed record UplinkFiles(string Address, string? Certificate, string? Key, string? Authority);
