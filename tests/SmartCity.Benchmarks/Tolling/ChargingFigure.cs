using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;
using SmartCity.Benchmarks.WholePath;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Postgres;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Tolling;
using SmartCity.FirmwareSim.Corridor;
using SmartCity.Hosting.Commands;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Benchmarks.Tolling;

/// <summary>
/// Passages per second from event to posted and committed: the events of a played day with every fault are taken, correlated, rated and posted by the steps
/// that the server does, on SQLite in batches; every commit is flushed to the disk. Beside it, in turns with it, PostgreSQL posts the same charges with a commit
/// each, and gets correlation and rating for nothing. Then the day is reconciled and the ledger verified. Needs the package postgresql.
/// </summary>
internal static class ChargingFigure
{
    private const int Turns = 3, EventsOfCommit = 5_000, CellsOfStep = 64, DaysOfStep = 2_000, ChainsOfStep = 2_000;
    /// <summary>What it has to reach on two cores.</summary>
    private const double AtLeast = 5_000, TimesPostgres = 5;
    private static readonly LedgerIdentity _rial = new("toll", "IRR", 0);

    /// <summary>Runs it.</summary>
    /// <param name="args"><c>--passages N</c> of the day (default 100,000), <c>--single N</c> charges a turn one by one (default 1,000), <c>--folder DIR</c> on the disk to measure.</param>
    /// <returns>0 where both marks were reached and the books are right, else 3.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        var single = int.Parse(Option("--single", "1000"), CultureInfo.InvariantCulture);
        var folder = Directory.CreateDirectory(Path.Combine(Option("--folder", Path.GetTempPath()), $"smartcity-charging-{Environment.ProcessId}")).FullName;
        try
        {
            var (events, configuration) = Play(folder, Option("--passages", "100000"));
            var port = Tools.FreePort();
            using var server = LocalPostgres.Start(folder, port);
            var plain = LocalPostgres.Connection(port);
            server.Await(() => LocalPostgres.Answers(plain), TimeSpan.FromSeconds(30));
            using var theirs = PostgresTollLedger.Open(LocalPostgres.NewSchema(plain, "single"), _rial, TimeProvider.System);
            Console.WriteLine("turn  passages  passages/s   CPU s  |  wall s: take  correlate  rate  post  |  PostgreSQL, a commit each");
            var (met, posted) = (true, 0);
            for (var turn = 1; turn <= Turns; turn++)
            {
                using var books = new Books(Directory.CreateDirectory(Path.Combine(folder, $"{turn}")).FullName, configuration);
                var ours = books.Charge(events);
                var chains = books.Chains(posted, single);
                posted += chains.Count;
                var rate = PostOneByOne(theirs, chains);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{turn,4} {ours.Passages,9:N0} {ours.Rate,11:N0} {ours.CpuSeconds,7:0.0}  | {ours.Parts}  | {rate,8:N0}/s, ours is {ours.Rate / rate:0.0} times that"));
                met &= ours.Rate >= AtLeast && ours.Rate >= TimesPostgres * rate;
                if (turn == Turns) met &= books.Reconcile();
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

    private static (TollEvent[] Events, TollConfiguration Configuration) Play(string folder, string passages)
    {
        var (file, rules) = (Path.Combine(folder, "events"), Path.Combine(folder, "configuration"));
        var exit = SmartCity.Hosting.Commands.CommandLine.RunAsync(new RootCommand { CorridorCommand.Create() }, ["corridor", "--out", file, "--config", rules, "--passages", passages, "--faults", "all", "--seed", "7"], Console.Out, TextWriter.Null, CancellationToken.None).GetAwaiter().GetResult();
        if (exit != ExitCode.Done) throw new InvalidOperationException($"The corridor ended with {exit}.");
        var decoder = new TollDecoder(new NoSeries());
        var events = new List<TollEvent>();
        foreach (var line in File.ReadLines(file))
        {
            var end = line.IndexOf(',', StringComparison.Ordinal);
            var device = new DeviceSeries(Encoding.UTF8.GetBytes(line["{\"device\":\"".Length..(end - 1)]));
            decoder.Decode(device, Encoding.UTF8.GetBytes("{" + line[(end + 1)..]), events, new ReadingBatch(4), new Receipt(UnixMicros.Now(TimeProvider.System), true));
        }
        return ([.. events.Select(e => e with { Received = e.Time })], TollConfiguration.Load(Directory.GetFiles(rules).Select(path => ConfigFile.Read(path, out _)!)).Configuration!);
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

    private sealed record Result(long Passages, double Seconds, double CpuSeconds, string Parts)
    {
        public double Rate => Passages / Seconds;
    }

    private sealed class Books : IDisposable
    {
        private static readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran");

        private readonly string _file;
        private readonly SqliteTollEventStore _events;
        private readonly SqlitePassageStore _passages;
        private readonly SqliteTollLedger _ledger;
        private readonly PlateVault _vault;
        private readonly ConfiguredRules _rules;
        private readonly TollCharging _charging;

        public Books(string folder, TollConfiguration configuration)
        {
            _file = Path.Combine(folder, "tolling.db");
            _events = new SqliteTollEventStore(_file, CorrelationOptions.Default);
            _passages = new SqlitePassageStore(_file, CorrelationOptions.Default);
            _ledger = SqliteTollLedger.Open(Path.Combine(folder, "ledger.db"), _rial, TimeProvider.System);
            _vault = new PlateVault(Path.Combine(folder, "vault.db"));
            _rules = new ConfiguredRules(configuration, _vault.PseudonymOf);
            _charging = new TollCharging(_passages, _ledger, CorrelationOptions.Default, PeriodPlan.JalaliMonth, TimeProvider.System);
        }

        /// <summary>Takes all events to the ledger.</summary>
        public Result Charge(TollEvent[] events)
        {
            GC.Collect();
            var (cpu, began) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.GetTimestamp());
            var parts = new double[4];
            Time(0, () =>
            {
                foreach (var batch in events.Chunk(EventsOfCommit)) _events.Append([.. batch.Select(e => ("gw", e))], _events.NextOffset + batch.Length);
                return 0;
            });
            while (Time(3, Step) > 0) { }
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            using var queries = new SqliteTollQueries(_file);
            var passages = queries.Totals(DateOnly.MinValue, DateOnly.MaxValue).Sum(total => total.Count);
            return new Result(passages, seconds, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds, string.Create(CultureInfo.InvariantCulture, $"{parts[0],6:0.0} {parts[1],6:0.0} {parts[2],6:0.0} {parts[3] - parts[1] - parts[2],6:0.0}"));

            // As the server does: the ledger works beside correlation and rating. What is named post is what these did not hide.
            int Step()
            {
                var (sent, changed) = _charging.PostBeside(ChainsOfStep, () => Time(1, () => _charging.Correlate(_rules, CellsOfStep)) + Time(2, () => _charging.Rate(_rules, DaysOfStep)));
                return sent.Posted + sent.NotPosted + changed;
            }

            int Time(int part, Func<int> step)
            {
                var from = Stopwatch.GetTimestamp();
                var done = step();
                parts[part] += Stopwatch.GetElapsedTime(from).TotalSeconds;
                return done;
            }
        }

        /// <summary>Chains of charges as they stand in the ledger, some after others.</summary>
        public List<IReadOnlyList<Transfer>> Chains(int after, int count) => [.. _ledger.Entries(new EntryQuery(0, 10_000)).Select(entry => entry.Event).OfType<TransferPosted>()
            .GroupBy(posted => posted.ChainFirst).Where(chain => chain.All(posted => posted.Transfer.Reverses is null)).Skip(after).Take(count).Select(chain => (IReadOnlyList<Transfer>)[.. chain.Select(posted => posted.Transfer)])];

        public bool Reconcile()
        {
            using var reconciliation = new TollReconciliation(_file, _zone);
            var began = Stopwatch.GetTimestamp();
            var run = reconciliation.Run(new ReconScope(DateOnly.MinValue, DateOnly.MaxValue), _ledger, 1_000, 0, CancellationToken.None);
            var reconciled = Stopwatch.GetElapsedTime(began).TotalSeconds;
            began = Stopwatch.GetTimestamp();
            var check = _ledger.Verify(CancellationToken.None);
            var passages = run.Identities.Single(identity => identity.Id == "E6").Left.Count;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Reconciled {passages:N0} passages in {reconciled:0.0} s, {(run.Identities.All(identity => identity.Holds) ? "even" : "NOT even")}; verified {check.Entries:N0} entries in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, {check.Fault?.Message ?? "intact"}; state root {run.StatementRoot}"));
            return check.Fault is null && run.Identities.All(identity => identity.Holds);
        }

        public void Dispose()
        {
            _passages.Dispose();
            _events.Dispose();
            _ledger.Dispose();
            _vault.Dispose();
        }
    }

    private sealed class NoSeries : ISeriesNumbering
    {
        public int Generation => 0;
        public int NumberOf(ReadOnlySpan<byte> device, ReadOnlySpan<byte> metric, ValueKind kind) => 0;
    }
}
