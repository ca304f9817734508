using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Plates;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>Who issues tags.</summary>
/// <param name="Number">As tags carry it.</param>
/// <param name="Name">For people.</param>
/// <param name="IsDomestic">Whether its tags win over those of others on the same vehicle.</param>
/// <param name="Receivable">Last part of its account <c>asset:receivable:issuer:…</c>.</param>
/// <param name="Place">Where it was read.</param>
public sealed record Issuer(ulong Number, string Name, bool IsDomestic, string Receivable, ConfigPlace Place);

/// <summary>How an account pays.</summary>
public enum AccountPayment
{
    /// <summary>From a balance, <c>liability:prepaid:…</c>.</summary>
    Prepaid = 1,
    /// <summary>On a bill, <c>asset:receivable:…</c>.</summary>
    Postpaid = 2,
}

/// <summary>A driver's account.</summary>
/// <param name="Id">Last part of its ledger account.</param>
/// <param name="Payment">How it pays.</param>
/// <param name="Plan">Plan it is subscribed to; null = none.</param>
/// <param name="PlanFrom">First moment of the plan, wall clock; null = always.</param>
/// <param name="PlanTo">First moment after it; null = for ever.</param>
/// <param name="Exemption">Exemption code; null = none.</param>
/// <param name="Place">Where it was read.</param>
public sealed record TollAccount(string Id, AccountPayment Payment, string? Plan, DateTime? PlanFrom, DateTime? PlanTo, string? Exemption, ConfigPlace Place)
{
    /// <summary>The plan at a wall-clock time; null where there is none.</summary>
    public string? PlanAt(DateTime local) => (PlanFrom is null || local >= PlanFrom) && (PlanTo is null || local < PlanTo) ? Plan : null;

    /// <summary>Name of its account in the ledger.</summary>
    public string LedgerAccount => (Payment == AccountPayment.Prepaid ? "liability:prepaid:" : "asset:receivable:") + Id;
}

/// <summary>A tag of an account.</summary>
/// <param name="Tag">Tag.</param>
/// <param name="Account">Account; null for a tag of a foreign issuer, whose accounts are not ours.</param>
/// <param name="Plate">Plate it is for; null where none is said.</param>
/// <param name="Place">Where it was read.</param>
public sealed record AccountTag(TagId Tag, string? Account, Plate? Plate, ConfigPlace Place);

/// <summary>A registered plate.</summary>
/// <param name="Plate">Plate.</param>
/// <param name="Account">Account that pays; null where the plate is only known.</param>
/// <param name="VehicleClass">Registered class; null where none is said.</param>
/// <param name="Place">Where it was read.</param>
public sealed record AccountPlate(Plate Plate, string? Account, string? VehicleClass, ConfigPlace Place);

/// <summary>What an exception list does.</summary>
public enum ExceptionKind
{
    /// <summary>The tag or the account is not accepted: the plate pays.</summary>
    Block = 1,
    /// <summary>An exemption applies.</summary>
    Exempt = 2,
    /// <summary>A plan applies.</summary>
    Discount = 3,
}

/// <summary>A row of an exception list.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Subject"><c>tag:issuer:number</c> or <c>plate:country:canonical</c>.</param>
/// <param name="Code">Exemption code or plan; null for <see cref="ExceptionKind.Block"/>.</param>
/// <param name="From">First moment, wall clock; null = always.</param>
/// <param name="To">First moment after it; null = for ever.</param>
/// <param name="Reason">Why.</param>
/// <param name="Place">Where it was read.</param>
public sealed record ExceptionEntry(ExceptionKind Kind, string Subject, string? Code, DateTime? From, DateTime? To, string Reason, ConfigPlace Place)
{
    /// <summary>Whether it holds at a wall-clock time.</summary>
    public bool Holds(DateTime local) => (From is null || local >= From) && (To is null || local < To);
}
