using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Log;
using SmartCity.Edge.Spool;
using SmartCity.Model;

namespace SmartCity.Simulation;

/// <summary>
/// A gateway, its cloud and its devices in one process on virtual time: a seed says what happens in which order, what is on the way when the power goes,
/// and how much of the last write the disk keeps. First faults, under which nothing may go wrong; then none, after which everything must arrive.
/// </summary>
/// <remarks>
/// Real: decoders, intake, commit, spool, uplink session, ingest stream, log, log reader, SQLite and its files. Made up: devices, network, clock, the store
/// behind the log, power. The seed fixes the events; between two events the log's writing thread and the thread pool end what they have begun, and a hop
/// of theirs may fall behind the next event, so a seed nearly always, not always, repeats to the instant.
/// </remarks>
public sealed class City : IDisposable
{
    private const int RecoveryRounds = 3_000;

    private readonly Random _random;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 6, 12, 4, TimeSpan.Zero));
    private readonly SkewedClock _gatewayClock;
    private readonly Turns _turns = new();
    private readonly Disk _spoolDisk = new(Disk.NewFolder(), SpoolOptions.FileName);
    private readonly Disk _logDisk = new(Disk.NewFolder(), DurableLogOptions.FileName);
    private readonly List<Device> _devices = [];
    private readonly List<Link> _links = [];
    private readonly List<(Task Task, Link Link)> _serving = [];
    private readonly List<string> _refusals = [];
    private readonly Store _store;
    private GatewayNode? _gateway;
    private CloudNode? _cloud;
    private ulong _incarnations;
    private bool _isPartitioned;

    private City(int seed)
    {
        _random = new Random(seed);
        _gatewayClock = new SkewedClock(_time);
        for (var i = 0; i < 4; i++) _devices.Add(new Device(i, i == 3 ? Lane.Toll : Lane.Telemetry));
        _store = new Store(_devices);
    }

    /// <summary>What happened, for the report.</summary>
    public Dictionary<string, int> Events { get; } = [];

    /// <summary>Runs one seed.</summary>
    /// <param name="seed">Any number.</param>
    /// <returns>How often each event happened.</returns>
    /// <exception cref="BrokenException">The promise was broken; says how.</exception>
    public static IReadOnlyDictionary<string, int> Run(int seed)
    {
        using var city = new City(seed);
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(city._turns);
        try
        {
            city.Live();
            city.Recover();
            city.Compare();
            return city.Events;
        }
        finally
        {
            city.End();
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_spoolDisk.Folder, true);
        Directory.Delete(_logDisk.Folder, true);
    }

    private void Live()
    {
        StartCloud(0);
        StartGateway(0);
        var length = 60 + _random.Next(120);
        for (var i = 0; i < length; i++)
        {
            Step();
            _time.Advance(TimeSpan.FromMilliseconds(1 + _random.Next(40)));
            Settle();
            CheckBalance();
        }
    }

    private void Step()
    {
        if (_isPartitioned && _random.Next(8) == 0) _isPartitioned = false;
        var die = _random.Next(100);
        if (die < 30) Publish();
        else if (die < 44) Count("commit", Commit);
        else if (die < 74) Deliver();
        else if (die < 80) Count("consume", () => Consume(_random.Next(6) == 0));
        else if (die < 89) Connect();
        else if (die < 92) Cut();
        else if (die < 93) Count("partition", () => _isPartitioned = true);
        else if (die < 94) Count("gateway killed", () => RestartGateway(_spoolDisk.Killed(), FullSoon(_spoolDisk)));
        else if (die < 96) Count("gateway without power", GatewayWithoutPower);
        else if (die < 97) Count("cloud killed", () => RestartCloud(_logDisk.Killed(), FullSoon(_logDisk)));
        else if (die < 99) Count("cloud without power", CloudWithoutPower);
        else Count("clock jumps", () => _gatewayClock.Offset += TimeSpan.FromSeconds(_random.Next(-90_000, 90_000)));
    }

    private void Publish()
    {
        if (_gateway is null) return;
        var device = _devices[_random.Next(_devices.Count)];
        if (!device.IsInFlight) Count(_gateway.Publish(device) ? "publish" : "publish refused", static () => { });
    }

    private void Commit()
    {
        _gateway!.Commit();
        _spoolDisk.Sync();
    }

    private void Deliver()
    {
        if (_isPartitioned) return;
        var lines = _links.SelectMany(static link => new ILine[] { link.ToCloud, link.ToGateway }).Where(static line => line.OnTheWay > 0).ToArray();
        if (lines.Length == 0) return;
        var line = lines[_random.Next(lines.Length)];
        var count = 1 + _random.Next(Math.Min(line.OnTheWay, 4));
        Count("deliver", () =>
        {
            for (; count > 0 && line.OnTheWay > 0; count--) line.Deliver();
        });
    }

    private void Consume(bool dies) => _store.ReadAsync(_cloud!.Log, 1 + _random.Next(40), dies).GetAwaiter().GetResult();

    private void Connect()
    {
        if (_isPartitioned || _gateway!.IsConnected) return;
        Count("connect", () =>
        {
            var link = new Link(_time.GetTimestamp());
            _links.Add(link);
            _serving.Add((_cloud!.ServeAsync(link), link));
            _gateway!.Connect(link);
        });
    }

    private void Cut()
    {
        if (_links.Count == 0) return;
        var link = _links[_random.Next(_links.Count)];
        var which = _random.Next(3);
        Count("cut", () =>
        {
            if (which != 0) link.BreakAtGateway();
            if (which != 1)
            {
                link.BreakAtCloud();
                link.CloudEnd.Cancel();
            }
        });
    }

    /// <summary>The power goes while a commit is being written: what it holds is acknowledged to nobody, and the disk keeps any part of it.</summary>
    private void GatewayWithoutPower()
    {
        // Nothing of it is sent either: that, too, comes after the disk has it.
        foreach (var link in _links) link.BreakAtGateway();
        foreach (var device in _devices) device.Hears = false;
        _gateway!.Commit();
        foreach (var device in _devices) device.Hears = true;
        RestartGateway(_spoolDisk.WithoutPower(_random), FullSoon(_spoolDisk));
    }

    /// <summary>The same of the cloud: a message is taken into the log, and its acknowledgement goes nowhere.</summary>
    private void CloudWithoutPower()
    {
        Settle();
        var line = _links.FirstOrDefault(static link => link.ToCloud.OnTheWay > 0)?.ToCloud;
        if (line is not null && !_isPartitioned) line.Deliver();
        Settle(syncs: false);
        foreach (var link in _links)
        {
            link.BreakAtCloud();
            link.ToGateway.Break();
        }
        RestartCloud(_logDisk.WithoutPower(_random), FullSoon(_logDisk));
    }

    /// <summary>Now and then the volume is all but full after a restart, until the next one.</summary>
    private long FullSoon(Disk disk) => _random.Next(6) == 0 ? disk.Bytes + _random.Next(3) * 8_192 : 0;

    private void StartGateway(long fileBytesMax)
    {
        _gateway = new GatewayNode(_spoolDisk, fileBytesMax, ++_incarnations, _gatewayClock);
        _spoolDisk.Sync();
    }

    private void StartCloud(long fileBytesMax)
    {
        _cloud = new CloudNode(_logDisk, fileBytesMax, _time);
        _logDisk.Sync();
    }

    private void RestartGateway(Disk.Image image, long fileBytesMax)
    {
        var dead = _gateway!;
        dead.Die();
        Until(() => dead.Session is not { IsCompleted: false }, "the gateway's session does not end with it");
        dead.Dispose();
        foreach (var device in _devices) device.Lose();
        _spoolDisk.Restore(image);
        StartOrWithRoom(StartGateway, fileBytesMax);
    }

    private void RestartCloud(Disk.Image image, long fileBytesMax)
    {
        var dead = _cloud!;
        foreach (var link in _links) link.BreakAtCloud();
        dead.Die();
        Until(() => _serving.All(static one => one.Task.IsCompleted), "a stream does not end with its server");
        _refusals.AddRange(dead.Refusals);
        _serving.Clear();
        _store.Close();
        dead.Dispose();
        _logDisk.Restore(image);
        StartOrWithRoom(StartCloud, fileBytesMax);
    }

    /// <summary>A volume without any room lets nothing start; then somebody makes room.</summary>
    private static void StartOrWithRoom(Action<long> start, long fileBytesMax)
    {
        try
        {
            start(fileBytesMax);
        }
        catch (Exception error) when (fileBytesMax > 0 && error is SpoolBrokenException or LogBrokenException or SpoolFullException)
        {
            start(0);
        }
    }

    /// <summary>Real seconds, for what takes turns of other threads to end.</summary>
    private void Until(Func<bool> holds, string otherwise)
    {
        for (var begin = System.Diagnostics.Stopwatch.GetTimestamp(); ; Thread.Yield())
        {
            Settle(syncs: false);
            if (holds()) return;
            if (System.Diagnostics.Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(10)) throw new BrokenException(otherwise);
        }
    }

    /// <summary>Lets everything end that was begun.</summary>
    private void Settle(bool syncs = true)
    {
        while (_turns.Run())
        {
            // Only what ran can have handed something to the log.
            _cloud?.Settle();
            Thread.Yield();
        }
        foreach (var (task, _) in _serving)
            if (task.IsFaulted) throw new BrokenException($"a stream failed: {task.Exception!.InnerException}");
        if (_gateway?.Session is { IsFaulted: true } session) throw new BrokenException($"the session failed: {session.Exception!.InnerException}");
        _serving.RemoveAll(one => one.Task.IsCompleted);
        _links.RemoveAll(static link => link.IsOver);
        if (!syncs) return;
        _logDisk.Sync();
        _spoolDisk.Sync();
    }

    private void CheckBalance()
    {
        foreach (var lane in _gateway!.Spool.Audit())
            if (lane.Imbalance != 0) throw new BrokenException($"imbalance of {lane.Imbalance} in lane {lane.Lane} of the spool: {lane}");
    }

    /// <summary>No more faults: within bounded time everything that was acknowledged is stored, and every device is heard.</summary>
    private void Recover()
    {
        _isPartitioned = false;
        _gatewayClock.Offset = TimeSpan.Zero;
        RestartGateway(_spoolDisk.Killed(), 0);
        RestartCloud(_logDisk.Killed(), 0);
        var last = _devices.ToDictionary(device => device.Number, device => device.Acknowledged + 1);
        for (var round = 0; round < RecoveryRounds; round++)
        {
            foreach (var device in _devices)
                if (device.Acknowledged < last[device.Number] && !device.IsInFlight) _gateway!.Publish(device);
            Commit();
            Connect();
            Settle();
            foreach (var link in _links.ToArray())
            {
                while (link.ToCloud.OnTheWay > 0) link.ToCloud.Deliver();
                Settle();
                while (link.ToGateway.OnTheWay > 0) link.ToGateway.Deliver();
                Settle();
            }
            Consume(false);
            _time.Advance(TimeSpan.FromMilliseconds(100));
            Settle();
            CheckBalance();
            if (_devices.All(device => device.Acknowledged == last[device.Number] && _store.Messages(device) == device.Acknowledged)
                && _store.Offset == _cloud!.Log.End && _gateway!.Spool.Audit().All(static lane => lane.Queued == 0)) return;
        }
        throw new BrokenException($"no recovery in {RecoveryRounds} rounds: " + string.Join(", ", _devices.Select(device => $"{device.Id} has {device.Acknowledged} of {last[device.Number]} acknowledged, {_store.Messages(device)} stored"))
            + $"; consumed {_store.Offset} of {_cloud!.Log.End}; queued {_gateway!.Spool.Audit().Sum(static lane => lane.Queued)}; refusals {string.Join(' ', _cloud.Refusals.Distinct())}");
    }

    private void Compare()
    {
        // What the store took it has compared; here is what nobody brought, and the books.
        foreach (var device in _devices)
            if (_store.Messages(device) != device.Acknowledged) throw new BrokenException($"lost: of {device.Id} {device.Acknowledged} messages were acknowledged, {_store.Messages(device)} are stored");
        var letters = _devices.Sum(device => Enumerable.Range(1, device.Acknowledged).Sum(device.Letters));
        if (_gateway!.Spool.DeadLetterCount != letters) throw new BrokenException($"{_gateway.Spool.DeadLetterCount} dead letters where {letters} must be");
        var accepted = _gateway.Spool.Audit().Sum(static lane => lane.Stored);
        var log = _cloud!.Log.Audit(_ => _store.Offset);
        if (log.Sum(static lane => lane.Accepted) != accepted) throw new BrokenException($"the gateway counts {accepted} as stored, the log {log.Sum(static lane => lane.Accepted)} as accepted");
        if (log.Any(static lane => lane.Queued != 0 || lane.DeadLettered != 0 || lane.Expired != 0)) throw new BrokenException($"the log holds or lost something: {string.Join("; ", log)}");
        _refusals.AddRange(_cloud.Refusals);
        var unexpected = _refusals.Where(static code => code is not ("E-UPLINK-SENDER" or "E-UPLINK-FULL" or "E-UPLINK-HELLO")).Distinct().ToArray();
        if (unexpected.Length > 0) throw new BrokenException($"the cloud refused what a gateway of ours sent: {string.Join(' ', unexpected)}");
    }

    private void End()
    {
        try
        {
            foreach (var link in _links) link.BreakAtCloud();
            _gateway?.Die();
            _cloud?.Die();
            while (_turns.Run())
            {
            }
        }
        finally
        {
            _store.Close();
            _gateway?.Dispose();
            _cloud?.Dispose();
        }
    }

    private void Count(string what, Action happens)
    {
        Events[what] = Events.GetValueOrDefault(what) + 1;
        happens();
    }

    /// <summary>The gateway's own clock: the same beat, another time of day.</summary>
    private sealed class SkewedClock(TimeProvider beat) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => beat.GetUtcNow() + Offset;
        public override long GetTimestamp() => beat.GetTimestamp();
        public override long TimestampFrequency => beat.TimestampFrequency;
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => beat.CreateTimer(callback, state, dueTime, period);
    }
}
