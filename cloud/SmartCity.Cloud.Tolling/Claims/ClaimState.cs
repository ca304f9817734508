namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>A claim and how far it is. Minor units.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Answered">Lines that were answered.</param>
/// <param name="Posted">What the issuer posted.</param>
/// <param name="Fee">What it keeps of that.</param>
/// <param name="Difference">What it posted too little of what it took.</param>
/// <param name="Rejected">What it refused.</param>
/// <param name="Paid">What came in the bank.</param>
public sealed record ClaimState(Claim Claim, long Answered, long Posted, long Fee, long Difference, long Rejected, long Paid)
{
    /// <summary>What the issuer still owes of what it posted.</summary>
    public long Owed => Posted - Fee - Paid;

    /// <summary><c>notTaken</c>, <c>sent</c>, <c>partly</c> answered, <c>answered</c>, or <c>paid</c>.</summary>
    public string State => Answered == 0 ? (Claim.Acknowledged is { } code && code != "00" ? "notTaken" : "sent") : Answered < Claim.Rows ? "partly" : Owed == 0 ? "paid" : "answered";
}

/// <summary>A line of a claim and what became of it.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Line">The line.</param>
/// <param name="Disposition">What became of it; null while nothing is answered.</param>
/// <param name="Code">The issuer's own code for it.</param>
/// <param name="Posted">What was posted, minor units.</param>
/// <param name="Fee">What the issuer keeps of it.</param>
/// <param name="Day">When.</param>
public sealed record ClaimLineState(int Number, ClaimLine Line, Disposition? Disposition, string? Code, long? Posted, long? Fee, DateOnly? Day);

/// <summary>A payment that no claim was found for, or only in part.</summary>
/// <param name="Account">Bank account.</param>
/// <param name="Reference">Entry.</param>
/// <param name="Part">Payment of the entry, from 1.</param>
/// <param name="Booked">Booking date.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Matched">What of it is for a claim.</param>
/// <param name="Claim">The claim that it names; null for none or several.</param>
/// <param name="Why"><c>none</c> is named, <c>unknown</c> is what is named, <c>several</c> are, or there is an <c>excess</c>.</param>
/// <param name="Text">What the payer wrote.</param>
public sealed record OpenPayment(string Account, string Reference, int Part, DateOnly Booked, long Amount, long Matched, string? Claim, string Why, string Text);
