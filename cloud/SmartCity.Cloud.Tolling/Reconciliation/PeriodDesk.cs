using System.Globalization;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Reconciliation;

/// <summary>Where a period is closed: nothing stands in its way, two different people sign, and then it is sealed for ever.</summary>
/// <param name="reconciliation">Says what stands in the way, and keeps the first signature.</param>
/// <param name="ledger">The ledger.</param>
/// <param name="zone">Zone of business dates.</param>
/// <param name="clock">Says which dates may be over.</param>
public sealed class PeriodDesk(TollReconciliation reconciliation, ITollLedger ledger, TimeZoneInfo zone, TimeProvider clock)
{
    /// <summary>How many days after its last date a period takes what comes late.</summary>
    public const int GraceDays = 3;
    private const int BlockersMax = 20;

    /// <summary>What stands in the way of sealing a period, for people; empty where nothing does.</summary>
    public IReadOnlyList<string> Blockers(Period period, CancellationToken cancellationToken)
    {
        var blockers = new List<string>();
        if (Watermark < period.To) blockers.Add(string.Create(CultureInfo.InvariantCulture, $"late events of {period.To:yyyy-MM-dd} are waited for until {period.To.AddDays(GraceDays):yyyy-MM-dd}"));
        var work = reconciliation.Work(period.To);
        if (!work.IsDone) blockers.Add(string.Create(CultureInfo.InvariantCulture, $"on their way: {work.Cells} spans to correlate, {work.Days} days of vehicles to rate, {work.Chains} charges to post; {work.Refused} were refused by the ledger"));
        var run = reconciliation.Run(new ReconScope(period.From, period.To), ledger, BlockersMax, UnixMicros.Now(clock), cancellationToken);
        blockers.AddRange(run.Identities.Where(identity => !identity.Holds).Select(identity => string.Create(CultureInfo.InvariantCulture, $"{identity.Id} leaves {identity.ResidualCount} and {identity.ResidualMoney} in money")));
        blockers.AddRange(run.Classes.Where(one => one.Open > 0).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Class}: {one.Open} of {one.Items} neither explained nor accepted")));
        return blockers;
    }

    /// <summary>Signs a closing period: the first signature is kept, the second one, of somebody else, seals it.</summary>
    /// <param name="number">Number of the period.</param>
    /// <param name="by">Who signs.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public PeriodSignature Sign(int number, string by, CancellationToken cancellationToken)
    {
        if (ledger.Periods().FirstOrDefault(period => period.Number == number) is not { } period) return PeriodSignature.Refuse($"There is no period {number}.", []);
        if (period.State == PeriodState.Sealed) return PeriodSignature.Refuse($"Period {number} is sealed.", []);
        if (period.State == PeriodState.Open) return PeriodSignature.Refuse($"Period {number} is open: close it first.", []);
        if (Blockers(period, cancellationToken) is { Count: > 0 } blockers) return PeriodSignature.Refuse($"Period {number} cannot be signed yet.", blockers);
        if (reconciliation.FirstSignature(number) is not { } first)
        {
            reconciliation.KeepSignature(number, by, UnixMicros.Now(clock));
            return new PeriodSignature(PeriodSigned.First, by, "", []);
        }
        var result = ledger.Seal(new SealRequest(number, Watermark, first, by, []));
        return result.Succeeded ? new PeriodSignature(PeriodSigned.Sealed, first, "", []) : PeriodSignature.Refuse(result.Message, []);
    }

    /// <summary>The last date up to which nothing is waited for any more.</summary>
    public DateOnly Watermark => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).DateTime).AddDays(-GraceDays);
}

/// <summary>What became of a signature.</summary>
/// <param name="Outcome">What it did.</param>
/// <param name="SignedBy">Who signed first; empty where nobody did.</param>
/// <param name="Message">Why it was refused; empty where it was not.</param>
/// <param name="Blockers">What stands in the way.</param>
public sealed record PeriodSignature(PeriodSigned Outcome, string SignedBy, string Message, IReadOnlyList<string> Blockers)
{
    internal static PeriodSignature Refuse(string message, IReadOnlyList<string> blockers) => new(PeriodSigned.Refused, "", message, blockers);
}

/// <summary>What a signature did.</summary>
public enum PeriodSigned : byte
{
    /// <summary>Nothing.</summary>
    Refused = 0,
    /// <summary>It is the first of two.</summary>
    First = 1,
    /// <summary>The period is sealed.</summary>
    Sealed = 2,
}
