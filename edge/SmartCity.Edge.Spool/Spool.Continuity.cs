using System.Globalization;
using System.Security.Cryptography;

namespace SmartCity.Edge.Spool;

// Continuity: a number that was given out once is never given out again under the same epoch.
public sealed partial class Spool
{
    // Where the numbers stood when the file was opened for the first time since the cloud last confirmed them: "lane:next" by commas.
    // Should the cloud know more than we, everything from there on was numbered a second time.
    private const string Unproven = "unproven";

    /// <summary>The cloud's watermarks agree with the numbers given out here.</summary>
    /// <exception cref="SpoolBrokenException">The disk or the database failed; end the process.</exception>
    public void Prove()
    {
        lock (_write)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (ReadMeta(Unproven) is null) return;
            Transact(() =>
            {
                using var forget = new Statement(_writer, "DELETE FROM meta WHERE key=?");
                forget.Bind(1, Unproven).Run();
            });
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
            var from = (ReadMeta(Unproven) ?? DescribeUnproven()).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split(':'))
                .ToDictionary(part => byte.Parse(part[0], CultureInfo.InvariantCulture), part => long.Parse(part[1], CultureInfo.InvariantCulture));
            try
            {
                Transact(() =>
                {
                    BeginEpoch();
                    foreach (var lane in _lanes.Keys) Move(lane, old, from.GetValueOrDefault(lane, 1));
                    SaveState();
                    WriteMeta(Unproven, DescribeUnproven());
                });
            }
            catch
            {
                _currentOrdinal = old;
                throw;
            }
            PublishEpoch();
        }
    }

    private void Move(byte lane, long old, long from)
    {
        if (!_positions.TryGetValue((old, lane), out var before)) return;
        var after = PositionOf(_currentOrdinal, lane);
        Touch(before);
        Touch(after);
        foreach (var sql in new[]
        {
            "UPDATE row SET epoch=?1, first=first-?4+1 WHERE epoch=?2 AND lane=?3 AND first>=?4",
            "UPDATE gap SET epoch=?1, first=first-?4+1, last=last-?4+1 WHERE epoch=?2 AND lane=?3 AND first>=?4",
        })
        {
            using var move = new Statement(_writer, sql);
            move.With(_currentOrdinal, old, lane, from).Run();
        }
        using var copy = new Statement(_writer, "INSERT INTO name SELECT ?1, lane, id, blob FROM name WHERE epoch=?2 AND lane=?3");
        copy.With(_currentOrdinal, old, lane).Run();
        after.State = new PositionState(before.State.Next - Math.Min(from, before.State.Next) + 1, Math.Max(0, before.State.Released - from + 1), before.State.Names);
        before.State = before.State with { Next = Math.Min(from, before.State.Next), Released = Math.Min(before.State.Released, from - 1) };
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

    private void ProveContinuity()
    {
        var identity = SpoolIdentity.Of(_file, _options.Machine);
        var ticket = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var beside = SpoolIdentity.ReadTicket(_options.Folder);
        var within = ReadMeta("ticket");
        var doubt = _epochs.Count == 0 ? "new"
            : ReadMeta("identity") != identity ? "The spool's file is a copy, or stands on another machine"
            : beside is null || (beside != within && beside != ReadMeta("ticket_before")) ? "The spool's file is older than its last opening: it was restored from a copy"
            : null;

        SpoolSchema.Execute(_writer, "BEGIN IMMEDIATE");
        IsContinued = doubt is null;
        if (doubt is not null) BeginEpoch();
        else _currentOrdinal = _epochs.Keys.Max();
        WriteMeta("identity", identity);
        WriteMeta("ticket_before", beside ?? "");
        WriteMeta("ticket", ticket);
        if (doubt is not null || ReadMeta(Unproven) is null) WriteMeta(Unproven, DescribeUnproven());
        SpoolSchema.Execute(_writer, "COMMIT");
        SpoolIdentity.WriteTicket(_options.Folder, ticket);
        PublishEpoch();
        if (doubt is not null and not "new") _notes.Add($"{doubt}. Epoch {_epoch:x16} begins; what is still held goes out under its old numbers, and the cloud drops what it has.");
    }

    private void BeginEpoch()
    {
        var epoch = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
        using (var insert = new Statement(_writer, "INSERT INTO epoch(epoch, began) VALUES(?, ?) RETURNING ordinal"))
        {
            insert.With(unchecked((long)epoch), Now()).Step();
            _currentOrdinal = insert.Long(0);
        }
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
        using var statement = new Statement(_writer, "SELECT value FROM meta WHERE key=?");
        return statement.Bind(1, key).Step() ? statement.Text(0) : null;
    }

    private void WriteMeta(string key, string value)
    {
        using var statement = new Statement(_writer, "INSERT INTO meta VALUES(?, ?) ON CONFLICT DO UPDATE SET value=excluded.value");
        statement.Bind(1, key).Bind(2, value).Run();
    }
}
