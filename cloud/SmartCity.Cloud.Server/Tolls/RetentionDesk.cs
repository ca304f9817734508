using System.Globalization;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Cloud.Tolling.Rating;
using SmartCity.Cloud.Tolling.Retention;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>The rules of retention, and reads of the vault; whoever reads it says why, which is written to the audit log before.</summary>
internal sealed class RetentionDesk(ServerOptions options, TollBooks books, TollDesk desk, ReceiptDesk receipts, PlateVault vault, AuditLog audit, TimeProvider clock, ILogger<RetentionDesk> logger)
{
    /// <summary>Least and most characters of a reason.</summary>
    public const int ReasonMin = 5, ReasonMax = 500;

    private readonly Lock _one = new();
    private DateOnly _ranOn;

    /// <summary>The rules.</summary>
    public RetentionRules Rules => options.Toll.Retention.Rules;

    /// <summary>Runs of the rules, the newest first.</summary>
    /// <param name="max">How many at most.</param>
    /// <param name="before">Number of the last that is known; null from the newest.</param>
    public IReadOnlyList<RetentionRun> Runs(int max, int? before = null)
    {
        using var retention = Open();
        return retention.Runs(max, before);
    }

    /// <summary>What a run would erase now.</summary>
    public IReadOnlyList<RetentionRun> Preview(CancellationToken cancellationToken)
    {
        using var retention = Open();
        return retention.Run(Rules, Today, "", UnixMicros.Now(clock), isDry: true, cancellationToken);
    }

    /// <summary>Runs the rules now.</summary>
    public IReadOnlyList<RetentionRun> Run(Actor actor, CancellationToken cancellationToken)
    {
        lock (_one)
        {
            audit.Write(actor, "toll.retention.run", "", null, $"{Rules}");
            using var retention = Open();
            var runs = retention.Run(Rules, Today, actor.Name, UnixMicros.Now(clock), isDry: false, cancellationToken);
            foreach (var run in runs.Where(run => run.Erased > 0)) logger.Retained(run.Erased, run.Class, run.Through!.Value);
            return runs;
        }
    }

    /// <summary>Runs the rules where they have not run today.</summary>
    public void RunDue(CancellationToken cancellationToken)
    {
        if (!options.Toll.Retention.Daily || _ranOn == Today) return;
        if (Preview(cancellationToken).Any(run => run.Erased > 0)) Run(Actor.System, cancellationToken);
        _ranOn = Today;
    }

    /// <summary>The plate behind an account that a pseudonym names.</summary>
    /// <param name="context">Who reads.</param>
    /// <param name="account">Ledger account, or the pseudonym.</param>
    /// <param name="reason">Why; see <see cref="ReasonMin"/>.</param>
    /// <returns>The plate's key; null where no passage that is kept had it.</returns>
    /// <exception cref="ArgumentException">It names no pseudonym.</exception>
    /// <exception cref="InvalidOperationException">The key of its month was erased.</exception>
    public string? PlateOf(HttpContext context, string account, string reason)
    {
        var pseudonym = account[(account.LastIndexOf(':') + 1)..];
        if (PlateVault.MonthOf(pseudonym) is not { } month) throw new ArgumentException($"'{account}' names no plate: its account ends with the month, a hyphen and 32 hex digits.");
        audit.Write(context.ActorOf(), "toll.vault.read", pseudonym, null, reason);
        return desk.Ask(queries => vault.PlateOf(pseudonym, queries.PlatesOf(month, month.AddMonths(1).AddDays(-1))));
    }

    /// <summary>The accounts that a plate had, month by month, as far as the vault has their keys.</summary>
    /// <param name="context">Who reads.</param>
    /// <param name="plate">The plate as it was typed.</param>
    /// <param name="reason">Why.</param>
    /// <exception cref="ArgumentException">It is no plate.</exception>
    public IReadOnlyList<string> AccountsOf(HttpContext context, string plate, string reason)
    {
        if (PlateGrammar.Parse(plate) is not { } known) throw new ArgumentException($"'{plate}' is no plate, such as 12ب34567.");
        var months = vault.Months();
        // The audit log is kept for long, and names no plate: its pseudonym of the newest month says the same to whoever may read the vault.
        audit.Write(context.ActorOf(), "toll.vault.find", months is [.., var newest] ? vault.PseudonymOf(known.Key, FirstOf(newest)) : "", null, reason);
        return [.. months.Select(month => Payer.AccountOfPlate(vault.PseudonymOf(known.Key, FirstOf(month)))).Where(account => desk.Ledger.FindAccount(account) is not null)];
    }

    private DateOnly Today => ZonedDates.Of(UnixMicros.Now(clock), desk.Zone);

    private static DateOnly FirstOf(int month) => new(month / 100, month % 100, 1);

    private SqliteRetention Open() => new(books.File, desk.Ledger, vault, receipts.Store, desk.Zone);
}
