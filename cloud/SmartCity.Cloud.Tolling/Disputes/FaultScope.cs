namespace SmartCity.Cloud.Tolling.Disputes;

/// <summary>Whom one fault may have hit: charges of some dates, with all that is said of them. What is null is not asked for.</summary>
/// <param name="From">First business date.</param>
/// <param name="To">Last business date, included.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Device">Device whose event the passage is made of.</param>
/// <param name="Cause">Code of what was found about the passage, e.g. <c>CLASS_MISMATCH</c>, or <see cref="Repeated"/>.</param>
/// <param name="Tariff">Tariff and version that rated it.</param>
/// <param name="Begin">First moment, µs since 1970 UTC.</param>
/// <param name="End">The moment after the last.</param>
public sealed record FaultScope(
    DateOnly From, DateOnly To, string? Point = null, string? Lane = null, string? Device = null, string? Cause = null, string? Tariff = null, long? Begin = null, long? End = null)
{
    /// <summary>The cause of a passage of a vehicle that was charged at the same toll point within the five minutes before.</summary>
    public const string Repeated = "REPEATED";

    /// <summary>Whether anything but dates is asked for: else everybody who was charged would be meant.</summary>
    public bool IsNarrow => Point is not null || Lane is not null || Device is not null || Cause is not null || Tariff is not null;
}

/// <summary>A charge that the same fault hit.</summary>
/// <param name="Charge">Charge id.</param>
/// <param name="Day">Business date.</param>
/// <param name="Time">µs since 1970 UTC.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Payer">Who paid.</param>
/// <param name="Gross">What stands, minor units.</param>
/// <param name="Refund">What is to be given back; 0 where nothing is, see <paramref name="Dispute"/>.</param>
/// <param name="Dispute">Number of the dispute that gave something back already; null where none did.</param>
public sealed record FaultHit(string Charge, DateOnly Day, long Time, string Point, string Lane, string? Payer, long Gross, long Refund, int? Dispute);

/// <summary>What is to be given back to everybody whom a fault hit.</summary>
/// <param name="Scope">What was asked for.</param>
/// <param name="Hits">In the order of charges.</param>
/// <param name="Digest">SHA-256 over dispute, charges and refunds, lower-case hexadecimal: names exactly this.</param>
public sealed record RefundPreview(FaultScope Scope, IReadOnlyList<FaultHit> Hits, string Digest)
{
    /// <summary>How many get something.</summary>
    public int Count => Hits.Count(hit => hit.Refund > 0);

    /// <summary>What they get, minor units.</summary>
    public long Amount => Hits.Sum(hit => hit.Refund);
}

/// <summary>A batch of refunds that was released.</summary>
/// <param name="Id">First half of its digest.</param>
/// <param name="Dispute">The dispute it follows from.</param>
/// <param name="Scope">Whom it was for.</param>
/// <param name="Digest">Digest of what was given back to whom.</param>
/// <param name="By">Who released it.</param>
/// <param name="At">µs since 1970 UTC.</param>
/// <param name="Count">Charges.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Posted">How many of them stand in the ledger.</param>
public sealed record RefundBatch(string Id, int Dispute, FaultScope Scope, string Digest, string By, long At, int Count, long Amount, int Posted);

/// <summary>What became of a release.</summary>
/// <param name="Refusal">Why it was not done.</param>
/// <param name="Batch">The batch; null where there is none.</param>
/// <param name="Repeated">Whether it had been done before.</param>
public sealed record ReleaseResult(DisputeRefusal Refusal, RefundBatch? Batch, bool Repeated = false);
