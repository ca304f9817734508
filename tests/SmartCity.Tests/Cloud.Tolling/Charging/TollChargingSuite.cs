using CsCheck;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Model.Tolling;
using SmartCity.Tests.Cloud.Tolling.Ledger;

namespace SmartCity.Tests.Cloud.Tolling.Charging;

/// <summary>What charging does alike in every store.</summary>
public abstract class TollChargingSuite : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("charging").FullName;
    private int _books;

    /// <summary>A place for some books, with a folder of their own.</summary>
    private protected abstract BookPlace NewPlace(string folder);

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

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
    public void One_vehicle_at_two_points_sooner_than_any_drives_is_an_item_at_both_whichever_came_first()
    {
        var rules = new TwoPoints();
        TollEvent[] here = [.. Corridor.Car(1, Corridor.Noon, "THN-1-L1", Corridor.PlateOf(1), 7001)], there = [.. Corridor.Car(2, Corridor.Noon + 60_000_000, "KRJ-1-L1", Corridor.PlateOf(1), 7001)];
        foreach (var batches in (TollEvent[][][])[[here, there], [there, here], [[.. here, .. there]]])
        {
            using var books = Open();
            foreach (var batch in batches)
            {
                books.Take(batch);
                books.Settle(rules);
            }
            var items = books.Items("IMPOSSIBLE_TRAVEL");
            Assert.Equal(["KRJ", "THN"], items.Select(item => item.TollPoint).Order());
            Assert.Equal(books.Charges().Select(charge => charge.Passage).Order(), items.Select(item => item.Subject).Order());
            Assert.All(books.Charges(), charge => Assert.Equal(ChargeOutcome.Charged, charge.Outcome));
        }
    }

    [Fact]
    public void What_was_found_of_a_way_goes_when_the_passage_turns_out_to_be_of_another_vehicle()
    {
        var rules = new TwoPoints();
        using var books = Open();
        books.Take([.. Corridor.Car(1, Corridor.Noon, "THN-1-L1", Corridor.PlateOf(1), 7001)]);
        books.Take([Corridor.Event("A-KRJ-1-L1", 2, Corridor.Noon + 60_000_000, "KRJ-1-L1", TollEventKind.Avc, """{"axles":2,"class":"car","count":2}"""),
            Corridor.Event("T-KRJ-1-L1", 2, Corridor.Noon + 60_100_000, "KRJ-1-L1", TollEventKind.Tag, """{"issuer":1,"tag":"7001","class":"car"}""")]);
        books.Settle(rules);
        Assert.Equal(2, books.Items("IMPOSSIBLE_TRAVEL").Count);
        // The stray read was the neighbour's, which has told another thing under the same key since: neither counts.
        books.Take([Corridor.Event("T-KRJ-1-L1", 2, Corridor.Noon + 60_100_000, "KRJ-1-L1", TollEventKind.Tag, """{"issuer":1,"tag":"7002","class":"car"}""")]);
        books.Settle(rules);
        Assert.Empty(books.Items("IMPOSSIBLE_TRAVEL"));
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
    public void A_zero_in_a_text_makes_no_other_lane_of_it_and_stops_nothing()
    {
        using var books = Open();
        books.Take([Corridor.Event("A-other", 1, Corridor.Noon, "THN-1-L1\0", TollEventKind.Avc, """{"axles":2,"class":"car"}"""),
            .. Corridor.Car(1, Corridor.Noon, "THN-1-L1", Corridor.PlateOf(1), 7001),
            Corridor.Event("A-THN-1-L2", 1, Corridor.Noon, "THN-1-L2", TollEventKind.Avc, """{"axles":2,"class":"car"}"""),
            Corridor.Event("T-THN-1-L2", 1, Corridor.Noon, "THN-1-L2", TollEventKind.Tag, """{"issuer":1,"tag":"70\u000002","class":"car"}""")]);
        books.Settle(new FlatRules(1_000));
        books.Settle(new FlatRules(1_000));
        Assert.Equal(2, books.Charges().Count);
        Assert.NotEmpty(books.Store.Dirty(_ => true, 10));
        Assert.Equal(1_000, books.Ledger.FindAccount("liability:concession:road")!.Balance);
        Assert.Single(books.Store.Unposted(PostingState.Refused, 10));
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
            var place = NewPlace();
            var books = new Books(place, PeriodPlan.JalaliMonth);
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
                    books = new Books(place, PeriodPlan.JalaliMonth);
                }
                else books.Settle(rules);
            }
            books.Settle(rules);
            var same = books.Root() == root && books.Ledger.Verify(default).Fault is null && books.Ledger.FindAccount("liability:concession:road")!.Balance == books.Charges().Sum(charge => charge.Net);
            books.Dispose();
            return same;
        }, iter: 3, threads: 1);
    }

    [Fact]
    public void Through_prices_conflicts_and_repetitions_each_passage_is_charged_once_and_nothing_else_is()
    {
        // Some classifiers' keys say another thing too: then neither counts, and what was charged goes back.
        TollEvent[] events = [.. Cars(12), .. Enumerable.Range(0, 4).Select(i => (Number: i, Lane: i % 2 == 0 ? "THN-1-L1" : "THN-1-L2")).Select(one =>
            Corridor.Event($"A-{one.Lane}", (ulong)(one.Number + 1), Corridor.Noon + one.Number * 97_000_000L, one.Lane, TollEventKind.Avc, """{"axles":5,"class":"truck"}"""))];
        var rules = new FlatRules(1_000);
        string root;
        SortedDictionary<string, long> standing;
        using (var plain = Open())
        {
            plain.Take(events);
            plain.Settle(rules);
            (root, standing) = (plain.Root(), plain.Standing());
            Assert.Equal(8, standing.Count);
        }
        Gen.Select(Gen.Shuffle(events), Gen.Int[1, 30].Array[4], Gen.Int[0, 4].Array[6]).Sample((shuffled, batches, acts) =>
        {
            using var books = Open();
            var (at, turn, configuration) = (0, 0, 0);
            while (at < shuffled.Length)
            {
                var count = Math.Min(batches[turn % batches.Length], shuffled.Length - at);
                books.Take(shuffled[at..(at += count)]);
                switch (acts[turn++ % acts.Length])
                {
                    case 0: books.Settle(rules); break;
                    case 1:
                        books.Store.Apply(++configuration, DateOnly.MinValue, DateOnly.MinValue);
                        books.Settle(new FlatRules(700));
                        break;
                    case 2: books.Take(shuffled[..at]); break;
                    case 3:
                        books.Charging.Correlate(rules, 2);
                        books.Charging.Rate(rules, 1);
                        break;
                    default: books.Charging.Post(PostingState.Waiting, 3); break;
                }
            }
            // Back at the first price: all as if there had been no other.
            books.Store.Apply(++configuration, DateOnly.MinValue, DateOnly.MinValue);
            books.Settle(rules);
            var passages = books.Charges().Where(charge => charge.Gross > 0).Select(charge => charge.Passage).ToHashSet();
            return books.Root() == root && books.Standing().SequenceEqual(standing) && passages.SetEquals(standing.Keys) && books.Ledger.Verify(default).Fault is null;
        }, iter: 4, threads: 1);
    }

    private static TollEvent[] Cars(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(i => Corridor.Car(i + 1, Corridor.Noon + i * 97_000_000L, i % 2 == 0 ? "THN-1-L1" : "THN-1-L2", Corridor.PlateOf(i % 7), 7000 + i % 7))];

    private BookPlace NewPlace() => NewPlace(Directory.CreateDirectory(Path.Combine(_folder, $"{++_books}")).FullName);

    private Books Open(PeriodPlan? plan = PeriodPlan.JalaliMonth) => new(NewPlace(), plan);

    private sealed class Books : IDisposable
    {
        private readonly BookPlace _place;
        private readonly TollEventStore _events;
        private long _offset;

        public Books(BookPlace place, PeriodPlan? plan)
        {
            _place = place;
            _events = place.OpenEvents();
            _offset = _events.NextOffset;
            Store = place.OpenPassages();
            Ledger = place.OpenLedger();
            Charging = new TollCharging(Store, Ledger, CorrelationOptions.Default, plan, TimeProvider.System);
        }

        public PassageStore Store { get; }
        public ITollLedger Ledger { get; }
        public TollCharging Charging { get; }

        public void Take(TollEvent[] events) => _events.Append([.. events.Select(e => ("gw", e))], _offset += events.Length);

        public void Settle(ITollRules rules)
        {
            while (Charging.Correlate(rules, 4) + Charging.Rate(rules, 3) > 0) { }
            while (Charging.Post(PostingState.Waiting, 7) is { Posted: > 0 } or { NotPosted: > 0 }) { }
        }

        public IReadOnlyList<Charge> Charges()
        {
            using var queries = _place.OpenQueries();
            return queries.Charges(new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue, Limit: 10_000));
        }

        public IReadOnlyList<ReconItem> Items(string of)
        {
            using var reconciliation = _place.OpenReconciliation(TimeZoneInfo.Utc);
            return [.. reconciliation.Run(new ReconScope(DateOnly.MinValue, DateOnly.MaxValue), Ledger, 1_000, Corridor.Noon, TestContext.Current.CancellationToken).Items.Where(item => item.Class == of)];
        }

        /// <summary>What the ledger has of each charge, but for those of which all was undone.</summary>
        public SortedDictionary<string, long> Standing() => new(Ledger.Entries(new EntryQuery(0, 10_000)).Select(entry => entry.Event).OfType<TransferPosted>()
            .GroupBy(posted => posted.Transfer.Links.Charge!, posted => posted.Transfer.Reverses is null ? posted.Transfer.Amount : -posted.Transfer.Amount)
            .Where(charge => charge.Sum() != 0).ToDictionary(charge => charge.Key, charge => charge.Sum()), StringComparer.Ordinal);

        public string Root() => Store.StatementRoot();

        public void Dispose()
        {
            Store.Dispose();
            _events.Dispose();
            Ledger.Dispose();
        }
    }
}

/// <summary>In files.</summary>
public sealed class SqliteTollChargingTests : TollChargingSuite
{
    private protected override BookPlace NewPlace(string folder) => new SqlitePlace { Folder = folder };
}

/// <summary>In PostgreSQL.</summary>
public sealed class PostgresTollChargingTests(PostgresServer server) : TollChargingSuite, IClassFixture<PostgresServer>
{
    private protected override BookPlace NewPlace(string folder) => new PostgresPlace(server.NewSchema()) { Folder = folder };
}
