using System.Globalization;
using System.Security.Cryptography;

namespace SmartCity.Edge.Spool;

// Continuity: a number that was given out once is never given out again under the same epoch.
public sealed partial class Spool
{
    // Where the numbers stood when the file was opened for the first time since the cloud last confirmed them: "lane:next" by commas.
    // Should the cloud know more than we, everything from there on was numbered a second time.
    private const string Unproven = "unproven";

    private string? _unproven;

    /// <summary>
    /// The last number of the lane under the current epoch that may have been sent: what was given out since the spool was opened goes nowhere before
    /// <see cref="Prove"/>. Should the cloud know more, the file is an older state of itself.
    /// </summary>
    public long LastSent(byte lane)
    {
        lock (_write)
        {
            if (_unproven is null) return Last(lane);
            return Read(_unproven).TryGetValue(lane, out var next) ? next - 1 : 0;
        }
    }

    private static Dictionary<byte, long> Read(string description) => description.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split(':'))
        .ToDictionary(part => byte.Parse(part[0], CultureInfo.InvariantCulture), part => long.Parse(part[1], CultureInfo.InvariantCulture));

    /// <summary>The cloud's watermarks agree with the numbers given out here.</summary>
    /// <exception cref="SpoolBrokenException">The disk or the database failed; end the process.</exception>
    public void Prove()
    {
        lock (_write)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_unproven is null) return;
            Transact(() =>
            {
                using var forget = new Statement(_writer, "DELETE FROM meta WHERE key=?");
                forget.Bind(1, Unproven).Run();
            });
            _unproven = null;
        }
    }

    /// <summary>
    /// The cloud knows numbers of the current epoch that were never given out here: the file is an older state of itself. A new epoch
    /// begins, and what was appended since then moves into it under new numbers; the names go along under their old ids.
    /// </summary>
    /// <exception cref="SpoolFullException">There is no room for it now.</exception>
    /// <exception cref="SpoolBrokenException">The disk or the database failed; end the process.</exception>
    public void BeginEpochAfterRollback()
    {
        lock (_write)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var old = _currentOrdinal;
            var from = Read(_unproven ?? DescribeUnproven());
            try
            {
                Transact(() =>
                {
                    BeginEpoch();
                    foreach (var lane in _lanes.Keys) Move(lane, old, from.GetValueOrDefault(lane, 1));
                    SaveState();
                    WriteMeta(Unproven, DescribeUnproven());
                });
                _unproven = DescribeUnproven();
            }
            catch
            {
                _currentOrdinal = old;
                throw;
            }
            PublishEpoch();
            Note(string.Create(CultureInfo.InvariantCulture, $"The cloud has numbers that this spool never gave out: the spool's file is an older copy of itself. Epoch {_epoch:x16} begins; what came since the start goes out under it, and the cloud drops what it has."));
        }
    }

    private void Move(byte lane, long old, long from)
    {
        if (!_positions.TryGetValue((old, lane), out var before)) return;
        var after = PositionOf(_currentOrdinal, lane);
        Touch(before);
        Touch(after);
        MoveRows(lane, old, from);
        MoveGaps(lane, old, from);
        CopyNames(lane, old);
        after.State = new PositionState(before.State.Next - Math.Min(from, before.State.Next) + 1, Math.Max(0, before.State.Released - from + 1), before.State.Names);
        before.State = before.State with { Next = Math.Min(from, before.State.Next), Released = Math.Min(before.State.Released, from - 1) };
    }

    private void MoveRows(byte lane, long old, long from)
    {
        var rows = new List<(long Id, long[] Fields)>();
        using (var find = new Statement(_writer, "SELECT id, first, count, bytes, names_through, crc32c, seal FROM row WHERE epoch=? AND lane=? AND first>=? ORDER BY first"))
            for (find.With(old, lane, from); find.Step();)
            {
                long[] fields = [old, lane, find.Long(1), find.Long(2), find.Long(3), find.Long(4), find.Long(5)];
                // A damaged one stays behind and is found damaged there.
                if (Seal.Check(SealKind.Row, fields, find.Maybe(6)) == SealVerdict.Whole) rows.Add((find.Long(0), fields));
            }
        using var move = new Statement(_writer, "UPDATE row SET epoch=?2, first=?3, seal=?4 WHERE id=?1");
        foreach (var (id, fields) in rows)
        {
            (fields[0], fields[2]) = (_currentOrdinal, fields[2] - from + 1);
            move.With(id, fields[0], fields[2], Seal.Of(SealKind.Row, fields)).Run();
        }
    }

    private void MoveGaps(byte lane, long old, long from)
    {
        var gaps = ReadGapsOf(old, lane, from);
        using var delete = new Statement(_writer, "DELETE FROM gap WHERE epoch=? AND lane=? AND first>=?");
        delete.With(old, lane, from).Run();
        foreach (var (first, last, reason) in gaps) WriteGap(_currentOrdinal, lane, first - from + 1, last - from + 1, reason);
    }

    private List<(long First, long Last, SpoolGap Reason)> ReadGapsOf(long ordinal, byte lane, long from)
    {
        var gaps = new List<(long, long, SpoolGap)>();
        using var find = new Statement(_writer, "SELECT first, last, reason FROM gap WHERE epoch=? AND lane=? AND first>=? ORDER BY first");
        for (find.With(ordinal, lane, from); find.Step();) gaps.Add((find.Long(0), find.Long(1), (SpoolGap)find.Long(2)));
        return gaps;
    }

    private void CopyNames(byte lane, long old)
    {
        var names = new List<byte[]>();
        using (var find = new Statement(_writer, "SELECT blob, seal FROM name WHERE epoch=? AND lane=? ORDER BY id"))
            for (find.With(old, lane); find.Step();)
            {
                var blob = find.Blob(0);
                if (CheckName(old, lane, names.Count, blob, find.Maybe(1)) == SealVerdict.Damaged) break;
                names.Add(blob);
            }
        for (var id = 0; id < names.Count; id++)
            _insertName.With(_currentOrdinal, lane, id).Bind(4, names[id]).Bind(5, SealOfName(_currentOrdinal, lane, id, names[id])).Run();
    }

    /// <summary>Whether a name of the current epoch is damaged or missing: then no row could be numbered with it.</summary>
    private bool IsNameLost()
    {
        foreach (var position in _positions.Values.Where(position => position.Ordinal == _epochs.Keys.Max()))
            if (Names(_epochs[position.Ordinal], position.Lane, 0, position.State.Names).Count < position.State.Names) return true;
        return false;
    }

    private string DescribeUnproven() => string.Join(',', _lanes.Keys.Select(lane =>
        string.Create(CultureInfo.InvariantCulture, $"{lane}:{(_positions.TryGetValue((_currentOrdinal, lane), out var position) ? position.State.Next : 1)}")));

    private void PublishEpoch()
    {
        Volatile.Write(ref _epoch, _epochs[_currentOrdinal]);
        PublishLast();
    }

    private void PublishLast()
    {
        foreach (var lane in _lanes.Values)
            Volatile.Write(ref lane.CommittedLast, _positions.TryGetValue((_currentOrdinal, lane.Options.Lane), out var position) ? position.State.Next - 1 : 0);
    }

    private void ProveContinuity(bool isRescued)
    {
        var identity = SpoolIdentity.Of(_file, _options.Machine);
        var ticket = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var beside = SpoolIdentity.ReadTicket(_options.Folder);
        var within = ReadMeta("ticket");
        const string New = "new";
        var doubt = _epochs.Count == 0 || isRescued ? New
            : !SpoolIdentity.Matches(ReadMeta("identity"), identity) ? "The spool's file is a copy, or stands on another machine"
            : IsNameLost() ? "A name of the spool's dictionary is damaged"
            : beside is null || (beside != within && beside != ReadMeta("ticket_before")) ? "The spool's file is older than its last opening: it was restored from a copy"
            : null;

        _unproven = ReadMeta(Unproven);
        DatabaseHeader.Execute(_writer, "BEGIN IMMEDIATE");
        IsContinued = doubt is null;
        if (doubt is not null) BeginEpoch();
        else _currentOrdinal = _epochs.Keys.Max();
        WriteMeta("identity", identity);
        WriteMeta("ticket_before", beside ?? "");
        WriteMeta("ticket", ticket);
        if (doubt is not null || _unproven is null) WriteMeta(Unproven, _unproven = DescribeUnproven());
        DatabaseHeader.Execute(_writer, "COMMIT");
        SpoolIdentity.WriteTicket(_options.Folder, ticket);
        PublishEpoch();
        if (doubt is not null and not New) Note($"{doubt}. Epoch {_epoch:x16} begins; what is still held goes out under its old numbers, and the cloud drops what it has.");
    }

    private void BeginEpoch()
    {
        var epoch = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
        var began = Now();
        using (var insert = new Statement(_writer, "INSERT INTO epoch(epoch, began) VALUES(?, ?) RETURNING ordinal"))
        {
            insert.With(unchecked((long)epoch), began).Step();
            _currentOrdinal = insert.Long(0);
        }
        using (var close = new Statement(_writer, "UPDATE epoch SET seal=?2 WHERE ordinal=?1"))
            close.With(_currentOrdinal, Seal.Of(SealKind.Epoch, _currentOrdinal, unchecked((long)epoch), began)).Run();
        Know(_currentOrdinal, epoch);
        ForgetOldEpochs();
    }

    // An epoch whose rows are all released is of use only to answer a cloud that came back from an older copy.
    private void ForgetOldEpochs()
    {
        while (_epochs.Count > EpochsKept)
        {
            var oldest = _epochs.Keys.First();
            using var held = new Statement(_writer, "SELECT EXISTS(SELECT 1 FROM row WHERE epoch=?)");
            held.With(oldest).Step();
            if (held.Long(0) != 0) return;
            foreach (var table in new[] { "name", "gap", "position" })
            {
                using var delete = new Statement(_writer, $"DELETE FROM {table} WHERE epoch=?");
                delete.With(oldest).Run();
            }
            using var forget = new Statement(_writer, "DELETE FROM epoch WHERE ordinal=?");
            forget.With(oldest).Run();
            _ordinals.Remove(_epochs[oldest]);
            _epochs.Remove(oldest);
            foreach (var key in _positions.Keys.Where(key => key.Ordinal == oldest).ToList()) _positions.Remove(key);
        }
    }

    private string? ReadMeta(string key)
    {
        using var statement = new Statement(_writer, "SELECT value, seal FROM meta WHERE key=?");
        if (!statement.Bind(1, key).Step()) return null;
        var value = statement.Text(0);
        if (statement.Maybe(1) is not { } seal || seal == SealOfMeta(key, value)) return value;
        // Of all others nothing is as good as wrong: without identity or ticket a new epoch begins.
        return key == Unproven ? throw Damaged("meta") : null;
    }

    private void WriteMeta(string key, string value)
    {
        using var statement = new Statement(_writer, "INSERT INTO meta VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET value=excluded.value, seal=excluded.seal");
        statement.Bind(1, key).Bind(2, value).Bind(3, SealOfMeta(key, value)).Run();
    }
}
