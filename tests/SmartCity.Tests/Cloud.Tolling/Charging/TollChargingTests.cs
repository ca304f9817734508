using CsCheck;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Cloud.Tolling.Charging;

public sealed class TollChargingTests : IDisposable
{
    private static readonly LedgerIdentity _rials = new("tolls", "IRR", 0);

    private readonly string _folder = Directory.CreateTempSubdirectory("charging").FullName;
    private int _books;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_car_is_charged_once_and_posted()
    {
        using var books = Open();
        books.Take([.. Corridor.Car(1, Corridor.Noon, "THN-1-L1", Corridor.PlateOf(1), 7001)]);
        books.Settle(new FlatRules(1_000));
        var charge = Assert.Single(books.Charges());
        Assert.Equal((ChargeOutcome.Charged, 0, 1_000L, 100L), (charge.Outcome, charge.Revision, charge.Net, charge.Vat));
        Assert.Equal(1_100, books.Ledger.FindAccount("asset:receivable:7001")!.Balance);
        Assert.Equal(1_000, books.Ledger.FindAccount("liability:concession:road")!.Balance);
        Assert.Null(books.Ledger.Verify(TestContext.Current.CancellationToken).Fault);
    }

    [Fact]
    public void A_prepaid_balance_pays_before_anything_is_owed()
    {
        using var books = Open();
        books.Ledger.OpenAccounts([new("liability:prepaid:7001", AccountLimit.NotBelowZero), new("asset:bank:one")]);
        var day = new FlatRules(0).DayOf("THN", Corridor.Noon);
        books.Ledger.OpenPeriod(day.AddDays(-5), day.AddDays(25), "somebody");
        Assert.True(books.Ledger.Post([[new Transfer(1, "asset:bank:one", "liability:prepaid:7001", 1_500, TransferCode.TopUp, day, BatchKind.Normal, TransferLinks.None)]])[0].Succeeded);
        books.Take([.. Corridor.Car(1, Corridor.Noon, "THN-1-L1", Corridor.PlateOf(1), 7001), .. Corridor.Car(2, Corridor.Noon + 600_000_000, "THN-1-L1", Corridor.PlateOf(1), 7001)]);
        books.Settle(new FlatRules(1_000));
        Assert.Equal(400, books.Ledger.FindAccount("liability:prepaid:7001")!.Balance);
        Assert.Equal(1_100, books.Ledger.FindAccount("asset:receivable:7001")!.Balance);
    }

    [Fact]
    public void What_comes_again_changes_nothing()
    {
        using var books = Open();
        var events = Cars(20);
        books.Take(events);
        books.Settle(new FlatRules(1_000));
        var (head, root) = (books.Ledger.Head(), books.Root());
        books.Take(events);
        books.Settle(new FlatRules(1_000));
        Assert.Equal(head, books.Ledger.Head());
        Assert.Equal(root, books.Root());
    }

    [Fact]
    public void A_late_car_re_rates_the_day_by_linked_pairs_and_posts_only_what_differs()
    {
        using var books = Open();
        var (first, late) = (Corridor.Car(2, Corridor.Noon, "THN-1-L1", Corridor.PlateOf(1), 7001), Corridor.Car(1, Corridor.Noon - 3_600_000_000, "THN-1-L1", Corridor.PlateOf(1), 7001));
        var rules = new FlatRules(1_000, capOfDay: 1_500);
        books.Take([.. first]);
        books.Settle(rules);
        Assert.Equal(1_100, books.Ledger.FindAccount("asset:receivable:7001")!.Balance);
        books.Take([.. late]);
        books.Settle(rules);
        Assert.Equal(1_650, books.Ledger.FindAccount("asset:receivable:7001")!.Balance);
        var charges = books.Charges().OrderBy(charge => charge.Time).ToList();
        Assert.Equal([(0, 1_000L), (1, 500L)], charges.Select(charge => (charge.Revision, charge.Net)));
        var reversals = books.Ledger.Entries(new EntryQuery(0, 1_000)).Select(entry => entry.Event).OfType<TransferPosted>().Where(posted => posted.Transfer.Reverses is not null).ToList();
        Assert.Equal([1_000L, 100L], reversals.Select(posted => posted.Transfer.Amount));
        Assert.All(reversals, posted => Assert.Equal(charges[1].Passage, posted.Transfer.Links.Charge));
    }

    [Fact]
    public void A_price_that_was_wrong_is_undone_whole()
    {
        using var books = Open();
        books.Take(Cars(5));
        books.Settle(new FlatRules(1_000));
        books.Store.Apply(1, DateOnly.MinValue, DateOnly.MinValue);
        books.Settle(new FlatRules(900));
        books.Store.Apply(2, DateOnly.MaxValue, DateOnly.MinValue);
        books.Settle(new FlatRules(1_000));
        Assert.All(books.Charges(), charge => Assert.Equal((2, 1_000L), (charge.Revision, charge.Net)));
        Assert.Equal(5_000, books.Ledger.FindAccount("liability:concession:road")!.Balance);
        Assert.Null(books.Ledger.Verify(TestContext.Current.CancellationToken).Fault);
    }

    [Fact]
    public void Without_a_period_the_charge_waits_and_is_posted_when_there_is_one()
    {
        using var books = Open(plan: null);
        books.Take(Cars(1));
        books.Settle(new FlatRules(1_000));
        Assert.Contains("NoPeriod", Assert.Single(books.Store.Unposted(PostingState.Refused, 10)).Refusal, StringComparison.Ordinal);
        var day = new FlatRules(0).DayOf("THN", Corridor.Noon);
        books.Ledger.OpenPeriod(day, day.AddDays(30), "somebody");
        books.Charging.Post(PostingState.Refused, 10);
        books.Settle(new FlatRules(1_000));
        Assert.Empty(books.Store.Unposted(PostingState.Refused, 10));
        Assert.Equal(1_000, books.Ledger.FindAccount("liability:concession:road")!.Balance);
    }

    [Fact]
    public void What_comes_after_the_close_is_booked_as_delayed_under_its_own_date()
    {
        using var books = Open(plan: null);
        var day = new FlatRules(0).DayOf("THN", Corridor.Noon);
        books.Ledger.OpenPeriod(day, day, "somebody");
        books.Ledger.OpenPeriod(day.AddDays(1), day.AddDays(30), "somebody");
        books.Ledger.BeginClosing(1, "somebody");
        books.Take(Cars(1));
        books.Settle(new FlatRules(1_000));
        var posted = books.Ledger.Entries(new EntryQuery(0, 100)).Select(entry => entry.Event).OfType<TransferPosted>().ToList();
        Assert.All(posted, one => Assert.Equal((2, BatchKind.Delayed, day), (one.Period, one.Transfer.Batch, one.Transfer.EffectiveDate)));
        Assert.Equal(2, posted.Count);
    }

    [Fact]
    public void An_event_of_a_lane_that_nobody_knows_waits()
    {
        using var books = Open();
        books.Take([.. Corridor.Car(1, Corridor.Noon, "NEW-1-L1", Corridor.PlateOf(1), 7001)]);
        books.Settle(new FlatRules(1_000));
        Assert.Empty(books.Charges());
        Assert.NotEmpty(books.Store.Dirty(_ => true, 10));
    }

    [Fact]
    public void The_statement_is_the_same_in_any_order_any_batches_and_through_any_stop()
    {
        var events = Cars(24);
        var rules = new FlatRules(1_000, capOfDay: 1_500);
        string root;
        using (var books = Open())
        {
            books.Take(events);
            books.Settle(rules);
            root = books.Root();
        }
        Gen.Select(Gen.Shuffle(events), Gen.Int[1, 40].Array[3], Gen.Bool.Array[8]).Sample((shuffled, batches, stops) =>
        {
            var file = NewFile();
            var books = Open(file);
            var (at, turn) = (0, 0);
            while (at < shuffled.Length)
            {
                var count = Math.Min(batches[turn % batches.Length], shuffled.Length - at);
                books.Take(shuffled[at..(at + count)]);
                at += count;
                if (stops[turn++ % stops.Length])
                {
                    // Cut off between the passages and the ledger, or between the ledger and its answer.
                    books.Charging.Correlate(rules, 1);
                    books.Charging.Rate(rules, 2);
                    books.Ledger.Post([.. books.Store.Unposted(PostingState.Waiting, 3).Select(posting => posting.Chain)]);
                    books.Dispose();
                    books = Open(file);
                }
                else books.Settle(rules);
            }
            books.Settle(rules);
            var same = books.Root() == root && books.Ledger.Verify(default).Fault is null && books.Ledger.FindAccount("liability:concession:road")!.Balance == books.Charges().Sum(charge => charge.Net);
            books.Dispose();
            return same;
        }, iter: 3, threads: 1);
    }

    private static TollEvent[] Cars(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(i => Corridor.Car(i + 1, Corridor.Noon + i * 97_000_000L, i % 2 == 0 ? "THN-1-L1" : "THN-1-L2", Corridor.PlateOf(i % 7), 7000 + i % 7))];

    private string NewFile() => Path.Combine(_folder, $"{++_books}");

    private Books Open(PeriodPlan? plan = PeriodPlan.JalaliMonth) => Open(NewFile(), plan);

    private static Books Open(string folder, PeriodPlan? plan = PeriodPlan.JalaliMonth) => new(folder, plan);

    private sealed class Books : IDisposable
    {
        private readonly string _file;
        private readonly SqliteTollEventStore _events;
        private long _offset;

        public Books(string folder, PeriodPlan? plan)
        {
            _file = Path.Combine(folder, "tolling.db");
            _events = new SqliteTollEventStore(_file, CorrelationOptions.Default);
            _offset = _events.NextOffset;
            Store = new SqlitePassageStore(_file, CorrelationOptions.Default);
            Ledger = SqliteTollLedger.Open(Path.Combine(folder, "ledger.db"), _rials, TimeProvider.System);
            Charging = new TollCharging(Store, Ledger, CorrelationOptions.Default, plan, TimeProvider.System);
        }

        public SqlitePassageStore Store { get; }
        public SqliteTollLedger Ledger { get; }
        public TollCharging Charging { get; }

        public void Take(TollEvent[] events) => _events.Append([.. events.Select(e => ("gw", e))], _offset += events.Length);

        public void Settle(ITollRules rules)
        {
            while (Charging.Correlate(rules, 4) + Charging.Rate(rules, 3) > 0) { }
            while (Charging.Post(PostingState.Waiting, 7) is { Posted: > 0 } or { NotPosted: > 0 }) { }
        }

        public IReadOnlyList<Charge> Charges()
        {
            using var queries = new SqliteTollQueries(_file);
            return queries.Charges(new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue, Limit: 10_000));
        }

        public string Root() => Store.StatementRoot();

        public void Dispose()
        {
            Store.Dispose();
            _events.Dispose();
            Ledger.Dispose();
        }
    }
}
