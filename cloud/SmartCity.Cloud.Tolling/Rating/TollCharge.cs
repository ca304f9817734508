using SmartCity.Cloud.Tolling.Configuration;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>What one use costs, and why. Minor units of (<see cref="Currency"/>, <see cref="Scale"/>).</summary>
public sealed record TollCharge
{
    /// <summary>What is charged.</summary>
    public required TollUse Use { get; init; }
    /// <summary>Corridor.</summary>
    public required string Corridor { get; init; }
    /// <summary>Tariff version: its id, number and content are those of the configuration it was rated with.</summary>
    public required Tariff Tariff { get; init; }
    /// <summary>Local day of the use: its business date.</summary>
    public required DateOnly Day { get; init; }
    /// <summary>Price band.</summary>
    public required string Band { get; init; }
    /// <summary>Price before any rule took something off, major units, exact.</summary>
    public required ExactAmount List { get; init; }
    /// <summary>Without tax, at least 0.</summary>
    public required long Net { get; init; }
    /// <summary>Tax, at least 0.</summary>
    public required long Vat { get; init; }
    /// <summary>What is to be paid: net and tax.</summary>
    public long Gross => Net + Vat;
    /// <summary>The exemption partner who pays instead of the driver; null where the driver pays.</summary>
    public string? Partner { get; init; }
    /// <summary>The net by concession; they add up to <see cref="Net"/>.</summary>
    public required IReadOnlyList<NetShare> Shares { get; init; }
    /// <summary>Every rule that was looked at, in order.</summary>
    public required IReadOnlyList<RuleStep> Trace { get; init; }

    /// <summary>ISO 4217.</summary>
    public string Currency => Tariff.Currency;
    /// <summary>Decimal places of the minor unit.</summary>
    public int Scale => Tariff.Scale;
}

/// <summary>A concession's part of a net.</summary>
/// <param name="Concession">Name, as in the account <c>liability:concession:…</c>.</param>
/// <param name="Net">Minor units.</param>
public sealed record NetShare(string Concession, long Net);
