using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace SmartCity.Edge.Spool;

/// <summary>
/// Makes a new spool out of a damaged one: whatever its seals say is sound comes along under its old epochs and numbers; rows that are gone are found missing
/// when they are read, and told with their exact numbers.
/// </summary>
internal sealed class SpoolRescue
{
    private const int RowsOfCommit = 100;

    private readonly SqliteConnection _from;
    private readonly SqliteConnection _to;
    private readonly Salvage _salvage;
    private readonly Dictionary<(long Epoch, byte Lane), (long Next, long Released)> _positions = [];
    private readonly HashSet<long> _epochs = [];
    private readonly HashSet<(long Epoch, byte Lane, long First)> _rows = [];
    private readonly Dictionary<byte, (long Held, long Letters)> _sums = [];
    private long _values, _letters, _sinceCommit;
    private bool _isFull;

    private SpoolRescue(SqliteConnection from, SqliteConnection to) => (_from, _to, _salvage) = (from, to, new Salvage(from));

    /// <summary>Fills a new database.</summary>
    /// <param name="damaged">The damaged one, as it lies.</param>
    /// <param name="made">File of the new one; does not exist yet.</param>
    /// <returns>What was kept and what not, in words for an operator.</returns>
    /// <exception cref="SqliteException">The new one cannot be written.</exception>
    public static string Run(string damaged, string made)
    {
        using var from = Connect(damaged);
        using var to = Connect(made);
        to.Open();
        DatabaseHeader.Execute(to, "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2000;");
        SpoolSchema.Ensure(to, made);
        var rescue = new SpoolRescue(from, to);
        DatabaseHeader.Execute(to, "BEGIN IMMEDIATE");
        rescue.Take();
        DatabaseHeader.Execute(to, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);");
        return rescue.Tell();
    }

    private static SqliteConnection Connect(string file) => new(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 5 }.ToString());

    private void Take()
    {
        if (!_salvage.Try("file", () =>
        {
            _from.Open();
            DatabaseHeader.Execute(_from, "PRAGMA query_only=1; PRAGMA cell_size_check=1;");
        })) return;
        Copy("epoch", "ordinal, epoch, began", SealKind.Epoch, fields => _epochs.Add(fields[0]));
        if (_epochs.Count == 0) return;
        Copy("position", "epoch, lane, next, released, names", SealKind.Position, fields =>
        {
            if (!_epochs.Contains(fields[0]) || fields[1] is < 0 or > byte.MaxValue) return false;
            _positions.Add((fields[0], (byte)fields[1]), (fields[2], fields[3]));
            return true;
        });
        Copy("gap", "epoch, lane, first, last, reason", SealKind.Gap, fields => _epochs.Contains(fields[0]));
        TakeNames();
        TakeLetters();
        TakeMarksAndRecords();
        var counted = new HashSet<long>();
        Copy("counter", "lane, accepted, stored, superseded, dead_lettered, expired", SealKind.Counter, fields => counted.Add(fields[0]));
        TakeRows();
        MakeMissing(counted);
    }

    private void TakeNames()
    {
        using var insert = new Statement(_to, "INSERT OR IGNORE INTO name VALUES(?,?,?,?,?)");
        _salvage.Each("name", "SELECT epoch, lane, id, blob, seal FROM name ORDER BY epoch, lane, id", row =>
        {
            var blob = row.Blob(3);
            long[] fields = [row.Long(0), row.Long(1), row.Long(2), 0];
            if (!_epochs.Contains(fields[0]) || Seal.Check(SealKind.Name, fields, blob, row.Maybe(4)) == SealVerdict.Damaged) return;
            insert.With(fields[0], fields[1], fields[2]).Bind(4, blob).Bind(5, Spool.SealOfName(fields[0], (byte)fields[1], (int)fields[2], blob)).Run();
        });
    }

    private void TakeLetters()
    {
        using var insert = new Statement(_to, "INSERT OR IGNORE INTO dead_letter(id, bytes, lane, time, qos, \"values\", topic, reason, seal, payload) VALUES(?,?,?,?,?,?,?,?,?,?)");
        _salvage.Each("dead_letter", "SELECT id, lane, time, topic, qos, reason, \"values\", payload, bytes, seal FROM dead_letter ORDER BY id", row =>
        {
            var letter = new DeadLetter(row.Long(0), (byte)row.Long(1), row.Long(2), row.Blob(3), (byte)row.Long(4), row.Text(5), (int)row.Long(6), row.Blob(7));
            if (row.Maybe(9) is { } seal && seal != Spool.SealOf(letter)) return;
            insert.With(letter.Id, row.Long(8), letter.Lane, letter.Time, letter.QoS, letter.Values).Bind(7, letter.Topic.Span).Bind(8, letter.Reason).Bind(9, Spool.SealOf(letter)).Bind(10, letter.Payload.Span).Run();
            var sum = _sums.GetValueOrDefault(letter.Lane);
            _sums[letter.Lane] = (sum.Held, sum.Letters + letter.Values);
            _letters++;
        });
    }

    private void TakeMarksAndRecords()
    {
        using var mark = new Statement(_to, "INSERT OR IGNORE INTO mark VALUES(?,?,?,?)");
        _salvage.Each("mark", "SELECT key, value, touched, seal FROM mark", row =>
        {
            var (key, value) = (row.Blob(0), row.Blob(1));
            if (row.Maybe(3) is { } seal && seal != Spool.SealOfMark(key, value)) return;
            mark.Bind(1, key).Bind(2, value).Bind(3, row.Long(2)).Bind(4, Spool.SealOfMark(key, value)).Run();
        });
        using var kept = new Statement(_to, "INSERT OR IGNORE INTO kept VALUES(?,?,?)");
        _salvage.Each("kept", "SELECT key, value, crc32c FROM kept", row =>
        {
            var (key, value) = (row.Blob(0), row.Blob(1));
            if (row.Long(2) == Spool.ChecksumOf(key, value)) kept.Bind(1, key).Bind(2, value).Bind(3, row.Long(2)).Run();
        });
    }

    /// <summary>From both ends, as a page that cannot be read ends the reading in each direction. Many gigabytes may be held, so it is committed on the way.</summary>
    private void TakeRows()
    {
        const string Columns = "SELECT epoch, lane, first, count, bytes, names_through, crc32c, seal, columns FROM row NOT INDEXED ORDER BY id";
        using var insert = new Statement(_to, "INSERT OR IGNORE INTO row(epoch, lane, first, count, bytes, names_through, crc32c, seal, columns) VALUES(?,?,?,?,?,?,?,?,?)");
        try
        {
            if (!_salvage.Each("row", Columns, TakeRow)) _salvage.Each("row", Columns + " DESC", TakeRow);
        }
        catch (SqliteException error) when (error.SqliteErrorCode == SQLitePCL.raw.SQLITE_FULL)
        {
            // What fits comes along; the rest stays in the file that is set aside.
            _isFull = true;
            if (SQLitePCL.raw.sqlite3_get_autocommit(_to.Handle!) == 0) DatabaseHeader.Execute(_to, "ROLLBACK");
            DatabaseHeader.Execute(_to, "BEGIN IMMEDIATE");
        }

        void TakeRow(Statement row)
        {
            long[] fields = [row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4), row.Long(5), row.Long(6)];
            var columns = row.Blob(8);
            if (Seal.Check(SealKind.Row, fields, row.Maybe(7)) == SealVerdict.Damaged || Crc32C.Of(columns) != (uint)fields[6] || !_epochs.Contains(fields[0])) return;
            var lane = (byte)fields[1];
            // Released ones would be counted as held.
            if (_positions.TryGetValue((fields[0], lane), out var position) && fields[2] + fields[3] - 1 <= position.Released) return;
            if (!_rows.Add((fields[0], lane, fields[2]))) return;
            insert.With([.. fields, Seal.Of(SealKind.Row, fields)]).Bind(9, columns).Run();
            var sum = _sums.GetValueOrDefault(lane);
            _sums[lane] = (sum.Held + fields[3], sum.Letters);
            _values += fields[3];
            if (++_sinceCommit % RowsOfCommit == 0) DatabaseHeader.Execute(_to, "COMMIT; BEGIN IMMEDIATE");
        }
    }

    /// <summary>A position or counter that cannot be read is made from the rows: numbers from the cloud's watermark on that none of them has are then told as lost.</summary>
    private void MakeMissing(HashSet<long> counted)
    {
        using var position = new Statement(_to, "INSERT OR IGNORE INTO position VALUES(?,?,?,?,?,?)");
        using var ends = new Statement(_to, "SELECT epoch, lane, max(first + count) FROM row GROUP BY epoch, lane");
        var found = new List<(long Epoch, long Lane, long Next)>();
        while (ends.Step()) found.Add((ends.Long(0), ends.Long(1), ends.Long(2)));
        ends.Reset();
        foreach (var (epoch, lane, next) in found)
            if (!_positions.ContainsKey((epoch, (byte)lane))) position.With(epoch, lane, next, 0, 0, Seal.Of(SealKind.Position, epoch, lane, next, 0, 0)).Run();
        using var counter = new Statement(_to, "INSERT OR IGNORE INTO counter VALUES(?,?,?,?,?,?,?)");
        foreach (var (lane, sum) in _sums)
            if (!counted.Contains(lane)) counter.With(lane, sum.Held + sum.Letters, 0, 0, sum.Letters, 0, Seal.Of(SealKind.Counter, lane, sum.Held + sum.Letters, 0, 0, sum.Letters, 0)).Run();
    }

    private void Copy(string table, string columns, int kind, Func<long[], bool> take)
    {
        var count = columns.Count(c => c == ',') + 1;
        using var insert = new Statement(_to, $"INSERT OR IGNORE INTO {table}({columns}, seal) VALUES({string.Join(',', Enumerable.Repeat("?", count + 1))})");
        _salvage.Each(table, $"SELECT {columns}, seal FROM {table}", row =>
        {
            var fields = new long[count];
            for (var i = 0; i < count; i++) fields[i] = row.Long(i);
            if (Seal.Check(kind, fields, row.Maybe(count)) != SealVerdict.Damaged && take(fields)) insert.With([.. fields, Seal.Of(kind, fields)]).Run();
        });
    }

    private string Tell()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{_values} values in {_rows.Count} rows and {_letters} dead letters came along under their old numbers; what is missing among them is told to the cloud as gaps.");
        if (_isFull) text.Append(" The volume had no room for all: the rest is in the file set aside alone.");
        if (_salvage.Unread.Count > 0) text.Append(CultureInfo.InvariantCulture, $" Could not be read to the end: {string.Join(", ", _salvage.Unread)}.");
        return text.ToString();
    }
}
