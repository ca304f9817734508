using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SmartCity.Benchmarks.WholePath;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Postgres;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Benchmarks.Tolling;

/// <summary>
/// Passages posted and committed per second. A passage is one linked chain of two transfers: prepaid to concession and prepaid to VAT, with 10,000 prepaid accounts and
/// one concession and VAT account, which every passage touches. Stores take turns, so that none has the quiet machine for itself: SQLite in batches, PostgreSQL in
/// batches, and PostgreSQL with a commit a passage. All commits are flushed to the disk. Needs the package postgresql.
/// </summary>
internal static class LedgerFigure
{
    private const int Accounts = 10_000, Turns = 3;
    private static readonly LedgerIdentity _rial = new("toll", "IRR", 0);
    private static readonly DateOnly _day = new(2026, 11, 3);

    /// <summary>Runs it.</summary>
    /// <param name="args"><c>--passages N</c> a turn in batches (default 30,000), <c>--single N</c> a turn one by one (default 1,500), <c>--batch N</c> passages a commit (default 1,000), <c>--folder DIR</c> on the disk to measure.</param>
    /// <returns>0 where SQLite in batches was faster than a commit a passage in every turn, else 3.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        var passages = int.Parse(Option("--passages", "30000"), CultureInfo.InvariantCulture);
        var single = int.Parse(Option("--single", "1500"), CultureInfo.InvariantCulture);
        var batch = int.Parse(Option("--batch", "1000"), CultureInfo.InvariantCulture);
        var parent = Option("--folder", Path.GetTempPath());
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"smartcity-ledger-{Environment.ProcessId}")).FullName;
        try
        {
            var port = Tools.FreePort();
            using var server = LocalPostgres.Start(folder, port);
            var plain = LocalPostgres.Connection(port);
            server.Await(() => LocalPostgres.Answers(plain), TimeSpan.FromSeconds(30));
            using (var sqlite = Begun(SqliteTollLedger.Open(Path.Combine(folder, "ledger.db"), _rial, TimeProvider.System)))
            using (var inBatches = Begun(PostgresTollLedger.Open(LocalPostgres.NewSchema(plain, "batches"), _rial, TimeProvider.System)))
            using (var oneByOne = Begun(PostgresTollLedger.Open(LocalPostgres.NewSchema(plain, "single"), _rial, TimeProvider.System)))
            {
                Console.WriteLine("turn  store                            passages/s   passages");
                var met = true;
                for (var turn = 1; turn <= Turns; turn++)
                {
                    var ours = Measure(turn, $"SQLite, {batch} a commit", sqlite, passages, batch);
                    Measure(turn, $"PostgreSQL, {batch} a commit", inBatches, passages, batch);
                    var theirs = Measure(turn, "PostgreSQL, 1 a commit", oneByOne, single, 1);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{turn,4}  SQLite in batches is {ours / theirs:0.0} times PostgreSQL with a commit a passage"));
                    met &= ours > theirs;
                }
                var began = Stopwatch.GetTimestamp();
                var check = sqlite.Verify(CancellationToken.None);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Verify of {check.Entries} entries in SQLite: {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, {(check.Fault is null ? "intact" : check.Fault.Message)}"));
                NpgsqlConnection.ClearAllPools();
                return met && check.Fault is null ? 0 : 3;
            }
        }
        finally
        {
            NpgsqlConnection.ClearAllPools();
            Directory.Delete(folder, true);
        }

        string Option(string name, string otherwise) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault() ?? otherwise;
    }

    private static double Measure(int turn, string name, ITollLedger ledger, int passages, int batch)
    {
        // Ids and chains are made before the clock starts: they come from the rating.
        var chains = Enumerable.Range(0, passages).Select(i => Passage((turn * 100_000_000L) + i)).Chunk(batch).ToList();
        var began = Stopwatch.GetTimestamp();
        foreach (var chunk in chains)
        {
            foreach (var result in ledger.Post(chunk))
                if (result.Outcome != LedgerOutcome.Posted) throw new InvalidOperationException(result.Message);
        }
        var rate = passages / Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{turn,4}  {name,-32} {rate,10:0} {passages,10}"));
        return rate;
    }

    private static IReadOnlyList<Transfer> Passage(long number)
    {
        var (account, passage) = ($"liability:prepaid:{number % Accounts}", number.ToString("x16", CultureInfo.InvariantCulture));
        var links = new TransferLinks("charge-" + passage, "passage-" + passage, null, "THN-1-L2");
        return
        [
            new((UInt128)(number * 2), account, "liability:concession:north", 100_000, TransferCode.Charge, _day, BatchKind.Normal, links),
            new((UInt128)((number * 2) + 1), account, "liability:vat", 9_000, TransferCode.Charge, _day, BatchKind.Normal, links),
        ];
    }

    private static ITollLedger Begun(ITollLedger ledger)
    {
        var prepaid = Enumerable.Range(0, Accounts).Select(i => $"liability:prepaid:{i}").ToList();
        ledger.OpenAccounts([new("asset:bank"), new("liability:vat"), new("liability:concession:north"), .. prepaid.Select(name => new AccountOpening(name, AccountLimit.NotBelowZero))]);
        ledger.OpenPeriod(new(2026, 11, 1), new(2026, 11, 30), "bench");
        ledger.Post([.. prepaid.Select((name, i) => (IReadOnlyList<Transfer>)[new((UInt128)(i + 1), "asset:bank", name, 1_000_000_000, TransferCode.TopUp, _day, BatchKind.Normal, TransferLinks.None)])]);
        return ledger;
    }
}
