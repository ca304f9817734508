using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Disputes;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model.Tolling;
using SmartCity.Tests.Cloud.Tolling.Charging;

namespace SmartCity.Tests.Cloud.Tolling.Disputes;

/// <summary>A road whose events are charged and posted, with its disputes beside it.</summary>
internal sealed class ChargedRoad : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteTollEventStore _events;
    private long _offset;

    public ChargedRoad(PeriodPlan? plan = PeriodPlan.GregorianMonth)
    {
        File = _folder["tolling.db"];
        _events = new SqliteTollEventStore(File, CorrelationOptions.Default);
        Store = new SqlitePassageStore(File, CorrelationOptions.Default);
        Ledger = SqliteTollLedger.Open(_folder["ledger.db"], new LedgerIdentity("tolls", "IRR", 0), TimeProvider.System);
        Charging = new TollCharging(Store, Ledger, CorrelationOptions.Default, plan, TimeProvider.System);
        Disputes = new SqliteDisputes(File);
    }

    public string File { get; }
    public SqlitePassageStore Store { get; }
    public SqliteTollLedger Ledger { get; }
    public TollCharging Charging { get; }
    public SqliteDisputes Disputes { get; }
    public DateOnly Day { get; } = new FlatRules(0).DayOf("THN", Corridor.Noon);

    public string this[string name] => _folder[name];

    /// <summary>Some cars, one after the other, in two lanes; the tenth one has the first one's tag.</summary>
    public static TollEvent[] Cars(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(i => Corridor.Car(i + 1, Corridor.Noon + i * 97_000_000L, i % 2 == 0 ? "THN-1-L1" : "THN-1-L2", Corridor.PlateOf(i % 9), 7000 + i % 9))];

    public void Take(TollEvent[] events) => _events.Append([.. events.Select(e => ("gw", e))], _offset += events.Length);

    public void Settle(ITollRules rules)
    {
        while (Charging.Correlate(rules, 4) + Charging.Rate(rules, 3) > 0) { }
        Post();
    }

    /// <summary>Takes off what was given back, and posts it.</summary>
    public void Post()
    {
        while (Charging.Adjust(3) > 0) { }
        while (Charging.Post(PostingState.Waiting, 7) is { Posted: > 0 } or { NotPosted: > 0 }) { }
    }

    public IReadOnlyList<Charge> Charges()
    {
        using var queries = new SqliteTollQueries(File);
        return queries.Charges(new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue, Limit: 10_000));
    }

    /// <summary>What the ledger has of a charge: its transfers added up.</summary>
    public long PostedOf(string charge) => Transfers(charge).Sum(posted => posted.Transfer.Reverses is null ? posted.Transfer.Amount : -posted.Transfer.Amount);

    public IReadOnlyList<TransferPosted> Transfers(string charge) => [.. Ledger.Entries(new EntryQuery(0, 10_000, null, charge)).Select(entry => entry.Event).OfType<TransferPosted>()];

    public void Seal(int period)
    {
        Assert.True(Ledger.BeginClosing(period, "a").Succeeded);
        Assert.True(Ledger.Seal(new SealRequest(period, Day.AddYears(1), "a", "b", [])).Succeeded);
    }

    public void Dispose()
    {
        Disputes.Dispose();
        Store.Dispose();
        _events.Dispose();
        Ledger.Dispose();
        _folder.Dispose();
    }
}
