using Microsoft.Data.Sqlite;
using SmartCity.Model;
using SQLitePCL;

namespace SmartCity.Cloud.Log;

public sealed partial class DurableLog
{
    private const int GroupBytesMax = 1 << 20;
    /// <summary>What a row costs beside its columns, rounded up: header, both indexes, page overhead.</summary>
    internal const int RowOverheadBytes = 128;

    private readonly List<Statement> _statements = [];
    private readonly Dictionary<string, long> _gateways = new(StringComparer.Ordinal);
    private readonly Dictionary<PositionKey, Position> _positions = [];
    private readonly Dictionary<(long Gateway, Lane Lane), Counter> _counters = [];
    private readonly HashSet<PositionKey> _touchedPositions = [];
    private readonly HashSet<(long Gateway, Lane Lane)> _touchedCounters = [];
    private readonly Dictionary<string, long> _consumers = new(StringComparer.Ordinal);
    private long _end, _bytes, _deadLetters;
    private Statement _begin = null!, _commit = null!, _rollback = null!;
    private Statement _insertGateway = null!, _insertRow = null!, _savePosition = null!, _insertName = null!, _insertSeries = null!, _insertGap = null!;
    private Statement _insertDeadLetter = null!, _insertRefused = null!, _saveCounter = null!, _saveConsumer = null!, _saveState = null!;

    private void WriteAll()
    {
        var group = new List<Work>();
        var outcomes = new List<AppendOutcome>();
        try
        {
            while (_work.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                group.Clear();
                outcomes.Clear();
                var bytes = 0;
                while (bytes < GroupBytesMax && _work.Reader.TryRead(out var work))
                {
                    group.Add(work);
                    bytes += work.Append?.Columns.Length ?? 0;
                }
                Transact(group, outcomes);
                Finish(group, outcomes);
            }
        }
        catch (SqliteException error)
        {
            Break(group, Failed(error));
        }
        catch (Exception error)
        {
            Break(group, new LogBrokenException($"The log in {_options.Folder} failed: {error.Message}", error));
        }
    }

    private void Break(List<Work> group, LogBrokenException error)
    {
        _work.Writer.TryComplete(error);
        while (_work.Reader.TryRead(out var late)) group.Add(late);
        foreach (var work in group)
        {
            work.Append?.Done.TrySetException(error);
            work.Done?.TrySetException(error);
        }
        _broken.TrySetException(error);
        Volatile.Read(ref _grown).TrySetException(error);
    }

    private void Transact(List<Work> group, List<AppendOutcome> outcomes)
    {
        try
        {
            _begin.Run();
            var (from, to) = Series.Pending();
            for (var series = from + 1; series <= to; series++)
            {
                var entry = Series[series];
                _insertSeries.Bind(1, series).Bind(2, entry.Key.Device).Bind(3, entry.Key.Metric).Bind(4, (long)entry.Kind).Bind(5, SealOf(series, entry.Key.Device, entry.Key.Metric, (long)entry.Kind)).Run();
            }
            foreach (var work in group)
            {
                work.Operation?.Invoke();
                outcomes.Add(work.Append is { } append ? Write(append) : default);
            }
            SaveTouched();
            KeepSide(from, to);
            _commit.Run();
            Series.Kept(to);
            _full = false;
        }
        catch (SqliteException error) when (error.SqliteErrorCode == raw.SQLITE_FULL)
        {
            // SQLite ends the transaction by itself after some errors; asking again would be an error of its own.
            if (raw.sqlite3_get_autocommit(_writer.Handle!) == 0) _rollback.Run();
            LoadState();
            _newGateways.Clear();
            _full = true;
            _reserve.Release();
            outcomes.Clear();
            foreach (var work in group) outcomes.Add(new AppendOutcome(AppendStatus.Full, work.Append is { } append ? ThroughOf(append) : 0, 0));
        }
        Publish();
    }

    private void Finish(List<Work> group, List<AppendOutcome> outcomes)
    {
        for (var i = 0; i < group.Count; i++)
        {
            group[i].Append?.Done.TrySetResult(outcomes[i]);
            if (group[i].Done is not { } done) continue;
            if (outcomes[i].Status == AppendStatus.Full) done.TrySetException(new IOException($"The volume of {_options.Folder} is full; free room on it."));
            else done.TrySetResult();
        }
        Interlocked.Exchange(ref _grown, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private long ThroughOf(LogAppend append) =>
        _gateways.TryGetValue(append.Gateway, out var gateway) && _positions.TryGetValue(new PositionKey(gateway, append.Epoch, append.Lane), out var position) ? position.Through : 0;

    private AppendOutcome Write(LogAppend append)
    {
        var gateway = GatewayOf(append.Gateway);
        var key = new PositionKey(gateway, append.Epoch, append.Lane);
        var now = UnixMicros.Now(_clock);
        if (!_positions.TryGetValue(key, out var position)) position = new Position(0, 0, 0, now);

        if (append.NewNames.Count > 0 && append.FirstName != position.Names) return new AppendOutcome(AppendStatus.OutOfOrder, position.Through, 0);
        if ((append.Sequences > 0 || append.Gap is not null) && append.FirstSequence != position.Through + 1) return new AppendOutcome(AppendStatus.OutOfOrder, position.Through, 0);
        var bytes = append.Columns.Length + RowOverheadBytes;
        if (append.Count > 0 && _bytes + bytes > _options.QuotaBytes) return new AppendOutcome(AppendStatus.Full, position.Through, 0);
        if (_deadLetters + append.DeadLetters.Count > _options.DeadLettersMax) return new AppendOutcome(AppendStatus.DeadLettersFull, position.Through, 0);

        for (var i = 0; i < append.NewNames.Count; i++)
            Seal.Bind(_insertName, SealKind.Name, gateway, unchecked((long)append.Epoch), (long)append.Lane, append.FirstName + i, append.NewNames[i]).Run();
        var counter = CounterOf(gateway, append.Lane);
        var firstOffset = _end;
        var through = position.Through;
        if (append.Gap is { } reason)
        {
            RecordGap(key, append.FirstSequence, append.GapLast, reason, now);
            through = append.GapLast;
            CountInHour(key, now, append.FirstSequence, append.GapLast, 0);
            counter.Accepted += append.GapLast - append.FirstSequence + 1;
            counter.Expired += append.GapLast - append.FirstSequence + 1;
        }
        if (append.Count > 0)
        {
            Seal.Bind(_insertRow, SealKind.Row, _end, append.Count, gateway, (long)append.Lane, unchecked((long)append.Epoch), append.FirstSequence, append.Sequences, now, append.WireCrc,
                Crc32C.Of(append.Columns.Span)).Bind(12, append.Columns.Span).Run();
            _end += append.Count;
            _bytes += bytes;
        }
        foreach (var letter in append.DeadLetters) Write(gateway, letter, now);
        if (append.Sequences > 0)
        {
            CountInHour(key, now, append.FirstSequence, append.FirstSequence + append.Sequences - 1, append.Sequences);
            HashInHour(key, now, append.Gateway, append.FirstSequence, append.Sequences, append.Count, append.Columns.Span, append.ColumnsHash.Span);
        }
        through += append.Sequences;
        counter.Accepted += append.Sequences;
        counter.DeadLettered += append.DeadLetters.Count;
        _positions[key] = position with { Through = through, Names = position.Names + append.NewNames.Count, Received = position.Received + append.Sequences };
        _touchedPositions.Add(key);
        return new AppendOutcome(AppendStatus.Appended, through, firstOffset);
    }

    private void RecordGap(PositionKey key, long first, long last, GapReason reason, long now) =>
        Seal.Bind(_insertGap, SealKind.Gap, key.Gateway, unchecked((long)key.Epoch), (long)key.Lane, first, last, (long)reason, now).Run();

    private void Write(long gateway, DeadLetter letter, long now)
    {
        var insert = letter.LogOffset is { } logOffset ? _insertRefused.Bind(12, logOffset) : _insertDeadLetter;
        insert.Bind(1, gateway).Bind(2, (long)letter.Lane).Bind(3, (long)letter.Kind).Bind(4, letter.Time).Bind(5, letter.Received).Bind(6, now)
            .Bind(7, letter.Series.Device).Bind(8, letter.Series.Metric).Bind(9, letter.Value).Bind(10, letter.Reason)
            .Bind(11, SealOf(gateway, letter, now)).Run();
        _deadLetters += raw.sqlite3_changes(_writer.Handle!);
    }

    private long GatewayOf(string id)
    {
        if (_gateways.TryGetValue(id, out var ordinal)) return ordinal;
        ordinal = _gateways.Count == 0 ? 1 : _gateways.Values.Max() + 1;
        _insertGateway.Bind(1, ordinal).Bind(2, id).Bind(3, SealOf(ordinal, id)).Run();
        _gateways.Add(id, ordinal);
        _newGateways.Add((ordinal, id));
        return ordinal;
    }

    private Counter CounterOf(long gateway, Lane lane)
    {
        if (!_counters.TryGetValue((gateway, lane), out var counter)) _counters.Add((gateway, lane), counter = new Counter());
        _touchedCounters.Add((gateway, lane));
        return counter;
    }

    private void SaveTouched()
    {
        foreach (var key in _touchedPositions)
        {
            var position = _positions[key];
            Seal.Bind(_savePosition, SealKind.Position, key.Gateway, unchecked((long)key.Epoch), (long)key.Lane, position.Through, position.Names, position.Received, position.Since).Run();
        }
        foreach (var key in _touchedCounters)
        {
            var counter = _counters[key];
            Seal.Bind(_saveCounter, SealKind.Counter, key.Gateway, (long)key.Lane, counter.Accepted, counter.DeadLettered, counter.Expired).Run();
        }
        SaveHours();
        Seal.Bind(_saveState, SealKind.State, _end, _bytes).Run();
        _touchedPositions.Clear();
        _touchedCounters.Clear();
    }

    /// <summary>Reads back what is durable: at opening, and after a transaction that the volume did not take.</summary>
    private void LoadState()
    {
        _gateways.Clear();
        _positions.Clear();
        _counters.Clear();
        _consumers.Clear();
        _touchedPositions.Clear();
        _touchedCounters.Clear();
        _hours.Clear();
        _touchedHours.Clear();
        Each("SELECT ordinal, id, seal FROM gateway", row =>
        {
            var (fields, id) = Sound(SealKind.Gateway, "gateway", [row.Long(0)], row.Span(1), row.Maybe(2));
            _gateways.Add(id, fields[0]);
        });
        Each("SELECT gateway, epoch, lane, through, names, received, since, seal FROM position", row =>
        {
            var fields = Sound(SealKind.Position, "position", [row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4), row.Long(5), row.Long(6)], row.Maybe(7));
            _positions.Add(new PositionKey(fields[0], unchecked((ulong)fields[1]), (Lane)fields[2]), new Position(fields[3], (int)fields[4], fields[5], fields[6]));
        });
        Each("SELECT gateway, lane, accepted, dead_lettered, expired, seal FROM counter", row =>
        {
            var fields = Sound(SealKind.Counter, "counter", [row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4)], row.Maybe(5));
            _counters.Add((fields[0], (Lane)fields[1]), new Counter { Accepted = fields[2], DeadLettered = fields[3], Expired = fields[4] });
        });
        Each("SELECT name, next_offset, seal FROM consumer", row =>
        {
            // One that is damaged holds everything back until its consumer reports again.
            if (row.Maybe(2) is not { } seal || seal == SealOf(row.Text(0), row.Long(1))) _consumers.Add(row.Text(0), row.Long(1));
        });
        Each("SELECT end, bytes, seal FROM state", row =>
        {
            var fields = Sound(SealKind.State, "state", [row.Long(0), row.Long(1)], row.Maybe(2));
            (_end, _bytes) = (fields[0], fields[1]);
        });
        Each("SELECT count(*) FROM dead_letter", row => _deadLetters = row.Long(0));

        void Each(string sql, Action<Statement> take)
        {
            using var statement = new Statement(_writer, sql);
            while (statement.Step()) take(statement);
        }
    }

    private void Publish()
    {
        Volatile.Write(ref _committedEnd, _end);
        Volatile.Write(ref _committedBytes, _bytes);
    }

    /// <summary>Runs <paramref name="operation"/> on the writer, in a transaction; ends when it is durable.</summary>
    private async Task RunAsync(Action operation, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _work.Writer.WriteAsync(new Work(null, operation, done), cancellationToken).ConfigureAwait(false);
        await done.Task.ConfigureAwait(false);
    }

    private void PrepareStatements()
    {
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollback = Prepare("ROLLBACK");
        _insertGateway = Prepare("INSERT INTO gateway VALUES(?,?,?)");
        _insertRow = Prepare("INSERT INTO row(first_offset, count, gateway, lane, epoch, first_sequence, sequences, received, wire_crc, crc, seal, columns) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)");
        _savePosition = Prepare("INSERT OR REPLACE INTO position VALUES(?,?,?,?,?,?,?,?)");
        _insertName = Prepare("INSERT INTO name VALUES(?,?,?,?,?,?)");
        _insertSeries = Prepare("INSERT INTO series VALUES(?,?,?,?,?)");
        _insertGap = Prepare("INSERT INTO gap VALUES(?,?,?,?,?,?,?,?)");
        _insertDeadLetter = Prepare("INSERT INTO dead_letter(gateway, lane, kind, time, received, recorded, device, metric, value, reason, seal) VALUES(?,?,?,?,?,?,?,?,?,?,?)");
        _insertRefused = Prepare("INSERT OR IGNORE INTO dead_letter(gateway, lane, kind, time, received, recorded, device, metric, value, reason, seal, log_offset) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)");
        _saveCounter = Prepare("INSERT OR REPLACE INTO counter VALUES(?,?,?,?,?,?)");
        _findHour = Prepare("SELECT first, last, received, rows, root, seal FROM hour WHERE gateway=? AND hour=? AND lane=? AND epoch=?");
        _saveHour = Prepare("INSERT OR REPLACE INTO hour VALUES(?,?,?,?,?,?,?,?,?,?)");
        _saveConsumer = Prepare("INSERT OR REPLACE INTO consumer VALUES(?1,?2,?3)");
        _saveState = Prepare("UPDATE state SET end=?, bytes=?, seal=?");

        Statement Prepare(string sql)
        {
            var statement = new Statement(_writer, sql);
            _statements.Add(statement);
            return statement;
        }
    }

    private void DisposeStatements()
    {
        foreach (var statement in _statements) statement.Dispose();
    }

    private readonly record struct PositionKey(long Gateway, ulong Epoch, Lane Lane);

    private sealed record Position(long Through, int Names, long Received, long Since);

    private sealed class Counter
    {
        public long Accepted, DeadLettered, Expired;
    }
}
