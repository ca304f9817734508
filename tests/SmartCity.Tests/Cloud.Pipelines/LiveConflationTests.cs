using System.Reactive.Concurrency;
using System.Reactive.Subjects;
using SmartCity.Cloud.Pipelines.Live;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Pipelines;

/// <summary>In virtual time: a step of the clock is as long as the test says.</summary>
public sealed class LiveConflationTests : IDisposable
{
    private readonly HistoricalScheduler _clock = new(new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero));
    private readonly Subject<ReadingBatch> _batches = new();
    private readonly List<(double Millisecond, int Series, string Value)> _out = [];
    private readonly DateTimeOffset _start;

    public LiveConflationTests()
    {
        _start = _clock.Now;
        _batches.Conflate(new ConflationOptions(), _clock).Subscribe(frame =>
        {
            for (var i = 0; i < frame.Count; i++) _out.Add((Millisecond, frame.Series[i], frame.ValueAt(i).ToString()));
        });
    }

    public void Dispose() => _batches.Dispose();

    private double Millisecond => (_clock.Now - _start).TotalMilliseconds;

    [Fact]
    public void The_first_value_goes_out_at_once_and_the_newest_of_the_rest_after_the_interval()
    {
        Come((1, 0, 10));
        Assert.Equal([(0, 1, "10")], _out);
        foreach (var value in (int[])[11, 12, 13])
        {
            Pass(30);
            Come((1, value, value));
        }
        Pass(1_000);
        Assert.Equal([(0, 1, "10"), (200, 1, "13")], _out);
    }

    [Fact]
    public void However_often_a_series_speaks_it_goes_out_five_times_a_second_and_its_last_value_is_not_lost()
    {
        for (var i = 0; i < 2_000; i++)
        {
            Come((1, i, i));
            Pass(1);
        }
        Pass(1_000);
        Assert.Equal(11, _out.Count);
        Assert.All(_out.Zip(_out.Skip(1)), pair => Assert.True(pair.Second.Millisecond - pair.First.Millisecond >= 200));
        Assert.Equal("1999", _out[^1].Value);
    }

    [Fact]
    public void After_a_pause_a_value_goes_out_at_once_again()
    {
        Come((1, 0, 10));
        Pass(350);
        Come((1, 1, 11));
        Assert.Equal((350, 1, "11"), _out[^1]);
    }

    [Fact]
    public void Small_batches_share_a_frame()
    {
        Come((1, 0, 1));
        Pass(5);
        Come((2, 0, 2));
        Pass(5);
        Come((3, 0, 3));
        Assert.Single(_out);
        Pass(50);
        Assert.Equal([(0, 1, "1"), (20, 2, "2"), (20, 3, "3")], _out);
    }

    [Fact]
    public void A_late_value_is_history_and_does_not_take_the_place_of_a_newer_one()
    {
        Come((1, 100, 1));
        Come((1, 50, 2));
        Pass(1_000);
        Come((1, 99, 3));
        Pass(1_000);
        Assert.Equal([(0, 1, "1")], _out);
    }

    [Fact]
    public void A_text_is_kept_though_its_batch_is_used_again()
    {
        var batch = new ReadingBatch();
        batch.Add(1, 0, 0, 1.0, ReadingQuality.Good);
        _batches.OnNext(batch);
        batch.Clear();
        batch.AddText(2, 0, 0, "closed"u8, ReadingQuality.Good);
        _batches.OnNext(batch);
        batch.Clear();
        batch.AddText(3, 0, 0, "xxxxxx"u8, ReadingQuality.Good);
        Pass(100);
        Assert.Equal([(0, 1, "1"), (20, 2, "closed")], _out);
    }

    [Fact]
    public void What_waits_goes_out_when_the_source_ends_and_an_error_passes_through()
    {
        Come((1, 0, 1));
        Come((1, 1, 2));
        _batches.OnCompleted();
        Assert.Equal("2", _out[^1].Value);

        using var broken = new Subject<ReadingBatch>();
        Exception? seen = null;
        using var subscription = broken.Conflate(new ConflationOptions(), _clock).Subscribe(_ => { }, error => seen = error);
        broken.OnError(new InvalidOperationException("gone"));
        Assert.Equal("gone", seen?.Message);
    }

    [Fact]
    public void Nothing_is_scheduled_while_nothing_waits()
    {
        Come((1, 0, 1));
        Pass(1_000);
        // A virtual clock with nothing left to do stays where it is.
        var before = _clock.Now;
        _clock.Start();
        Assert.Equal(before, _clock.Now);
    }

    private void Come(params (int Series, long Time, double Value)[] readings)
    {
        var batch = new ReadingBatch();
        foreach (var (series, time, value) in readings) batch.Add(series, time, time, value, ReadingQuality.Good);
        _batches.OnNext(batch);
    }

    private void Pass(int milliseconds) => _clock.AdvanceBy(TimeSpan.FromMilliseconds(milliseconds));
}
