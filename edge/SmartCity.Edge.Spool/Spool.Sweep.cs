namespace SmartCity.Edge.Spool;

// Damage to the records of rows, as far as SQLite does not see it.
public sealed partial class Spool
{
    /// <summary>
    /// Checks the record of every row, puts right what had one flipped bit, takes out what is damaged beyond repair, and builds the index anew: a row
    /// is looked up by the index, and either may be the damaged one. Numbers of what was taken out are found missing at the next reading.
    /// </summary>
    /// <returns>False where there is no room for it; then nothing has changed.</returns>
    private bool Sweep()
    {
        lock (_write)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                Transact(() =>
                {
                    SpoolSchema.DropRowPlace(_writer);
                    SweepRecords();
                    SpoolSchema.MakeRowPlace(_writer);
                    SumUpHeld();
                    SaveState();
                });
                return true;
            }
            catch (SpoolFullException)
            {
                return false;
            }
        }
    }

    private void SweepRecords()
    {
        var wrong = new List<(long Id, long[]? Fields)>();
        using (var rows = new Statement(_writer, "SELECT id, epoch, lane, first, count, bytes, names_through, crc32c, seal FROM row ORDER BY id"))
            while (rows.Step())
            {
                long[] fields = [rows.Long(1), rows.Long(2), rows.Long(3), rows.Long(4), rows.Long(5), rows.Long(6), rows.Long(7)];
                var verdict = Seal.Check(SealKind.Row, fields, rows.Maybe(8));
                if (verdict != SealVerdict.Whole) wrong.Add((rows.Long(0), verdict == SealVerdict.Repaired ? fields : null));
            }
        using var update = new Statement(_writer, "UPDATE row SET epoch=?2, lane=?3, first=?4, count=?5, bytes=?6, names_through=?7, crc32c=?8, seal=?9 WHERE id=?1");
        foreach (var (id, fields) in wrong)
        {
            if (fields is null) _deleteRow.With(id).Run();
            else update.With([id, .. fields, Seal.Of(SealKind.Row, fields)]).Run();
        }
        SweepGaps();
    }

    private void SweepGaps()
    {
        var wrong = new List<(long[] Key, long[]? Fields)>();
        using (var gaps = new Statement(_writer, "SELECT epoch, lane, first, last, reason, seal FROM gap"))
            while (gaps.Step())
            {
                long[] key = [gaps.Long(0), gaps.Long(1), gaps.Long(2)];
                long[] fields = [.. key, gaps.Long(3), gaps.Long(4)];
                var verdict = Seal.Check(SealKind.Gap, fields, gaps.Maybe(5));
                if (verdict != SealVerdict.Whole) wrong.Add((key, verdict == SealVerdict.Repaired ? fields : null));
            }
        using var delete = new Statement(_writer, "DELETE FROM gap WHERE epoch=? AND lane=? AND first=?");
        foreach (var (key, fields) in wrong)
        {
            delete.With(key).Run();
            if (fields is not null) _insertGap.With([.. fields, Seal.Of(SealKind.Gap, fields)]).Run();
        }
    }

    private void SumUpHeld()
    {
        foreach (var lane in _lanes.Values) (lane.HeldValues, lane.HeldBytes) = (0, 0);
        using var held = new Statement(_writer, "SELECT lane, sum(count), sum(bytes) FROM row INDEXED BY row_place GROUP BY lane");
        while (held.Step())
        {
            var lane = LaneOf((byte)held.Long(0));
            (lane.HeldValues, lane.HeldBytes) = (held.Long(1), held.Long(2));
        }
        // What is neither held nor accounted for is gone; its numbers are recorded when a reading comes to them.
        foreach (var lane in _lanes.Values) lane.Expired += Math.Max(0, Residual(lane));
    }

    private static long Residual(LaneState lane) => lane.Accepted - lane.Stored - lane.Superseded - lane.HeldValues - lane.DeadLettered - lane.Expired;

    internal static long SealOf(DeadLetter letter) => Seal.Of(SealKind.DeadLetter, letter.Lane, letter.Time, letter.QoS, letter.Values,
        Crc32C.Of(letter.Topic.Span), Crc32C.Of(System.Text.Encoding.UTF8.GetBytes(letter.Reason)), letter.Payload.Length, Crc32C.Of(letter.Payload.Span));

    internal static long SealOfMark(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Seal.Of(SealKind.Mark, Crc32C.Of(key), Crc32C.Of(value));

    internal static long SealOfName(long ordinal, byte lane, int id, ReadOnlySpan<byte> blob) => Seal.Of(SealKind.Name, ordinal, lane, id, Crc32C.Of(blob));

    private static SealVerdict CheckName(long ordinal, byte lane, int id, byte[] blob, long? seal) => Seal.Check(SealKind.Name, [ordinal, lane, id, 0], blob, seal);

    private static long SealOfMeta(string key, string value) => Seal.Of(SealKind.Meta, Crc32C.Of(System.Text.Encoding.UTF8.GetBytes(key)), Crc32C.Of(System.Text.Encoding.UTF8.GetBytes(value)));
}
