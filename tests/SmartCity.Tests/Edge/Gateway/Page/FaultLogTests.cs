using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Edge.Gateway.Page;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Hosting.Files;

namespace SmartCity.Tests.Edge.Gateway.Page;

public sealed class FaultLogTests
{
    [Fact]
    public async Task A_fault_is_logged_once_with_what_is_kept_and_what_is_not_and_again_when_it_is_over()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder["data"]);
        await gateway.StartAsync();
        var (link, heard) = (gateway.Get<UplinkState>(), new Lines());
        using var log = new FaultLog(gateway.Get<Reporter>(), gateway.Get<RunRecord>(), TimeProvider.System, heard);

        link.Closed(DateTimeOffset.UtcNow, "Connection refused");
        log.Look();
        log.Look();
        var said = Assert.Single(heard.Said, line => line.Contains("The cloud has not been", StringComparison.Ordinal));
        Assert.StartsWith("Error The cloud has not been reachable since", said);
        foreach (var part in (string[])["Connection refused", "Kept: Everything that devices send", "Not kept: Nothing", "To do: "]) Assert.Contains(part, said);
        Assert.DoesNotContain('\u2068', said);
        Assert.Contains("not connected yet", await gateway.TroubleAsync("uplink"));

        link.Opened(DateTimeOffset.UtcNow);
        log.Look();
        Assert.Contains(heard.Said, line => line.StartsWith("Information Over: The cloud has not been reachable", StringComparison.Ordinal));
        Assert.Null(await gateway.TroubleAsync("uplink"));
        link.Closed(DateTimeOffset.UtcNow, "Connection refused");
        Assert.Contains("are kept here", await gateway.TroubleAsync("uplink"));
    }

    [Fact]
    public void A_cloud_that_owes_an_answer_for_more_than_five_seconds_is_silent()
    {
        var clock = new FakeTimeProvider();
        clock.Advance(TimeSpan.FromDays(1));
        var link = new UplinkState(clock);
        link.Opened(clock.GetUtcNow());
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(link.SilentFor);
        link.Sent(10, 1);
        clock.Advance(TimeSpan.FromSeconds(4));
        link.Sent(10, 1);
        Assert.Null(link.SilentFor);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(6), link.SilentFor);
        link.Answered();
        Assert.Null(link.SilentFor);
        link.Sent(10, 1);
        clock.Advance(TimeSpan.FromSeconds(6));
        link.Closed(clock.GetUtcNow(), "gone");
        Assert.Null(link.SilentFor);
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(299, 0, true)]
    [InlineData(-301, 0, false)]
    [InlineData(0, 7_200, false)]
    [InlineData(0, -86_400, false)]
    [InlineData(7_200, -7_200, true)]
    public void The_clock_is_trusted_while_it_is_near_the_servers_and_has_not_stepped_away(int ahead, int step, bool isTrusted)
    {
        var clock = new SteppingClock();
        var trust = new ClockTrust(clock) { IsSynchronised = () => true };
        trust.Observe(SmartCity.Model.UnixMicros.Now(clock) - ahead * 1_000_000L);
        clock.Advance(TimeSpan.FromHours(3));
        clock.Step += TimeSpan.FromSeconds(step);
        Assert.Equal(isTrusted, trust.IsTrusted);
    }

    private sealed class SteppingClock : FakeTimeProvider
    {
        public TimeSpan Step { get; set; }
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Step;
        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }

    private sealed class Lines : ILogger<FaultLog>
    {
        public List<string> Said { get; } = [];
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Said.Add($"{logLevel} {formatter(state, exception)}");
    }
}
