namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>Why money moves.</summary>
public enum TransferCode
{
    /// <summary>A passage or trip is charged.</summary>
    Charge = 1,
    /// <summary>Added for paying late or not.</summary>
    Penalty = 2,
    /// <summary>Money comes in onto a prepaid account.</summary>
    TopUp = 3,
    /// <summary>Money goes back.</summary>
    Refund = 4,
    /// <summary>Undoes one earlier transfer whole.</summary>
    Reversal = 5,
    /// <summary>An issuer or a bank pays what was claimed.</summary>
    Settlement = 6,
    /// <summary>A fee of an issuer or a bank.</summary>
    Fee = 7,
    /// <summary>A receivable is given up.</summary>
    WriteOff = 8,
    /// <summary>A difference of rounding.</summary>
    Rounding = 9,
    /// <summary>From one of our accounts to another, such as out of suspense.</summary>
    Move = 10,
}

/// <summary>The batch that a transfer comes in.</summary>
public enum BatchKind
{
    /// <summary>In its own period.</summary>
    Normal = 1,
    /// <summary>Came after its period had closed: booked in the first open period, its own date kept.</summary>
    Delayed = 2,
    /// <summary>Corrects an earlier charge: booked in its own period while that is open, else in the first open one, the original date kept.</summary>
    Rerated = 3,
}

/// <summary>What a transfer is about. Each at most 128 bytes of UTF-8; null where it does not apply.</summary>
/// <param name="Charge">Charge id.</param>
/// <param name="Passage">Passage id.</param>
/// <param name="Claim">Claim id.</param>
/// <param name="Lane">Lane of the passage; <see cref="ITollLedger.Verify"/> names it.</param>
public sealed record TransferLinks(string? Charge = null, string? Passage = null, string? Claim = null, string? Lane = null)
{
    /// <summary>About nothing that is kept here.</summary>
    public static TransferLinks None { get; } = new();
}

/// <summary>One amount from one account to another. Transfers are never changed; a reversal undoes one.</summary>
/// <param name="Id">Made by the client and stored there before sending: the same id with the same body exists once.</param>
/// <param name="Debit">Account that is debited.</param>
/// <param name="Credit">Account that is credited.</param>
/// <param name="Amount">Minor units, above 0.</param>
/// <param name="Code">Why.</param>
/// <param name="EffectiveDate">Business date; with <see cref="BatchKind.Delayed"/> and <see cref="BatchKind.Rerated"/> the original one.</param>
/// <param name="Batch">The batch it comes in.</param>
/// <param name="Links">What it is about.</param>
/// <param name="Reverses">The transfer that this one undoes: accounts exchanged, amount equal, once, and never a reversal itself.</param>
public sealed record Transfer(
    UInt128 Id, string Debit, string Credit, long Amount, TransferCode Code, DateOnly EffectiveDate, BatchKind Batch, TransferLinks Links, UInt128? Reverses = null)
{
    /// <summary>The transfer that undoes this one.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="batch">The batch it comes in; it keeps this one's date.</param>
    public Transfer Reversal(UInt128 id, BatchKind batch) => this with { Id = id, Debit = Credit, Credit = Debit, Code = TransferCode.Reversal, Batch = batch, Reverses = Id };
}
