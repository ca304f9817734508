using System.Buffers;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using SmartCity.Cloud.Pipelines.Frame;
using SmartCity.Cloud.Pipelines.Silence;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Pipelines;

/// <summary>Silence in virtual time.</summary>
public sealed class SilenceTests : IDisposable
{
    private static readonly DateTimeOffset _start = new(2026, 11, 24, 6, 0, 0, TimeSpan.Zero);
    private readonly HistoricalScheduler _time = new(_start);
    private readonly Subject<Heard> _heard = new();
    private readonly List<SilenceEvent> _events = [];
    private readonly SilenceFold _fold = new(new SilenceOptions());

    public SilenceTests() => _heard.Fold(_fold, TimeSpan.FromSeconds(1), _time).Subscribe(_events.AddRange);

    [Fact]
    public void A_device_that_stops_is_silent_after_three_of_its_own_intervals()
    {
        Every(TimeSpan.FromSeconds(20), "fast", "g");
        Every(TimeSpan.FromSeconds(60), "slow", "g");
        Pass(TimeSpan.FromMinutes(10));
        Assert.Empty(_events);
        Stop("fast");
        Pass(TimeSpan.FromSeconds(59));
        Assert.Empty(_events);
        Pass(TimeSpan.FromMinutes(2));
        var silent = Assert.Single(_events);
        Assert.Equal(("g", "fast", true), (silent.Gateway, silent.Device, silent.IsSilent));
        Assert.Equal(TimeSpan.FromMinutes(10), Since(silent.LastHeard));
    }

    [Fact]
    public void A_device_that_comes_back_is_said_once_with_the_time_of_its_last_word()
    {
        Every(TimeSpan.FromSeconds(10), "a", "g");
        Every(TimeSpan.FromSeconds(10), "b", "g");
        Pass(TimeSpan.FromMinutes(1));
        Stop("a");
        Pass(TimeSpan.FromMinutes(5));
        Every(TimeSpan.FromSeconds(10), "a", "g");
        Pass(TimeSpan.FromMinutes(5));
        Assert.Equal([true, false], _events.Select(e => e.IsSilent));
        Assert.All(_events, e => Assert.Equal("a", e.Device));
        Assert.Equal(_events[0].LastHeard, _events[1].LastHeard);
    }

    [Fact]
    public void A_dead_gateway_with_400_devices_is_one_event_and_so_is_its_return()
    {
        for (var i = 0; i < 400; i++) Every(TimeSpan.FromSeconds(10), $"d{i}", "dead");
        Every(TimeSpan.FromSeconds(10), "elsewhere", "alive");
        Pass(TimeSpan.FromMinutes(5));
        for (var i = 0; i < 400; i++) Stop($"d{i}");
        Pass(TimeSpan.FromMinutes(30));
        Assert.Equal([("dead", (string?)null, true)], _events.Select(e => (e.Gateway, e.Device, e.IsSilent)));
        Assert.InRange(Since(_events[0].At), TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(80), TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(92));

        for (var i = 0; i < 399; i++) Every(TimeSpan.FromSeconds(10), $"d{i}", "dead");
        Pass(TimeSpan.FromMinutes(5));
        Assert.Equal([("dead", null, true), ("dead", null, false), ("dead", (string?)"d399", true)], _events.Select(e => (e.Gateway, e.Device, e.IsSilent)));
    }

    [Fact]
    public void A_device_that_moves_to_another_gateway_is_not_missed_at_the_first()
    {
        Every(TimeSpan.FromSeconds(10), "stays", "g1");
        Every(TimeSpan.FromSeconds(10), "moves", "g1");
        Pass(TimeSpan.FromMinutes(1));
        Stop("moves");
        Every(TimeSpan.FromSeconds(10), "moves", "g2");
        Pass(TimeSpan.FromMinutes(10));
        Assert.Empty(_events);
    }

    [Fact]
    public void The_state_comes_back_as_it_was_saved_and_says_the_same_from_there()
    {
        Every(TimeSpan.FromSeconds(10), "a", "g");
        Every(TimeSpan.FromSeconds(10), "b", "g");
        Pass(TimeSpan.FromMinutes(1));
        Stop("a");
        Pass(TimeSpan.FromSeconds(20));
        var state = new ArrayBufferWriter<byte>();
        _fold.Save(state);
        var loaded = new SilenceFold(new SilenceOptions());
        loaded.Load(state.WrittenSpan);
        Assert.Equal(_fold.Devices.OrderBy(device => device.Device), loaded.Devices.OrderBy(device => device.Device));

        var said = new List<SilenceEvent>();
        _heard.Fold(loaded, TimeSpan.FromSeconds(1), _time).Subscribe(said.AddRange);
        Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(["a"], said.Select(e => e.Device));
        Assert.Equal(said, _events);
    }

    [Fact]
    public void A_listener_that_was_away_blames_nobody_and_keeps_the_times_it_knows()
    {
        Every(TimeSpan.FromSeconds(10), "a", "g");
        Every(TimeSpan.FromSeconds(10), "b", "g");
        Pass(TimeSpan.FromMinutes(1));
        var state = new ArrayBufferWriter<byte>();
        _fold.Save(state);
        var known = _fold.Devices.OrderBy(device => device.Device).ToList();
        Stop("b");
        Pass(TimeSpan.FromHours(1));

        var loaded = new SilenceFold(new SilenceOptions());
        loaded.Load(state.WrittenSpan);
        loaded.Resume(UnixMicros.From(_time.Now));
        Assert.Equal(known, loaded.Devices.OrderBy(device => device.Device));
        var said = new List<SilenceEvent>();
        using var listening = _heard.Fold(loaded, TimeSpan.FromSeconds(1), _time).Subscribe(said.AddRange);
        Pass(TimeSpan.FromSeconds(25));
        Assert.Empty(said);
        Assert.Equal(TimeSpan.FromSeconds(10), loaded.Devices.Single(device => device.Device == "a").Interval);
        Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(["b"], said.Select(e => e.Device));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"g\":3}")]
    [InlineData("{\"g\":{\"Devices\":[]}}")]
    [InlineData("[]")]
    public void A_damaged_state_is_refused(string state) =>
        Assert.Throws<InvalidDataException>(() => _fold.Load(System.Text.Encoding.UTF8.GetBytes(state)));

    [Fact]
    public void A_key_that_fails_does_not_touch_the_others()
    {
        var folds = new KeyedFolds<string, int, string>(key => new Fragile(key));
        var outputs = new List<string>();
        folds.Apply("good", 1, outputs);
        folds.Apply("bad", 1, outputs);
        folds.Apply("bad", 13, outputs);
        folds.Apply("good", 2, outputs);
        folds.Apply("bad", 2, outputs);
        Assert.Equal(["good 1", "bad 1", "good 3", "bad 2"], outputs);
        Assert.Equal((1, "bad"), (folds.Faults, folds.LastFault?.Key));
    }

    public void Dispose() => _heard.Dispose();

    private readonly Dictionary<string, IDisposable> _devices = [];

    private void Every(TimeSpan interval, string device, string gateway) =>
        _devices[device] = Observable.Timer(TimeSpan.Zero, interval, _time).Subscribe(_ => _heard.OnNext(new Heard(gateway, UnixMicros.From(_time.Now), [device])));

    private void Stop(string device) => _devices[device].Dispose();

    private void Pass(TimeSpan time) => _time.AdvanceBy(time);

    private static TimeSpan Since(long micros) => TimeSpan.FromMicroseconds(micros - UnixMicros.From(_start));

    /// <summary>Sums what it gets; thirteen brings bad luck, after half an answer.</summary>
    private sealed class Fragile(string key) : IFold<int, string>
    {
        private int _sum;

        public void Apply(int input, ICollection<string> outputs)
        {
            outputs.Add($"{key} {_sum += input}");
            if (input == 13) throw new InvalidOperationException("Thirteen.");
        }

        public void Advance(long now, ICollection<string> outputs) { }

        public void Save(IBufferWriter<byte> output) { }

        public void Load(ReadOnlySpan<byte> state) { }
    }
}
