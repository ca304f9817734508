using System.ComponentModel.DataAnnotations;

namespace SmartCity.Edge.Gateway.Twins;

/// <summary>How a configuration that the city wants is tried.</summary>
public sealed record TwinOptions : IValidatableObject
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Edge:Twin";

    /// <summary>How long a new configuration is on trial: it is kept if the gateway is connected to the city, and the city answers, at the end. 5 s to 1 h. Default 2 minutes.</summary>
    public TimeSpan TrialFor { get; init; } = TimeSpan.FromMinutes(2);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TrialFor < TimeSpan.FromSeconds(5) || TrialFor > TimeSpan.FromHours(1)) yield return new ValidationResult("5 s to 1 h are needed.", [nameof(TrialFor)]);
    }
}
