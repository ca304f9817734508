using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>The board of a toll road: what its books come to, and what is left over.</summary>
/// <param name="Page">The request.</param>
/// <param name="Dates">Dates that were asked for.</param>
/// <param name="At">When it was reconciled, µs since 1970 UTC; null where it was not.</param>
/// <param name="Identities">Identities; empty where nothing was reconciled.</param>
/// <param name="Classes">What has to be explained, by class.</param>
/// <param name="Days">What each day and toll point comes to, the newest first.</param>
/// <param name="Root">Hash over what every passage comes to.</param>
/// <param name="MayManage">Whether the caller may change anything.</param>
public sealed record TollBoardModel(
    PageContext Page, DateRange Dates, long? At, IReadOnlyList<TollIdentityRow> Identities, IReadOnlyList<TollClassRow> Classes, IReadOnlyList<TollDayRow> Days, string Root, bool MayManage)
{
    /// <summary>Items that nobody has explained or accepted.</summary>
    public long Open => Classes.Sum(one => (long)one.Open);

    /// <summary>Identities that leave something over.</summary>
    public int Broken => Identities.Count(one => one.ResidualCount != 0 || one.ResidualMoney != 0);
}

/// <summary>An identity.</summary>
/// <param name="Id"><c>E1</c>–<c>E13</c>.</param>
/// <param name="Left">What is to be accounted for: name, count, and money where there is some.</param>
/// <param name="Right">Where it went.</param>
/// <param name="ResidualCount">What is left over.</param>
/// <param name="ResidualMoney">What is left over in money.</param>
public sealed record TollIdentityRow(string Id, TollTerm Left, IReadOnlyList<TollTerm> Right, long ResidualCount, long ResidualMoney);

/// <summary>A term of an identity.</summary>
/// <param name="Name">Key of its name under <c>toll.term</c>.</param>
/// <param name="Count">How many.</param>
/// <param name="Money">Minor units; null where it has no price.</param>
public sealed record TollTerm(string Name, long Count, long? Money);

/// <summary>Items of one class.</summary>
/// <param name="Class">Its code.</param>
/// <param name="Items">How many.</param>
/// <param name="Open">How many of them are open.</param>
public sealed record TollClassRow(string Class, int Items, int Open);

/// <summary>A toll point's day.</summary>
/// <param name="Day">Business date.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Passages">How many vehicles.</param>
/// <param name="Charged">How many were charged.</param>
/// <param name="Net">Minor units.</param>
/// <param name="Vat">Minor units.</param>
public sealed record TollDayRow(DateOnly Day, string Point, long Passages, long Charged, long Net, long Vat);

/// <summary>Charges, a page of them.</summary>
/// <param name="Page">The request.</param>
/// <param name="Day">The day that was asked for; null for all.</param>
/// <param name="Point">The toll point that was asked for; null for all.</param>
/// <param name="Outcome">The outcome that was asked for; null for all.</param>
/// <param name="Charges">The charges.</param>
/// <param name="Next">Address of further ones.</param>
public sealed record TollChargesModel(PageContext Page, DateOnly? Day, string? Point, string? Outcome, IReadOnlyList<TollChargeRow> Charges, string? Next);

/// <summary>A charge.</summary>
/// <param name="Passage">Passage id.</param>
/// <param name="Time">µs since 1970 UTC.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Outcome">Key of its outcome.</param>
/// <param name="Code">Why there is no charge; null where there is one.</param>
/// <param name="Gross">Minor units.</param>
public sealed record TollChargeRow(string Passage, long Time, string Point, string Lane, string Outcome, string? Code, long Gross);

/// <summary>Everything that is known of a passage.</summary>
/// <param name="Page">The request.</param>
/// <param name="Id">Passage id.</param>
/// <param name="Charge">Its charge; null where it has none yet.</param>
/// <param name="Facts">What was made of it: key of the word and value.</param>
/// <param name="Findings">Codes of what was found about it.</param>
/// <param name="Trace">How the amount came about.</param>
/// <param name="Events">Events it is made of, and those that lost.</param>
/// <param name="Postings">What was posted.</param>
/// <param name="Receipt">Whether a sealed period has a receipt of it.</param>
/// <param name="Disputes">Numbers of the disputes of its charge.</param>
/// <param name="Reasons">Keys of the reasons for which the caller may open a dispute; null where the caller may not.</param>
public sealed record TollPassageModel(
    PageContext Page, string Id, TollChargeRow? Charge, IReadOnlyList<(string Word, string? Value)> Facts, IReadOnlyList<string> Findings, IReadOnlyList<TollTraceRow> Trace,
    IReadOnlyList<TollEventRow> Events, IReadOnlyList<TollPostingRow> Postings, bool Receipt = false, IReadOnlyList<int>? Disputes = null, IReadOnlyList<string>? Reasons = null);

/// <summary>One rule on the way to an amount.</summary>
/// <param name="Rule">Key of its name.</param>
/// <param name="Input">What it looked at.</param>
/// <param name="Change">What it added, major units.</param>
/// <param name="Amount">What stands after it.</param>
public sealed record TollTraceRow(string Rule, string Input, string Change, string Amount);

/// <summary>An event.</summary>
/// <param name="Key">Device, start and number.</param>
/// <param name="Kind">Key of its kind.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Time">µs since 1970 UTC.</param>
/// <param name="Lost">Key of why it lost; null where it counts.</param>
/// <param name="Json">The event as sent.</param>
public sealed record TollEventRow(string Key, string Kind, string Lane, long Time, string? Lost, string Json);

/// <summary>A transfer.</summary>
/// <param name="Revision">Revision of the charge.</param>
/// <param name="Debit">Account that is debited.</param>
/// <param name="Credit">Account that is credited.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="IsReversal">Whether it undoes one.</param>
/// <param name="State">Key of how far it is.</param>
/// <param name="Entry">Number of the ledger's entry; null before.</param>
public sealed record TollPostingRow(int Revision, string Debit, string Credit, long Amount, bool IsReversal, string State, long? Entry);

/// <summary>What has to be explained.</summary>
/// <param name="Page">The request.</param>
/// <param name="At">When it was reconciled, µs since 1970 UTC.</param>
/// <param name="Class">The class that was asked for; null for all.</param>
/// <param name="IsAll">Whether explained and accepted ones are shown too.</param>
/// <param name="Items">The items, the oldest first.</param>
/// <param name="Total">How many there are.</param>
/// <param name="MayManage">Whether the caller may judge them.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Error">What could not be done.</param>
public sealed record TollItemsModel(PageContext Page, long At, string? Class, bool IsAll, IReadOnlyList<TollItemRow> Items, long Total, bool MayManage, string? Notice = null, string? Error = null);

/// <summary>An item.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Class">Its code.</param>
/// <param name="Point">Toll point; null where that is not known.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="Passage">The passage that it is about; null where it is about none.</param>
/// <param name="Time">µs since 1970 UTC.</param>
/// <param name="Count">How many things.</param>
/// <param name="Detail">More.</param>
/// <param name="State">Key of what is to become of it.</param>
/// <param name="Explanation">What a person said.</param>
/// <param name="By">Who did.</param>
public sealed record TollItemRow(string Key, string Class, string? Point, string Subject, string? Passage, long Time, long Count, string Detail, string State, string? Explanation, string? By);

/// <summary>Periods.</summary>
/// <param name="Page">The request.</param>
/// <param name="Periods">All, the newest first.</param>
/// <param name="MayManage">Whether the caller may close and sign.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Errors">What could not be done, and what stands in the way.</param>
public sealed record TollPeriodsModel(PageContext Page, IReadOnlyList<TollPeriodRow> Periods, bool MayManage, string? Notice, IReadOnlyList<string> Errors);

/// <summary>A period.</summary>
/// <param name="Number">Its number.</param>
/// <param name="From">First date.</param>
/// <param name="To">Last date.</param>
/// <param name="State">Key of where it stands.</param>
/// <param name="SignedBy">Who signed first; null where nobody did.</param>
/// <param name="Seal">Hash of its seal; null before.</param>
public sealed record TollPeriodRow(int Number, DateOnly From, DateOnly To, string State, string? SignedBy, string? Seal);
