using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SmartCity.Benchmarks.WholePath;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Postgres;

namespace SmartCity.Benchmarks.Tolling;

/// <summary>
/// Passages per second from event to posted and committed: the events of a played day with every fault are taken, correlated, rated and posted by the steps
/// that the server does, on SQLite in batches; every commit is flushed to the disk. Beside it, in turns with it, PostgreSQL posts the same charges with a commit
/// each, and gets correlation and rating for nothing. Then the day is reconciled and the ledger verified. Needs the package postgresql.
/// </summary>
internal static class ChargingFigure
{
    private const int Turns = 3;
    /// <summary>What it has to reach on two cores.</summary>
    private const double AtLeast = 5_000, TimesPostgres = 5;

    /// <summary>Runs it.</summary>
    /// <param name="args"><c>--passages N</c> of the day (default 100,000), <c>--single N</c> charges a turn one by one (default 1,000), <c>--folder DIR</c> on the disk to measure.</param>
    /// <returns>0 where both marks were reached and the books are right, else 3.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        var single = int.Parse(Option("--single", "1000"), CultureInfo.InvariantCulture);
        var folder = Directory.CreateDirectory(Path.Combine(Option("--folder", Path.GetTempPath()), $"smartcity-charging-{Environment.ProcessId}")).FullName;
        try
        {
            var (events, configuration) = PlayedBooks.Play(folder, Option("--passages", "100000"));
            var port = Tools.FreePort();
            using var server = LocalPostgres.Start(folder, port);
            var plain = LocalPostgres.Connection(port);
            server.Await(() => LocalPostgres.Answers(plain), TimeSpan.FromSeconds(30));
            using var theirs = PostgresTollLedger.Open(LocalPostgres.NewSchema(plain, "single"), PlayedBooks.Rial, TimeProvider.System);
            Console.WriteLine("turn  passages  passages/s   CPU s  |  wall s: take  correlate  rate  post  |  PostgreSQL, a commit each");
            var (met, posted) = (true, 0);
            for (var turn = 1; turn <= Turns; turn++)
            {
                using var books = new PlayedBooks(Directory.CreateDirectory(Path.Combine(folder, $"{turn}")).FullName, configuration);
                var ours = books.Charge(events);
                var chains = books.Chains(posted, single);
                posted += chains.Count;
                var rate = PostOneByOne(theirs, chains);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{turn,4} {ours.Passages,9:N0} {ours.Rate,11:N0} {ours.CpuSeconds,7:0.0}  | {ours.Parts}  | {rate,8:N0}/s, ours is {ours.Rate / rate:0.0} times that"));
                met &= ours.Rate >= AtLeast && ours.Rate >= TimesPostgres * rate;
                if (turn == Turns) met &= books.Reconcile().IsRight;
            }
            NpgsqlConnection.ClearAllPools();
            return met ? 0 : 3;
        }
        finally
        {
            NpgsqlConnection.ClearAllPools();
            Directory.Delete(folder, true);
        }

        string Option(string name, string otherwise) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault() ?? otherwise;
    }

    private static double PostOneByOne(PostgresTollLedger ledger, List<IReadOnlyList<Transfer>> chains)
    {
        var transfers = chains.SelectMany(chain => chain).ToList();
        ledger.OpenAccounts([.. transfers.SelectMany(transfer => new[] { transfer.Debit, transfer.Credit }).Distinct().Select(name => new AccountOpening(name, AccountLimits.Of(name)))]);
        if (ledger.Periods().Count == 0) ledger.OpenPeriod(transfers.Min(transfer => transfer.EffectiveDate).AddDays(-40), transfers.Max(transfer => transfer.EffectiveDate).AddDays(40), "bench");
        var began = Stopwatch.GetTimestamp();
        foreach (var chain in chains)
            if (!ledger.Post([chain])[0].Succeeded) throw new InvalidOperationException("A charge was not posted.");
        return chains.Count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
