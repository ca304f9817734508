using System.Globalization;

namespace SmartCity.Edge.Spool;

// Dead letters after their arrival: listed, taken up again, discarded.
public sealed partial class Spool
{
    // What an operator did with dead letters, four numbers by commas; beside the counters, which know only what is.
    private const string LetterTotals = "dead_letter_totals";

    private DeadLetterTotals? _letterTotals;

    /// <summary>What became of dead letters by an operator's hand.</summary>
    public DeadLetterTotals DeadLetterTotals
    {
        get
        {
            lock (_write)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return _letterTotals ??= ReadTotals();
            }
        }
    }

    /// <summary>Dead letters without their payloads, the newest first.</summary>
    /// <param name="before">Only ids below this; null = from the newest.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<DeadLetterHead> DeadLetterHeads(long? before = null, int limit = 100)
    {
        lock (_read)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT id, lane, time, topic, qos, reason, \"values\", length(payload) FROM dead_letter WHERE id<? ORDER BY id DESC LIMIT ?");
                statement.With(before ?? long.MaxValue, limit);
                var heads = new List<DeadLetterHead>();
                while (statement.Step())
                    heads.Add(new DeadLetterHead(statement.Long(0), unchecked((byte)statement.Long(1)), statement.Long(2), statement.Blob(3), unchecked((byte)statement.Long(4)), statement.Text(5),
                        unchecked((int)statement.Long(6)), (int)statement.Long(7)));
                return heads;
            });
        }
    }

    /// <summary>Drops dead letters for good; their values stay counted as dead-lettered, and the letters as discarded (<see cref="DeadLetterTotals"/>).</summary>
    /// <param name="id">Which; null = all.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="SpoolFullException">There is no room for the record; nothing was dropped.</exception>
    /// <exception cref="SpoolBrokenException">The disk or the database failed; end the process.</exception>
    public int DiscardDeadLetters(long? id = null)
    {
        lock (_write)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            long count = 0;
            Transact(() =>
            {
                using var sum = new Statement(_writer, "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(\"values\"), 0) FROM dead_letter WHERE ?1=0 OR id=?1");
                sum.With(id ?? 0).Step();
                count = sum.Long(0);
                var (bytes, values) = (sum.Long(1), sum.Long(2));
                sum.Reset();
                if (count == 0) return;
                using var delete = new Statement(_writer, "DELETE FROM dead_letter WHERE ?1=0 OR id=?1");
                delete.With(id ?? 0).Run();
                _deadLetterCount -= count;
                _deadLetterBytes -= bytes;
                AddTotals(count, values, 0, 0);
            });
            return (int)count;
        }
    }

    /// <summary>The values of a letter that are kept now leave the dead letters, and with the last of them the letter. Nothing happens where there is no such letter any more.</summary>
    private void Write(SpoolTransaction.Settlement settlement)
    {
        using var find = new Statement(_writer, "SELECT lane, \"values\", bytes, reason FROM dead_letter WHERE id=?");
        if (!find.With(settlement.Id).Step()) return;
        var (lane, values, bytes, reason) = (LaneOf((byte)find.Long(0)), find.Long(1), find.Long(2), find.Text(3));
        find.Reset();
        if (settlement.Values == 0)
        {
            using var delete = new Statement(_writer, "DELETE FROM dead_letter WHERE id=?");
            delete.With(settlement.Id).Run();
            _deadLetterCount--;
            _deadLetterBytes -= bytes;
        }
        else
        {
            var grown = settlement.Reason.Length - reason.Length;
            using var whole = new Statement(_writer, "SELECT id, lane, time, topic, qos, reason, \"values\", payload, bytes, seal FROM dead_letter WHERE id=?");
            var letter = ReadDeadLetters(whole.With(settlement.Id)).Single();
            whole.Reset();
            using var update = new Statement(_writer, "UPDATE dead_letter SET \"values\"=?2, bytes=?3, seal=?4, reason=?5 WHERE id=?1");
            update.With(settlement.Id, settlement.Values, bytes + grown, SealOf(letter with { Values = settlement.Values, Reason = settlement.Reason })).Bind(5, settlement.Reason).Run();
            _deadLetterBytes += grown;
        }
        // They were accepted once, and are counted once: as what they have become.
        lane.Accepted -= values - settlement.Values;
        lane.DeadLettered -= values - settlement.Values;
        AddTotals(0, 0, 1, values - settlement.Values);
    }

    private void AddTotals(long discardedLetters, long discardedValues, long resubmittedLetters, long resubmittedValues)
    {
        var before = _letterTotals ?? ReadTotals();
        var after = new DeadLetterTotals(
            before.DiscardedLetters + discardedLetters, before.DiscardedValues + discardedValues, before.ResubmittedLetters + resubmittedLetters, before.ResubmittedValues + resubmittedValues);
        // Read again from the file after a transaction that fails.
        _letterTotals = null;
        WriteMeta(LetterTotals, string.Create(CultureInfo.InvariantCulture, $"{after.DiscardedLetters},{after.DiscardedValues},{after.ResubmittedLetters},{after.ResubmittedValues}"));
    }

    private DeadLetterTotals ReadTotals() =>
        ReadMeta(LetterTotals)?.Split(',') is { Length: 4 } parts && parts.Select(part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray() is var numbers
            ? new DeadLetterTotals(numbers[0], numbers[1], numbers[2], numbers[3]) : default;
}
