using SmartCity.Devices.Topics;
using SmartCity.FirmwareSim.Mqtt;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>
/// Plays a corridor as it happens, each device on its own connection: at least once, in the order of its queue. A device that is cut off or starting is not
/// connected. What comes late came late on the road too: the gateway sees it with the device's own time.
/// </summary>
internal sealed class CorridorLive : IDisposable
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _drainWithin = TimeSpan.FromSeconds(5);
    /// <summary>Days of a device: none is lost on it, or the truth would not be one.</summary>
    private const int BacklogMax = 1_000_000;

    private readonly CorridorPlay _play;
    private readonly CorridorOptions _options;
    private readonly TimeProvider _clock;
    private readonly BrokerAddress _broker;
    private readonly Dictionary<LaneDevice, Voice> _voices;
    private readonly Queue<PassageRecord> _passages = new();
    private long _acknowledged;
    private string? _trouble;

    /// <summary>Lays it out; nothing is connected yet.</summary>
    public CorridorLive(CorridorPlay play, CorridorOptions options, BrokerAddress broker, TimeProvider clock)
    {
        (_play, _options, _broker, _clock) = (play, options, broker, clock);
        _voices = play.Layout.Devices.ToDictionary(device => device, device => new Voice(device, this));
    }

    /// <summary>Events acknowledged.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);
    /// <summary>Events offered to a device's link.</summary>
    public long Offered { get; private set; }
    /// <summary>Why a link failed last; null once one has connected since.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <summary>Runs until all has happened, or <paramref name="stop"/>.</summary>
    /// <param name="truth">Where the truth is written, a passage once it is over; null for nowhere.</param>
    /// <param name="stop">Ends it early; passages that are not over are in neither.</param>
    /// <exception cref="CommandException">The broker refuses every device for good.</exception>
    public async Task RunAsync(Stream? truth, CancellationToken stop)
    {
        using var links = new CancellationTokenSource();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = Task.WhenAll(_voices.Values.Select(voice => voice.Link.RunAsync(links.Token)));
        var speaking = SpeakAsync(truth, end.Token);
        await Task.WhenAny(running, speaking);
        // Links end by themselves only where the broker refuses them for good.
        var isRefused = running.IsFaulted;
        await end.CancelAsync();
        await speaking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!isRefused) await DrainAsync();
        await links.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (isRefused) throw new CommandException(ExitCode.NotAllowed, $"{_broker}: {running.Exception!.InnerException!.Message}. Check user and password in --broker.");
        if (speaking.IsFaulted) await speaking;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var voice in _voices.Values) voice.Link.Dispose();
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task SpeakAsync(Stream? truth, CancellationToken stop)
    {
        foreach (var arrival in _play.Run(_passages.Enqueue))
        {
            while (arrival.At > Now)
            {
                Attend(truth);
                await Task.Delay(arrival.At - Now is var left && left > _tick.TotalMilliseconds ? _tick : TimeSpan.FromMilliseconds(Math.Max(1, left)), _clock, stop);
            }
            stop.ThrowIfCancellationRequested();
            _voices[arrival.Device].Say(arrival.Json.Span);
            Offered++;
        }
        while (_passages.Count > 0)
        {
            Attend(truth);
            await Task.Delay(_tick, _clock, stop);
        }
    }

    /// <summary>Cuts and restores connections, and writes passages that are over.</summary>
    private void Attend(Stream? truth)
    {
        var now = Now;
        foreach (var voice in _voices.Values) voice.Attend(now);
        while (_passages.TryPeek(out var passage) && passage.Crossing.Time + Eyes.ReachMs <= now) truth?.Write(PassageTruth.Of(_passages.Dequeue()).Write());
        truth?.Flush();
    }

    private async Task DrainAsync()
    {
        foreach (var voice in _voices.Values) voice.Attend(_options.To);
        using var patience = new CancellationTokenSource(_drainWithin, _clock);
        await Task.WhenAll(_voices.Values.Select(voice => voice.Link.DrainAsync(patience.Token))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>A device with its link.</summary>
    private sealed class Voice
    {
        private readonly LaneDevice _device;
        private readonly string _topic;
        private bool _isDark;

        public Voice(LaneDevice device, CorridorLive live)
        {
            _device = device;
            _topic = TopicGrammar.Of(TopicKind.Toll, device.Id);
            Link = new DeviceLink(device.Id, live._broker, new LinkOptions { TellsStatus = true, BacklogMax = BacklogMax }, live._clock, new Random(device.Number))
            {
                Acknowledged = _ => Interlocked.Increment(ref live._acknowledged),
                Connected = _ => Volatile.Write(ref live._trouble, null),
                Failed = error => Volatile.Write(ref live._trouble, error.Message),
            };
        }

        public DeviceLink Link { get; }

        public void Say(ReadOnlySpan<byte> json) => Link.Offer(new OutboundMessage(_topic, json));

        public void Attend(long now)
        {
            var isDark = _device.IsAwayAt(now);
            if (isDark == _isDark) return;
            _isDark = isDark;
            if (isDark) Link.GoDark();
            else Link.ComeBack();
        }
    }
}
