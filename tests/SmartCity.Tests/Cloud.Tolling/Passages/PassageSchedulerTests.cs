using System.Reactive.Concurrency;
using System.Reactive.Subjects;
using CsCheck;
using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

/// <summary>In virtual time.</summary>
public sealed class PassageSchedulerTests : IDisposable
{
    /// <summary>In the middle of a cell, so that it alone is dirty.</summary>
    private const long Middle = Road.Start + 300_000_000;
    private const long Cell = 600_000_000;

    private readonly HistoricalScheduler _clock = new(new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero));
    private readonly Subject<TollArrivals> _arrivals = new();
    private readonly List<(double Second, string Point, int Cell)> _out = [];
    private bool _isCompleted;

    public void Dispose() => _arrivals.Dispose();

    [Fact]
    public void A_window_goes_once_it_has_been_quiet()
    {
        using var subscription = Start(new PassageSchedule(), out var scheduler);
        Come("A", 0);
        Pass(1.5);
        Come("A", 0);
        Pass(1.9);
        Assert.Empty(_out);
        Assert.Equal(1, scheduler.Waiting);
        Pass(5);
        Assert.Equal([(3.5, "A", 0)], _out);
        Assert.Equal(0, scheduler.Waiting);
    }

    [Fact]
    public void However_much_comes_a_window_waits_no_longer_than_the_longest_wait()
    {
        using var subscription = Start(new PassageSchedule(), out _);
        for (var i = 0; i < 50; i++)
        {
            Come("A", 0);
            Pass(0.5);
        }
        Assert.Equal([(10, "A", 0), (20, "A", 0)], _out);
        Pass(10);
        Assert.Equal(3, _out.Count);
    }

    [Fact]
    public void Windows_wait_each_for_itself_and_a_late_event_makes_its_own_dirty()
    {
        using var subscription = Start(new PassageSchedule(), out _);
        Come("A", 0);
        Pass(1);
        Come("B", 0);
        Come("A", -100);
        Pass(10);
        Assert.Equal([(2, "A", 0), (3, "A", -100), (3, "B", 0)], _out);
    }

    [Fact]
    public void An_event_at_a_border_makes_both_sides_dirty()
    {
        using var subscription = Start(new PassageSchedule(), out _);
        _arrivals.OnNext(new TollArrivals("A", [Road.Start]));
        Pass(10);
        Assert.Equal([(2, "A", -1), (2, "A", 0)], _out);
    }

    [Fact]
    public void One_window_too_many_and_the_first_due_goes_at_once_and_is_counted()
    {
        using var subscription = Start(new PassageSchedule { WindowsMax = 2 }, out var scheduler);
        Come("A", 0);
        Come("A", 10);
        Come("A", 20);
        Assert.Equal([(0, "A", 0)], _out);
        Assert.Equal((1, 2), (scheduler.Early, scheduler.Waiting));
        Pass(10);
        Assert.Equal(3, _out.Count);
        Assert.Equal(1, scheduler.Early);
    }

    [Fact]
    public void What_waits_at_the_end_goes_and_what_is_given_up_is_not_counted_for_ever()
    {
        var subscription = Start(new PassageSchedule(), out var scheduler);
        Come("A", 0);
        _arrivals.OnCompleted();
        Assert.Equal([(0, "A", 0)], _out);
        Assert.True(_isCompleted);
        Assert.Equal(0, scheduler.Early);
        subscription.Dispose();

        using var others = new Subject<TollArrivals>();
        var other = scheduler.Schedule(others).Subscribe(_ => { });
        others.OnNext(new TollArrivals("A", [Middle]));
        Assert.Equal(1, scheduler.Waiting);
        other.Dispose();
        Assert.Equal(0, scheduler.Waiting);
    }

    [Fact]
    public void Whatever_comes_every_window_goes_after_its_last_event_and_none_waits_too_long() =>
        Gen.Select(Gen.Select(Gen.Int[0, 3_000], Gen.Int[0, 5]).Array[1, 60], Gen.Int[1, 8]).Sample((arrivals, windowsMax) =>
        {
            var clock = new HistoricalScheduler(DateTimeOffset.UnixEpoch);
            using var subject = new Subject<TollArrivals>();
            var scheduler = new PassageScheduler(new PassageSchedule { WindowsMax = windowsMax }, CorrelationOptions.Default, clock);
            var gone = new List<(TimeSpan At, DirtyWindow Window)>();
            using var subscription = scheduler.Schedule(subject).Subscribe(window => gone.Add((clock.Now - DateTimeOffset.UnixEpoch, window)));
            var came = new List<(TimeSpan At, long From)>();
            foreach (var (pause, cell) in arrivals)
            {
                clock.AdvanceBy(TimeSpan.FromMilliseconds(pause));
                came.Add((clock.Now - DateTimeOffset.UnixEpoch, Road.Start + cell * Cell));
                subject.OnNext(new TollArrivals("A", [Middle + cell * Cell]));
                Assert.True(scheduler.Waiting <= windowsMax);
            }
            clock.AdvanceBy(TimeSpan.FromSeconds(10));
            Assert.Equal(0, scheduler.Waiting);
            foreach (var (at, from) in came)
                Assert.Contains(gone, one => one.Window.Window.From == from && one.At >= at && one.At <= at + TimeSpan.FromSeconds(10));
        });

    private IDisposable Start(PassageSchedule schedule, out PassageScheduler scheduler)
    {
        var start = _clock.Now;
        scheduler = new PassageScheduler(schedule, CorrelationOptions.Default, _clock);
        return scheduler.Schedule(_arrivals).Subscribe(
            window => _out.Add(((_clock.Now - start).TotalSeconds, window.TollPoint, (int)((window.Window.From - Road.Start) / Cell))), () => _isCompleted = true);
    }

    private void Come(string point, int cell) => _arrivals.OnNext(new TollArrivals(point, [Middle + cell * Cell]));

    private void Pass(double seconds) => _clock.AdvanceBy(TimeSpan.FromSeconds(seconds));
}
