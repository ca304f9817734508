using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Log;

// Continuity: an offset or a series number that was given out once is never given out again, whatever becomes of the log's file.
public sealed partial class DurableLog
{
    /// <summary>Set while what the stores count and what the log accepted have nothing to do with each other.</summary>
    internal const string BooksKey = "books_open";
    private const string TicketKey = "ticket", TicketBeforeKey = "ticket_before";

    private readonly List<(long Ordinal, string Id)> _newGateways = [];
    private SideFile _side = null!;
    private long _openedAt;
    private volatile bool _booksOpen;

    /// <summary>
    /// The log was made anew or is an older copy of itself, so that its count of what it accepted is not that of the stores. Whoever knows what they have
    /// stored calls <see cref="CloseBooksAsync"/>.
    /// </summary>
    public bool AreBooksOpen => _booksOpen;

    /// <summary>Offset of the first value that came since the log was opened.</summary>
    public long OpenedAt => Volatile.Read(ref _openedAt);

    /// <summary>
    /// A consumer has stored up to <paramref name="offset"/>. Where that lies beyond the end that this log had when it was opened, the log is older than the
    /// store: rows that came since move beyond it, so that none is passed over, and new ones follow.
    /// </summary>
    /// <returns>Whether the log was older.</returns>
    public async Task<bool> ProveAsync(string consumer, long offset, CancellationToken cancellationToken)
    {
        if (offset <= Volatile.Read(ref _openedAt)) return false;
        var isOlder = false;
        await RunAsync(() => isOlder = Advance(consumer, offset), cancellationToken).ConfigureAwait(false);
        return isOlder;
    }

    /// <summary>Sets the books of an older or rescued log to what the stores say, once.</summary>
    /// <param name="differences">What the terms of a gateway and lane sum up to beyond what counts as accepted.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task CloseBooksAsync(IReadOnlyList<(string Gateway, Lane Lane, long Difference)> differences, CancellationToken cancellationToken) =>
        RunAsync(() =>
        {
            if (!_booksOpen) return;
            foreach (var (gateway, lane, difference) in differences) CounterOf(GatewayOf(gateway), lane).Accepted += difference;
            WriteMeta(_writer, BooksKey, 0);
            _booksOpen = false;
            if (differences.Count > 0) Note($"The books were begun anew with what the stores hold: {string.Join(", ", differences.Select(one => $"{one.Gateway}/{Lanes.NameOf(one.Lane)} {one.Difference:+0;-0}"))}.");
        }, cancellationToken);

    private bool Advance(string consumer, long offset)
    {
        if (offset <= _openedAt) return false;
        var by = offset - _openedAt;
        MoveRows(_openedAt, by);
        Note(string.Create(CultureInfo.InvariantCulture, $"The log is older than the store of {consumer}, which has taken values up to offset {offset}; the log ended at {_openedAt} when it was opened. It was restored from a copy. " +
            $"New values follow at {_end + by}. Gateways send again what they still hold; what they no longer hold they report as gaps (released), although the stores may have it."));
        _end += by;
        Volatile.Write(ref _openedAt, offset);
        WriteMeta(_writer, BooksKey, 1);
        _booksOpen = true;
        return true;
    }

    private void MoveRows(long from, long by)
    {
        var rows = new List<long[]>();
        using (var find = new Statement(_writer, "SELECT first_offset, count, gateway, lane, epoch, first_sequence, sequences, received, wire_crc, crc, seal FROM row WHERE first_offset >= ? ORDER BY first_offset DESC"))
            for (find.With(from); find.Step();)
            {
                var fields = RowFields(find);
                if (Seal.Check(SealKind.Row, fields, find.Maybe(10)) == SealVerdict.Damaged) throw Wrong("row");
                rows.Add(fields);
            }
        using var move = new Statement(_writer, "UPDATE row SET first_offset=?2, seal=?3 WHERE first_offset=?1");
        foreach (var fields in rows)
        {
            var old = fields[0];
            fields[0] += by;
            move.With(old, fields[0], Seal.Of(SealKind.Row, fields)).Run();
        }
    }

    /// <summary>Compares the log with what stands beside it, and begins above it where the log is older.</summary>
    private void ProveContinuity(bool isRescued)
    {
        var (ticket, before) = (ReadMeta(TicketKey), ReadMeta(TicketBeforeKey));
        _booksOpen = ReadMeta(BooksKey) == 1;
        var isOlder = !isRescued && _side.Ticket is { } drawn && drawn != ticket && drawn != before;
        if (isOlder)
        {
            Note(ticket is null && _end == 0
                ? "The log's database is gone; a new one begins. Values that the stores had not taken are lost with it, unless gateways still hold them."
                : "The log's database is older than its last opening: it was restored from a copy. Gateways send again what they still hold; what they no longer hold they report as gaps (released), although the stores may have it.");
            _end = Math.Max(_end, _side.Ceiling);
            _booksOpen = true;
        }
        AdoptSeries();
        try
        {
            DrawTicket();
        }
        catch (SqliteException error) when (error.SqliteErrorCode == SQLitePCL.raw.SQLITE_FULL)
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(_writer.Handle!) == 0) _rollback.Run();
            _reserve.Release();
            // The tickets of the last opening prove as much; a server on a full volume still answers, and refuses.
            if (isOlder) DrawTicket();
            else _full = true;
        }
        _openedAt = _end;
    }

    private void DrawTicket()
    {
        var next = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));
        _begin.Run();
        WriteMeta(_writer, TicketBeforeKey, _side.Ticket ?? next);
        WriteMeta(_writer, TicketKey, next);
        WriteMeta(_writer, BooksKey, _booksOpen ? 1 : 0);
        Seal.Bind(_saveState, SealKind.State, _end, _bytes).Run();
        _commit.Run();
        _side.Draw(next);
    }

    /// <summary>Both sides know all series afterwards: a number that only one knows was given out by a commit of which the other was lost.</summary>
    private void AdoptSeries()
    {
        var (series, gateways) = _side.Load();
        for (var number = 1; number <= Math.Min(series.Count, Series.Count); number++)
            if (series[number - 1] != Series[number]) Note($"Series {number} is {Series[number].Key} in the log and {series[number - 1].Key} in the file beside it; the log's holds. Compare with the store before trusting either.");
        for (var number = Series.Count + 1; number <= series.Count; number++) Series.NumberOf(series[number - 1].Key, series[number - 1].Kind);
        var others = _gateways.Where(gateway => gateways.GetValueOrDefault(gateway.Key) != gateway.Value).Select(gateway => (gateway.Value, gateway.Key)).ToList();
        if (_side.Lacks(_end, Math.Max(0, Series.Count - series.Count), others.Count))
            _side.Keep(_end, Enumerable.Range(series.Count + 1, Math.Max(0, Series.Count - series.Count)).Select(number => (number, Series[number])), others);
    }

    private void KeepSide(int from, int to)
    {
        if (!_side.Lacks(_end, to - from, _newGateways.Count)) return;
        try
        {
            _side.Keep(_end, Enumerable.Range(from + 1, to - from).Select(number => (number, Series[number])), _newGateways);
            _newGateways.Clear();
        }
        catch (SqliteException error) when (DamagedDatabase.Is(error))
        {
            // Not the log's own damage: the next start makes the file beside it anew.
            throw new InvalidDataException($"the file beside it is damaged: {error.Message}", error);
        }
    }

    private long? ReadMeta(string key)
    {
        using var statement = new Statement(_writer, "SELECT value, seal FROM meta WHERE key=?1");
        return statement.Bind(1, key).Step() && statement.Maybe(1) == SealOf(key, statement.Long(0)) ? statement.Long(0) : null;
    }

    internal static void WriteMeta(SqliteConnection connection, string key, long value)
    {
        using var statement = new Statement(connection, "INSERT OR REPLACE INTO meta VALUES(?1,?2,?3)");
        statement.Bind(1, key).Bind(2, value).Bind(3, SealOf(key, value)).Run();
    }
}
