using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>Claims: what issuers owe and were not asked for, and what they were asked for.</summary>
/// <param name="Page">The request.</param>
/// <param name="Dates">Dates that were asked for in the form.</param>
/// <param name="Due">What is to be claimed, by issuer.</param>
/// <param name="Claims">Claims, the newest first.</param>
/// <param name="MayManage">Whether the caller may make claims.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Errors">What could not be done.</param>
public sealed record TollClaimsModel(PageContext Page, DateRange Dates, IReadOnlyList<ClaimDueRow> Due, IReadOnlyList<ClaimRow> Claims, bool MayManage, string? Notice, IReadOnlyList<string> Errors);

/// <summary>What an issuer owes and was not asked for.</summary>
/// <param name="Issuer">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Charges">How many charges.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="From">First date of them; null where there are none.</param>
/// <param name="To">Last date of them.</param>
public sealed record ClaimDueRow(ulong Issuer, string Name, long Charges, long Amount, DateOnly? From, DateOnly? To);

/// <summary>A claim.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type"><c>STRAN</c>, <c>SCORR</c> or <c>ICTX</c>.</param>
/// <param name="Issuer">Number of the issuer.</param>
/// <param name="From">First date of its charges.</param>
/// <param name="To">Last date of its charges.</param>
/// <param name="Made">When it was made, µs since 1970 UTC.</param>
/// <param name="By">Who made it.</param>
/// <param name="File">Name of the file.</param>
/// <param name="Hash">SHA-256 of the file.</param>
/// <param name="Rows">Lines.</param>
/// <param name="Total">What it claims, minor units.</param>
/// <param name="State">Key of how far it is.</param>
/// <param name="Posted">What the issuer posted.</param>
/// <param name="Fee">What it keeps.</param>
/// <param name="Difference">What it posted too little.</param>
/// <param name="Rejected">What it refused.</param>
/// <param name="Paid">What came in the bank.</param>
/// <param name="Owed">What it still owes.</param>
public sealed record ClaimRow(string Id, string Type, ulong Issuer, DateOnly From, DateOnly To, long Made, string By, string File, string Hash, long Rows, long Total, string State, long Posted, long Fee, long Difference, long Rejected, long Paid, long Owed);

/// <summary>One claim with its lines, a page of them.</summary>
/// <param name="Page">The request.</param>
/// <param name="Claim">The claim.</param>
/// <param name="Lines">Lines.</param>
/// <param name="Next">Address of further ones.</param>
public sealed record TollClaimModel(PageContext Page, ClaimRow Claim, IReadOnlyList<ClaimLineRow> Lines, string? Next);

/// <summary>A line of a claim.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Transaction">The partner's key.</param>
/// <param name="Passage">Passage id.</param>
/// <param name="Day">Business date.</param>
/// <param name="Change">What it claims, minor units.</param>
/// <param name="Disposition">Letter of what became of it; null before an answer.</param>
/// <param name="Code">The issuer's code for it.</param>
/// <param name="Posted">What was posted.</param>
/// <param name="Fee">What the issuer keeps of it.</param>
public sealed record ClaimLineRow(int Number, string Transaction, string Passage, DateOnly Day, long Change, string? Disposition, string? Code, long? Posted, long? Fee);

/// <summary>Files that come in, and payments that nobody knows the claim of.</summary>
/// <param name="Page">The request.</param>
/// <param name="Preview">A file that was looked at and not taken; null where there is none.</param>
/// <param name="Files">Files that were taken, the newest first.</param>
/// <param name="Payments">Payments without a claim, or with one for a part.</param>
/// <param name="Claims">Claims that are owed something, to choose from.</param>
/// <param name="BytesMax">Most bytes of a file.</param>
/// <param name="MayManage">Whether the caller may take files.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Errors">What could not be done: where and why.</param>
public sealed record TollFilesModel(
    PageContext Page, TakenFileRow? Preview, IReadOnlyList<TakenFileRow> Files, IReadOnlyList<PaymentRow> Payments, IReadOnlyList<ClaimRow> Claims, int BytesMax, bool MayManage, string? Notice, IReadOnlyList<string> Errors);

/// <summary>A file.</summary>
/// <param name="Hash">SHA-256.</param>
/// <param name="Type">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="At">When it was taken, µs since 1970 UTC.</param>
/// <param name="By">Who gave it.</param>
/// <param name="Rows">Answers or entries.</param>
/// <param name="Total">What they come to, minor units.</param>
/// <param name="Outcome">What became of them: key of the word, count, money.</param>
public sealed record TakenFileRow(string Hash, string Type, string Name, long At, string By, long Rows, long Total, IReadOnlyList<(string Name, long Count, long Money)> Outcome);

/// <summary>A payment without a claim, or with one for a part.</summary>
/// <param name="Account">Bank account.</param>
/// <param name="Reference">Entry.</param>
/// <param name="Part">Payment of the entry, from 1.</param>
/// <param name="Booked">Booking date.</param>
/// <param name="Left">What of it is for no claim, minor units.</param>
/// <param name="Why">Key of why.</param>
/// <param name="Claim">The claim that it names; null for none.</param>
/// <param name="Text">What the payer wrote.</param>
public sealed record PaymentRow(string Account, string Reference, int Part, DateOnly Booked, long Left, string Why, string? Claim, string Text);
