namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>A dispute to open.</summary>
/// <param name="Charge">Charge id, at most 128 characters.</param>
/// <param name="Reason"><c>notMyVehicle</c>, <c>chargedTwice</c>, <c>wrongClass</c>, <c>wrongAmount</c>, <c>exempt</c> or <c>other</c>.</param>
/// <param name="Text">In the words of whoever objects; needed for <c>other</c>.</param>
internal sealed record NewTollDispute(string? Charge, string? Reason, string? Text = null);

/// <summary>What is said of a dispute.</summary>
/// <param name="Text">What looking into it came to, or why somebody objects to its decision.</param>
internal sealed record TollDisputeNote(string? Text);

/// <summary>The decision of a dispute.</summary>
/// <param name="Decision"><c>uphold</c> or <c>reject</c>.</param>
/// <param name="Text">Why.</param>
/// <param name="Refund">What is given back with <c>uphold</c>, minor units, at least 1; all that stands where left out.</param>
internal sealed record TollDisputeDecision(string? Decision, string? Text, long? Refund = null);

/// <summary>A charge that somebody objects to.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Charge">Charge id.</param>
/// <param name="Reason">What is objected to.</param>
/// <param name="Text">In the words of whoever objects; may be empty.</param>
/// <param name="OpenedBy">Who did: an account, or <c>(driver)</c>.</param>
/// <param name="Opened">When.</param>
/// <param name="State"><c>open</c>, <c>underReview</c>, <c>upheld</c> or <c>rejected</c>.</param>
/// <param name="HandledBy">Who looks into it; null where nobody has yet.</param>
/// <param name="Finding">What that came to.</param>
/// <param name="DecidedBy">Who decided last; null before.</param>
/// <param name="Decided">When.</param>
/// <param name="Refund">What is given back, minor units; 0 where it was rejected.</param>
/// <param name="Of">What stood when it was decided.</param>
/// <param name="Explanation">Why it was decided so.</param>
/// <param name="Appealed">Whether it was decided once and objected to again: the next decision is the last.</param>
/// <param name="IsFinal">Whether nothing can be changed any more.</param>
internal sealed record TollDisputeEntry(
    int Number, string Charge, string Reason, string Text, string OpenedBy, DateTimeOffset Opened, string State, string? HandledBy, string? Finding, string? DecidedBy, DateTimeOffset? Decided, long Refund, long Of, string? Explanation, bool Appealed,
    bool IsFinal);

/// <summary>Something that was done to a dispute.</summary>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
/// <param name="What"><c>opened</c>, <c>taken</c>, <c>upheld</c>, <c>rejected</c>, <c>appealed</c> or <c>released</c>.</param>
/// <param name="Text">What was said.</param>
internal sealed record TollDisputeStep(DateTimeOffset At, string By, string What, string Text);

/// <summary>A dispute, what was done to it, and what was given back to others because of it.</summary>
/// <param name="Dispute">The dispute.</param>
/// <param name="Steps">What was done to it, in order.</param>
/// <param name="Batches">What was given back to others.</param>
internal sealed record TollDisputeView(TollDisputeEntry Dispute, IReadOnlyList<TollDisputeStep> Steps, IReadOnlyList<TollRefundBatch> Batches);

/// <summary>What became of an act.</summary>
/// <param name="Dispute">The dispute as it stands.</param>
/// <param name="Repeated">Whether all of it had been done before: a success that changed nothing.</param>
internal sealed record TollDisputeChange(TollDisputeEntry Dispute, bool Repeated);

/// <summary>Whom one fault may have hit. What is null is not asked for.</summary>
/// <param name="From">First business date.</param>
/// <param name="To">Last business date, included.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Device">Device whose event the passage is made of.</param>
/// <param name="Cause">Code of what was found about the passage, e.g. <c>CLASS_MISMATCH</c>.</param>
/// <param name="Tariff">Tariff and version that rated it.</param>
/// <param name="Begin">First moment.</param>
/// <param name="End">The moment after the last.</param>
internal sealed record TollFaultScope(DateOnly From, DateOnly To, string? Point, string? Lane, string? Device, string? Cause, string? Tariff, DateTimeOffset? Begin, DateTimeOffset? End);

/// <summary>A charge that the same fault hit.</summary>
/// <param name="Charge">Charge id.</param>
/// <param name="Day">Business date.</param>
/// <param name="Time">When the vehicle passed.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Payer">Who paid.</param>
/// <param name="Gross">What stands, minor units.</param>
/// <param name="Refund">What is to be given back; 0 where a dispute gave something back already.</param>
/// <param name="Dispute">Number of that dispute; null where none did.</param>
internal sealed record TollFaultHit(string Charge, DateOnly Day, DateTimeOffset Time, string Point, string Lane, string? Payer, long Gross, long Refund, int? Dispute);

/// <summary>What is to be given back to everybody whom a fault hit: whole, since its digest names all of it; at most 100,000 charges.</summary>
/// <param name="Scope">Whom it was looked for.</param>
/// <param name="Count">How many get something.</param>
/// <param name="Amount">What they get, minor units.</param>
/// <param name="Digest">SHA-256 over dispute, charges and refunds, lower-case hexadecimal: names exactly this.</param>
/// <param name="Items">In the order of charges.</param>
internal sealed record TollRefundPreview(TollFaultScope Scope, int Count, long Amount, string Digest, IReadOnlyList<TollFaultHit> Items);

/// <summary>A batch of refunds that was released.</summary>
/// <param name="Id">First half of its digest.</param>
/// <param name="Dispute">The dispute that it follows from.</param>
/// <param name="Scope">Whom it was for.</param>
/// <param name="Digest">Digest of what was given back to whom.</param>
/// <param name="By">Who released it.</param>
/// <param name="At">When.</param>
/// <param name="Count">Charges.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Posted">How many of them stand in the ledger.</param>
internal sealed record TollRefundBatch(string Id, int Dispute, TollFaultScope Scope, string Digest, string By, DateTimeOffset At, int Count, long Amount, int Posted);

/// <summary>What became of a release.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Repeated">Whether it had been released before.</param>
internal sealed record TollRefundReleased(TollRefundBatch Batch, bool Repeated);
