using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>Disputes, a page of them.</summary>
/// <param name="Page">The request.</param>
/// <param name="State">The state that was asked for; null for all.</param>
/// <param name="Disputes">The disputes, the newest first.</param>
/// <param name="Next">Address of further ones.</param>
public sealed record TollDisputesModel(PageContext Page, string? State, IReadOnlyList<DisputeRow> Disputes, string? Next);

/// <summary>A dispute.</summary>
/// <param name="Number">Number.</param>
/// <param name="Charge">Charge.</param>
/// <param name="Reason">Key of its reason.</param>
/// <param name="Text">In the words of whoever objects.</param>
/// <param name="OpenedBy">Who did; null for a driver.</param>
/// <param name="OpenedAt">µs since 1970 UTC.</param>
/// <param name="State">Key of where it stands.</param>
/// <param name="HandledBy">Who looks into it.</param>
/// <param name="DecidedBy">Who decided.</param>
/// <param name="Refund">What was given back, in words.</param>
/// <param name="Explanation">Why.</param>
/// <param name="IsFinal">Whether nothing can be changed any more.</param>
public sealed record DisputeRow(
    int Number, string Charge, string Reason, string Text, string? OpenedBy, long OpenedAt, string State, string? HandledBy, string? DecidedBy, string? Refund, string? Explanation, bool IsFinal);

/// <summary>One dispute, and what can be done with it.</summary>
/// <param name="Page">The request.</param>
/// <param name="Dispute">The dispute.</param>
/// <param name="Standing">What the charge comes to now, in words.</param>
/// <param name="Steps">What was done.</param>
/// <param name="Batches">Batches that followed from it.</param>
/// <param name="Others">Others whom the same fault hit; null where they were not looked for.</param>
/// <param name="MayManage">Whether the caller may do anything.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Error">What could not be done.</param>
public sealed record TollDisputeModel(
    PageContext Page, DisputeRow Dispute, string Standing, IReadOnlyList<DisputeStepRow> Steps, IReadOnlyList<RefundBatchRow> Batches, OthersView? Others, bool MayManage, string? Notice = null, string? Error = null);

/// <summary>Something that was done to a dispute.</summary>
/// <param name="At">µs since 1970 UTC.</param>
/// <param name="By">Who; null for a driver.</param>
/// <param name="What">Key of what.</param>
/// <param name="Text">What was said.</param>
public sealed record DisputeStepRow(long At, string? By, string What, string Text);

/// <summary>A batch of refunds.</summary>
/// <param name="Id">Id.</param>
/// <param name="At">µs since 1970 UTC.</param>
/// <param name="By">Who released it.</param>
/// <param name="Count">Charges.</param>
/// <param name="Amount">In words.</param>
/// <param name="Posted">How many stand in the ledger.</param>
public sealed record RefundBatchRow(string Id, long At, string By, int Count, string Amount, int Posted);

/// <summary>Others whom the same fault hit.</summary>
/// <param name="Filters">Names and values of what was looked for, as they go into the address.</param>
/// <param name="Count">How many get something.</param>
/// <param name="Amount">What, in words.</param>
/// <param name="Digest">Names exactly this.</param>
/// <param name="Hits">The first of them.</param>
/// <param name="Total">How many there are.</param>
public sealed record OthersView(IReadOnlyList<(string Name, string Value)> Filters, int Count, string Amount, string Digest, IReadOnlyList<FaultHitRow> Hits, int Total);

/// <summary>A charge that the same fault hit.</summary>
/// <param name="Charge">Charge.</param>
/// <param name="Time">µs since 1970 UTC.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Payer">Who paid.</param>
/// <param name="Gross">What stands, in words.</param>
/// <param name="Refund">What would be given back, in words; null where something was before.</param>
/// <param name="Dispute">Number of the dispute that gave something back before.</param>
public sealed record FaultHitRow(string Charge, long Time, string Point, string Lane, string? Payer, string Gross, string? Refund, int? Dispute);
