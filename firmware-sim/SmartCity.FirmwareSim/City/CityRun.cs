using SmartCity.Devices.Telemetry;
using SmartCity.FirmwareSim.Mqtt;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.City;

/// <summary>
/// The city at work: one loop lets the devices speak when their time comes; each device's link sends what it has when it can. What does not fit a device's
/// bounded backlog is lost on the device and counted, as in the street.
/// </summary>
internal sealed class CityRun : IDisposable
{
    /// <summary>Within this time of the start every device has spoken once.</summary>
    private static readonly TimeSpan _firstWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _everyMin = TimeSpan.FromMilliseconds(100);
    /// <summary>Faults told one by one; beyond it duplicates are only counted.</summary>
    private const int FaultsMax = 100_000;

    private readonly CityOptions _options;
    private readonly TimeProvider _clock;
    private readonly Speaker[] _speakers;
    private readonly List<FaultTruth> _faults = [];
    private readonly DateTimeOffset _begun;
    private int _connected;
    private string? _trouble;

    /// <summary>Lays out the city; nothing is connected yet.</summary>
    public CityRun(CityOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _begun = clock.GetUtcNow();
        var devices = CityPlan.Devices(options.Devices, options.Seed, options.Faults, _begun);
        // --rate speeds every device up or slows it down by the same factor.
        var natural = devices.Sum(device => 1 / device.Sensor.Interval.TotalSeconds);
        var factor = options.Rate is { } rate ? natural / rate : 1;
        _speakers = [.. devices.Select(device => new Speaker(device, Max(device.Sensor.Interval * factor, _everyMin), this))];
        foreach (var device in devices)
        {
            if (device.DriftPerHour != 0) _faults.Add(new FaultTruth(device.Id, "drift", _begun, null) { PerHour = device.DriftPerHour });
            if (device.Clock != ClockFault.None) _faults.Add(new FaultTruth(device.Id, "clock", _begun, null) { Clock = device.Clock });
        }
    }

    /// <summary>Devices that have been connected at least once.</summary>
    public int Connected => Volatile.Read(ref _connected);
    /// <summary>Why a link failed last; null once one has connected since.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <summary>Runs until <paramref name="stop"/>; then lets what is in flight be acknowledged for a moment.</summary>
    /// <exception cref="CommandException">The broker refuses every device for good.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var links = new CancellationTokenSource();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = Task.WhenAll(_speakers.Select(speaker => speaker.Link.RunAsync(links.Token)));
        var work = Task.WhenAll(SpeakAsync(end.Token), KeepTruthAsync(end.Token));
        await Task.WhenAny(running, work);
        // Links end by themselves only where the broker refuses them for good.
        var isRefused = running.IsFaulted;
        await end.CancelAsync();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!isRefused) await DrainAsync();
        await links.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        SaveTruth();
        if (isRefused) throw new CommandException(ExitCode.NotAllowed, $"{_options.Broker}: {running.Exception!.InnerException!.Message}. Check user and password in --broker.");
        if (work.IsFaulted) await work;
    }

    /// <summary>What the city did up to now.</summary>
    public CityTruth Truth()
    {
        var totals = new TrafficCount();
        var devices = new List<DeviceTruth>(_speakers.Length);
        foreach (var speaker in _speakers)
        {
            var count = speaker.Snapshot();
            totals.Add(count);
            devices.Add(new DeviceTruth(speaker.Device.Id, speaker.Device.Sensor.Kind, speaker.Device.Place.Latitude, speaker.Device.Place.Longitude, count));
        }
        lock (_faults) return new CityTruth { Seed = _options.Seed, Begun = _begun, Written = _clock.GetUtcNow(), Totals = totals, Faults = [.. _faults], Devices = devices };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var speaker in _speakers) speaker.Link.Dispose();
    }

    private async Task SpeakAsync(CancellationToken stop)
    {
        using var writer = new TelemetryWriter();
        var due = new PriorityQueue<Speaker, DateTimeOffset>();
        foreach (var speaker in _speakers) due.Enqueue(speaker, _begun + _firstWithin * speaker.Device.Phase);
        while (due.TryDequeue(out var speaker, out var time))
        {
            var now = _clock.GetUtcNow();
            if (time > now)
            {
                await Task.Delay(time - now, _clock, stop);
                now = _clock.GetUtcNow();
            }
            stop.ThrowIfCancellationRequested();
            speaker.Speak(now, writer);
            // After the first round each device keeps its own place in its interval, so that a city does not speak in chorus.
            // One that is late does not hurry: it misses its turn.
            var next = time + speaker.Every;
            if (speaker.Device.Sequence == 1 && _begun + speaker.Every * speaker.Device.Phase is var place) next = place > now + speaker.Every / 4 ? place : place + speaker.Every;
            due.Enqueue(speaker, next > now ? next : now + speaker.Every);
        }
    }

    private async Task DrainAsync()
    {
        using var patience = new CancellationTokenSource(_options.DrainWithin, _clock);
        await Task.WhenAll(_speakers.Where(speaker => !speaker.Device.IsDark).Select(speaker => speaker.Link.DrainAsync(patience.Token))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task KeepTruthAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10), _clock);
        while (await timer.WaitForNextTickAsync(stop)) SaveTruth();
    }

    private void SaveTruth()
    {
        if (_options.TruthFile is { } file) Truth().Save(file);
    }

    private void Tell(FaultTruth fault)
    {
        lock (_faults)
            if (_faults.Count < FaultsMax) _faults.Add(fault);
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>A device with its link and its counts.</summary>
    private sealed class Speaker
    {
        private readonly CityRun _run;
        private readonly TrafficCount _count = new();
        private bool _tellPlace;

        public Speaker(CityDevice device, TimeSpan every, CityRun run)
        {
            Device = device;
            Every = every;
            _run = run;
            Link = new DeviceLink(device.Id, run._options.Broker, new LinkOptions { TellsStatus = true, WindowMax = 16, BacklogMax = 1_000 }, run._clock, new Random(device.Phase.GetHashCode()))
            {
                Acknowledged = message => Count(message, (count, values) => { count.AcknowledgedMessages++; count.AcknowledgedValues += values; }),
                Dropped = message => Count(message, (count, values) => { count.DroppedMessages++; count.DroppedValues += values; }),
                Connected = isFirst =>
                {
                    if (isFirst) Interlocked.Increment(ref run._connected);
                    else Volatile.Write(ref _tellPlace, true);
                    Volatile.Write(ref run._trouble, null);
                },
                Failed = error => Volatile.Write(ref run._trouble, error.Message),
            };
        }

        public CityDevice Device { get; }
        public DeviceLink Link { get; }
        public TimeSpan Every { get; }

        public void Speak(DateTimeOffset now, TelemetryWriter writer)
        {
            switch (Device.DecideLink(now, Every, out var until))
            {
                case LinkChange.GoesDown:
                    _run.Tell(new FaultTruth(Device.Id, "outage", now, until));
                    Link.GoDark();
                    break;
                case LinkChange.ComesBack:
                    Link.ComeBack();
                    break;
            }
            if (Interlocked.Exchange(ref _tellPlace, false)) Device.TellPlace();
            writer.Clear();
            var values = Device.Speak(now, writer);
            lock (_count)
            {
                _count.Messages++;
                _count.Values += values;
            }
            Link.Offer(new OutboundMessage(Device.Topic, writer.Written.Span, values));
            if (!Device.Repeats()) return;
            _run.Tell(new FaultTruth(Device.Id, "duplicate", now, null) { Sequence = Device.Sequence });
            lock (_count)
            {
                _count.RepeatedMessages++;
                _count.RepeatedValues += values;
            }
            // No values: what is said twice counts once.
            Link.Offer(new OutboundMessage(Device.Topic, writer.Written.Span));
        }

        public TrafficCount Snapshot()
        {
            var copy = new TrafficCount();
            lock (_count) copy.Add(_count);
            copy.Resent = Link.Resent;
            copy.Connections = Link.Connections;
            return copy;
        }

        private void Count(OutboundMessage message, Action<TrafficCount, int> count)
        {
            if (message.Values == 0) return;
            lock (_count) count(_count, message.Values);
        }
    }
}
