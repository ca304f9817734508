using System.Text.Json;

namespace SmartCity.Model.Contracts;

/// <summary>What the books of a toll road answer. The API asks through this. Money is in minor units of the ledger's currency; dates are business dates of the corridor's zone.</summary>
public interface ITollQueries
{
    /// <summary>What the charges of each day and toll point come to, the newest day first.</summary>
    /// <param name="from">First date; null for the first that has a charge.</param>
    /// <param name="to">Last date, included; null for the last that has one.</param>
    TollTotals Totals(DateOnly? from, DateOnly? to);

    /// <summary>What is on its way from events to the ledger.</summary>
    TollBacklog Backlog();

    /// <summary>Charges in the order of their passages' ids.</summary>
    IReadOnlyList<TollChargeEntry> Charges(TollChargeFilter filter);

    /// <summary>Everything that is known of a passage; null where there never was one.</summary>
    TollPassageView? FindPassage(string id);

    /// <summary>Holds what devices numbered against what is kept, charged and posted, and keeps nothing.</summary>
    /// <param name="scope">What is reconciled; dates that are not given are the first and last with a charge.</param>
    /// <param name="itemsMax">Items of the answer, the oldest first; null for the usual number.</param>
    /// <param name="cancellationToken">Ends it.</param>
    TollReconRun Reconcile(TollReconFilter scope, int? itemsMax, CancellationToken cancellationToken);

    /// <summary>Runs that were kept, the newest first.</summary>
    IReadOnlyList<TollReconRun> Runs(int max);

    /// <summary>All periods in order.</summary>
    IReadOnlyList<TollPeriodEntry> Periods();

    /// <summary>A period, and what stands in the way of sealing it; null where there is none of the number.</summary>
    TollPeriodView? FindPeriod(int number, CancellationToken cancellationToken);

    /// <summary>What the ledger is of, and where it ends.</summary>
    TollLedgerView Ledger();

    /// <summary>Reads the whole ledger.</summary>
    TollLedgerCheck VerifyLedger(CancellationToken cancellationToken);
}

/// <summary>Chooses charges; null means any.</summary>
/// <param name="From">First date.</param>
/// <param name="To">Last date, included.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Outcome">Outcome, as <see cref="TollChargeEntry.Outcome"/>; null for all but void ones.</param>
/// <param name="After">Id of the last passage that is known; empty from the beginning.</param>
/// <param name="Limit">How many at most.</param>
public sealed record TollChargeFilter(DateOnly? From = null, DateOnly? To = null, string? Point = null, string? Lane = null, string? Outcome = null, string After = "", int Limit = 100);

/// <summary>Chooses what is reconciled; null means all.</summary>
/// <param name="From">First date.</param>
/// <param name="To">Last date, included.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Device">Device.</param>
public sealed record TollReconFilter(DateOnly? From = null, DateOnly? To = null, string? Point = null, string? Lane = null, string? Device = null);

/// <summary>What charges come to.</summary>
/// <param name="From">First date.</param>
/// <param name="To">Last date, included.</param>
/// <param name="Items">By day, toll point, outcome and code.</param>
public sealed record TollTotals(DateOnly From, DateOnly To, IReadOnlyList<TollTotal> Items);

/// <summary>What one toll point's charges of one day come to.</summary>
/// <param name="Day">Business date.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Outcome">Outcome, as <see cref="TollChargeEntry.Outcome"/>.</param>
/// <param name="Code">Why there is no charge; null where there is one.</param>
/// <param name="Count">Passages.</param>
/// <param name="Net">Minor units, without VAT.</param>
/// <param name="Vat">Minor units.</param>
public sealed record TollTotal(DateOnly Day, string Point, string Outcome, string? Code, long Count, long Net, long Vat);

/// <summary>What is on its way from events to the ledger.</summary>
/// <param name="Cells">Spans of time of lanes that are to be correlated.</param>
/// <param name="Days">Days of vehicles that are to be rated.</param>
/// <param name="Chains">Chains of transfers that are to be posted.</param>
/// <param name="Refused">Chains that the ledger refused.</param>
/// <param name="IsDone">Whether there is none.</param>
public sealed record TollBacklog(long Cells, long Days, long Chains, long Refused, bool IsDone);

/// <summary>What one passage costs, as it stands.</summary>
/// <param name="Passage">Passage id, 32 hexadecimal digits.</param>
/// <param name="Revision">0 for the first rating, one more whenever it comes to something else.</param>
/// <param name="TollPoint">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Day">Business date.</param>
/// <param name="Time">When it passed.</param>
/// <param name="Outcome"><c>charged</c>, <c>exempt</c>, <c>unrated</c>, <c>review</c>, <c>unreadable</c>, <c>duplicate</c>, <c>entry</c> or <c>void</c>.</param>
/// <param name="Code">Why there is no charge, e.g. <c>TARIFF_MISSING</c>; null where there is one.</param>
/// <param name="Payer">Ledger account that pays; null where there is no charge.</param>
/// <param name="Shares">The net by concession.</param>
/// <param name="Net">Minor units, without VAT.</param>
/// <param name="Vat">Minor units.</param>
/// <param name="Gross">What is to be paid, minor units.</param>
/// <param name="Tariff">Tariff and version that rated it; null where none did.</param>
/// <param name="Trace">How the amount came about, rule by rule.</param>
public sealed record TollChargeEntry(
    string Passage, int Revision, string TollPoint, string Lane, DateOnly Day, DateTimeOffset Time, string Outcome, string? Code, string? Payer,
    IReadOnlyList<TollShare> Shares, long Net, long Vat, long Gross, string? Tariff, IReadOnlyList<TollRuleStep> Trace);

/// <summary>A concession's part of a net.</summary>
/// <param name="Concession">Its name.</param>
/// <param name="Net">Minor units.</param>
public sealed record TollShare(string Concession, long Net);

/// <summary>One rule on the way to an amount.</summary>
/// <param name="Rule">The rule, e.g. <c>price</c>.</param>
/// <param name="Input">What it was applied to.</param>
/// <param name="Change">What it added, major units, exact.</param>
/// <param name="Amount">What stands after it.</param>
public sealed record TollRuleStep(string Rule, string Input, string Change, string Amount);

/// <summary>Everything that is known of a passage.</summary>
/// <param name="Passage">The passage; null where there was one and is none any more.</param>
/// <param name="Charge">Its charge; null where it has none yet.</param>
/// <param name="Events">Events it is made of, and those that lost to one of them, in order of time.</param>
/// <param name="Suppressed">Reads that lost, with why.</param>
/// <param name="Findings">Codes of what was found about it.</param>
/// <param name="Postings">What was sent to the ledger for it, in order.</param>
public sealed record TollPassageView(
    TollPassageEntry? Passage, TollChargeEntry? Charge, IReadOnlyList<TollEventEntry> Events, IReadOnlyList<TollSuppressed> Suppressed, IReadOnlyList<string> Findings, IReadOnlyList<TollPosting> Postings);

/// <summary>One vehicle at one toll point.</summary>
/// <param name="Id">32 hexadecimal digits; a later read changes the passage, never its id.</param>
/// <param name="TollPoint">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Direction">Which way it went.</param>
/// <param name="Time">When it passed.</param>
/// <param name="Clock">What is known of that time.</param>
/// <param name="Tag">The tag that counts.</param>
/// <param name="TagPlate">The plate of that tag's account.</param>
/// <param name="Plate">The plate as the cameras saw it.</param>
/// <param name="PlateState">What that plate is worth.</param>
/// <param name="ClassDeclared">Vehicle class by the tag.</param>
/// <param name="ClassMeasured">Vehicle class by the classifier.</param>
/// <param name="ClassCharged">Vehicle class to charge; null where a person has to say.</param>
/// <param name="ClassRule">Why that class.</param>
/// <param name="Grade">How good the evidence is.</param>
/// <param name="State">What is to be done with it.</param>
/// <param name="Review">Why a person has to look.</param>
/// <param name="DuplicateOf">The passage that is charged instead of this one.</param>
public sealed record TollPassageEntry(
    string Id, string TollPoint, string Lane, string Direction, DateTimeOffset Time, string Clock, string? Tag, string? TagPlate, string? Plate, string PlateState,
    string? ClassDeclared, string? ClassMeasured, string? ClassCharged, string ClassRule, string Grade, string State, string Review, string? DuplicateOf);

/// <summary>An event of a lane device. Device, boot and sequence are its key, once for ever.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Boot">Start of the device, a whole number of up to 64 bits.</param>
/// <param name="Sequence">Number within the start, a whole number of up to 64 bits.</param>
/// <param name="Time">By the device's clock.</param>
/// <param name="Received">By the gateway's clock.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Kind"><c>avc</c>, <c>tag</c>, <c>anpr</c>, <c>loop</c>, <c>counter</c> or <c>health</c>.</param>
/// <param name="Json">The event as sent.</param>
public sealed record TollEventEntry(string Device, string Boot, string Sequence, DateTimeOffset Time, DateTimeOffset Received, string Lane, string Kind, JsonElement Json);

/// <summary>A read that is not charged because another one is.</summary>
/// <param name="Event">Device, boot and sequence of the read.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Reason"><c>crossLane</c>, <c>duplicate</c> or <c>duplicateTag</c>.</param>
/// <param name="Winner">The event that counts instead.</param>
/// <param name="WinnerPassage">Passage that this one belongs to.</param>
public sealed record TollSuppressed(string Event, string Kind, string Lane, string Reason, string Winner, string WinnerPassage);

/// <summary>A chain of transfers for one revision of a charge.</summary>
/// <param name="Revision">Revision of the charge.</param>
/// <param name="State"><c>waiting</c>, <c>posted</c> or <c>refused</c>.</param>
/// <param name="Refusal">Why the ledger refused it; null where it did not.</param>
/// <param name="Entry">Number of its first entry in the ledger; null before it is posted.</param>
/// <param name="Transfers">The transfers.</param>
public sealed record TollPosting(int Revision, string State, string? Refusal, long? Entry, IReadOnlyList<TollTransfer> Transfers);

/// <summary>One amount from one account to another.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Debit">Account that is debited.</param>
/// <param name="Credit">Account that is credited.</param>
/// <param name="Amount">Minor units, above 0.</param>
/// <param name="Code">Why money moves, e.g. <c>charge</c>.</param>
/// <param name="EffectiveDate">Business date.</param>
/// <param name="Batch"><c>normal</c>, <c>delayed</c> or <c>rerated</c>.</param>
/// <param name="Reverses">The transfer that this one undoes; null where it undoes none.</param>
public sealed record TollTransfer(string Id, string Debit, string Credit, long Amount, string Code, DateOnly EffectiveDate, string Batch, string? Reverses);

/// <summary>A run of reconciliation.</summary>
/// <param name="Number">From 1; 0 where it was not kept.</param>
/// <param name="Scope">What was reconciled.</param>
/// <param name="At">When.</param>
/// <param name="IsReconciled">Whether all identities hold and nothing is open.</param>
/// <param name="StatementRoot">Hash over what every passage comes to.</param>
/// <param name="Identities">The identities, in order.</param>
/// <param name="Classes">All items by class.</param>
/// <param name="Items">Items, the oldest first, no more than were asked for.</param>
public sealed record TollReconRun(
    int Number, TollReconFilter Scope, DateTimeOffset At, bool IsReconciled, string StatementRoot, IReadOnlyList<TollReconIdentity> Identities, IReadOnlyList<TollReconClass> Classes, IReadOnlyList<TollReconItem> Items);

/// <summary>One identity: what comes in is what goes out, or something is missing.</summary>
/// <param name="Id"><c>E1</c>–<c>E13</c>.</param>
/// <param name="Left">What is to be accounted for.</param>
/// <param name="Right">Where it went.</param>
/// <param name="ResidualCount">What nobody can account for; 0 where the books are right.</param>
/// <param name="ResidualMoney">The same in money, minor units.</param>
/// <param name="Holds">Whether nothing is left over.</param>
public sealed record TollReconIdentity(string Id, TollReconTerm Left, IReadOnlyList<TollReconTerm> Right, long ResidualCount, long ResidualMoney, bool Holds);

/// <summary>A term of an identity.</summary>
/// <param name="Name">What is counted, e.g. <c>passages</c>.</param>
/// <param name="Count">How many.</param>
/// <param name="Money">Minor units; null where they have no price.</param>
public sealed record TollReconTerm(string Name, long Count, long? Money);

/// <summary>Items of one class.</summary>
/// <param name="Class">The class, e.g. <c>SEQ_GAP</c>.</param>
/// <param name="Items">How many items.</param>
/// <param name="Open">How many of them nobody has explained or accepted.</param>
/// <param name="Count">How many things they are about.</param>
/// <param name="Money">What is at stake as far as it is known, minor units.</param>
public sealed record TollReconClass(string Class, int Items, int Open, long Count, long Money);

/// <summary>Something that a person has to explain or to let stand.</summary>
/// <param name="Key">Names it for as long as it stands, 32 hexadecimal digits.</param>
/// <param name="Class">Its class.</param>
/// <param name="TollPoint">Where; null where that is not known.</param>
/// <param name="Subject">What it is about: a device with its numbers, an event, a passage.</param>
/// <param name="Time">When.</param>
/// <param name="Day">Business date.</param>
/// <param name="Count">How many things it is about.</param>
/// <param name="Money">What is at stake, minor units; null where it is not known.</param>
/// <param name="Detail">More, for people.</param>
/// <param name="Found">When it was first found; null where it is found anew by each run.</param>
/// <param name="State"><c>open</c>, <c>inWork</c>, <c>explained</c> or <c>accepted</c>.</param>
/// <param name="Owner">Whose it is; null where nobody said anything.</param>
/// <param name="Explanation">Why it is so.</param>
/// <param name="By">Who said it.</param>
public sealed record TollReconItem(
    string Key, string Class, string? TollPoint, string Subject, DateTimeOffset Time, DateOnly Day, long Count, long? Money, string Detail, DateTimeOffset? Found, string State, string? Owner, string? Explanation, string? By);

/// <summary>A run of business dates that is closed as one.</summary>
/// <param name="Number">From 1.</param>
/// <param name="From">First date.</param>
/// <param name="To">Last date, included.</param>
/// <param name="State"><c>open</c>, <c>closing</c> or <c>sealed</c>.</param>
/// <param name="Seal">SHA-256 of its seal; null before.</param>
/// <param name="SignedBy">Who signed first, while it is closing; null where nobody did.</param>
public sealed record TollPeriodEntry(int Number, DateOnly From, DateOnly To, string State, string? Seal, string? SignedBy);

/// <summary>A period, and what stands in the way of sealing it.</summary>
/// <param name="Period">The period.</param>
/// <param name="Blockers">Sentences; empty where nothing does.</param>
public sealed record TollPeriodView(TollPeriodEntry Period, IReadOnlyList<string> Blockers);

/// <summary>What a ledger is of, and where it ends.</summary>
/// <param name="Identity">What it is of.</param>
/// <param name="Head">Where it ends.</param>
public sealed record TollLedgerView(TollLedgerIdentity Identity, TollLedgerHead Head);

/// <summary>What a ledger is of: one currency at one scale, for ever.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Scale">Decimal places of the minor unit.</param>
public sealed record TollLedgerIdentity(string Name, string Currency, int Scale);

/// <summary>Where a ledger ends. Its hash, kept elsewhere, proves that nothing before was changed.</summary>
/// <param name="Number">Number of the last entry; 0 for none.</param>
/// <param name="Hash">Hash of the last entry.</param>
/// <param name="Accounts">Accounts opened.</param>
/// <param name="Debits">Sum of all debits, minor units.</param>
/// <param name="Credits">Sum of all credits; always equal to the debits.</param>
public sealed record TollLedgerHead(long Number, string Hash, int Accounts, long Debits, long Credits);

/// <summary>What a verification of the ledger found.</summary>
/// <param name="Entries">Entries that were found to be as written.</param>
/// <param name="Hash">Hash of the last of them.</param>
/// <param name="Fault">The first thing that is not as written; null where all is.</param>
public sealed record TollLedgerCheck(long Entries, string Hash, TollLedgerFault? Fault);

/// <summary>The first row that is not as it was written.</summary>
/// <param name="Row">The table and the row in it.</param>
/// <param name="Entry">The entry that is changed, or the last one that made the row.</param>
/// <param name="Day">Its business date; null where it has none or it cannot be read.</param>
/// <param name="Lane">Its lane; null where it has none or it cannot be read.</param>
/// <param name="Message">What is wrong.</param>
public sealed record TollLedgerFault(string Row, long Entry, DateOnly? Day, string? Lane, string Message);
