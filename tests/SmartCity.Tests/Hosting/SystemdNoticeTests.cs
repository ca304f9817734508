using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Hosting.Operations;

namespace SmartCity.Tests.Hosting;

public sealed class SystemdNoticeTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Lifetime _lifetime = new();
    private readonly Systemd _systemd = new() { IsEnabled = true };

    public void Dispose() => _lifetime.Dispose();

    [Fact]
    public async Task Systemd_hears_of_the_start_when_all_has_started_and_of_life_until_the_end()
    {
        using (var notice = new SystemdNotice(_lifetime, _systemd, _clock) { Watchdog = TimeSpan.FromSeconds(60) })
        {
            await notice.StartAsync(TestContext.Current.CancellationToken);
            _clock.Advance(TimeSpan.FromMinutes(9));
            Assert.Empty(_systemd.Heard);
            _lifetime.Started.Cancel();
            _clock.Advance(TimeSpan.FromSeconds(60));
            Assert.Equal(["READY=1", "WATCHDOG=1"], _systemd.Heard.Distinct());
            Assert.InRange(_systemd.Heard.Count(heard => heard == "WATCHDOG=1"), 3, 4);
            _lifetime.Stopping.Cancel();
            Assert.Equal("STOPPING=1", _systemd.Heard[^1]);
        }
        var heard = _systemd.Heard.Count;
        _clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(heard, _systemd.Heard.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_a_watchdog_there_are_no_signs_of_life_and_without_systemd_there_is_nothing(bool hasSystemd)
    {
        _systemd.IsEnabled = hasSystemd;
        using var notice = new SystemdNotice(_lifetime, _systemd, _clock) { Watchdog = null };
        await notice.StartAsync(TestContext.Current.CancellationToken);
        _lifetime.Started.Cancel();
        _clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(hasSystemd ? ["READY=1"] : [], _systemd.Heard);
    }

    [Fact]
    public async Task An_application_that_begins_anew_in_its_process_does_not_say_that_it_stops()
    {
        var newStart = new NewStart();
        using var notice = new SystemdNotice(_lifetime, _systemd, _clock, newStart) { Watchdog = null };
        await notice.StartAsync(TestContext.Current.CancellationToken);
        _lifetime.Started.Cancel();
        newStart.Begin();
        _lifetime.Stopping.Cancel();
        Assert.Equal(["READY=1"], _systemd.Heard);
    }

    private sealed class Systemd : ISystemdNotifier
    {
        public List<string> Heard { get; } = [];
        public bool IsEnabled { get; set; }

        public void Notify(ServiceState state) => Heard.Add(state.ToString());
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        public CancellationTokenSource Started { get; } = new();
        public CancellationTokenSource Stopping { get; } = new();
        public CancellationToken ApplicationStarted => Started.Token;
        public CancellationToken ApplicationStopping => Stopping.Token;
        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => Stopping.Cancel();

        public void Dispose()
        {
            Started.Dispose();
            Stopping.Dispose();
        }
    }
}
