using System.ComponentModel.DataAnnotations;
using System.Net;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>The city's authority and the enrolment of gateways. The city's name is <c>Cloud:Ingest:City</c>.</summary>
public sealed record FleetOptions : IValidatableObject
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Cloud:Fleet";
    /// <summary>City of an authority that is made where settings name none.</summary>
    public const string CityUsual = "smartcity";

    /// <summary>File with the passphrase of the authority's keys, 12 characters or more, readable by its owner alone. Default: systemd's credential <c>smartcity-authority-passphrase</c>, else one that the first start makes beside the keys.</summary>
    [ExistingFile(Private = true)] public string? PassphraseFile { get; set; }
    /// <summary>DNS names and IP addresses by which gateways and browsers reach this server, for its certificate. localhost, this machine's name and that of <c>Cloud:Access:PublicOrigin</c> are always among them.</summary>
    public IReadOnlyList<string> Names { get; set; } = [];
    /// <summary>How long a gateway's certificate holds, 1 min to 90 d. Default 30 d; gateways renew from half of it on.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00", ErrorMessage = "1m to 90d are needed.")] public TimeSpan CertificateLife { get; set; } = TimeSpan.FromDays(30);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var name in Names)
            if (!IPAddress.TryParse(name, out _) && Uri.CheckHostName(name) != UriHostNameType.Dns) yield return new ValidationResult($"\"{name}\" is no DNS name and no IP address; e.g. city.example or 192.0.2.7.", [nameof(Names)]);
    }
}
