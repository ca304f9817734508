using System.Globalization;
using SmartCity.Cloud.Tolling.Configuration;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>Who is asked to pay.</summary>
public enum PayerKind
{
    /// <summary>Nobody is known.</summary>
    Unknown = 0,
    /// <summary>An account of ours.</summary>
    Account = 1,
    /// <summary>Another issuer, by a claim, for a tag that is not ours.</summary>
    Issuer = 2,
    /// <summary>The keeper of a plate that has no account: the ledger account has a pseudonym in its name, which only the caller can make.</summary>
    Plate = 3,
    /// <summary>An exemption partner.</summary>
    Partner = 4,
}

/// <summary>Who is asked to pay for a use.</summary>
/// <param name="Kind">Kind.</param>
/// <param name="Ref">Account id, issuer's number, plate's key or partner's name; empty for <see cref="PayerKind.Unknown"/>.</param>
/// <param name="LedgerAccount">Ledger account, or null where the caller has to name it.</param>
public sealed record Payer(PayerKind Kind, string Ref, string? LedgerAccount)
{
    /// <summary>Nobody is known.</summary>
    public static Payer Unknown { get; } = new(PayerKind.Unknown, "", null);

    /// <summary>An exemption partner.</summary>
    public static Payer OfPartner(string partner) => new(PayerKind.Partner, partner, "asset:receivable:partner:" + partner);

    /// <summary>Another issuer, by a claim.</summary>
    public static Payer OfIssuer(Issuer issuer) => new(PayerKind.Issuer, issuer.Number.ToString(CultureInfo.InvariantCulture), "asset:receivable:issuer:" + issuer.Receivable);

    /// <summary>The ledger account of a plate that has no account of ours, by what stands for the plate.</summary>
    public static string AccountOfPlate(string pseudonym) => "asset:receivable:plate:" + pseudonym;

    /// <summary>The driver's account that a ledger account is of; null where it is of an issuer, a partner or a plate, whose names have a kind before them.</summary>
    public static string? DriverOf(string ledgerAccount) => ledgerAccount.Split(':') is [_, "prepaid" or "receivable", var account] ? account : null;
}
