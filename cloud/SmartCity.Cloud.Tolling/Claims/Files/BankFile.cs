namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>What a bank says, as its file says it.</summary>
/// <param name="Type"><c>camt.053</c> (statements) or <c>camt.054</c> (notices without balances).</param>
/// <param name="Message">Id of the message.</param>
/// <param name="Statements">Statements or notices.</param>
internal sealed record BankFile(string Type, string Message, IReadOnlyList<BankStatement> Statements);

/// <summary>A statement of one account.</summary>
/// <param name="Id">As the bank names it.</param>
/// <param name="Account">IBAN or other number, 1–34 of A–Z, a–z, 0–9, dot and hyphen.</param>
/// <param name="Opening">Balance before it, minor units, below 0 = owed to the bank; null in a notice.</param>
/// <param name="Closing">Balance after it; null in a notice.</param>
/// <param name="From">Date of the balance before it; of a notice the first booking's.</param>
/// <param name="To">Date of the balance after it; of a notice the last booking's.</param>
/// <param name="Entries">Entries that are booked.</param>
/// <param name="NotBooked">How many are announced and not booked; they are left out.</param>
internal sealed record BankStatement(string Id, string Account, long? Opening, long? Closing, DateOnly From, DateOnly To, IReadOnlyList<BankEntry> Entries, int NotBooked);

/// <summary>An entry.</summary>
/// <param name="Reference">Names the movement in whatever file it comes: the bank's own reference, or <c>~</c> and a hash of what it says where the bank gives none.</param>
/// <param name="Amount">Minor units; above 0 = came in.</param>
/// <param name="Booked">Booking date.</param>
/// <param name="Value">Value date.</param>
/// <param name="IsReversal">Whether it takes an earlier one back.</param>
/// <param name="Parts">What it is made of; they add up to it.</param>
/// <param name="Place">Where it stands in the file.</param>
internal sealed record BankEntry(string Reference, long Amount, DateOnly Booked, DateOnly Value, bool IsReversal, IReadOnlyList<BankPart> Parts, string Place);

/// <summary>One payment of an entry.</summary>
/// <param name="Amount">Minor units, with the entry's sign.</param>
/// <param name="Keys">Ids of claims found, by carrier.</param>
/// <param name="Text">What the payer wrote, for people; at most 200 characters.</param>
internal sealed record BankPart(long Amount, IReadOnlyList<BankKey> Keys, string Text);

/// <summary>A claim's id in one of the places where it may stand.</summary>
/// <param name="Carrier">The place.</param>
/// <param name="Claim">The id.</param>
internal sealed record BankKey(BankCarrier Carrier, string Claim);

/// <summary>Where a key may stand.</summary>
public enum BankCarrier : byte
{
    /// <summary><c>Refs/EndToEndId</c>.</summary>
    EndToEndId = 1,
    /// <summary><c>RmtInf/Strd/CdtrRefInf/Ref</c>, also as an ISO 11649 reference.</summary>
    CreditorReference = 2,
    /// <summary><c>RmtInf/Ustrd</c>.</summary>
    Unstructured = 3,
    /// <summary><c>Refs/InstrId</c>.</summary>
    InstructionId = 4,
    /// <summary><c>Refs/AcctSvcrRef</c>.</summary>
    ServicerReference = 5,
    /// <summary><c>SplmtryData</c>.</summary>
    Supplementary = 6,
}
