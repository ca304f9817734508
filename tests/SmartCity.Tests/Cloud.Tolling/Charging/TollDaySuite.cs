using SmartCity.Cloud.Tolling.Charging;
using SmartCity.FirmwareSim.Corridor.Score;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Cloud.Tolling.Charging;

/// <summary>A played day with every fault, through the stores to the ledger: what stands in the end follows from the events alone.</summary>
public abstract class TollDaySuite(PlayedDay day)
{
    private const int BatchMax = 250;

    [Fact]
    public void Charges_equal_the_truth_but_for_evidence_that_was_destroyed()
    {
        var score = day.Score(day.Whole);
        Assert.Equal([], score.Differences.Where(one => one.Cause != DifferenceCause.Destroyed).Select(one => one.Write()));
        Assert.NotEmpty(score.Differences);
        Assert.Equal(0, score.Residual);
    }

    [Fact]
    public void What_is_charged_stands_in_the_ledger_to_the_last_rial()
    {
        var books = day.Whole;
        var charges = books.Charges();
        Assert.Empty(books.Store.Unposted(PostingState.Refused, 10));
        Assert.Equal(charges.Sum(charge => charge.Net), books.Ledger.Balances("liability:concession", null).Sum(account => account.Credits - account.Debits));
        Assert.Equal(charges.Sum(charge => charge.Vat), books.Ledger.FindAccount("liability:vat")?.Balance ?? 0);
        Assert.All(charges, charge => Assert.True(charge.Outcome == ChargeOutcome.Charged || charge.Gross == 0, charge.ToString()));
        Assert.Null(books.Ledger.Verify(TestContext.Current.CancellationToken).Fault);
    }

    [Fact]
    public void The_statement_is_the_same_when_all_events_come_in_another_order()
    {
        var shuffled = day.Events.ToArray();
        new Random(5).Shuffle(shuffled);
        Assert.Equal(day.Whole.Store.StatementRoot(), Root(InBatches(shuffled, new Random(6))));
    }

    [Fact]
    public void The_statement_is_the_same_when_every_event_comes_three_times()
    {
        TollEvent[] thrice = [.. day.Events, .. day.Events, .. day.Events];
        new Random(7).Shuffle(thrice);
        Assert.Equal(day.Whole.Store.StatementRoot(), Root(InBatches(thrice, new Random(8))));
    }

    [Fact]
    public void The_statement_is_the_same_through_twenty_stops()
    {
        var random = new Random(9);
        var books = day.NewBooks();
        foreach (var batch in day.Events.Chunk(day.Events.Length / 20 + 1))
        {
            books.Take(batch);
            if (random.Next(3) > 0) books.Step();
            books.StopWithin(random.Next(4));
        }
        books.Settle();
        Assert.Null(books.Ledger.Verify(TestContext.Current.CancellationToken).Fault);
        Assert.Equal(day.Whole.Store.StatementRoot(), Root(books));
    }

    private Books InBatches(TollEvent[] events, Random random)
    {
        var books = day.NewBooks();
        for (var at = 0; at < events.Length;)
        {
            var count = Math.Min(random.Next(1, BatchMax), events.Length - at);
            books.Take(events[at..(at += count)]);
            if (random.Next(4) == 0) books.Step();
        }
        books.Settle();
        return books;
    }

    private static string Root(Books books)
    {
        using (books) return books.Store.StatementRoot();
    }
}

/// <summary>In files.</summary>
public sealed class SqliteTollDayTests(PlayedDay day) : TollDaySuite(day), IClassFixture<PlayedDay>;

/// <summary>In PostgreSQL.</summary>
public sealed class PostgresTollDayTests(PostgresDay day) : TollDaySuite(day), IClassFixture<PostgresDay>;

/// <summary>The same of a closed road.</summary>
public sealed class TollTripDayTests(ClosedDay day) : IClassFixture<ClosedDay>
{
    [Fact]
    public void Trips_are_charged_as_they_were_driven_but_for_evidence_that_was_destroyed()
    {
        var score = day.Score(day.Whole);
        Assert.Equal([], score.Differences.Where(one => one.Cause != DifferenceCause.Destroyed).Select(one => one.Write()));
        Assert.Equal(0, score.Residual);
        Assert.Contains(day.Whole.Charges(), charge => charge is { Outcome: ChargeOutcome.Entry, Code: null });
    }

    [Fact]
    public void The_statement_of_trips_is_the_same_when_exits_come_before_entries()
    {
        var books = day.NewBooks();
        foreach (var batch in day.Events.Reverse().Chunk(300))
        {
            books.Take(batch);
            books.Step();
        }
        books.Settle();
        using (books) Assert.Equal(day.Whole.Store.StatementRoot(), books.Store.StatementRoot());
    }
}
