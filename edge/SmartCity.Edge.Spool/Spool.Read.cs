using Microsoft.Data.Sqlite;

namespace SmartCity.Edge.Spool;

public sealed partial class Spool
{
    /// <summary>As it lies there, after the tables were swept, after what is lost was recorded.</summary>
    private const int LooksMax = 3;

    private Statement _beginRead = null!, _endRead = null!, _readPosition = null!, _startOfRow = null!, _readRows = null!, _readGaps = null!, _readNames = null!, _firstHeld = null!;

    /// <summary>Every (epoch, lane) that numbers were given out under, oldest epoch first; epochs that are long done are forgotten.</summary>
    public IReadOnlyList<SpoolPosition> Positions()
    {
        lock (_write)
        {
            var positions = new List<SpoolPosition>();
            foreach (var position in _positions.Values.OrderBy(position => position.Ordinal).ThenBy(position => position.Lane))
            {
                var state = position.State;
                positions.Add(new SpoolPosition(_epochs[position.Ordinal], position.Lane, state.Released, FirstHeld(position), state.Next - 1, state.Names));
            }
            return positions;
        }
    }

    /// <summary>
    /// What stands for the numbers from <paramref name="from"/> on, without a hole: rows, and gaps for what will never come. The first entry
    /// may begin before <paramref name="from"/> where that lies inside a row. A row whose CRC is wrong, and one that is gone without a trace,
    /// becomes a recorded gap here.
    /// </summary>
    /// <param name="epoch">Epoch.</param>
    /// <param name="lane">Lane.</param>
    /// <param name="from">First number wanted, from 1.</param>
    /// <param name="bytesMax">Stops after the row with which this is reached; at least one entry is read.</param>
    /// <param name="entries">Gets the entries, in order.</param>
    /// <exception cref="SpoolBrokenException">The disk or the database failed; end the process.</exception>
    public void Read(ulong epoch, byte lane, long from, int bytesMax, ICollection<SpoolEntry> entries)
    {
        if (!_ordinals.TryGetValue(epoch, out var ordinal)) return;
        var found = new List<SpoolEntry>();
        var damaged = new List<SpoolEntry>();
        for (var look = 1; ; look++)
        {
            found.Clear();
            damaged.Clear();
            bool doubt;
            lock (_read)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                try
                {
                    // One read transaction: position, gaps and rows are of the same commit.
                    _beginRead.Run();
                    doubt = ReadRows(ordinal, epoch, lane, from, bytesMax, found, damaged);
                }
                catch (SqliteException error)
                {
                    throw Broken(error);
                }
                finally
                {
                    _endRead.Run();
                }
            }
            // What is still damaged at the last look could not be recorded for want of room; it is told all the same.
            if (damaged.Count == 0 || look == LooksMax) break;
            if (!(look == 1 && doubt && Sweep()))
                foreach (var row in damaged) RecordDamage(ordinal, row);
        }
        foreach (var entry in found) entries.Add(entry);
    }

    /// <summary>Gives up a row that cannot be sent although its bytes are sound, because names that it may use are damaged; its numbers become a gap.</summary>
    /// <exception cref="SpoolBrokenException">The disk or the database failed; end the process.</exception>
    public void GiveUp(in SpoolEntry row)
    {
        if (_ordinals.TryGetValue(row.Epoch, out var ordinal)) RecordDamage(ordinal, row with { Gap = SpoolGap.Corrupt, Columns = [] });
    }

    /// <summary>Names of an (epoch, lane) in the order of their ids; they end before one that is damaged or missing.</summary>
    /// <param name="epoch">Epoch.</param>
    /// <param name="lane">Lane.</param>
    /// <param name="firstId">First id wanted.</param>
    /// <param name="endId">First id not wanted.</param>
    public IReadOnlyList<byte[]> Names(ulong epoch, byte lane, int firstId, int endId)
    {
        lock (_read)
        {
            var names = new List<byte[]>();
            if (!_ordinals.TryGetValue(epoch, out var ordinal)) return names;
            try
            {
                _readNames.With(ordinal, lane, firstId, endId);
                while (_readNames.Step())
                {
                    var blob = _readNames.Blob(0);
                    if (_readNames.Long(1) != firstId + names.Count || CheckName(ordinal, lane, firstId + names.Count, blob, _readNames.Maybe(2)) == SealVerdict.Damaged) break;
                    names.Add(blob);
                }
            }
            catch (SqliteException error)
            {
                throw Broken(error);
            }
            finally
            {
                _readNames.Reset();
            }
            return names;
        }
    }

    /// <summary>Dead letters, the newest first.</summary>
    /// <param name="before">Only ids below this; null = from the newest.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<DeadLetter> DeadLetters(long? before = null, int limit = 100)
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT id, lane, time, topic, qos, reason, \"values\", payload, bytes, seal FROM dead_letter WHERE id<? ORDER BY id DESC LIMIT ?");
                return ReadDeadLetters(statement.With(before ?? long.MaxValue, limit));
            });
        }
    }

    /// <summary>One dead letter, or null.</summary>
    public DeadLetter? DeadLetter(long id)
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT id, lane, time, topic, qos, reason, \"values\", payload, bytes, seal FROM dead_letter WHERE id=?");
                return ReadDeadLetters(statement.With(id)).SingleOrDefault();
            });
        }
    }

    private static List<DeadLetter> ReadDeadLetters(Statement statement)
    {
        var letters = new List<DeadLetter>();
        while (statement.Step())
        {
            var letter = new DeadLetter(statement.Long(0), unchecked((byte)statement.Long(1)), statement.Long(2), statement.Blob(3), unchecked((byte)statement.Long(4)), statement.Text(5),
                unchecked((int)statement.Long(6)), statement.Blob(7));
            letters.Add(statement.Maybe(9) is not { } seal || seal == SealOf(letter) ? letter : letter with { IsDamaged = true });
        }
        return letters;
    }

    /// <summary>Runs what asks SQLite outside of a transaction; damage that it meets ends the process like any other.</summary>
    private T Guarded<T>(Func<T> look)
    {
        try
        {
            return look();
        }
        catch (SqliteException error)
        {
            throw Broken(error);
        }
    }

    /// <returns>Whether a record or the index is in doubt, so that rows may be sound that seem damaged or missing.</returns>
    private bool ReadRows(long ordinal, ulong epoch, byte lane, long from, int bytesMax, List<SpoolEntry> entries, List<SpoolEntry> damaged)
    {
        var (released, last) = ReadPosition(ordinal, lane);
        var doubt = false;
        Span<long> fields = stackalloc long[7];
        var gaps = ReadGaps(ordinal, lane, from);
        var nextGap = 0;
        var expected = from;
        if (expected <= released) Add(Gap(expected, released, SpoolGap.Released));

        _startOfRow.With(ordinal, lane, expected).Step();
        var start = Math.Max(_startOfRow.Long(0), 0);
        _startOfRow.Reset();
        try
        {
            _readRows.With(ordinal, lane, start == 0 ? expected : start);
            for (long bytes = 0; bytes < bytesMax && _readRows.Step();)
            {
                var (first, end) = (_readRows.Long(0), _readRows.Long(0) + _readRows.Long(1) - 1);
                if (end < expected) continue;
                FillUpTo(first - 1);
                var columns = _readRows.Blob(4);
                var row = new SpoolEntry(epoch, lane, first, end, null, unchecked((int)_readRows.Long(2)), unchecked((uint)_readRows.Long(3)), columns);
                (fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]) = (ordinal, lane, first, _readRows.Long(1), _readRows.Long(5), _readRows.Long(2), _readRows.Long(3));
                var isSealed = Seal.Check(SealKind.Row, fields, _readRows.Maybe(6)) == SealVerdict.Whole;
                doubt |= !isSealed;
                if (!isSealed || Crc32C.Of(columns) != row.Crc32C)
                {
                    row = row with { Gap = SpoolGap.Corrupt, Columns = [] };
                    damaged.Add(row);
                }
                Add(row);
                bytes += columns.Length + RowOverheadBytes;
                if (bytes >= bytesMax) return doubt;
            }
        }
        finally
        {
            _readRows.Reset();
        }
        FillUpTo(last);
        return doubt;

        void Add(SpoolEntry entry)
        {
            entries.Add(entry);
            expected = entry.Last + 1;
        }

        // Numbers without a row: recorded gaps give the reason; a hole that nothing explains is damage.
        void FillUpTo(long end)
        {
            while (expected <= end)
            {
                while (nextGap < gaps.Count && gaps[nextGap].Last < expected) nextGap++;
                if (nextGap == gaps.Count || gaps[nextGap].First > end) Vanished(end);
                else if (gaps[nextGap].First > expected) Vanished(gaps[nextGap].First - 1);
                else Add(Gap(expected, Math.Min(end, gaps[nextGap].Last), gaps[nextGap].Reason));
            }
        }

        void Vanished(long end)
        {
            var hole = Gap(expected, end, SpoolGap.Corrupt);
            damaged.Add(hole);
            doubt = true;
            Add(hole);
        }

        SpoolEntry Gap(long first, long end, SpoolGap reason) => new(epoch, lane, first, end, reason, 0, 0, []);
    }

    private (long Released, long Last) ReadPosition(long ordinal, byte lane)
    {
        try
        {
            if (!_readPosition.With(ordinal, lane).Step()) return (0, 0);
            Span<long> fields = [ordinal, lane, _readPosition.Long(0), _readPosition.Long(1), _readPosition.Long(2)];
            if (Seal.Check(SealKind.Position, fields, _readPosition.Maybe(3)) == SealVerdict.Damaged) throw Damaged("position");
            return (fields[3], fields[2] - 1);
        }
        finally
        {
            _readPosition.Reset();
        }
    }

    private List<(long First, long Last, SpoolGap Reason)> ReadGaps(long ordinal, byte lane, long from)
    {
        var gaps = new List<(long, long, SpoolGap)>();
        try
        {
            _readGaps.With(ordinal, lane, from);
            Span<long> fields = stackalloc long[5];
            while (_readGaps.Step())
            {
                (fields[0], fields[1], fields[2], fields[3], fields[4]) = (ordinal, lane, _readGaps.Long(0), _readGaps.Long(1), _readGaps.Long(2));
                // A damaged one explains nothing: what it stood for is found missing, and recorded anew.
                if (Seal.Check(SealKind.Gap, fields, _readGaps.Maybe(3)) != SealVerdict.Damaged) gaps.Add((fields[2], fields[3], (SpoolGap)fields[4]));
            }
            gaps.Sort();
        }
        finally
        {
            _readGaps.Reset();
        }
        return gaps;
    }

    private void RecordDamage(long ordinal, SpoolEntry damaged)
    {
        lock (_write)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                Transact(() => Record(ordinal, damaged));
            }
            catch (SpoolFullException)
            {
                // The row stays and is found damaged again at the next reading.
            }
        }
    }

    private void Record(long ordinal, SpoolEntry damaged)
    {
        var lane = LaneOf(damaged.Lane);
        if (FindRow(ordinal, damaged) is { } row) GiveUp(lane, row.Id, ordinal, damaged.First, row.Count, row.Bytes, SpoolGap.Corrupt);
        else if (IsHole(ordinal, damaged)) GiveUpHole(lane, ordinal, damaged);
        else return;
        SaveState();
    }

    private (long Id, long Count, long Bytes)? FindRow(long ordinal, SpoolEntry damaged)
    {
        using var find = new Statement(_writer, "SELECT id, count, bytes FROM row WHERE epoch=? AND lane=? AND first=?");
        return find.With(ordinal, damaged.Lane, damaged.First).Step() ? (find.Long(0), find.Long(1), find.Long(2)) : null;
    }

    // Between the reading and the record the numbers may have been released, or recorded by another reading.
    private bool IsHole(long ordinal, SpoolEntry damaged)
    {
        if (damaged.First <= PositionOf(ordinal, damaged.Lane).State.Released) return false;
        using var any = new Statement(_writer, "SELECT EXISTS(SELECT 1 FROM row WHERE epoch=?1 AND lane=?2 AND first<=?4 AND first+count>?3) OR " +
            "EXISTS(SELECT 1 FROM gap WHERE epoch=?1 AND lane=?2 AND first<=?4 AND last>=?3)");
        any.With(ordinal, damaged.Lane, damaged.First, damaged.Last).Step();
        return any.Long(0) == 0;
    }

    private long FirstHeld(Position position)
    {
        lock (_read)
        {
            _firstHeld.With(position.Ordinal, position.Lane).Step();
            var first = _firstHeld.Long(0);
            _firstHeld.Reset();
            return first;
        }
    }

    private void PrepareReads()
    {
        _beginRead = Prepare("BEGIN");
        _endRead = Prepare("ROLLBACK");
        _readPosition = Prepare("SELECT next, released, names, seal FROM position WHERE epoch=? AND lane=?");
        _startOfRow = Prepare("SELECT max(first) FROM row INDEXED BY row_place WHERE epoch=? AND lane=? AND first<=?");
        _readRows = Prepare("SELECT first, count, names_through, crc32c, columns, bytes, seal FROM row WHERE epoch=? AND lane=? AND first>=? ORDER BY first");
        _readGaps = Prepare("SELECT first, last, reason, seal FROM gap WHERE epoch=? AND lane=? AND last>=? ORDER BY first");
        _readNames = Prepare("SELECT blob, id, seal FROM name WHERE epoch=? AND lane=? AND id>=? AND id<? ORDER BY id");
        _firstHeld = Prepare("SELECT min(first) FROM (SELECT min(first) AS first FROM row WHERE epoch=?1 AND lane=?2 UNION ALL SELECT min(first) FROM gap WHERE epoch=?1 AND lane=?2)");

        Statement Prepare(string sql)
        {
            var statement = new Statement(_reader, sql);
            _statements.Add(statement);
            return statement;
        }
    }
}
