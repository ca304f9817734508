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

    private async Task<RowReport> RunAsync(string row, Breakage breakage)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return await new FaultRun(1, seed, breakage, output.WriteLine).RunAsync(Rows.All.Single(candidate => candidate.Name == row), TestContext.Current.CancellationToken);
    }
}
