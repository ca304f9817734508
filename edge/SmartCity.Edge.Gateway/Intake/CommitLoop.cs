using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Edge.Spool;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Intake;

/// <summary>
/// Group commit: takes what waits, readings and the listener's records, at once when idle and else every 5 ms or 256 KiB, makes it durable with one fsync, and has it acknowledged,
/// all acknowledgements of a connection in one write. Two threads of its own: one commits, the other acknowledges what was committed before.
/// </summary>
/// <remarks>An I/O error ends the process: nothing of that commit was acknowledged, and a new start reads what is really on the disk.</remarks>
internal sealed class CommitLoop : IHostedService, IDisposable
{
    private static readonly TimeSpan _commitEvery = TimeSpan.FromMilliseconds(5);
    /// <summary>Releases alone wait so long for company: they take room from nobody.</summary>
    private static readonly TimeSpan _releaseAfter = TimeSpan.FromMilliseconds(100);
    /// <summary>A full volume is tried again after this, by a few bytes of our own: devices hear of room when there is some, and are not let in to find out.</summary>
    private static readonly TimeSpan _retryAfter = TimeSpan.FromMilliseconds(250);
    /// <summary>Readings of one row: about 2–10 bytes each, so that a row stays under 85,000 bytes and out of the large object heap.</summary>
    private const int RowReadingsMax = 6_000;
    private const int RowBytesMax = 84_000;
    /// <summary>Commits whose acknowledgements may wait; the next one waits for the acknowledging thread.</summary>
    private const int AcknowledgingMax = 4;

    private readonly Edge.Spool.Spool _spool;
    private readonly Intake _intake;
    private readonly MqttHub _hub;
    private readonly MqttRecords? _records;
    private readonly ILogger<CommitLoop> _logger;
    private readonly Action<string> _die;
    private readonly AutoResetEvent _waiting = new(false);
    private readonly BlockingCollection<PendingCommit> _acknowledging = new(AcknowledgingMax);
    private readonly ConcurrentBag<PendingCommit> _idle = [];
    private readonly ConcurrentQueue<(ulong Epoch, byte Lane, long Through)> _releases = new();
    private readonly SpoolTransaction _transaction = new();
    private readonly ArrayBufferWriter<byte> _columns = new(1 << 20);
    private readonly List<SmartCity.Model.Tolling.TollEvent> _tollRow = [];
    private readonly Thread _commits, _acknowledges;
    private long _fullSince;
    private long _commitNumber;
    private bool _isHeldBack;
    private volatile bool _isOver;

    /// <param name="spool">Where it goes.</param>
    /// <param name="intake">Where it comes from.</param>
    /// <param name="hub">Told when there is no room.</param>
    /// <param name="logger">Log.</param>
    /// <param name="die">Ends the process at once; the argument says why.</param>
    /// <param name="records">The listener's records; null where there is no listener.</param>
    public CommitLoop(Edge.Spool.Spool spool, Intake intake, MqttHub hub, ILogger<CommitLoop> logger, Action<string> die, MqttRecords? records = null)
    {
        (_spool, _intake, _hub, _logger, _die, _records) = (spool, intake, hub, logger, die, records);
        _intake.Waiting += () => _waiting.Set();
        if (records is not null) records.Waiting += () => _waiting.Set();
        _commits = new Thread(() => Guarded(Commit)) { IsBackground = true, Name = "commit" };
        _acknowledges = new Thread(() => Guarded(Acknowledge)) { IsBackground = true, Name = "acknowledge" };
    }

    /// <summary>The cloud holds everything up to <paramref name="through"/>: freed with one of the next commits.</summary>
    public void Release(ulong epoch, byte lane, long through)
    {
        _releases.Enqueue((epoch, lane, through));
        _waiting.Set();
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _commits.Start();
        _acknowledges.Start();
        return Task.CompletedTask;
    }

    /// <summary>Commits and acknowledges what has come so far.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isOver = true;
        _waiting.Set();
        await Task.Run(() =>
        {
            _commits.Join();
            _acknowledging.CompleteAdding();
            _acknowledges.Join();
        }, cancellationToken).WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        // Where a part that starts later cannot, e.g. for a port that is taken, there is no stop before this.
        if (!_isOver && _commits.IsAlive) StopAsync(CancellationToken.None).GetAwaiter().GetResult();
        _waiting.Dispose();
        _acknowledging.Dispose();
    }

    private void Guarded(Action work)
    {
        try
        {
            work();
        }
        catch (Exception error)
        {
            _logger.CommitFailed(error.Message, error);
            _die(error.Message);
        }
    }

    private void Commit()
    {
        var last = 0L;
        while (true)
        {
            if (IsIdle && (_releases.IsEmpty || !_isOver)) WaitForWork();
            // Idle: at once. Busy: what comes within the 5 ms shares the fsync.
            while (!_isOver && _intake.PendingBytes < Intake.CommitBytes && _commitEvery - Stopwatch.GetElapsedTime(last) is var rest && rest > TimeSpan.FromMicroseconds(100))
                if (!_waiting.WaitOne(rest)) break;
            last = Stopwatch.GetTimestamp();
            CommitOnce();
            if (_isOver && IsIdle) return;
        }
    }

    // Removals for which there was no room wait for the next attempt, and do not ask for one.
    private bool IsIdle => _intake.PendingBytes == 0 && (_isHeldBack || _records is not { IsEmpty: false });

    private void WaitForWork()
    {
        if (_isOver) return;
        _waiting.WaitOne(_intake.Full is null ? Timeout.InfiniteTimeSpan : _retryAfter);
        if (IsIdle && !_isOver && !_releases.IsEmpty) _waiting.WaitOne(_releaseAfter);
    }

    private void CommitOnce()
    {
        _transaction.Clear();
        while (_releases.TryDequeue(out var release)) _transaction.Release(release.Epoch, release.Lane, release.Through);
        var (taken, namesThrough, newNames) = _intake.Exchange(Rent(), _transaction);
        foreach (var id in taken.Receipts) _transaction.Keep(id, default);
        // After the exchange: what the listener wrote before it handed over a message is in the same transaction or an earlier one.
        _records?.TakeInto(_transaction, taken.Records);
        try
        {
            var begin = Stopwatch.GetTimestamp();
            AddRows(taken, namesThrough);
            _spool.Commit(_transaction);
            _intake.NamesSaved(newNames);
            _isHeldBack = false;
            if (!taken.IsEmpty)
            {
                _intake.Counters.Commits++;
                _intake.Counters.CommittedValues += taken.Readings.Count + taken.Events.Count;
                _intake.Counters.CommitMicros += (long)Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
            }
        }
        catch (SpoolFullException error)
        {
            Refuse(taken, error.Message);
            return;
        }
        foreach (var again in taken.Resubmissions) again.Conclude(null);
        TellRoom();
        if (taken.WaitingCount > 0 || taken.Records.Count > 0) _acknowledging.Add(taken);
        else Return(taken);
    }

    private void AddRows(PendingCommit taken, int namesThrough)
    {
        _columns.ResetWrittenCount();
        for (var start = 0; start < taken.Readings.Count;) start += AddRow(taken.Readings, start, Math.Min(RowReadingsMax, taken.Readings.Count - start), namesThrough);
        for (var start = 0; start < taken.Events.Count;)
        {
            _tollRow.Clear();
            for (var bytes = 0; start < taken.Events.Count && (bytes == 0 || bytes + taken.Events[start].Json.Length + 512 < RowBytesMax); start++)
            {
                bytes += taken.Events[start].Json.Length + 512;
                _tollRow.Add(taken.Events[start]);
            }
            var at = _columns.WrittenCount;
            TollColumns.Encode(_tollRow, _columns);
            _transaction.Append((byte)Lane.Toll, _tollRow.Count, 0, _columns.WrittenMemory[at..]);
        }
        foreach (var letter in taken.Letters) _transaction.SetAside(letter);
        foreach (var again in taken.Resubmissions) again.AddTo(_transaction);
        if (taken.Repeated > 0) _transaction.CountSuperseded((byte)Lane.Telemetry, taken.Repeated);
    }

    /// <summary>Encodes readings as one row, or as fewer where they are long texts.</summary>
    /// <returns>How many it took.</returns>
    private int AddRow(ReadingBatch readings, int start, int count, int namesThrough)
    {
        while (true)
        {
            // Written apart and copied: what was written cannot be taken back from the buffer.
            _row.ResetWrittenCount();
            var bytes = ReadingColumns.Encode(readings, start, count, _row);
            if (bytes > RowBytesMax && count > 1)
            {
                count /= 2;
                continue;
            }
            var at = _columns.WrittenCount;
            _columns.Write(_row.WrittenSpan);
            _transaction.Append((byte)Lane.Telemetry, count, namesThrough, _columns.WrittenMemory[at..]);
            return count;
        }
    }

    private readonly ArrayBufferWriter<byte> _row = new(1 << 19);

    private void Refuse(PendingCommit taken, string reason)
    {
        if (_intake.Full is null) _logger.Full(reason);
        _intake.Full = reason;
        _fullSince = Stopwatch.GetTimestamp();
        var records = taken.Records.ToArray();
        taken.Records.Clear();
        var later = _intake.TakeBack(taken, Rent());
        foreach (var pending in (PendingCommit[])[taken, later])
        {
            foreach (var waiting in pending.Waiters) waiting.Peer.Refuse(waiting.PacketId, waiting.QoS, MqttReason.QuotaExceeded);
            foreach (var waiting in pending.Waiters) waiting.Peer.Flush();
            Interlocked.Add(ref _intake.Counters.RefusedForRoom, pending.WaitingCount + pending.Unacknowledged);
            foreach (var again in pending.Resubmissions) again.Conclude(reason);
            Return(pending);
        }
        _hub.PauseIntake(reason);
        Conclude(records, TryRelease());
    }

    /// <summary>Frees what the cloud has, and the listener's records that are needed no more, although there is no room: that is how the volume gets its room back.</summary>
    private bool TryRelease()
    {
        if (_transaction.IsEmpty) return true;
        try
        {
            _spool.CommitReleases(_transaction);
            return true;
        }
        catch (SpoolFullException error)
        {
            _logger.Full(error.Message);
            return false;
        }
    }

    /// <summary>After a commit that was refused: records that were to be kept are not; removals are done, or wait for the next commit.</summary>
    private void Conclude((MqttChanges Changes, bool IsIn)[] records, bool isReleased)
    {
        _isHeldBack = !isReleased && records.Length > 0;
        if (records.Length == 0) return;
        var pending = Rent();
        foreach (var (changes, isIn) in records)
        {
            if (isIn) _records!.CountRefused(1);
            if (!changes.IsRemoval) pending.Records.Add((changes, false));
            else if (isReleased) pending.Records.Add((changes, true));
        }
        if (!isReleased) _records!.PutBack(records.Where(static record => record.Changes.IsRemoval).Select(static record => record.Changes));
        // By the other thread, behind those of the commits before.
        if (pending.Records.Count > 0) _acknowledging.Add(pending);
        else Return(pending);
    }

    private void TellRoom()
    {
        if (_intake.Full is not null && Stopwatch.GetElapsedTime(_fullSince) >= _retryAfter)
        {
            if (_spool.HasRoomAgain()) _intake.Full = null;
            else _fullSince = Stopwatch.GetTimestamp();
        }
        if (_intake.Full is null && !_intake.HasNoRoom(Lane.Telemetry))
        {
            if (_hub.IntakePause is not null) _hub.ResumeIntake();
        }
        else if (_hub.IntakePause is null)
        {
            _hub.PauseIntake("the telemetry lane of the spool is full until the cloud has taken some");
        }
    }

    private void Acknowledge()
    {
        foreach (var committed in _acknowledging.GetConsumingEnumerable()) Acknowledge(committed);
    }

    private void Acknowledge(PendingCommit committed)
    {
        var number = ++_commitNumber;
        foreach (var waiting in committed.Waiters) waiting.Peer.Acknowledge(waiting.PacketId, waiting.QoS);
        foreach (var (changes, isKept) in committed.Records) changes.Complete(isKept);
        foreach (var waiting in committed.Waiters)
        {
            if (waiting.Peer.State is DeviceConnection connection)
            {
                if (connection.FlushedWith == number) continue;
                connection.FlushedWith = number;
            }
            waiting.Peer.Flush();
        }
        Return(committed);
    }

    /// <summary>One commit and what it acknowledges, on the calling thread: for a simulation, which does not start the two threads.</summary>
    internal void Step()
    {
        CommitOnce();
        while (_acknowledging.TryTake(out var committed)) Acknowledge(committed);
    }

    private PendingCommit Rent() => _idle.TryTake(out var idle) ? idle : new PendingCommit();

    private void Return(PendingCommit used)
    {
        used.Clear();
        if (_idle.Count < AcknowledgingMax + 2) _idle.Add(used);
    }
}

internal static partial class IntakeLog
{
    [LoggerMessage(10, LogLevel.Critical, "The spool failed and the process ends; nothing of this commit was acknowledged: {Reason}")]
    public static partial void CommitFailed(this ILogger logger, string reason, Exception error);

    [LoggerMessage(11, LogLevel.Error, "There is no room and readings are refused: {Reason}")]
    public static partial void Full(this ILogger logger, string reason);
}
