using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>What people do to the toll road's books, from a page, a program or the console: each act is written to the audit log before it is done.</summary>
internal sealed class TollActs(TollDesk desk, TollQueries queries, AuditLog audit)
{
    /// <summary>Characters of an explanation.</summary>
    public const int ExplanationMax = 1_000;

    /// <summary>What may be said of an item, by name.</summary>
    public static IReadOnlyDictionary<string, ReconState> States { get; } = Enum.GetValues<ReconState>().ToDictionary(state => TollEndpoints.Word(state), StringComparer.Ordinal);

    /// <summary>Says what is to become of an item of reconciliation, and why.</summary>
    /// <param name="context">Who does it.</param>
    /// <param name="key">The item's key.</param>
    /// <param name="state">One of <see cref="States"/>.</param>
    /// <param name="owner">Whose it is; empty for nobody's.</param>
    /// <param name="explanation">Why; needed for what is explained or accepted.</param>
    public JudgeOutcome Judge(HttpContext context, string key, string? state, string owner, string explanation)
    {
        if (Wanted(state, owner, explanation, out var wanted) is var outcome and not JudgeOutcome.Done) return outcome;
        audit.Write(context.ActorOf(), "toll.item.judge", key, null, $"{state}: {explanation}");
        desk.Judge(key, wanted, owner, explanation, NameOf(context));
        return JudgeOutcome.Done;
    }

    /// <summary>Says the same of all items of a class that are open; with the state open, of those that are judged.</summary>
    /// <param name="context">Who does it.</param>
    /// <param name="scope">Whose items.</param>
    /// <param name="class">Their class.</param>
    /// <param name="state">One of <see cref="States"/>.</param>
    /// <param name="owner">Whose they are; empty for nobody's.</param>
    /// <param name="explanation">Why; needed for what is explained or accepted.</param>
    /// <param name="count">How many it was said of.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public JudgeOutcome JudgeAll(HttpContext context, TollReconFilter scope, string @class, string? state, string owner, string explanation, out int count, CancellationToken cancellationToken)
    {
        count = 0;
        if (Wanted(state, owner, explanation, out var wanted) is var outcome and not JudgeOutcome.Done) return outcome;
        audit.Write(context.ActorOf(), "toll.items.judge", @class, JsonSerializer.Serialize(scope, TollJson.Options), $"{state}: {explanation}");
        count = desk.JudgeAll(queries.ScopeOf(scope), @class, wanted, owner, explanation, NameOf(context), cancellationToken);
        return JudgeOutcome.Done;
    }

    /// <summary>Reconciles, and keeps the run.</summary>
    public TollReconRun Keep(HttpContext context, TollReconFilter scope, int itemsMax, CancellationToken cancellationToken)
    {
        audit.Write(context.ActorOf(), "toll.reconciliation.keep", "", null, JsonSerializer.Serialize(scope, TollJson.Options));
        return queries.ReconcileAndKeep(scope, itemsMax, cancellationToken);
    }

    /// <summary>Asks for numbers again that devices gave and nobody got.</summary>
    /// <param name="context">Who asks.</param>
    /// <param name="keys">Keys of items; null for every such item that is open.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public IReadOnlyList<ReconReplay> AskReplay(HttpContext context, IReadOnlyCollection<string>? keys, CancellationToken cancellationToken)
    {
        audit.Write(context.ActorOf(), "toll.replay.ask", "", null, keys is null ? "all open gaps" : string.Join(", ", keys));
        return desk.AskReplay(keys, NameOf(context), cancellationToken);
    }

    /// <summary>Opens the next period.</summary>
    public LedgerResult Open(HttpContext context, DateOnly from, DateOnly to)
    {
        audit.Write(context.ActorOf(), "toll.period.open", "", null, string.Create(CultureInfo.InvariantCulture, $"{from:yyyy-MM-dd} to {to:yyyy-MM-dd}"));
        return desk.Ledger.OpenPeriod(from, to, NameOf(context));
    }

    /// <summary>Begins to close a period.</summary>
    public LedgerResult Close(HttpContext context, int number)
    {
        audit.Write(context.ActorOf(), "toll.period.close", number.ToString(CultureInfo.InvariantCulture), null, null);
        return desk.Ledger.BeginClosing(number, NameOf(context));
    }

    /// <summary>Signs a closing period; the second signature, of somebody else, seals it.</summary>
    public PeriodSignature Sign(HttpContext context, int number, CancellationToken cancellationToken)
    {
        audit.Write(context.ActorOf(), "toll.period.sign", number.ToString(CultureInfo.InvariantCulture), null, null);
        return desk.Sign(number, NameOf(context), cancellationToken);
    }

    private static JudgeOutcome Wanted(string? state, string owner, string explanation, out ReconState wanted)
    {
        wanted = default;
        if (state is null || !States.TryGetValue(state, out wanted)) return JudgeOutcome.NoState;
        if (explanation.Length > ExplanationMax || owner.Length > ExplanationMax) return JudgeOutcome.TooLong;
        return explanation.Length == 0 && wanted is ReconState.Explained or ReconState.Accepted ? JudgeOutcome.NoReason : JudgeOutcome.Done;
    }

    /// <summary>The name under which somebody signs: the account's, or the console's.</summary>
    private static string NameOf(HttpContext context) => context.ActorOf().Name;
}
