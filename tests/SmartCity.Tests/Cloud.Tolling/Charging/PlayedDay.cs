using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.FirmwareSim.Corridor.Score;
using SmartCity.Hosting.Commands;
using SmartCity.Model;
using SmartCity.Model.Tolling;
using SmartCity.Tests.Cloud.Tolling.Ledger;
using SmartCity.Tests.FirmwareSim;

namespace SmartCity.Tests.Cloud.Tolling.Charging;

/// <summary>
/// A day of a played corridor with every fault: its events, what the platform has to know, and the truth. SMARTCITY_TOLL_PASSAGES plays more than the few
/// hundred of every run, and SMARTCITY_TOLL_SEED another day.
/// </summary>
public class PlayedDay : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private int _books;

    /// <summary>What kind of road it is.</summary>
    protected virtual string More => "--closed=false";

    /// <summary>How many passages are played where nobody asks for more.</summary>
    protected virtual int Passages => 500;

    internal TollEvent[] Events { get; private set; } = [];
    internal TollConfiguration Configuration { get; private set; } = TollConfiguration.Empty;
    /// <summary>Books that got all events at once.</summary>
    internal Books Whole { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        var (passages, seed) = (Number("SMARTCITY_TOLL_PASSAGES", Passages), Number("SMARTCITY_TOLL_SEED", 7));
        var (events, configuration) = (_folder["events"], _folder["configuration"]);
        var (exit, _, talk) = await Simulator.RunAsync("corridor", "--out", events, "--truth", _folder["truth"], "--config", configuration, "--passages", $"{passages}", "--faults", "all", "--seed", $"{seed}", More);
        Assert.True(exit == ExitCode.Done, talk);
        Configuration = TollConfiguration.Load(Directory.GetFiles(configuration).Select(file => ConfigFile.Read(file, out _)!)).Configuration!;
        Events = [.. CorridorPlatformTests.Events(events).SelectMany(lane => lane).OrderBy(e => e.Received)];
        Whole = NewBooks();
        Whole.Take(Events);
        Whole.Settle();
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Whole.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    internal Books NewBooks() => new(NewPlace(_folder[$"books-{++_books}"]), Configuration);

    /// <summary>Where some books stand.</summary>
    private protected virtual BookPlace NewPlace(string folder) => new SqlitePlace { Folder = folder };

    private static int Number(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    /// <summary>Compares the charges of some books with the truth.</summary>
    internal CorridorScore Score(Books books)
    {
        var charges = _folder["charges"];
        using (var queries = books.Place.OpenQueries()) ChargeExport.Write(queries, charges);
        return CorridorScore.Compare(System.IO.File.ReadLines(charges), System.IO.File.ReadLines(_folder["truth"]));
    }
}

/// <summary>A day of a closed road, on which one pays by entry and exit.</summary>
public sealed class ClosedDay : PlayedDay
{
    /// <inheritdoc/>
    protected override string More => "--closed=true";
}

/// <summary>The same day in PostgreSQL, smaller.</summary>
public sealed class PostgresDay : PlayedDay
{
    private readonly PostgresServer _server = new();

    /// <inheritdoc/>
    protected override int Passages => 200;

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync()
    {
        await _server.InitializeAsync();
        await base.InitializeAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
    }

    private protected override BookPlace NewPlace(string folder) => new PostgresPlace(_server.NewSchema()) { Folder = folder };
}

/// <summary>Events, passages, charges and a ledger; opened again, they go on where they were.</summary>
internal sealed class Books : IDisposable
{
    private readonly ConfiguredRules _rules;
    private TollEventStore _events = null!;
    private PlateVault _vault = null!;

    public Books(BookPlace place, TollConfiguration configuration)
    {
        Place = place;
        _rules = new ConfiguredRules(configuration, (plate, day) => _vault.PseudonymOf(plate, day));
        Open();
    }

    public BookPlace Place { get; }
    public PassageStore Store { get; private set; } = null!;
    public ITollLedger Ledger { get; private set; } = null!;
    public TollCharging Charging { get; private set; } = null!;

    public void Take(IReadOnlyCollection<TollEvent> events) => _events.Append([.. events.Select(e => ("gw", e))], _events.NextOffset + events.Count);

    /// <summary>What every passage came to, but for those that are none any more.</summary>
    public IReadOnlyList<Charge> Charges()
    {
        using var queries = Place.OpenQueries();
        return queries.Charges(new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue, Limit: int.MaxValue));
    }

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
        _events = Place.OpenEvents();
        _vault = new PlateVault(Path.Combine(Place.Folder, "vault.db"));
        Store = Place.OpenPassages();
        Ledger = Place.OpenLedger();
        Charging = new TollCharging(Store, Ledger, CorrelationOptions.Default, PeriodPlan.JalaliMonth, TimeProvider.System);
    }
}
