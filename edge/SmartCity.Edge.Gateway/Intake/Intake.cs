using SmartCity.Devices;
using SmartCity.Devices.Mappings;
using SmartCity.Devices.SenMl;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Tolling;
using SmartCity.Devices.Topics;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Edge.Spool;
using SmartCity.Model;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Intake;

/// <summary>
/// Takes every PUBLISH: decodes it straight into what is to be committed next. Guarantee: nothing is acknowledged before it is on the disk, and
/// what finds no room is refused, not dropped.
/// </summary>
/// <remarks>
/// All connections decode into one <see cref="PendingCommit"/> under one lock, a microsecond a message; <see cref="CommitLoop"/> takes it away whole,
/// makes it durable with one fsync, and acknowledges. While the disk is slow, readers wait here, which holds the devices back over TCP.
/// </remarks>
internal sealed partial class Intake : IPublishHandler, IDisposable
{
    /// <summary>Payload bytes that may wait for a commit; beyond it readers wait.</summary>
    private const long PendingBytesMax = 4 << 20;
    /// <summary>From here on a commit does not wait for more.</summary>
    public const long CommitBytes = 256 << 10;
    /// <summary>Room below which a lane refuses: what may be pending, twice, with what a row costs beside its bytes.</summary>
    private const long RoomMin = 2 * PendingBytesMax + (1 << 20);
    /// <summary>Longest payload that is decoded; our own listener takes no longer packet.</summary>
    public const int PayloadBytesMax = 256 << 10;
    /// <summary>A letter is the whole payload with its topic and reasons.</summary>
    private const long LetterBytesMax = PayloadBytesMax + (64 << 10);

    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _hasRoom = new(true);
    private readonly TimeProvider _clock;
    private readonly ClockTrust _trust;
    private readonly Edge.Spool.Spool _spool;
    private readonly SeriesNumbers _numbers;
    private readonly RepeatMarks _marks;
    private readonly TelemetryDecoder _telemetry;
    private readonly SenMlDecoder _senMl;
    private readonly TollDecoder _toll;
    private volatile MappingSet _mappings;
    private readonly TimeZoneInfo _zone;
    private readonly ReadingBatch _trial = new();
    private PendingCommit _pending = new();
    private volatile string? _full;

    /// <param name="spool">Where what is taken is kept.</param>
    /// <param name="settings">What it may hold.</param>
    /// <param name="trust">Whether the gateway's clock is right.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="mappings">What is made of other systems' messages; none if null.</param>
    /// <param name="zone">Zone of their times that have no offset; UTC if null.</param>
    public Intake(Edge.Spool.Spool spool, SpoolSettings settings, ClockTrust trust, TimeProvider clock, MappingSet? mappings = null, TimeZoneInfo? zone = null)
    {
        (_spool, _trust, _clock) = (spool, trust, clock);
        (_mappings, _zone) = (mappings ?? MappingSet.None, zone ?? TimeZoneInfo.Utc);
        _numbers = new SeriesNumbers(spool.Names((byte)Lane.Telemetry), settings.SeriesMax, settings.DeviceSeriesMax);
        _marks = new RepeatMarks(spool.Marks());
        _telemetry = new TelemetryDecoder(_numbers);
        _senMl = new SenMlDecoder(_numbers);
        _toll = new TollDecoder(_numbers);
    }

    /// <summary>Raised when something waits for a commit where nothing did, and when it is enough to commit at once.</summary>
    public event Action? Waiting;

    public IntakeCounters Counters { get; } = new();

    /// <summary>Puts other mappings in force, from the next message on.</summary>
    internal void Use(MappingSet mappings) => _mappings = mappings;

    /// <summary>Series numbered so far.</summary>
    public int Series => _numbers.Count;

    /// <summary>Why nothing is taken at present: the volume is full; null = it is taken as far as its lane has room.</summary>
    public string? Full
    {
        get => _full;
        set => _full = value;
    }

    /// <summary>Payload bytes that wait for a commit.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);
    private long _pendingBytes;

    /// <inheritdoc/>
    public PublishResult Handle(MqttPeer peer, in PublishPacket publish)
    {
        if (!TopicGrammar.TryParse(publish.Topic, out var topic)) return HandleForeign(peer, publish);
        if (((DeviceConnection)peer.State!).SeriesFor(topic.Device, publish.Topic) is not { } device || topic.Kind == TopicKind.Command) return RefuseRight();
        if (topic.Kind is TopicKind.Status or TopicKind.CommandResult) return PublishResult.Forward;
        if (!Take(device, topic.Kind, publish.Topic, publish.Payload, publish.QoS, peer, publish.PacketId, publish.Duplicate)) return PublishResult.QuotaExceeded;
        return publish.QoS == 0 ? PublishResult.Done : PublishResult.Pending;
    }

    /// <inheritdoc/>
    public void EndOfRead(MqttPeer peer)
    {
    }

    /// <summary>Takes one payload; false where there is no room for it.</summary>
    /// <param name="device">The device it is of.</param>
    /// <param name="kind">What the topic says the payload is: telemetry, a SenML pack, toll events, or what this thread's translator holds.</param>
    /// <param name="topic">Topic, for a dead letter.</param>
    /// <param name="payload">Payload.</param>
    /// <param name="qos">0, 1 or 2.</param>
    /// <param name="peer">Who waits for its acknowledgement; not at QoS 0.</param>
    /// <param name="packetId">Under which number.</param>
    /// <param name="mayBeRepeat">Whether its sender says that it may have sent it before (DUP).</param>
    public bool Take(DeviceSeries device, TopicKind kind, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, byte qos, MqttPeer peer, ushort packetId, bool mayBeRepeat = false)
    {
        var id = qos == 2 ? peer.ReceiptOf(packetId) : default;
        _hasRoom.Wait();
        bool isSignal;
        lock (_gate)
        {
            if (HasNoRoom(kind == TopicKind.Toll ? Lane.Toll : Lane.Telemetry) || (!id.IsEmpty && _spool.KeptRoom <= 0) || (LettersAreFull && WouldReject(device, kind, payload)))
            {
                Interlocked.Increment(ref Counters.RefusedForRoom);
                return false;
            }
            var receipt = new Receipt(UnixMicros.Now(_clock), _trust.IsTrusted, mayBeRepeat);
            if (kind == TopicKind.Toll) TakeToll(device, topic, payload, qos, receipt);
            else TakeReadings(device, kind, topic, payload, qos, receipt);
            Await(qos, peer, packetId);
            if (!id.IsEmpty) _pending.Receipts.Add(id);
            isSignal = Grow(payload.Length);
        }
        if (isSignal) Waiting?.Invoke();
        return true;
    }

    /// <summary>Sets a whole message aside that no decoder takes, as one value of telemetry; false where there is no room for it.</summary>
    /// <param name="topic">Topic as received.</param>
    /// <param name="payload">Payload.</param>
    /// <param name="qos">0, 1 or 2.</param>
    /// <param name="reason">Code and place.</param>
    /// <param name="peer">Who waits for its acknowledgement; not at QoS 0.</param>
    /// <param name="packetId">Under which number.</param>
    public bool SetAside(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, byte qos, string reason, MqttPeer peer, ushort packetId)
    {
        _hasRoom.Wait();
        bool isSignal;
        lock (_gate)
        {
            if (_full is not null || _spool.DeadLetterRoom - _pending.LetterBytes < Math.Max(2 * LetterBytesMax, LetterBytesMax + payload.Length))
            {
                Interlocked.Increment(ref Counters.RefusedForRoom);
                return false;
            }
            Counters.Rejected++;
            SetAside(Lane.Telemetry, topic, payload, qos, new Receipt(UnixMicros.Now(_clock), _trust.IsTrusted), reason, 1);
            Await(qos, peer, packetId);
            isSignal = Grow(payload.Length);
        }
        if (isSignal) Waiting?.Invoke();
        return true;
    }

    /// <summary>Notes who waits for the commit of what was just decoded.</summary>
    private void Await(byte qos, MqttPeer peer, ushort packetId)
    {
        if (qos == 0) _pending.Unacknowledged++;
        else _pending.Await(peer, packetId, qos);
        Counters.Messages++;
    }

    /// <summary>Counts what was just decoded as waiting.</summary>
    /// <returns>Whether the committing thread must be told.</returns>
    private bool Grow(int payloadBytes)
    {
        var wasEmpty = _pending.IsEmpty;
        // An empty payload is a dead letter; it must be seen to be waiting.
        var before = _pending.Bytes;
        _pending.Bytes = before + payloadBytes + 1;
        Volatile.Write(ref _pendingBytes, _pending.Bytes);
        if (_pending.Bytes > PendingBytesMax) _hasRoom.Reset();
        return wasEmpty || (before < CommitBytes && _pending.Bytes >= CommitBytes);
    }

    /// <summary>Takes away what waits and puts <paramref name="empty"/> in its place; adds names and marks to <paramref name="transaction"/>.</summary>
    /// <returns>What waited, and how many series have a name by now.</returns>
    public (PendingCommit Taken, int NamesThrough, int NewNames) Exchange(PendingCommit empty, SpoolTransaction transaction)
    {
        lock (_gate)
        {
            var taken = _pending;
            taken.Marks = _marks.TakeChanges();
            _marks.AddTo(transaction, taken.Marks);
            var first = _numbers.FirstUnsaved;
            for (var i = 0; i < _numbers.Unsaved.Count; i++) transaction.Name((byte)Lane.Telemetry, first + i, _numbers.Unsaved[i]);
            _pending = empty;
            Volatile.Write(ref _pendingBytes, 0);
            _hasRoom.Set();
            return (taken, _numbers.Count, _numbers.Unsaved.Count);
        }
    }

    /// <summary>A commit with so many new names has succeeded.</summary>
    public void NamesSaved(int count)
    {
        if (count == 0) return;
        lock (_gate) _numbers.Saved(count);
    }

    /// <summary>A commit has failed for want of room: what was judged on its strength since then goes with it.</summary>
    /// <param name="failed">What was not committed.</param>
    /// <param name="empty">Takes the place of what waits now.</param>
    /// <returns>What came since then, to be refused too.</returns>
    public PendingCommit TakeBack(PendingCommit failed, PendingCommit empty)
    {
        lock (_gate)
        {
            var later = _pending;
            later.Marks = _marks.TakeChanges();
            _marks.TakeBack(later.Marks);
            _marks.TakeBack(failed.Marks);
            _pending = empty;
            Volatile.Write(ref _pendingBytes, 0);
            _hasRoom.Set();
            return later;
        }
    }

    public void Dispose()
    {
        _hasRoom.Dispose();
        _senMl.Dispose();
    }

    /// <summary>Whether a lane refuses at present.</summary>
    public bool HasNoRoom(Lane lane) => _full is not null || _spool.Room((byte)lane) < RoomMin;

    /// <summary>Whether what would need a dead letter is refused at present.</summary>
    public bool LettersAreFull => _spool.DeadLetterRoom - _pending.LetterBytes < 2 * LetterBytesMax;

    /// <summary>Decodes for trial: with full dead letters only what needs none is taken.</summary>
    private bool WouldReject(DeviceSeries device, TopicKind kind, ReadOnlySpan<byte> payload)
    {
        _trial.Clear();
        var receipt = new Receipt(0, false);
        if (kind != TopicKind.Toll) return DecodeReadings(device, kind, payload, _trial, receipt, null, out _).Rejected > 0;
        return _toll.Decode(device, payload, [], _trial, receipt).Rejected > 0 || _toll.Health.Rejected > 0;
    }

    private void TakeReadings(DeviceSeries device, TopicKind kind, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, byte qos, Receipt receipt)
    {
        var first = _pending.Readings.Count;
        var outcome = DecodeReadings(device, kind, payload, _pending.Readings, receipt, _marks, out var reasons);
        Count(outcome);
        if (receipt.MayBeRepeat) CountResent(first);
        if (outcome.Rejected > 0) SetAside(Lane.Telemetry, topic, payload, qos, receipt, reasons, outcome.Rejected);
    }

    /// <summary>Decodes readings by the decoder that the topic asks for.</summary>
    private PayloadOutcome DecodeReadings(DeviceSeries device, TopicKind kind, ReadOnlySpan<byte> payload, ReadingBatch batch, Receipt receipt, IRepeatFilter? repeats, out string reasons)
    {
        if (kind == TopicKind.Mapped) return DecodeMapped(device, batch, receipt, out reasons);
        PayloadOutcome outcome;
        if (kind is TopicKind.SenMl or TopicKind.SenMlCbor)
        {
            outcome = _senMl.Decode(device, payload, kind == TopicKind.SenMl ? SenMlFormat.Json : SenMlFormat.Cbor, batch, receipt);
            reasons = outcome.Rejected > 0 ? _senMl.DescribeRejections() : "";
            return outcome;
        }
        outcome = _telemetry.Decode(device, payload, batch, receipt, repeats);
        reasons = outcome.Rejected > 0 ? _telemetry.DescribeRejections() : "";
        return outcome;
    }

    private void TakeToll(DeviceSeries device, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, byte qos, Receipt receipt)
    {
        // Repeated events are the cloud's to know: there an event exists once under its key for ever, and a conflicting one is kept beside it.
        var outcome = _toll.Decode(device, payload, _pending.Events, _pending.Readings, receipt);
        Count(outcome);
        Counters.Values += _toll.Health.Kept;
        if (outcome.Rejected > 0) SetAside(Lane.Toll, topic, payload, qos, receipt, _toll.DescribeRejections(), outcome.Rejected);
        if (_toll.Health.Rejected > 0) SetAside(Lane.Telemetry, topic, payload, qos, receipt, _toll.DescribeHealthRejections(), _toll.Health.Rejected);
    }

    private void CountResent(int first)
    {
        foreach (var quality in _pending.Readings.Quality.AsSpan(first, _pending.Readings.Count - first))
            if ((quality & ReadingQuality.RepeatedSequence) != 0) Counters.Resent++;
    }

    private void Count(PayloadOutcome outcome)
    {
        Counters.Values += outcome.Kept;
        Counters.Rejected += outcome.Rejected;
        Counters.Repeated += outcome.Repeated;
        _pending.Repeated += outcome.Repeated;
    }

    private void SetAside(Lane lane, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, byte qos, Receipt receipt, string reason, int values)
    {
        _pending.Letters.Add(new DeadLetter(0, (byte)lane, receipt.Received, topic.ToArray(), qos, reason, values, payload.ToArray()));
        _pending.LetterBytes += topic.Length + payload.Length + reason.Length + Edge.Spool.Spool.RowOverheadBytes;
    }
}
