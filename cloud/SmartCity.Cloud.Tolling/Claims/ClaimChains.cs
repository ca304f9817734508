using System.Text.Json;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>Chains of transfers that follow from answers and bank entries: kept with their ids in the commit of the import, sent to the ledger afterwards, and again after a crash.</summary>
internal static class ClaimChains
{
    /// <summary>Keeps a chain to be sent; none where it moves nothing.</summary>
    public static void Keep(Statements statements, string id, IReadOnlyList<Transfer> chain)
    {
        if (chain.Count > 0) statements.Run("INSERT INTO claim_chain VALUES($1,$2,$3,$4,NULL,NULL)", id, chain[0].EffectiveDate.DayNumber, JsonSerializer.SerializeToUtf8Bytes([.. chain], ChargeJson.Default.ListTransfer), (long)PostingState.Waiting);
    }

    /// <summary>One transfer from a debit to a credit, the other way round where the amount is below 0; null where it is 0.</summary>
    public static Transfer? Move(UInt128 id, string debit, string credit, long amount, TransferCode code, DateOnly date, TransferLinks links) => amount switch
    {
        0 => null,
        > 0 => new Transfer(id, debit, credit, amount, code, date, BatchKind.Normal, links),
        _ => new Transfer(id, credit, debit, -amount, code, date, BatchKind.Normal, links),
    };

    /// <summary>Sends chains that wait, or that were refused, in one commit of the ledger, and says what became of each.</summary>
    /// <param name="statements">The store.</param>
    /// <param name="commit">Runs something in one commit of the store.</param>
    /// <param name="ledger">The ledger.</param>
    /// <param name="plan">How periods are opened; null where people open them.</param>
    /// <param name="state">Which chains.</param>
    /// <param name="max">How many at most.</param>
    /// <returns>How many were sent, and how many of them the ledger took.</returns>
    public static (int Sent, int Posted) Send(Statements statements, Action<Action> commit, ITollLedger ledger, PeriodPlan? plan, PostingState state, int max)
    {
        var chains = statements.Read("SELECT id, chain FROM claim_chain WHERE state = $1 ORDER BY state, id LIMIT $2",
            row => (Id: row.GetString(0), Chain: JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(1), ChargeJson.Default.ListTransfer)!), (long)state, max);
        if (chains.Count == 0) return (0, 0);
        var names = chains.SelectMany(one => one.Chain).SelectMany(transfer => new[] { transfer.Debit, transfer.Credit }).Distinct(StringComparer.Ordinal);
        ledger.OpenAccounts([.. names.Select(name => new AccountOpening(name))]);
        OpenPeriods(ledger, plan, [.. chains.SelectMany(one => one.Chain).Select(transfer => transfer.EffectiveDate)]);
        DateOnly? first = ledger.Periods() is [var earliest, ..] ? earliest.From : null;
        var answers = chains.Zip(ledger.Post([.. chains.Select(one => (IReadOnlyList<Transfer>)one.Chain)])).ToList();
        commit(() =>
        {
            foreach (var ((id, chain), result) in answers)
            {
                var (next, batch) = After(chain[0], result, first);
                var kept = batch is { } other ? [.. chain.Select(transfer => transfer with { Batch = other })] : chain;
                statements.Run("UPDATE claim_chain SET chain = $2, state = $3, refusal = $4, entry = $5 WHERE id = $1", id, JsonSerializer.SerializeToUtf8Bytes(kept, ChargeJson.Default.ListTransfer), (long)next,
                    next == PostingState.Refused ? $"{result.Refusal}: {result.Message}" : null, next == PostingState.Posted ? result.First : null);
            }
        });
        return (chains.Count, answers.Count(one => one.Second.Succeeded));
    }

    /// <summary>What becomes of a chain, and the batch that it is to be sent in next where that is another.</summary>
    private static (PostingState State, BatchKind? Batch) After(Transfer transfer, LedgerResult result, DateOnly? first) => result switch
    {
        { Succeeded: true } => (PostingState.Posted, null),
        // Its own period has closed meanwhile, or is from before the first: it is late, and goes into the first open one under its own date.
        { Refusal: LedgerRefusal.PeriodClosing or LedgerRefusal.PeriodSealed } => (PostingState.Waiting, BatchKind.Delayed),
        { Refusal: LedgerRefusal.NoPeriod } when transfer.Batch == BatchKind.Normal && transfer.EffectiveDate < first => (PostingState.Waiting, BatchKind.Delayed),
        { Refusal: LedgerRefusal.NotDelayed } => (PostingState.Waiting, BatchKind.Normal),
        _ => (PostingState.Refused, null),
    };

    private static void OpenPeriods(ITollLedger ledger, PeriodPlan? plan, IReadOnlyList<DateOnly> dates)
    {
        if (plan is not { } months) return;
        if (ledger.Periods().Count == 0) Open(months.PeriodOf(dates.Min()));
        foreach (var period in months.ToOpen(ledger.Periods()[^1].To, dates.Max())) Open(period);

        void Open((DateOnly From, DateOnly To) period) => ledger.OpenPeriod(period.From, period.To, TollCharging.Planner);
    }
}
