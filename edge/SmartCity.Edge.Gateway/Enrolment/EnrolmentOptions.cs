using System.ComponentModel.DataAnnotations;

namespace SmartCity.Edge.Gateway.Enrolment;

/// <summary>How a gateway that has no certificate yet gets one by itself, without a person at its keyboard: for images and boxes that are prepared beforehand.</summary>
public sealed record EnrolmentOptions : IValidatableObject
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Edge:Enrolment";

    /// <summary>Address of the city's server, <c>https://host:8444</c>. Default: the one that <c>smartcity-gateway enrol</c> was given.</summary>
    public string? Cloud { get; init; }
    /// <summary>File with the enrolment code or the claim secret of the box, of its owner alone; it may come later. It is deleted when it has served. None by default.</summary>
    public string? SecretFile { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Cloud is not null && (!Uri.TryCreate(Cloud, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps)) yield return new ValidationResult($"\"{Cloud}\" is no address of a city's server; https://host:8444 is needed.", [nameof(Cloud)]);
        if (SecretFile is not null && Cloud is null) yield return new ValidationResult("Cloud must be set too: to whom the secret is shown.", [nameof(SecretFile)]);
    }
}
