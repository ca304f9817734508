using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SmartCity.Edge.Spool;

public sealed partial class Spool
{
    /// <summary>What a row or name costs beside its bytes: header, index entry and page overhead, rounded up.</summary>
    public const int RowOverheadBytes = 64;

    private readonly List<(Position Position, PositionState Before)> _touched = [];
    private readonly List<Statement> _statements = [];
    private Statement _begin = null!, _commit = null!, _rollback = null!;
    private Statement _insertRow = null!, _insertName = null!, _insertGap = null!, _insertDeadLetter = null!, _upsertMark = null!, _evictMarks = null!;
    private Statement _sumReleased = null!, _deleteReleased = null!, _deleteGaps = null!, _oldestRow = null!, _deleteRow = null!, _gapBefore = null!;
    private Statement _savePosition = null!, _saveCounter = null!, _countMark = null!;

    /// <summary>
    /// Makes <paramref name="transaction"/> durable: one SQLite transaction, one fsync. Rows get their numbers here, in order.
    /// When it returns, everything is on the disk; when it throws <see cref="SpoolFullException"/>, nothing is.
    /// </summary>
    /// <exception cref="SpoolFullException">A lane's quota, the dead letters' quota or the volume is full.</exception>
    /// <exception cref="SpoolBrokenException">The disk or the database failed; end the process.</exception>
    public void Commit(SpoolTransaction transaction)
    {
        if (transaction.IsEmpty) return;
        lock (_write)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            RefuseBeyondQuota(transaction);
            Transact(() => Write(transaction));
        }
        if (transaction.Rows.Count > 0) Committed?.Invoke();
    }

    /// <summary>
    /// Frees rows and records although the volume is full: gives the reserve back first. Of the transaction only releases and removals of records are looked at.
    /// </summary>
    /// <exception cref="SpoolFullException">Even so there is no room; free some on the volume.</exception>
    /// <exception cref="SpoolBrokenException">The disk or the database failed; end the process.</exception>
    public void CommitReleases(SpoolTransaction transaction)
    {
        lock (_write)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _reserve.Release();
            Transact(() =>
            {
                foreach (var release in transaction.Releases) Release(release);
                foreach (var change in transaction.Kept)
                    if (change.Value is null) Write(change);
                SaveState();
            });
            _reserve.Keep();
        }
    }

    /// <summary>Whether a volume that was full takes something again: sets the reserve aside and commits a few bytes.</summary>
    /// <exception cref="SpoolBrokenException">The disk or the database failed; end the process.</exception>
    public bool HasRoomAgain()
    {
        lock (_write)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_reserve.Keep()) return false;
            try
            {
                Transact(() => WriteMeta("room", Now().ToString(CultureInfo.InvariantCulture)));
                return true;
            }
            catch (SpoolFullException)
            {
                return false;
            }
        }
    }

    private void RefuseBeyondQuota(SpoolTransaction transaction)
    {
        foreach (var lane in _lanes.Values)
        {
            if (lane.Options.WhenFull == WhenFull.ExpireOldest) continue;
            long bytes = 0;
            foreach (var row in transaction.Rows)
                if (row.Lane == lane.Options.Lane) bytes += row.Columns.Length + RowOverheadBytes;
            if (bytes > 0 && lane.HeldBytes + bytes > lane.Options.QuotaBytes)
                throw new SpoolFullException($"Lane {lane.Options.Lane} holds {lane.HeldBytes} of {lane.Options.QuotaBytes} bytes; {bytes} more do not fit until the cloud has taken some.");
        }
        long letters = 0;
        foreach (var letter in transaction.DeadLetters) letters += BytesOf(letter);
        if (letters > 0 && _deadLetterBytes + letters > _options.DeadLetterQuotaBytes)
            throw new SpoolFullException($"The dead letters hold {_deadLetterBytes} of {_options.DeadLetterQuotaBytes} bytes; look at them and discard them (dead-letter list, discard).");
    }

    private static long BytesOf(DeadLetter letter) => letter.Payload.Length + letter.Topic.Length + letter.Reason.Length + RowOverheadBytes;

    private void Write(SpoolTransaction transaction)
    {
        foreach (var release in transaction.Releases) Release(release);
        foreach (var name in transaction.Names) Write(name);
        foreach (var row in transaction.Rows) Write(row);
        foreach (var letter in transaction.DeadLetters) Write(letter);
        foreach (var settlement in transaction.Settlements) Write(settlement);
        if (transaction.Marks.Count > 0) Write(transaction.Marks);
        foreach (var change in transaction.Kept) Write(change);
        foreach (var (laneNumber, values) in transaction.Superseded)
        {
            var lane = LaneOf(laneNumber);
            lane.Accepted += values;
            lane.Superseded += values;
        }
        SaveState();
    }

    private void Release(SpoolTransaction.NewRelease release)
    {
        if (!_ordinals.TryGetValue(release.Epoch, out var ordinal)) return;
        var position = PositionOf(ordinal, release.Lane);
        var through = Math.Min(release.Through, position.State.Next - 1);
        if (through <= position.State.Released) return;

        _sumReleased.With(ordinal, release.Lane, through).Step();
        var (values, bytes) = (_sumReleased.Long(0), _sumReleased.Long(1));
        _sumReleased.Reset();
        if (values > 0) _deleteReleased.With(ordinal, release.Lane, through).Run();
        _deleteGaps.With(ordinal, release.Lane, through).Run();

        var lane = LaneOf(release.Lane);
        lane.Stored += values;
        lane.HeldValues -= values;
        lane.HeldBytes -= bytes;
        Touch(position);
        position.State = position.State with { Released = through };
    }

    private void Write(SpoolTransaction.NewName name)
    {
        var position = PositionOf(_currentOrdinal, name.Lane);
        if (name.Id != position.State.Names)
            throw new InvalidOperationException($"The next name of lane {name.Lane} has id {position.State.Names}, not {name.Id}.");
        _insertName.With(_currentOrdinal, name.Lane, name.Id).Bind(4, name.Blob.Span).Bind(5, SealOfName(_currentOrdinal, name.Lane, name.Id, name.Blob.Span)).Run();
        Touch(position);
        position.State = position.State with { Names = name.Id + 1 };
    }

    private void Write(SpoolTransaction.NewRow row)
    {
        var lane = LaneOf(row.Lane);
        var position = PositionOf(_currentOrdinal, row.Lane);
        if (row.NamesThrough > position.State.Names)
            throw new InvalidOperationException($"A row of lane {row.Lane} uses names below {row.NamesThrough}; {position.State.Names} are kept.");
        var bytes = row.Columns.Length + RowOverheadBytes;
        if (lane.Options.WhenFull == WhenFull.ExpireOldest) MakeRoom(lane, bytes);

        var crc = Crc32C.Of(row.Columns.Span);
        _insertRow.With(_currentOrdinal, row.Lane, position.State.Next, row.Count, bytes, row.NamesThrough, crc,
            Seal.Of(SealKind.Row, _currentOrdinal, row.Lane, position.State.Next, row.Count, bytes, row.NamesThrough, crc)).Bind(9, row.Columns.Span).Run();
        lane.Accepted += row.Count;
        lane.HeldValues += row.Count;
        lane.HeldBytes += bytes;
        Touch(position);
        position.State = position.State with { Next = position.State.Next + row.Count };
    }

    private void MakeRoom(LaneState lane, int bytes)
    {
        while (lane.HeldBytes + bytes > lane.Options.QuotaBytes && lane.HeldValues > 0)
        {
            _oldestRow.With(lane.Options.Lane).Step();
            var (id, ordinal, first, count, freed) = (_oldestRow.Long(0), _oldestRow.Long(1), _oldestRow.Long(2), _oldestRow.Long(3), _oldestRow.Long(4));
            _oldestRow.Reset();
            GiveUp(lane, id, ordinal, first, count, freed, SpoolGap.Expired);
        }
    }

    private void GiveUp(LaneState lane, long id, long ordinal, long first, long count, long bytes, SpoolGap reason)
    {
        _deleteRow.With(id).Run();
        // A gap that ends where this one begins grows, so that a lane that expires for days has one.
        _gapBefore.With(ordinal, lane.Options.Lane, first - 1, (long)reason);
        var begin = _gapBefore.Step() ? _gapBefore.Long(0) : first;
        _gapBefore.Reset();
        WriteGap(ordinal, lane.Options.Lane, begin, first + count - 1, reason);
        lane.Expired += count;
        lane.HeldValues -= count;
        lane.HeldBytes -= bytes;
    }

    /// <summary>
    /// Rows that are gone without a trace: their numbers are lost. Whether the figures of what is held still count them depends on whether the
    /// file was opened since, so they are summed up anew.
    /// </summary>
    private void GiveUpHole(LaneState lane, long ordinal, SpoolEntry hole)
    {
        WriteGap(ordinal, lane.Options.Lane, hole.First, hole.Last, SpoolGap.Corrupt);
        using var held = new Statement(_writer, "SELECT coalesce(sum(count), 0), coalesce(sum(bytes), 0) FROM row INDEXED BY row_place WHERE lane=?");
        held.With(lane.Options.Lane).Step();
        (lane.HeldValues, lane.HeldBytes) = (held.Long(0), held.Long(1));
        // A hole of which the gap record alone was lost had been counted before; the equation says which.
        lane.Expired += Math.Clamp(Residual(lane), 0, hole.Count);
    }

    private void WriteGap(long ordinal, byte lane, long first, long last, SpoolGap reason) =>
        _insertGap.With(ordinal, lane, first, last, (long)reason, Seal.Of(SealKind.Gap, ordinal, lane, first, last, (long)reason)).Run();

    private void Write(DeadLetter letter)
    {
        var bytes = BytesOf(letter);
        _insertDeadLetter.With(bytes, letter.Lane, letter.Time, letter.QoS, letter.Values)
            .Bind(6, letter.Topic.Span).Bind(7, letter.Reason).Bind(8, SealOf(letter)).Bind(9, letter.Payload.Span).Run();
        var lane = LaneOf(letter.Lane);
        lane.Accepted += letter.Values;
        lane.DeadLettered += letter.Values;
        _deadLetterBytes += bytes;
        _deadLetterCount++;
    }

    private void Write(List<SpoolTransaction.NewMark> marks)
    {
        _touch++;
        foreach (var mark in marks) _upsertMark.Bind(1, mark.Key.Span).Bind(2, mark.Value.Span).Bind(3, _touch).Bind(4, SealOfMark(mark.Key.Span, mark.Value.Span)).Run();
        _marks += marks.Count;
        if (_marks <= _options.MarksMax) return;
        // The running figure counts repeats too; the real one is worth asking for only here.
        _countMark.Step();
        _marks = _countMark.Long(0);
        _countMark.Reset();
        if (_marks <= _options.MarksMax) return;
        var surplus = _marks - _options.MarksMax + _options.MarksMax / 10;
        _evictMarks.With(surplus).Run();
        _marks -= surplus;
    }

    private void Touch(Position position) => _touched.Add((position, position.State));

    private void SaveState()
    {
        foreach (var (position, _) in _touched)
            _savePosition.With(position.Ordinal, position.Lane, position.State.Next, position.State.Released, position.State.Names,
                Seal.Of(SealKind.Position, position.Ordinal, position.Lane, position.State.Next, position.State.Released, position.State.Names)).Run();
        foreach (var lane in _lanes.Values)
            _saveCounter.With(lane.Options.Lane, lane.Accepted, lane.Stored, lane.Superseded, lane.DeadLettered, lane.Expired,
                Seal.Of(SealKind.Counter, lane.Options.Lane, lane.Accepted, lane.Stored, lane.Superseded, lane.DeadLettered, lane.Expired)).Run();
    }

    /// <summary>Runs <paramref name="work"/> as one transaction. What it changed in memory is undone when the database does not take it.</summary>
    private void Transact(Action work)
    {
        var lanes = _lanes.Values.Select(lane => (lane, lane.Accepted, lane.Stored, lane.Superseded, lane.DeadLettered, lane.Expired, lane.HeldValues, lane.HeldBytes)).ToArray();
        var (letters, letterBytes, marks, keptCount, keptBytes) = (_deadLetterCount, _deadLetterBytes, _marks, _keptCount, _keptBytes);
        _touched.Clear();
        try
        {
            _begin.Run();
            work();
            _commit.Run();
            foreach (var lane in _lanes.Values) Volatile.Write(ref lane.CommittedBytes, lane.HeldBytes);
            Volatile.Write(ref _keptCommittedBytes, _keptBytes);
            PublishLast();
        }
        catch (Exception error)
        {
            for (var i = _touched.Count - 1; i >= 0; i--) _touched[i].Position.State = _touched[i].Before;
            foreach (var (lane, accepted, stored, superseded, deadLettered, expired, heldValues, heldBytes) in lanes)
                (lane.Accepted, lane.Stored, lane.Superseded, lane.DeadLettered, lane.Expired, lane.HeldValues, lane.HeldBytes) =
                    (accepted, stored, superseded, deadLettered, expired, heldValues, heldBytes);
            (_deadLetterCount, _deadLetterBytes, _marks, _keptCount, _keptBytes) = (letters, letterBytes, marks, keptCount, keptBytes);
            if (error is not SqliteException sqlite) { RollBack(); throw; }
            if (sqlite.SqliteErrorCode != raw.SQLITE_FULL) throw Broken(sqlite);
            RollBack();
            throw new SpoolFullException($"The volume of {_options.Folder} or the spool's file is full; nothing of this was kept. Free room on the volume.", sqlite);
        }
    }

    // SQLite ends the transaction by itself after some errors; asking again would be an error of its own.
    private void RollBack()
    {
        if (raw.sqlite3_get_autocommit(_writer.Handle!) == 0) _rollback.Run();
    }

    private SpoolBrokenException Broken(SqliteException error)
    {
        if (DamagedDatabase.Is(error)) DamagedFile.Of(_options).Mark(error.Message);
        return new SpoolBrokenException(
            $"The spool in {_options.Folder} failed: {error.Message} (SQLite {error.SqliteExtendedErrorCode}). Nothing is acknowledged from here on; the process ends and reads at its next start what is really on the disk. Check the disk.", error);
    }

    private void PrepareStatements()
    {
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollback = Prepare("ROLLBACK");
        _insertRow = Prepare("INSERT INTO row(epoch, lane, first, count, bytes, names_through, crc32c, seal, columns) VALUES(?,?,?,?,?,?,?,?,?)");
        _insertName = Prepare("INSERT INTO name VALUES(?,?,?,?,?)");
        _insertGap = Prepare("INSERT OR REPLACE INTO gap VALUES(?,?,?,?,?,?)");
        _gapBefore = Prepare("SELECT first FROM gap WHERE epoch=?1 AND lane=?2 AND last=?3 AND reason=?4 ORDER BY first DESC LIMIT 1");
        _insertDeadLetter = Prepare("INSERT INTO dead_letter(bytes, lane, time, qos, \"values\", topic, reason, seal, payload) VALUES(?,?,?,?,?,?,?,?,?)");
        _upsertMark = Prepare("INSERT INTO mark VALUES(?,?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value, touched=excluded.touched, seal=excluded.seal");
        _countMark = Prepare("SELECT count(*) FROM mark");
        _evictMarks = Prepare("DELETE FROM mark WHERE key IN (SELECT key FROM mark ORDER BY touched LIMIT ?)");
        _sumReleased = Prepare("SELECT coalesce(sum(count), 0), coalesce(sum(bytes), 0) FROM row INDEXED BY row_place WHERE epoch=?1 AND lane=?2 AND first<=?3 AND first+count-1<=?3");
        _deleteReleased = Prepare("DELETE FROM row WHERE epoch=?1 AND lane=?2 AND first<=?3 AND first+count-1<=?3");
        _deleteGaps = Prepare("DELETE FROM gap WHERE epoch=?1 AND lane=?2 AND last<=?3");
        _oldestRow = Prepare("SELECT id, epoch, first, count, bytes FROM row WHERE lane=?1 ORDER BY epoch, first LIMIT 1");
        _deleteRow = Prepare("DELETE FROM row WHERE id=?");
        _savePosition = Prepare("INSERT INTO position VALUES(?,?,?,?,?,?) ON CONFLICT DO UPDATE SET next=excluded.next, released=excluded.released, names=excluded.names, seal=excluded.seal");
        _saveCounter = Prepare("INSERT INTO counter VALUES(?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET accepted=excluded.accepted, stored=excluded.stored, " +
            "superseded=excluded.superseded, dead_lettered=excluded.dead_lettered, expired=excluded.expired, seal=excluded.seal");
        PrepareKept(Prepare);
        PrepareReads();

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
}
