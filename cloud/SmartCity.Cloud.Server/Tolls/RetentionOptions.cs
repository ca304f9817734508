using System.ComponentModel.DataAnnotations;
using SmartCity.Cloud.Tolling.Retention;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>How long what names people is kept after the end of a sealed period, section <c>Cloud:Toll:Retention</c>.</summary>
public sealed record RetentionOptions : IValidatableObject
{
    /// <summary>Days after which references to images are erased, 1–36500. Default 60.</summary>
    [Range(1, 36_500)] public int ImagesDays { get; init; } = 60;
    /// <summary>Days after which plates and tags are erased, unless unpaid or disputed, 1–36500. Default 60.</summary>
    [Range(1, 36_500)] public int PlatesDays { get; init; } = 60;
    /// <summary>Days after which the vault's keys and what receipts say are erased, 1–36500. Default 730.</summary>
    [Range(1, 36_500)] public int KeysDays { get; init; } = 730;
    /// <summary>Whether the rules run by themselves, once a day. Default true.</summary>
    public bool Daily { get; init; } = true;

    /// <summary>The rules.</summary>
    internal RetentionRules Rules => new(ImagesDays, PlatesDays, KeysDays);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ImagesDays > PlatesDays) yield return new ValidationResult("Images are erased no later than plates.", [nameof(ImagesDays), nameof(PlatesDays)]);
        if (PlatesDays > KeysDays) yield return new ValidationResult("Plates are erased no later than the keys of their pseudonyms.", [nameof(PlatesDays), nameof(KeysDays)]);
    }
}
