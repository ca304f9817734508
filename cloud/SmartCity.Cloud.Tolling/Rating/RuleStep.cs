using SmartCity.Cloud.Tolling.Configuration;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>The rules in the order in which they are applied.</summary>
public enum RatingRule
{
    /// <summary>Price of a cell, or of kilometres for one component.</summary>
    ListPrice = 1,
    /// <summary>A sum added to each use.</summary>
    Fee = 2,
    /// <summary>A component is rounded.</summary>
    ComponentRounding = 3,
    /// <summary>An exemption.</summary>
    Exemption = 4,
    /// <summary>A plan, also where it does not apply.</summary>
    Plan = 5,
    /// <summary>Kilometres of the day without charge.</summary>
    FreeKm = 6,
    /// <summary>Another use of the same window counts.</summary>
    OneCharge = 7,
    /// <summary>Discount of the payment means.</summary>
    PaymentDiscount = 8,
    /// <summary>The cap of the day.</summary>
    DailyCap = 9,
    /// <summary>The cap of the month, in money or in uses.</summary>
    MonthlyCap = 10,
    /// <summary>The line is rounded.</summary>
    Rounding = 11,
    /// <summary>Value added tax.</summary>
    Vat = 12,
}

/// <summary>What one rule did to the amount.</summary>
/// <param name="Rule">Rule.</param>
/// <param name="Input">What it looked at, for people; the words are English, numbers as <see cref="ExactAmount"/> writes them.</param>
/// <param name="Change">What it added, major units, exact. The changes of a trace add up to the gross.</param>
/// <param name="Amount">What stands after it.</param>
public sealed record RuleStep(RatingRule Rule, string Input, ExactAmount Change, ExactAmount Amount);
