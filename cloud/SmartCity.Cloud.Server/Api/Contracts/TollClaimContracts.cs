namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>What is to be claimed of an issuer.</summary>
/// <param name="Issuer">Number of the issuer, 1–9999.</param>
/// <param name="From">First business date; the first with a charge where left out.</param>
/// <param name="To">Last business date, included; the last with a charge where left out.</param>
/// <param name="IsEZPass">Whether the file is written in the manner of E-ZPass (ICTX) rather than of NIOP (STRAN, SCORR).</param>
/// <param name="SendAgain">Whether what the issuer refused for a fault of systems or format is sent again, three times at most.</param>
/// <param name="At">Time that the file carries, cut to whole seconds; now where left out.</param>
/// <param name="DryRun">Whether it is only looked at: nothing is claimed.</param>
internal sealed record NewTollClaims(long? Issuer, DateOnly? From = null, DateOnly? To = null, bool IsEZPass = false, bool SendAgain = false, DateTimeOffset? At = null, bool DryRun = false);

/// <summary>A claim as it was made, or would be.</summary>
/// <param name="Id">Id, e.g. <c>C792-000001</c>; the key that a bank's entry carries.</param>
/// <param name="Issuer">Number of the issuer.</param>
/// <param name="Sequence">From 1 for each issuer.</param>
/// <param name="Type"><c>STRAN</c>, <c>SCORR</c> or <c>ICTX</c>.</param>
/// <param name="From">First business date asked for.</param>
/// <param name="To">Last business date asked for, included.</param>
/// <param name="Made">When.</param>
/// <param name="File">Name of its file.</param>
/// <param name="Rows">Lines.</param>
/// <param name="Total">What it claims, minor units; of corrections the changes.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
internal sealed record MadeTollClaim(string Id, long Issuer, int Sequence, string Type, DateOnly From, DateOnly To, DateTimeOffset Made, string File, long Rows, long Total, string Sha256);

/// <summary>A charge that the files of the issuer cannot carry.</summary>
/// <param name="Passage">Passage id.</param>
/// <param name="Reason">Why.</param>
internal sealed record TollClaimLeft(string Passage, string Reason);

/// <summary>What a wish to claim came to.</summary>
/// <param name="Claims">Claims made: of what is new, and of what changed; empty where there is nothing to claim.</param>
/// <param name="Left">Charges that the files of the issuer cannot carry.</param>
/// <param name="Waiting">Charges on their way to the ledger; they come with a later claim.</param>
internal sealed record MadeTollClaims(IReadOnlyList<MadeTollClaim> Claims, IReadOnlyList<TollClaimLeft> Left, long Waiting);

/// <summary>A claim and how far it is. Minor units.</summary>
/// <param name="Id">Id, e.g. <c>C792-000001</c>.</param>
/// <param name="Issuer">Number of the issuer.</param>
/// <param name="Sequence">From 1 for each issuer.</param>
/// <param name="Type"><c>STRAN</c>, <c>SCORR</c> or <c>ICTX</c>.</param>
/// <param name="From">First business date asked for.</param>
/// <param name="To">Last business date asked for, included.</param>
/// <param name="Made">When.</param>
/// <param name="By">Who made it.</param>
/// <param name="File">Name of its file.</param>
/// <param name="Rows">Lines.</param>
/// <param name="Total">What it claims; of corrections the changes.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
/// <param name="Acknowledged">Code of the acknowledgement, <c>00</c> where the issuer took the file; null before it came.</param>
/// <param name="State"><c>notTaken</c>, <c>sent</c>, <c>partly</c> answered, <c>answered</c> or <c>paid</c>.</param>
/// <param name="Answered">Lines that were answered.</param>
/// <param name="Posted">What the issuer posted.</param>
/// <param name="Fee">What it keeps of that.</param>
/// <param name="Difference">What it posted too little of what it took.</param>
/// <param name="Rejected">What it refused.</param>
/// <param name="Paid">What came in the bank.</param>
/// <param name="Owed">What the issuer still owes of what it posted.</param>
internal sealed record TollClaim(
    string Id, long Issuer, int Sequence, string Type, DateOnly From, DateOnly To, DateTimeOffset Made, string By, string File, long Rows, long Total, string Sha256, string? Acknowledged, string State, long Answered, long Posted, long Fee,
    long Difference, long Rejected, long Paid, long Owed);

/// <summary>What an issuer owes and was not asked for.</summary>
/// <param name="Issuer">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Charges">Charges that were never claimed.</param>
/// <param name="Amount">What they come to, minor units.</param>
/// <param name="From">First business date of them; null where there are none.</param>
/// <param name="To">Last business date of them.</param>
internal sealed record TollClaimDue(long Issuer, string Name, long Charges, long Amount, DateOnly? From, DateOnly? To);

/// <summary>What became of some rows of a file.</summary>
/// <param name="Name">What, e.g. <c>posted</c>.</param>
/// <param name="Count">How many.</param>
/// <param name="Money">Minor units.</param>
internal sealed record TollFileOutcome(string Name, long Count, long Money);

/// <summary>A file of an issuer or a bank that came in.</summary>
/// <param name="Number">From 1 in the order of coming; 0 where it was only looked at.</param>
/// <param name="Sha256">SHA-256 of its content, lower-case hexadecimal.</param>
/// <param name="Type"><c>SRECON</c>, <c>ICRX</c>, <c>ACK</c>, <c>camt.053</c> or <c>camt.054</c>.</param>
/// <param name="Name">Name that it was given with.</param>
/// <param name="At">When it was taken.</param>
/// <param name="By">Who gave it.</param>
/// <param name="Rows">Answers or entries.</param>
/// <param name="Total">What they come to, minor units.</param>
/// <param name="Outcome">What became of them.</param>
/// <param name="IsKnown">Whether it had been taken before: then nothing was done now.</param>
internal sealed record TollFile(int Number, string Sha256, string Type, string Name, DateTimeOffset At, string By, long Rows, long Total, IReadOnlyList<TollFileOutcome> Outcome, bool IsKnown);

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
internal sealed record OpenTollPayment(string Account, string Reference, int Part, DateOnly Booked, long Amount, long Matched, string? Claim, string Why, string Text);

/// <summary>Which claim a payment is for.</summary>
/// <param name="Account">Bank account.</param>
/// <param name="Reference">Entry.</param>
/// <param name="Claim">Claim.</param>
/// <param name="Part">Payment of the entry, from 1; 1 where left out.</param>
internal sealed record TollPaymentMatch(string? Account, string? Reference, string? Claim, int Part = 1);

/// <summary>What a payment was for.</summary>
/// <param name="Paid">What of the claim it pays, minor units.</param>
internal sealed record TollPaymentMatched(long Paid);
