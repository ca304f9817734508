using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>
/// Makes a new log out of a damaged one: whatever its seals say is sound comes along, rows as far as a store still needs them. What cannot be read is told:
/// rows as gaps of their exact numbers where the index still knows them, watermarks by being absent, so that gateways send again what they hold and say what
/// they do not.
/// </summary>
internal sealed class LogRescue
{
    private readonly SqliteConnection _from;
    private readonly SqliteConnection _to;
    private readonly Salvage _salvage;
    private readonly SideFile _side;
    private readonly long _now;
    private readonly Dictionary<long, string> _gateways = [];
    private readonly HashSet<(long Gateway, long Epoch, long Lane)> _positions = [];
    private readonly HashSet<long> _rows = [];
    private long _series, _letters, _values, _bytes, _lost, _needed, _end;

    private LogRescue(SqliteConnection from, SqliteConnection to, SideFile side, long now) => (_from, _to, _salvage, _side, _now) = (from, to, new Salvage(from), side, now);

    /// <summary>Fills a new database.</summary>
    /// <param name="damaged">The damaged one, as it lies.</param>
    /// <param name="made">File of the new one; does not exist yet.</param>
    /// <param name="side">What stands beside.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    /// <returns>What was kept and what not, in words for an operator.</returns>
    public static string Run(string damaged, string made, SideFile side, long now)
    {
        using var from = Connect(damaged);
        using var to = Connect(made);
        to.Open();
        DatabaseHeader.Execute(to, "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        LogSchema.Ensure(to, made);
        var rescue = new LogRescue(from, to, side, now);
        DatabaseHeader.Execute(to, "BEGIN IMMEDIATE");
        rescue.Take();
        DatabaseHeader.Execute(to, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);");
        return rescue.Tell();
    }

    private static SqliteConnection Connect(string file) => new(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 5 }.ToString());

    private void Take()
    {
        TakeSide();
        var isOpen = _salvage.Try("file", () =>
        {
            _from.Open();
            DatabaseHeader.Execute(_from, "PRAGMA query_only=1; PRAGMA cell_size_check=1;");
        });
        if (isOpen) TakeTables();
        // Above all that was ever given out, so that no store takes a new value for one that it has.
        _end = Math.Max(_end, _side.Ceiling);
        using var state = new Statement(_to, "UPDATE state SET end=?, bytes=?, seal=?");
        state.With(_end, _bytes, Seal.Of(SealKind.State, _end, _bytes)).Run();
        DurableLog.WriteMeta(_to, DurableLog.BooksKey, 1);
    }

    private void TakeSide()
    {
        var (entries, gateways) = _side.Load();
        using var series = new Statement(_to, "INSERT INTO series VALUES(?,?,?,?,?)");
        for (var i = 0; i < entries.Count; i++) Insert(series, i + 1, entries[i].Key.Device, entries[i].Key.Metric, (long)entries[i].Kind);
        _series = entries.Count;
        foreach (var (id, ordinal) in gateways) AddGateway(ordinal, id);
    }

    private void TakeTables()
    {
        // Those that the file beside does not know: it is new, or was itself damaged.
        using (var insert = new Statement(_to, "INSERT INTO series VALUES(?,?,?,?,?)"))
            _salvage.Each("series", "SELECT id, device, metric, kind, seal FROM series WHERE id > ? ORDER BY id", row =>
            {
                if (row.Long(0) != _series + 1 || !Holds(row.Maybe(4), DurableLog.SealOf((int)row.Long(0), row.Text(1), row.Text(2), row.Long(3)))) return;
                Insert(insert, row.Long(0), row.Text(1), row.Text(2), row.Long(3));
                _series++;
            }, _series);
        _salvage.Each("gateway", "SELECT ordinal, id, seal FROM gateway", row =>
        {
            if (!_gateways.ContainsKey(row.Long(0)) && Holds(row.Maybe(2), DurableLog.SealOf(row.Long(0), row.Text(1)))) AddGateway(row.Long(0), row.Text(1));
        });
        TakePositions();
        Copy(SealKind.Counter, "counter", "gateway, lane, accepted, dead_lettered, expired", 5);
        Copy(SealKind.Gap, "gap", "gateway, epoch, lane, first, last, reason, recorded", 7);
        Copy(SealKind.Sender, "sender", "gateway, place, incarnation, state", 4);
        TakeHours();
        TakeLetters();
        _salvage.Each("state", "SELECT end, bytes, seal FROM state", row =>
        {
            if (Holds(row.Maybe(2), Seal.Of(SealKind.State, row.Long(0), row.Long(1)))) _end = row.Long(0);
        });
        TakeConsumers();
        TakeRows();
        CountLost();
    }

    private void TakePositions()
    {
        var found = new List<long[]>();
        _salvage.Each("position", "SELECT gateway, epoch, lane, through, names, received, since, seal FROM position", row =>
        {
            long[] fields = [row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4), row.Long(5), row.Long(6)];
            if (Seal.Check(SealKind.Position, fields, row.Maybe(7)) != SealVerdict.Damaged && _gateways.ContainsKey(fields[0])) found.Add(fields);
        });
        using var insert = new Statement(_to, "INSERT OR IGNORE INTO position VALUES(?,?,?,?,?,?,?,?)");
        using var names = new Statement(_to, "INSERT INTO name VALUES(?,?,?,?,?,?)");
        foreach (var fields in found)
        {
            var known = new List<long>();
            _salvage.Each("name", "SELECT id, series, seal FROM name WHERE gateway=? AND epoch=? AND lane=? ORDER BY id", row =>
            {
                long[] name = [fields[0], fields[1], fields[2], row.Long(0), row.Long(1)];
                if (name[3] == known.Count && name[4] >= 1 && name[4] <= _series && Seal.Check(SealKind.Name, name, row.Maybe(2)) == SealVerdict.Whole) known.Add(name[4]);
            }, fields[0], fields[1], fields[2]);
            // The gateway sends those names again that are not known here.
            fields[4] = Math.Min(fields[4], known.Count);
            for (var id = 0; id < fields[4]; id++) Seal.Bind(names, SealKind.Name, fields[0], fields[1], fields[2], id, known[id]).Run();
            Seal.Bind(insert, SealKind.Position, fields).Run();
            _positions.Add((fields[0], fields[1], fields[2]));
        }
    }

    private void TakeHours()
    {
        using var insert = new Statement(_to, "INSERT OR IGNORE INTO hour VALUES(?,?,?,?,?,?,?,?,?,?)");
        _salvage.Each("hour", "SELECT gateway, hour, lane, epoch, first, last, received, rows, root, seal FROM hour", row =>
        {
            var root = row.Span(8).ToArray();
            if (row.Long(9) != DurableLog.SealOfHour(row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4), row.Long(5), row.Long(6), row.Long(7), root) || !_gateways.ContainsKey(row.Long(0))) return;
            insert.With(row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4), row.Long(5), row.Long(6), row.Long(7)).Bind(9, root).Bind(10, row.Long(9)).Run();
        });
    }

    private void TakeLetters()
    {
        using var insert = new Statement(_to, "INSERT INTO dead_letter SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, CASE WHEN ?12 < 0 THEN NULL ELSE ?12 END, ?13");
        _salvage.Each("dead_letter", "SELECT id, gateway, lane, device, metric, kind, time, received, value, reason, recorded, coalesce(log_offset, -1), seal FROM dead_letter ORDER BY id", row =>
        {
            if (!_gateways.TryGetValue(row.Long(1), out var gateway)) return;
            var letter = new DeadLetter(row.Long(0), gateway, (Lane)row.Long(2), new SeriesKey(row.Text(3), row.Text(4)), (ValueKind)row.Long(5), row.Long(6), row.Long(7), row.Text(8), row.Text(9), row.Long(10))
            {
                LogOffset = row.Long(11) is var offset and >= 0 ? offset : null,
            };
            var seal = DurableLog.SealOf(row.Long(1), letter, letter.Recorded);
            if (!Holds(row.Maybe(12), seal)) return;
            insert.With(row.Long(0), row.Long(1), row.Long(2)).Bind(4, letter.Series.Device).Bind(5, letter.Series.Metric).Bind(6, row.Long(5)).Bind(7, letter.Time).Bind(8, letter.Received)
                .Bind(9, letter.Value).Bind(10, letter.Reason).Bind(11, letter.Recorded).Bind(12, row.Long(11)).Bind(13, seal).Run();
            _letters++;
        });
    }

    private void TakeConsumers()
    {
        long? slowest = null;
        using var insert = new Statement(_to, "INSERT INTO consumer VALUES(?1,?2,?3)");
        _salvage.Each("consumer", "SELECT name, next_offset, seal FROM consumer", row =>
        {
            if (!Holds(row.Maybe(2), DurableLog.SealOf(row.Text(0), row.Long(1)))) return;
            insert.Bind(1, row.Text(0)).Bind(2, row.Long(1)).Bind(3, DurableLog.SealOf(row.Text(0), row.Long(1))).Run();
            slowest = Math.Min(slowest ?? long.MaxValue, row.Long(1));
        });
        _needed = slowest ?? 0;
    }

    /// <summary>From both ends, as a page that cannot be read ends the reading in each direction.</summary>
    private void TakeRows()
    {
        const string Columns = "SELECT first_offset, count, gateway, lane, epoch, first_sequence, sequences, received, wire_crc, crc, seal, columns FROM row WHERE first_offset + count > ? ORDER BY first_offset";
        using var insert = new Statement(_to, "INSERT INTO row(first_offset, count, gateway, lane, epoch, first_sequence, sequences, received, wire_crc, crc, seal, columns) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)");
        if (!_salvage.Each("row", Columns, Take, _needed)) _salvage.Each("row", Columns + " DESC", Take, _needed);

        void Take(Statement row)
        {
            var fields = DurableLog.RowFields(row);
            var columns = row.Span(11);
            if (Seal.Check(SealKind.Row, fields, row.Maybe(10)) == SealVerdict.Damaged || Crc32C.Of(columns) != (uint)fields[9] || !_gateways.ContainsKey(fields[2])) return;
            if (!_rows.Add(fields[0])) return;
            Seal.Bind(insert, SealKind.Row, fields).Bind(12, columns).Run();
            _values += fields[1];
            _bytes += columns.Length + DurableLog.RowOverheadBytes;
        }
    }

    /// <summary>Rows that the index knows and the table does not give: their numbers are lost.</summary>
    private void CountLost()
    {
        var lost = new List<(long Gateway, long Epoch, long Lane, long First, long Sequences, long Count)>();
        _salvage.Each("row", "SELECT gateway, epoch, lane, first_sequence, sequences, count, first_offset FROM row INDEXED BY row_place WHERE gateway > 0", row =>
        {
            if (row.Long(6) + row.Long(5) > _needed && !_rows.Contains(row.Long(6)) && _positions.Contains((row.Long(0), row.Long(1), row.Long(2))))
                lost.Add((row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4), row.Long(5)));
        });
        using var gap = new Statement(_to, "INSERT INTO gap VALUES(?,?,?,?,?,?,?,?)");
        foreach (var row in lost)
        {
            Seal.Bind(gap, SealKind.Gap, row.Gateway, row.Epoch, row.Lane, row.First, row.First + row.Sequences - 1, (long)GapReason.Corrupt, _now).Run();
            AddExpired(row.Gateway, row.Lane, row.Count);
            _lost += row.Count;
        }
    }

    private void AddExpired(long gateway, long lane, long values)
    {
        using var find = new Statement(_to, "SELECT accepted, dead_lettered, expired FROM counter WHERE gateway=? AND lane=?");
        var (accepted, letters, expired) = find.With(gateway, lane).Step() ? (find.Long(0), find.Long(1), find.Long(2)) : (0, 0, 0);
        find.Reset();
        using var save = new Statement(_to, "INSERT OR REPLACE INTO counter VALUES(?,?,?,?,?,?)");
        Seal.Bind(save, SealKind.Counter, gateway, lane, accepted, letters, expired + values).Run();
    }

    private void Copy(int kind, string table, string columns, int count)
    {
        using var insert = new Statement(_to, $"INSERT OR IGNORE INTO {table} VALUES({string.Join(',', Enumerable.Repeat("?", count + 1))})");
        _salvage.Each(table, $"SELECT {columns}, seal FROM {table}", row =>
        {
            var fields = new long[count];
            for (var i = 0; i < count; i++) fields[i] = row.Long(i);
            if (Seal.Check(kind, fields, row.Maybe(count)) != SealVerdict.Damaged && _gateways.ContainsKey(fields[0])) Seal.Bind(insert, kind, fields).Run();
        });
    }

    private void AddGateway(long ordinal, string id)
    {
        using var insert = new Statement(_to, "INSERT OR IGNORE INTO gateway VALUES(?,?,?)");
        insert.Bind(1, ordinal).Bind(2, id).Bind(3, DurableLog.SealOf(ordinal, id)).Run();
        _gateways[ordinal] = id;
    }

    private static void Insert(Statement insert, long number, string device, string metric, long kind) =>
        insert.Bind(1, number).Bind(2, device).Bind(3, metric).Bind(4, kind).Bind(5, DurableLog.SealOf((int)number, device, metric, kind)).Run();

    private static bool Holds(long? kept, long seal) => kept is null || kept == seal;

    private string Tell()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Kept: {_series} series, {_positions.Count} watermarks, {_rows.Count} rows with {_values} values that a store had not confirmed, {_letters} dead letters. ");
        text.Append(_lost > 0 ? string.Create(CultureInfo.InvariantCulture, $"Lost: {_lost} values, which stand in the completeness report as corrupt with their numbers. ") : "Lost: nothing that is known. ");
        if (_salvage.Unread.Count > 0)
            text.Append(CultureInfo.InvariantCulture, $"Could not be read to the end: {string.Join(", ", _salvage.Unread)}; where a watermark is gone, the gateway sends again what it still holds and reports the rest as gaps. ");
        return text.Append(CultureInfo.InvariantCulture, $"New values are kept from offset {_end} on.").ToString();
    }
}
