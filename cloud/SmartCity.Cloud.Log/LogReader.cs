using Microsoft.Data.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>Reads the log for one consumer, on a connection of its own. Not thread-safe.</summary>
public sealed class LogReader : IDisposable
{
    private readonly DurableLog _log;
    private readonly SqliteConnection _connection;
    private readonly Statement _rows;
    private readonly Dictionary<long, string> _gateways = [];

    internal LogReader(DurableLog log, string source)
    {
        _log = log;
        _connection = new SqliteConnection(source);
        _connection.Open();
        DatabaseHeader.Execute(_connection, "PRAGMA query_only=1; PRAGMA cache_size=-2048;");
        _rows = new Statement(_connection, "SELECT first_offset, count, gateway, lane, epoch, first_sequence, sequences, received, wire_crc, crc, seal, columns FROM row " +
            "WHERE first_offset >= coalesce((SELECT max(first_offset) FROM row WHERE first_offset <= ?1), ?1) ORDER BY first_offset");
    }

    /// <summary>
    /// Hands the rows of <paramref name="lanes"/> from <paramref name="from"/> on to <paramref name="handler"/> until it took about
    /// <paramref name="valuesMax"/> values. A row whose checksum is wrong is not handed over: it is taken out of the log, with a gap record
    /// and its values counted as expired, before this returns.
    /// </summary>
    /// <returns>The offset to go on from: everything below it was handed over, belongs to other lanes, or is recorded as lost.</returns>
    public async Task<long> ReadAsync(long from, Func<Lane, bool> lanes, int valuesMax, LogRowHandler handler, CancellationToken cancellationToken)
    {
        List<long>? damaged = null;
        var doubt = false;
        var next = Read(from, lanes, valuesMax, handler, ref damaged, ref doubt);
        foreach (var firstOffset in damaged ?? []) await _log.LoseRowAsync(firstOffset, cancellationToken).ConfigureAwait(false);
        // A record that is damaged may name another lane or place than its own, so all are looked at; the caller comes again for what lies behind.
        if (doubt) await _log.SweepAsync(cancellationToken).ConfigureAwait(false);
        return next;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _connection.Dispose();
    }

    private long Read(long from, Func<Lane, bool> lanes, int valuesMax, LogRowHandler handler, ref List<long>? damaged, ref bool doubt)
    {
        // What is durable now; rows that come while this reads wait for the next call.
        var end = _log.End;
        var next = from;
        var taken = 0;
        _rows.With(from);
        try
        {
            while (taken < valuesMax && _rows.Step())
            {
                if (!IsSealed())
                {
                    doubt = true;
                    return next;
                }
                var row = new LogRow(_rows.Long(0), (int)_rows.Long(1), GatewayOf(_rows.Long(2)), (Lane)_rows.Long(3), _rows.Long(7));
                if (row.NextOffset <= from) continue;
                next = row.NextOffset;
                if (!lanes(row.Lane)) continue;
                var columns = _rows.Span(11);
                if (Crc32C.Of(columns) != (uint)_rows.Long(9)) (damaged ??= []).Add(row.FirstOffset);
                else handler(row, columns);
                taken += row.Count;
            }
            // At the end: offsets of rows that were lost before are passed too.
            return taken < valuesMax ? Math.Max(next, end) : next;
        }
        catch (SqliteException error)
        {
            throw _log.BreakBy(error);
        }
        finally
        {
            _rows.Reset();
        }
    }

    private bool IsSealed()
    {
        Span<long> fields = stackalloc long[10];
        for (var i = 0; i < fields.Length; i++) fields[i] = _rows.Long(i);
        return Seal.Check(SealKind.Row, fields, _rows.Maybe(10)) == SealVerdict.Whole;
    }

    private string GatewayOf(long ordinal)
    {
        if (_gateways.TryGetValue(ordinal, out var id)) return id;
        using var statement = new Statement(_connection, "SELECT id, seal FROM gateway WHERE ordinal=?");
        if (!statement.With(ordinal).Step() || (statement.Maybe(1) is { } seal && seal != DurableLog.SealOf(ordinal, statement.Text(0))))
            throw new SqliteException($"the id of gateway {ordinal} is not what was written", SQLitePCL.raw.SQLITE_CORRUPT);
        _gateways.Add(ordinal, id = statement.Text(0));
        return id;
    }
}
