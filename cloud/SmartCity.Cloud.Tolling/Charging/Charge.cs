using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Rating;

namespace SmartCity.Cloud.Tolling.Charging;

/// <summary>What one passage costs, as it stands. Its id in the ledger is the passage's.</summary>
/// <param name="Passage">Passage id.</param>
/// <param name="Revision">0 for the first rating, one more whenever it comes to something else.</param>
/// <param name="TollPoint">Where.</param>
/// <param name="Lane">The vehicle's lane.</param>
/// <param name="Day">Business date, in the corridor's zone.</param>
/// <param name="Time">When it passed, µs since 1970 UTC.</param>
/// <param name="Vehicle">Whose caps and free kilometres it counts for, see <see cref="Passages.Passage.Vehicle"/>; null where nobody knows.</param>
/// <param name="Outcome">What it came to.</param>
/// <param name="Code">Why there is no charge, e.g. <c>TARIFF_MISSING</c>; null where there is one.</param>
/// <param name="Payer">Ledger account that pays; null where there is no charge.</param>
/// <param name="Shares">The net by concession; empty where there is no charge.</param>
/// <param name="Vat">Minor units.</param>
/// <param name="Tariff">Tariff and version that rated it; null where none did.</param>
/// <param name="Trace">How the amount came about, rule by rule.</param>
/// <param name="Rated">What it was rated at, before disputes took something off; null where none did.</param>
public sealed record Charge(
    string Passage, int Revision, string TollPoint, string Lane, DateOnly Day, long Time, string? Vehicle, ChargeOutcome Outcome, string? Code, string? Payer,
    IReadOnlyList<NetShare> Shares, long Vat, string? Tariff, IReadOnlyList<ChargeStep> Trace, ChargeAmount? Rated = null)
{
    /// <summary>Minor units, without VAT.</summary>
    [JsonIgnore] public long Net => Shares.Sum(share => share.Net);

    /// <summary>What is to be paid, minor units.</summary>
    [JsonIgnore] public long Gross => Net + Vat;

    /// <summary>Whether the other one says the same, whatever its revision.</summary>
    public bool SaysTheSameAs(Charge other) =>
        (this with { Revision = 0, Trace = [], Shares = [], Rated = null }) == (other with { Revision = 0, Trace = [], Shares = [], Rated = null }) && Trace.SequenceEqual(other.Trace) && Shares.SequenceEqual(other.Shares)
        && Rated?.Vat == other.Rated?.Vat && (Rated?.Shares ?? []).SequenceEqual(other.Rated?.Shares ?? []);
}

/// <summary>An amount by concession, and its tax.</summary>
/// <param name="Shares">The net by concession.</param>
/// <param name="Vat">Minor units.</param>
public sealed record ChargeAmount(IReadOnlyList<NetShare> Shares, long Vat);

/// <summary>One rule on the way to an amount.</summary>
/// <param name="Rule">The rule, e.g. <c>price</c>.</param>
/// <param name="Input">What it was applied to, for people.</param>
/// <param name="Change">What it added, major units, exact, as <see cref="Configuration.ExactAmount"/> writes them.</param>
/// <param name="Amount">What stands after it.</param>
public sealed record ChargeStep(string Rule, string Input, string Change, string Amount);

/// <summary>What became of a passage's charge.</summary>
public enum ChargeOutcome : byte
{
    /// <summary>It is charged; the amount may be 0, by a rule.</summary>
    Charged = 1,
    /// <summary>The vehicle is exempt.</summary>
    Exempt = 2,
    /// <summary>It cannot be rated, see the code; never a charge of 0.</summary>
    Unrated = 3,
    /// <summary>A human has to look first.</summary>
    Review = 4,
    /// <summary>Nothing says whose it was.</summary>
    Unreadable = 5,
    /// <summary>Another passage is charged for the same vehicle.</summary>
    Duplicate = 6,
    /// <summary>The entry of a trip: its exit is charged. With the code <c>NO_EXIT</c> while there is none.</summary>
    Entry = 8,
    /// <summary>There was a passage, and there is none any more.</summary>
    Void = 7,
}

/// <summary>A chain of transfers on its way to the ledger.</summary>
/// <param name="Passage">Passage id.</param>
/// <param name="Revision">Revision of the charge.</param>
/// <param name="Chain">The transfers.</param>
/// <param name="State">How far it is.</param>
/// <param name="Refusal">Why the ledger refused it; null where it did not.</param>
/// <param name="Entry">Number of its first entry; null before it is posted.</param>
public sealed record OutgoingChain(string Passage, int Revision, IReadOnlyList<Transfer> Chain, PostingState State, string? Refusal, long? Entry);

/// <summary>How far a chain is.</summary>
public enum PostingState : byte
{
    /// <summary>To be sent.</summary>
    Waiting = 1,
    /// <summary>In the ledger.</summary>
    Posted = 2,
    /// <summary>Refused by the ledger; tried again when something changes.</summary>
    Refused = 3,
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Charge))]
[JsonSerializable(typeof(List<Transfer>))]
internal sealed partial class ChargeJson : JsonSerializerContext
{
    /// <summary>What a stored charge asks for.</summary>
    public static long GrossOf(byte[] charge) => JsonSerializer.Deserialize(charge, Default.Charge)!.Gross;

    /// <summary>What a stored chain changes: what it posts less what it undoes.</summary>
    public static long ChangeOf(byte[] chain) => JsonSerializer.Deserialize(chain, Default.ListTransfer)!.Sum(transfer => transfer.Reverses is null ? transfer.Amount : -transfer.Amount);
}
