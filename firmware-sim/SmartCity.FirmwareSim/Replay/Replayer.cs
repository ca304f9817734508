using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Topics;
using SmartCity.FirmwareSim.Mqtt;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>
/// Replays recorded files: each of their devices has its own connection, and the elements of all files go out in the order of their times. It ends when
/// everything is acknowledged; what a broken connection left open is sent again.
/// </summary>
internal sealed class Replayer(ReplayMapping mapping, IReadOnlyList<string> files, ReplayOptions options, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan _reachWithin = TimeSpan.FromSeconds(15);
    /// <summary>Elements of one message; with 12 metrics an element takes 250 bytes, so a message stays far under 256 KiB.</summary>
    private const int ElementsMax = 50;

    private readonly Dictionary<string, Sender> _senders = [];
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<CsvSource> _sources = [];
    private readonly long _bytes = files.Sum(file => new FileInfo(file).Length);
    private volatile Exception? _lastFailure;
    private volatile CommandException? _refused;
    private volatile int _devices;
    private long _acknowledged, _messages;

    /// <summary>What became of every cell.</summary>
    public ReplayAccount Account { get; } = new();
    /// <summary>Rows read of all files.</summary>
    public long Rows => _sources.Sum(source => source.Rows);
    /// <summary>Messages published.</summary>
    public long Messages => Interlocked.Read(ref _messages);
    /// <summary>Values acknowledged by the broker.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);
    /// <summary>Messages sent again after a broken connection.</summary>
    public long Resent => _senders.Values.Sum(sender => sender.Link.Resent);
    /// <summary>Devices that spoke.</summary>
    public int Devices => _devices;
    /// <summary>Share of the files that is read, 0 to 1.</summary>
    public double Progress => _bytes == 0 ? 1 : (double)_sources.Sum(source => source.Position) / _bytes;

    /// <summary>Runs to the end.</summary>
    /// <exception cref="CommandException">A file, or the broker, cannot be used.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var links = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            await PublishAllAsync(links);
        }
        catch (OperationCanceledException) when (_refused is not null)
        {
            throw _refused;
        }
        catch (InvalidDataException error)
        {
            throw new CommandException(error.Message, error);
        }
        finally
        {
            await links.CancelAsync();
            await Task.WhenAll(_senders.Values.Select(sender => sender.Running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var sender in _senders.Values) sender.Dispose();
        foreach (var source in _sources) source.Dispose();
    }

    private async Task PublishAllAsync(CancellationTokenSource links)
    {
        var stop = links.Token;
        _sources.AddRange(files.Select(file => new CsvSource(mapping, file)));
        await Task.Yield();
        long? first = null;
        var begun = clock.GetTimestamp();
        foreach (var element in InOrder(_sources))
        {
            stop.ThrowIfCancellationRequested();
            if (options.Speed is { } speed)
            {
                var due = TimeSpan.FromTicks((long)((element.Time - (first ??= element.Time)) * 10 / speed));
                if (due - clock.GetElapsedTime(begun) is { Ticks: > 0 } early)
                {
                    foreach (var waiting in _senders.Values) await FlushAsync(waiting, stop);
                    await Task.Delay(early, clock, stop);
                }
            }
            if (!_senders.TryGetValue(element.Device, out var sender)) sender = await ConnectAsync(element.Device, links);
            sender.Add(element);
            if (sender.Elements == ElementsMax) await FlushAsync(sender, stop);
        }
        foreach (var sender in _senders.Values) await FlushAsync(sender, stop);
        foreach (var sender in _senders.Values) await sender.Link.DrainAsync(stop);
    }

    /// <summary>Merges the files by time; rows of one file keep their order.</summary>
    private IEnumerable<ReplayElement> InOrder(List<CsvSource> sources)
    {
        var heads = new PriorityQueue<IEnumerator<ReplayElement>, (long, int)>();
        for (var i = 0; i < sources.Count; i++) Next(sources[i].Read(Account).GetEnumerator(), i);
        while (heads.TryDequeue(out var head, out var key))
        {
            yield return head.Current;
            Next(head, key.Item2);
        }

        void Next(IEnumerator<ReplayElement> head, int file)
        {
            if (head.MoveNext()) heads.Enqueue(head, (head.Current.Time, file));
            else head.Dispose();
        }
    }

    private async Task<Sender> ConnectAsync(string device, CancellationTokenSource links)
    {
        var link = new DeviceLink(device, options.Broker, new LinkOptions { WindowMax = options.WindowMax, BacklogMax = 16 }, clock, new Random(_senders.Count))
        {
            Acknowledged = message => Interlocked.Add(ref _acknowledged, message.Values),
            Connected = _ => _reached.TrySetResult(),
            Failed = error => _lastFailure = error,
        };
        var sender = new Sender(link, (ulong)clock.GetUtcNow().ToUnixTimeSeconds(), KeepConnectedAsync(link, links));
        _senders.Add(device, sender);
        if (++_devices > 1) return sender;
        try
        {
            await _reached.Task.WaitAsync(_reachWithin, clock, links.Token);
        }
        catch (TimeoutException)
        {
            throw new CommandException($"{options.Broker} cannot be reached: {_lastFailure?.Message ?? "no answer"}. Start the gateway, or name another broker with --broker.");
        }
        return sender;
    }

    private async Task KeepConnectedAsync(DeviceLink link, CancellationTokenSource links)
    {
        try
        {
            await link.RunAsync(links.Token);
        }
        catch (BrokerRefusedException refusal)
        {
            _refused = new CommandException(ExitCode.NotAllowed, $"{options.Broker}: {refusal.Message} (device {link.Device}). Check user and password in --broker.");
            await links.CancelAsync();
        }
    }

    private async Task FlushAsync(Sender sender, CancellationToken stop)
    {
        if (sender.Elements == 0) return;
        await sender.Link.WaitForRoomAsync(stop);
        sender.Flush();
        _messages++;
    }

    /// <summary>A device on its connection, with the elements of its next message.</summary>
    private sealed class Sender(DeviceLink link, ulong boot, Task running) : IDisposable
    {
        private readonly string _topic = TopicGrammar.Of(TopicKind.Telemetry, link.Device);
        private readonly TelemetryWriter _writer = new();
        private ulong _sequence;
        private int _values;

        public DeviceLink Link => link;
        public Task Running => running;
        public int Elements { get; private set; }

        public void Add(ReplayElement element)
        {
            if (Elements++ == 0) _writer.BeginArray();
            _writer.Begin(element.Time / 1_000, boot, ++_sequence);
            foreach (var value in element.Values)
            {
                value.WriteTo(_writer);
                value.Count.Published++;
                _values++;
            }
            _writer.End();
        }

        public void Flush()
        {
            _writer.EndArray();
            link.Offer(new OutboundMessage(_topic, _writer.Written.Span, _values));
            _writer.Clear();
            Elements = 0;
            _values = 0;
        }

        public void Dispose()
        {
            link.Dispose();
            _writer.Dispose();
        }
    }
}

/// <summary>How files are replayed.</summary>
internal sealed record ReplayOptions
{
    /// <summary>The broker.</summary>
    public required BrokerAddress Broker { get; init; }
    /// <summary>Recorded seconds a second; null as fast as they are acknowledged.</summary>
    public double? Speed { get; init; }
    /// <summary>Messages in flight on each connection, 1–1,000. Default 8.</summary>
    public int WindowMax { get; init; } = 8;
}
