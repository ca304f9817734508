using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
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

/// <summary>The books of a played day with every fault, on SQLite: events, passages, charges and the ledger, taken through the steps that the server does.</summary>
internal sealed class PlayedBooks : IDisposable
{
    /// <summary>The ledger.</summary>
    public static readonly LedgerIdentity Rial = new("toll", "IRR", 0);

    private const int EventsOfCommit = 5_000, CellsOfStep = 64, DaysOfStep = 2_000, ChainsOfStep = 2_000;
    private static readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran");

    private readonly string _file;
    private readonly SqliteTollEventStore _events;
    private readonly SqlitePassageStore _passages;
    private readonly SqliteTollLedger _ledger;
    private readonly PlateVault _vault;
    private readonly ConfiguredRules _rules;
    private readonly TollCharging _charging;

    public PlayedBooks(string folder, TollConfiguration configuration)
    {
        _file = Path.Combine(folder, "tolling.db");
        _events = new SqliteTollEventStore(_file, CorrelationOptions.Default);
        _passages = new SqlitePassageStore(_file, CorrelationOptions.Default);
        _ledger = SqliteTollLedger.Open(Path.Combine(folder, "ledger.db"), Rial, TimeProvider.System);
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

    /// <summary>The file of events, passages and charges.</summary>
    public string File => _file;

    /// <summary>Reconciles all dates and verifies the ledger, and says how long that took.</summary>
    /// <returns>Whether all is even and intact, and the seconds that reconciliation took.</returns>
    public (bool IsRight, double Seconds) Reconcile()
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
        return (check.Fault is null && run.Identities.All(identity => identity.Holds), reconciled);
    }

    public void Dispose()
    {
        _passages.Dispose();
        _events.Dispose();
        _ledger.Dispose();
        _vault.Dispose();
    }

    /// <summary>Plays a day.</summary>
    /// <param name="folder">Folder for its files.</param>
    /// <param name="passages">How many passages.</param>
    public static (TollEvent[] Events, TollConfiguration Configuration) Play(string folder, string passages)
    {
        var (file, rules) = (Path.Combine(folder, "events"), Path.Combine(folder, "configuration"));
        var exit = SmartCity.Hosting.Commands.CommandLine.RunAsync(new RootCommand { CorridorCommand.Create() }, ["corridor", "--out", file, "--config", rules, "--passages", passages, "--faults", "all", "--seed", "7"], Console.Out, TextWriter.Null, CancellationToken.None).GetAwaiter().GetResult();
        if (exit != ExitCode.Done) throw new InvalidOperationException($"The corridor ended with {exit}.");
        var decoder = new TollDecoder(new NoSeries());
        var events = new List<TollEvent>();
        foreach (var line in System.IO.File.ReadLines(file))
        {
            var end = line.IndexOf(',', StringComparison.Ordinal);
            var device = new DeviceSeries(Encoding.UTF8.GetBytes(line["{\"device\":\"".Length..(end - 1)]));
            decoder.Decode(device, Encoding.UTF8.GetBytes("{" + line[(end + 1)..]), events, new ReadingBatch(4), new Receipt(UnixMicros.Now(TimeProvider.System), true));
        }
        return ([.. events.Select(e => e with { Received = e.Time })], TollConfiguration.Load(Directory.GetFiles(rules).Select(path => ConfigFile.Read(path, out _)!)).Configuration!);
    }

    /// <summary>What a day came to.</summary>
    /// <param name="Passages">Passages.</param>
    /// <param name="Seconds">From the first event to the last commit.</param>
    /// <param name="CpuSeconds">Processor time meanwhile.</param>
    /// <param name="Parts">Wall seconds to take, correlate, rate and post.</param>
    public sealed record Result(long Passages, double Seconds, double CpuSeconds, string Parts)
    {
        /// <summary>Passages a second.</summary>
        public double Rate => Passages / Seconds;
    }

    private sealed class NoSeries : ISeriesNumbering
    {
        public int Generation => 0;
        public int NumberOf(ReadOnlySpan<byte> device, ReadOnlySpan<byte> metric, ValueKind kind) => 0;
    }
}
