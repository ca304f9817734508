using System.Buffers;
using System.Globalization;
using System.Text;
using SmartCity.Model;
using SmartCity.Model.Columns;

namespace SmartCity.Cloud.Log;

// Values set aside that an operator sends to the stores again, after what was wrong has been put right.
public sealed partial class DurableLog
{
    /// <summary>Epoch of the numbers under which an operator's values stand beside a gateway's own; no gateway ever begins it.</summary>
    public const ulong OperatorEpoch = 0;

    /// <summary>
    /// Puts a dead letter's value into the log again, behind everything that is there, and takes it out of the dead letters in the same transaction: every
    /// consumer gets it once more. A store that refuses it again sets it aside again, under a new number. It stays counted as accepted once.
    /// </summary>
    /// <param name="id">Number of the letter.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What became of it; null where there is no such letter.</returns>
    /// <exception cref="IOException">The volume is full.</exception>
    public async Task<ResubmitOutcome?> ResubmitAsync(long id, CancellationToken cancellationToken)
    {
        if (DeadLetters(id - 1, 1) is not [var letter] || letter.Id != id) return null;
        var reading = new ReadingBatch(1);
        if (Restore(letter, reading) is { } reason) return new ResubmitOutcome(id, false, reason);
        var columns = new ArrayBufferWriter<byte>();
        ReadingColumns.Encode(reading, columns);
        ResubmitOutcome? outcome = null;
        await RunAsync(() => outcome = Resubmit(letter, columns.WrittenSpan), cancellationToken).ConfigureAwait(false);
        return outcome;
    }

    private ResubmitOutcome? Resubmit(DeadLetter letter, ReadOnlySpan<byte> columns)
    {
        var bytes = columns.Length + RowOverheadBytes;
        if (_bytes + bytes > _options.QuotaBytes) return new ResubmitOutcome(letter.Id, false, "the log is at its quota until the stores have taken some");
        using (var delete = new Statement(_writer, "DELETE FROM dead_letter WHERE id=?"))
        {
            delete.With(letter.Id).Run();
            // Another one was faster.
            if (SQLitePCL.raw.sqlite3_changes(_writer.Handle!) == 0) return null;
        }
        var now = UnixMicros.Now(_clock);
        var gateway = GatewayOf(letter.Gateway);
        var key = new PositionKey(gateway, OperatorEpoch, letter.Lane);
        if (!_positions.TryGetValue(key, out var position)) position = new Position(0, 0, 0, now);
        Seal.Bind(_insertRow, SealKind.Row, _end, 1, gateway, (long)letter.Lane, unchecked((long)OperatorEpoch), position.Through + 1, 1, now, 0, Crc32C.Of(columns)).Bind(12, columns).Run();
        CountInHour(key, now, position.Through + 1, position.Through + 1, 1);
        HashInHour(key, now, letter.Gateway, position.Through + 1, 1, 1, columns, []);
        _end++;
        _bytes += bytes;
        _deadLetters--;
        _positions[key] = position with { Through = position.Through + 1, Received = position.Received + 1 };
        _touchedPositions.Add(key);
        CounterOf(gateway, letter.Lane).DeadLettered--;
        return new ResubmitOutcome(letter.Id, true, null);
    }

    /// <summary>The letter's value as a reading of its series; a number becomes the other kind of number only where nothing of it is lost.</summary>
    /// <returns>Why it cannot be one; null where it can.</returns>
    private string? Restore(DeadLetter letter, ReadingBatch reading)
    {
        if (letter.IsDamaged) return "the letter itself is damaged on the disk";
        if (letter.Lane == Lane.Toll) return "a toll event is kept under its key, not as a reading";
        var number = Series.Find(letter.Series);
        if (number == 0) number = Series.NumberOf(letter.Series, letter.Kind);
        var kind = Series.KindOf(number);
        if (letter.Kind == ValueKind.Text)
        {
            if (kind != ValueKind.Text) return Conflict();
            reading.AddText(number, letter.Time, letter.Received, Encoding.UTF8.GetBytes(letter.Value), ReadingQuality.Backfilled);
            return null;
        }
        if (BitsOf(letter, kind) is not { } bits) return Conflict();
        reading.Add(number, letter.Time, letter.Received, kind, bits, ReadingQuality.Backfilled);
        return null;

        string Conflict() => string.Create(CultureInfo.InvariantCulture, $"series:kind is {kind}, the value is {letter.Kind}");
    }

    private static long? BitsOf(DeadLetter letter, ValueKind kind)
    {
        const double ExactMax = 1L << 53;
        switch (letter.Kind)
        {
            case ValueKind.Bool when kind == ValueKind.Bool && letter.Value is "true" or "false": return letter.Value == "true" ? 1 : 0;
            case ValueKind.Int64 when long.TryParse(letter.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole):
                return kind == ValueKind.Int64 ? whole : kind == ValueKind.Double && Math.Abs((double)whole) <= ExactMax ? BitConverter.DoubleToInt64Bits(whole) : null;
            case ValueKind.Double when double.TryParse(letter.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                return kind == ValueKind.Double ? BitConverter.DoubleToInt64Bits(number) : kind == ValueKind.Int64 && Math.Abs(number) <= ExactMax && number == Math.Truncate(number) ? (long)number : null;
            default: return null;
        }
    }
}
