using System.Text;
using Microsoft.Data.Sqlite;
using SmartCity.Model;
using SQLitePCL;

namespace SmartCity.Cloud.Log;

// Damage: what SQLite finds by itself, and what only the seals of records show.
public sealed partial class DurableLog
{
    private const int NotesMax = 20;

    private readonly Lock _noting = new();
    private readonly List<string> _notes = [];

    /// <summary>What was found damaged, lost or older than it should be, at the opening and since, in words for an operator; empty when all is well. At most 20.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            lock (_noting) return [.. _notes];
        }
    }

    /// <summary>Raised with each note after the opening; from any thread.</summary>
    public event Action<string>? Noted;

    /// <summary>Takes out a row whose bytes are damaged, with a gap record of its exact numbers; its values count as expired.</summary>
    public Task LoseRowAsync(long firstOffset, CancellationToken cancellationToken) => RunAsync(() => Lose(firstOffset), cancellationToken);

    /// <summary>
    /// Checks the record of every row: puts right what had one flipped bit, takes out what is damaged beyond repair with a gap record of the numbers that the
    /// index knows, and builds the index anew.
    /// </summary>
    internal Task SweepAsync(CancellationToken cancellationToken) => RunAsync(Sweep, cancellationToken);

    /// <summary>What is thrown for an error of SQLite; damage is remembered for the next start, which sets the file aside.</summary>
    internal LogBrokenException Failed(SqliteException error)
    {
        if (DamagedDatabase.Is(error)) new DamagedDatabase(_options.Folder, DurableLogOptions.FileName, _clock).Mark(error.Message);
        return new LogBrokenException($"The log in {_options.Folder} failed: {error.Message} (SQLite {error.SqliteExtendedErrorCode}). " +
            "Nothing is acknowledged from here on; the process ends and reads at its next start what is really on the disk. Check the disk.", error);
    }

    /// <summary>Runs what asks SQLite beside the writer. An error of SQLite breaks the log: whoever waits for <see cref="Broken"/> ends the process.</summary>
    private T Guarded<T>(Func<T> look)
    {
        try
        {
            return look();
        }
        catch (SqliteException error)
        {
            throw BreakBy(error);
        }
    }

    internal LogBrokenException BreakBy(SqliteException error)
    {
        var broken = Failed(error);
        _work.Writer.TryComplete(broken);
        _broken.TrySetException(broken);
        Volatile.Read(ref _grown).TrySetException(broken);
        return broken;
    }

    private void Lose(long firstOffset)
    {
        using var row = new Statement(_writer, "SELECT first_offset, count, gateway, lane, epoch, first_sequence, sequences, received, wire_crc, crc, seal, length(columns) FROM row WHERE first_offset=?");
        row.With(firstOffset);
        if (!row.Step()) return;
        var fields = RowFields(row);
        var (verdict, bytes) = (Seal.Check(SealKind.Row, fields, row.Maybe(10)), row.Long(11) + RowOverheadBytes);
        row.Reset();
        if (verdict != SealVerdict.Damaged) Lose(firstOffset, new RowNumbers(fields[2], fields[4], fields[3], fields[5], fields[6], fields[1]), bytes);
        else Sweep();
    }

    private void Lose(long firstOffset, RowNumbers numbers, long bytes)
    {
        using var delete = new Statement(_writer, "DELETE FROM row WHERE first_offset=?");
        delete.With(firstOffset).Run();
        MustHaveChanged(firstOffset);
        var key = new PositionKey(numbers.Gateway, unchecked((ulong)numbers.Epoch), (Lane)numbers.Lane);
        RecordGap(key, numbers.First, numbers.First + numbers.Sequences - 1, GapReason.Corrupt, UnixMicros.Now(_clock));
        CounterOf(key.Gateway, key.Lane).Expired += numbers.Count;
        _bytes -= bytes;
        Note($"Numbers {numbers.First} to {numbers.First + numbers.Sequences - 1} of gateway {GatewayIdOf(key.Gateway)}, lane {Lanes.NameOf(key.Lane)}, epoch {key.Epoch}, were damaged in the log " +
            $"before the stores had taken them: {numbers.Count} values are lost and stand in the completeness report as corrupt. Check the disk.");
    }

    private void Sweep()
    {
        var lost = new List<(long FirstOffset, long Bytes)>();
        var repaired = new List<(long Offset, long[] Fields)>();
        using (var rows = new Statement(_writer, "SELECT first_offset, count, gateway, lane, epoch, first_sequence, sequences, received, wire_crc, crc, seal, length(columns) FROM row ORDER BY first_offset"))
            while (rows.Step())
            {
                var fields = RowFields(rows);
                var verdict = Seal.Check(SealKind.Row, fields, rows.Maybe(10));
                if (verdict == SealVerdict.Damaged) lost.Add((rows.Long(0), rows.Long(11) + RowOverheadBytes));
                else if (verdict == SealVerdict.Repaired) repaired.Add((rows.Long(0), fields));
            }
        // Before the index goes: it knows the numbers of rows that no longer know them.
        var numbers = lost.ToDictionary(row => row.FirstOffset, row => NumbersByIndex(row.FirstOffset));
        LogSchema.DropRowPlace(_writer);
        foreach (var (firstOffset, bytes) in lost)
        {
            if (numbers[firstOffset] is { } known && IsPossible(known)) Lose(firstOffset, known, bytes);
            else throw new SqliteException($"the row at offset {firstOffset} is damaged beyond telling which numbers it held", raw.SQLITE_CORRUPT);
        }
        using var update = new Statement(_writer, "UPDATE row SET first_offset=?2, count=?3, gateway=?4, lane=?5, epoch=?6, first_sequence=?7, sequences=?8, received=?9, wire_crc=?10, crc=?11, seal=?12 WHERE first_offset=?1");
        foreach (var (offset, fields) in repaired)
        {
            update.With([offset, .. fields, Seal.Of(SealKind.Row, fields)]).Run();
            MustHaveChanged(offset);
        }
        LogSchema.MakeRowPlace(_writer);
        if (repaired.Count > 0) Note($"The records of {repaired.Count} rows of the log were damaged in one bit each, which was put right. Check the disk.");
    }

    /// <summary>A row that is read in passing and not found by its offset stands in the wrong place.</summary>
    private void MustHaveChanged(long offset)
    {
        if (raw.sqlite3_changes(_writer.Handle!) != 1) throw new SqliteException($"the row at offset {offset} stands in the wrong place", raw.SQLITE_CORRUPT);
    }

    internal static long[] RowFields(Statement row) =>
        [row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4), row.Long(5), row.Long(6), row.Long(7), row.Long(8), row.Long(9)];

    private RowNumbers? NumbersByIndex(long firstOffset)
    {
        using var find = new Statement(_writer, "SELECT gateway, epoch, lane, first_sequence, sequences, count FROM row INDEXED BY row_place WHERE gateway > -1 AND +first_offset=?");
        return find.With(firstOffset).Step() ? new RowNumbers(find.Long(0), find.Long(1), find.Long(2), find.Long(3), find.Long(4), find.Long(5)) : null;
    }

    private bool IsPossible(RowNumbers numbers) =>
        _positions.TryGetValue(new PositionKey(numbers.Gateway, unchecked((ulong)numbers.Epoch), (Lane)numbers.Lane), out var position)
        && numbers.First >= 1 && numbers.Sequences >= 1 && numbers.Count >= 1 && numbers.Count <= numbers.Sequences && numbers.First + numbers.Sequences - 1 <= position.Through;

    private string GatewayIdOf(long ordinal) => _gateways.FirstOrDefault(gateway => gateway.Value == ordinal).Key ?? "?";

    private long[] Sound(int kind, string what, long[] fields, long? seal)
    {
        Say(what, Seal.Check(kind, fields, seal));
        return fields;
    }

    private (long[] Fields, string Text) Sound(int kind, string what, long[] fields, ReadOnlySpan<byte> text, long? seal)
    {
        long[] all = [.. fields, 0];
        var bytes = text.ToArray();
        Say(what, Seal.Check(kind, all, bytes, seal));
        return (all, Encoding.UTF8.GetString(bytes));
    }

    private void Say(string what, SealVerdict verdict)
    {
        if (verdict == SealVerdict.Damaged) throw Wrong(what);
        if (verdict == SealVerdict.Repaired) Note($"A record of the log's table {what} was damaged in one bit, which was put right. Check the disk.");
    }

    private void Note(string note)
    {
        lock (_noting)
        {
            if (_notes.Count == NotesMax) _notes.RemoveAt(1);
            _notes.Add(note);
        }
        Noted?.Invoke(note);
    }

    private static SqliteException Wrong(string table) => new($"a record of table {table} is not what was written", raw.SQLITE_CORRUPT);

    internal static long SealOf(long ordinal, string gateway) => Seal.Of(SealKind.Gateway, ordinal, Crc(gateway));

    internal static long SealOf(string consumer, long nextOffset) => Seal.Of(SealKind.Consumer, Crc(consumer), nextOffset);

    internal static long SealOf(int series, string device, string metric, long kind) => Seal.Of(SealKind.Series, series, kind, Crc($"{device}\0{metric}"));

    internal static long SealOf(long gateway, DeadLetter letter, long recorded) => Seal.Of(SealKind.DeadLetter, gateway, (long)letter.Lane, (long)letter.Kind, letter.Time, letter.Received, recorded,
        letter.LogOffset ?? -1, Crc(letter.Series.Device), Crc(letter.Series.Metric), Crc(letter.Value), Crc(letter.Reason));

    private static long Crc(string text) => Crc32C.Of(Encoding.UTF8.GetBytes(text));

    /// <summary>What a row stood for.</summary>
    private readonly record struct RowNumbers(long Gateway, long Epoch, long Lane, long First, long Sequences, long Count);
}
