using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.FirmwareSim.Corridor.Score;
using SmartCity.Hosting.Commands;
using SmartCity.Model;
using SmartCity.Model.Tolling;
using SmartCity.Tests.FirmwareSim;

namespace SmartCity.Tests.Cloud.Tolling.Charging;

/// <summary>A day of a played corridor with every fault: its events, what the platform has to know, and the truth.</summary>
public class PlayedDay : IAsyncLifetime
{
    private const int Passages = 500;
    private readonly TemporaryFolder _folder = new();
    private int _books;

    /// <summary>What kind of road it is.</summary>
    protected virtual string More => "--closed=false";

    internal TollEvent[] Events { get; private set; } = [];
    internal TollConfiguration Configuration { get; private set; } = TollConfiguration.Empty;
    /// <summary>Books that got all events at once.</summary>
    internal Books Whole { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var (events, configuration) = (_folder["events"], _folder["configuration"]);
        var (exit, _, talk) = await Simulator.RunAsync("corridor", "--out", events, "--truth", _folder["truth"], "--config", configuration, "--passages", $"{Passages}", "--faults", "all", "--seed", "7", More);
        Assert.True(exit == ExitCode.Done, talk);
        Configuration = TollConfiguration.Load(Directory.GetFiles(configuration).Select(file => ConfigFile.Read(file, out _)!)).Configuration!;
        Events = [.. CorridorPlatformTests.Events(events).SelectMany(lane => lane).OrderBy(e => e.Received)];
        Whole = NewBooks();
        Whole.Take(Events);
        Whole.Settle();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Whole.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    internal Books NewBooks() => new(_folder[$"books-{++_books}"], Configuration);

    /// <summary>Compares the charges of some books with the truth.</summary>
    internal CorridorScore Score(Books books)
    {
        var charges = _folder["charges"];
        using (var queries = new SqliteTollQueries(books.File)) ChargeExport.Write(queries, charges);
        return CorridorScore.Compare(System.IO.File.ReadLines(charges), System.IO.File.ReadLines(_folder["truth"]));
    }
}

/// <summary>A day of a closed road, on which one pays by entry and exit.</summary>
public sealed class ClosedDay : PlayedDay
{
    /// <inheritdoc/>
    protected override string More => "--closed=true";
}

/// <summary>Events, passages, charges and a ledger in one folder; opened again, they go on where they were.</summary>
internal sealed class Books : IDisposable
{
    private readonly string _folder;
    private readonly ConfiguredRules _rules;
    private SqliteTollEventStore _events = null!;
    private PlateVault _vault = null!;

    public Books(string folder, TollConfiguration configuration)
    {
        _folder = folder;
        _rules = new ConfiguredRules(configuration, (plate, day) => _vault.PseudonymOf(plate, day));
        Open();
    }

    public string File => Path.Combine(_folder, "tolling.db");
    public SqlitePassageStore Store { get; private set; } = null!;
    public SqliteTollLedger Ledger { get; private set; } = null!;
    public TollCharging Charging { get; private set; } = null!;

    /// <summary>All charges, in the order of their passages' ids.</summary>
    public IReadOnlyList<Charge> Charges()
    {
        using var queries = new SqliteTollQueries(File);
        return queries.Charges(new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue, Limit: 1_000_000));
    }

    public void Take(IReadOnlyCollection<TollEvent> events) => _events.Append([.. events.Select(e => ("gw", e))], _events.NextOffset + events.Count);

    public void Settle()
    {
        while (Step() > 0) { }
    }

    /// <summary>One step of each kind; the number of things done.</summary>
    public int Step()
    {
        var done = Charging.Correlate(_rules, 64) + Charging.Rate(_rules, 500);
        var sent = Charging.Post(PostingState.Waiting, 1_000);
        return done + sent.Posted + sent.NotPosted;
    }

    /// <summary>Stops after the first part of a step, as a process that is ended does, and starts again.</summary>
    public void StopWithin(int part)
    {
        if (part >= 1) Charging.Correlate(_rules, 3);
        if (part >= 2) Charging.Rate(_rules, 20);
        if (part >= 3) Ledger.Post([.. Store.Unposted(PostingState.Waiting, 50).Select(chain => chain.Chain)]);
        Dispose();
        Open();
    }

    public void Dispose()
    {
        Store.Dispose();
        _events.Dispose();
        Ledger.Dispose();
        _vault.Dispose();
    }

    private void Open()
    {
        _events = new SqliteTollEventStore(File, CorrelationOptions.Default);
        _vault = new PlateVault(Path.Combine(_folder, "vault.db"));
        Store = new SqlitePassageStore(File, CorrelationOptions.Default);
        Ledger = SqliteTollLedger.Open(Path.Combine(_folder, "ledger.db"), new LedgerIdentity("tolls", "IRR", 0), TimeProvider.System);
        Charging = new TollCharging(Store, Ledger, CorrelationOptions.Default, PeriodPlan.JalaliMonth, TimeProvider.System);
    }
}
