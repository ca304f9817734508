namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>Why a use has no price. None of them is ever a price of 0.</summary>
public enum RatingFault
{
    /// <summary>No tariff holds, or its table has no such cell.</summary>
    TariffMissing = 1,
    /// <summary>The toll point is in no corridor that holds.</summary>
    PointUnknown = 2,
    /// <summary>The corridor has no such vehicle class.</summary>
    ClassUnknown = 3,
    /// <summary>The tariff prices trips, and the entry is not known.</summary>
    EntryMissing = 4,
    /// <summary>The tariff prices kilometres, and they are not known, or cannot be.</summary>
    DistanceMissing = 5,
    /// <summary>Two different uses with one id.</summary>
    KeyConflict = 6,
    /// <summary>The time is outside of the years 1–9999.</summary>
    TimeOutOfRange = 7,
    /// <summary>The amount does not fit 64 bits.</summary>
    AmountTooLarge = 8,
}

/// <summary>A use without a price.</summary>
/// <param name="Use">Use.</param>
/// <param name="Fault">Why.</param>
/// <param name="Reason">What was looked for, and where.</param>
public sealed record RatingProblem(TollUse Use, RatingFault Fault, string Reason)
{
    /// <summary>Name in files and on pages, such as <c>TARIFF_MISSING</c>.</summary>
    public string Code => CodeOf(Fault);

    /// <summary>Name of a fault.</summary>
    public static string CodeOf(RatingFault fault) => string.Concat(fault.ToString().Select((letter, i) => i > 0 && char.IsAsciiLetterUpper(letter) ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}"));
}

/// <summary>Each use once, as a charge or as a problem.</summary>
/// <param name="Charges">By time, then by id.</param>
/// <param name="Problems">By time, then by id.</param>
public sealed record RatingResult(IReadOnlyList<TollCharge> Charges, IReadOnlyList<RatingProblem> Problems);
