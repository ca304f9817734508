using System.Diagnostics;
using SmartCity.Faults;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>The quick rows of the fault matrix, once each at random instants; <c>tests/faults</c> has them all, as often as wanted.</summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("kill-gateway")]
    [InlineData("kill-server")]
    [InlineData("partition")]
    public async Task What_was_acknowledged_is_stored_once_through(string row)
    {
        var report = await RunAsync(row, Breakage.None);
        Assert.True(report.Outcome == Outcome.Passed, report.ToJson());
    }

    [Theory]
    [InlineData(nameof(Breakage.Lost))]
    [InlineData(nameof(Breakage.Mutated))]
    public async Task A_row_fails_where_the_store_is_seen_wrong(string breakage)
    {
        var report = await RunAsync("terminate", Enum.Parse<Breakage>(breakage));
        Assert.Equal(Outcome.Failed, report.Outcome);
        Assert.True(report.Verdict.Lost + report.Verdict.Mutated + report.Verdict.Phantom > 0, report.ToJson());
    }

    /// <summary>The rows of the day, one after the other, for a minute at most; over some days all are run that are short enough.</summary>
    [Fact]
    public async Task The_rows_of_the_day_hold()
    {
        var begin = Stopwatch.GetTimestamp();
        var (held, left) = (0, new List<string>());
        foreach (var row in Rotation.Of(Rows.All, DateOnly.FromDateTime(DateTime.UtcNow).DayNumber, SecondsOfADay))
        {
            // A machine that is busy with something else does fewer of them.
            if (Stopwatch.GetElapsedTime(begin).TotalSeconds > SecondsOfADay - row.Seconds && held > 0)
            {
                left.Add(row.Name);
                continue;
            }
            var report = await RunAsync(row.Name, Breakage.None);
            Assert.True(report.Outcome != Outcome.Failed, report.ToJson());
            output.WriteLine($"{row.Name}: {report.Outcome}");
            held++;
        }
        Assert.True(held > 0, "no row was run");
        output.WriteLine($"left for want of time: {string.Join(", ", left)}");
    }

    [Fact]
    public void Some_days_run_every_row_that_is_short_enough_and_no_day_takes_more_than_its_time()
    {
        var days = Enumerable.Range(740_000, 40).Select(day => Rotation.Of(Rows.All, day, SecondsOfADay)).ToList();
        Assert.All(days, day => Assert.InRange(day.Sum(row => row.Seconds), 1, SecondsOfADay));
        var expected = Rows.All.Where(row => !row.IsExhaustive && row.Open is null && row.Seconds <= SecondsOfADay).Select(row => row.Name).Order(StringComparer.Ordinal);
        Assert.Equal(expected, days.SelectMany(day => day).Select(row => row.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(Rows.All.Count, Rows.All.Select(row => row.Name).Distinct().Count());
    }

    [Fact]
    public void A_report_is_read_as_it_was_written_and_the_table_says_what_did_not_hold_and_what_was_not_run()
    {
        var report = new RowReport("swizzle", 47, 7, 2, 1, Outcome.Failed, new Verdict(10, 9, 1, 0, 0, 0, 0, 0), 1.5, 99, 12, new SortedDictionary<string, object> { ["tried"] = 3 }, ["said"], ["attempt 2: 1 | lost"]);
        var again = RowReport.Parse(report.ToJson());
        Assert.Equal(report.ToJson(), again.ToJson());
        var table = Table.Of(Rows.All, [again, again]);
        Assert.Contains("| swizzle | three gateways lose their links one by one and get them back in another order | 2 of 4 | 20 | 2 |", table);
        Assert.Contains("1 \\| lost", table);
        Assert.Contains("| crowd | 1,000 devices connect again at once | not run |", table);
        Assert.Throws<FormatException>(() => RowReport.Parse("{}"));
    }

    private const int SecondsOfADay = 60;

    private async Task<RowReport> RunAsync(string row, Breakage breakage)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return await new FaultRun(1, seed, breakage, output.WriteLine).RunAsync(Rows.All.Single(candidate => candidate.Name == row), TestContext.Current.CancellationToken);
    }
}
