using System.Buffers;

namespace SmartCity.Model.Columns;

/// <summary>
/// The columnar encoding of a <see cref="ReadingBatch"/>: in the spool, on the wire and in the log. Deterministic; no names, no compression.
/// </summary>
/// <remarks>
/// Version 1, columns one after the other, numbers as varints (signed ones zigzag):
/// <code>
/// u8 version, count
/// series    delta to the previous one
/// kind      runs: u8 kind, length
/// time      u8 power of ten of the unit in µs (0, 3 or 6); delta to the previous one in units
/// received  delta to the previous one, µs
/// quality   runs: u8 flags, length
/// repairs   count; each: index less the previous one, device time less event time
/// exponents one nibble a double: 0–7 = value × 10^e is an integer, 15 = raw
/// values    double: the integer, or 8 bytes raw; int64; bool 0 or 1; text: length and UTF-8
/// </code>
/// About 2–3 bytes a reading for readings of one to three decimals after zstd.
/// </remarks>
public static class ReadingColumns
{
    private const byte Version = 1;
    private const int RawExponent = 15;

    /// <summary>Powers of ten that <see cref="double"/> holds exactly and that sensors use.</summary>
    private static ReadOnlySpan<double> PowersOfTen => [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

    /// <summary>Appends the encoding of all readings of <paramref name="batch"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Encode(ReadingBatch batch, IBufferWriter<byte> output) => Encode(batch, 0, batch.Count, output);

    /// <summary>Appends the encoding of <paramref name="count"/> readings from <paramref name="start"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Encode(ReadingBatch batch, int start, int count, IBufferWriter<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, batch.Count);
        var writer = new ColumnWriter(output.GetSpan(BytesMax(batch, count)));
        writer.Byte(Version);
        writer.Varint((ulong)count);
        WriteSeries(ref writer, batch.Series.AsSpan(start, count));
        WriteRuns(ref writer, batch.Kind.AsSpan(start, count));
        WriteTimes(ref writer, batch.Time.AsSpan(start, count));
        WriteDeltas(ref writer, batch.Received.AsSpan(start, count));
        WriteRuns(ref writer, batch.Quality.AsSpan(start, count));
        WriteRepairs(ref writer, batch, start, count);
        WriteValues(ref writer, batch, start, count);
        output.Advance(writer.Length);
        return writer.Length;
    }

    /// <summary>Decodes columns into <paramref name="batch"/>, which is cleared first.</summary>
    /// <param name="columns">What <see cref="Encode(ReadingBatch, IBufferWriter{byte})"/> wrote.</param>
    /// <param name="batch">Filled; its content is undefined unless the result is <see cref="ColumnsError.None"/>.</param>
    /// <param name="countMax">Most readings to accept; a count is never believed beyond the bytes that are there.</param>
    /// <returns>Why it failed. Never throws, for any input.</returns>
    public static ColumnsError TryDecode(ReadOnlySpan<byte> columns, ReadingBatch batch, int countMax = 1_000_000)
    {
        batch.Clear();
        var reader = new ColumnReader(columns);
        if (reader.Byte() != Version) return columns.IsEmpty ? ColumnsError.Truncated : ColumnsError.UnknownVersion;
        var declared = reader.Varint();
        if (reader.Failed) return ColumnsError.Truncated;
        if (declared > (ulong)countMax) return ColumnsError.TooMany;
        // Each reading takes at least three bytes (series, time, received), so a lying count allocates nothing.
        if (declared > (ulong)(reader.Remaining / 3)) return declared == 0 ? ColumnsError.None : ColumnsError.Truncated;
        var count = (int)declared;
        batch.Resize(count);
        return ReadColumns(ref reader, batch, count);
    }

    /// <summary>Upper bound of the bytes that <paramref name="count"/> readings of <paramref name="batch"/> take.</summary>
    public static int BytesMax(ReadingBatch batch, int count) =>
        // Series 5, kind run 11, time 10, received 10, quality run 11, exponent 1, value 10 and the text lengths' 5.
        64 + (count * 63) + batch.TextLength + (batch.TimeRepairs.Count * 2 * ColumnWriter.VarintBytesMax);

    private static ColumnsError ReadColumns(ref ColumnReader reader, ReadingBatch batch, int count)
    {
        var error = ReadSeries(ref reader, batch.Series.AsSpan(0, count));
        if (error == ColumnsError.None) error = ReadRuns(ref reader, batch.Kind.AsSpan(0, count), (byte)ValueKind.Text);
        if (error == ColumnsError.None) error = ReadTimes(ref reader, batch.Time.AsSpan(0, count));
        if (error == ColumnsError.None) error = ReadDeltas(ref reader, batch.Received.AsSpan(0, count), 1);
        if (error == ColumnsError.None) error = ReadRuns(ref reader, batch.Quality.AsSpan(0, count), byte.MaxValue);
        if (error == ColumnsError.None) error = ReadRepairs(ref reader, batch, count);
        if (error == ColumnsError.None) error = ReadValues(ref reader, batch, count);
        if (error == ColumnsError.None && reader.Remaining > 0) error = ColumnsError.TrailingBytes;
        return error;
    }

    private static void WriteSeries(ref ColumnWriter writer, ReadOnlySpan<int> series)
    {
        var previous = 0;
        foreach (var id in series)
        {
            writer.Zigzag((long)id - previous);
            previous = id;
        }
    }

    private static ColumnsError ReadSeries(ref ColumnReader reader, Span<int> series)
    {
        long previous = 0;
        foreach (ref var id in series)
        {
            previous = unchecked(previous + reader.Zigzag());
            if (previous is < 0 or > int.MaxValue) return ColumnsError.BadValue;
            id = (int)previous;
        }
        return reader.Failed ? ColumnsError.Truncated : ColumnsError.None;
    }

    private static void WriteRuns<T>(ref ColumnWriter writer, ReadOnlySpan<T> column) where T : unmanaged, Enum
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.Cast<T, byte>(column);
        for (var i = 0; i < bytes.Length;)
        {
            var value = bytes[i];
            var rest = bytes[i..];
            var run = rest.IndexOfAnyExcept(value);
            if (run < 0) run = rest.Length;
            writer.Byte(value);
            writer.Varint((ulong)run);
            i += run;
        }
    }

    private static ColumnsError ReadRuns<T>(ref ColumnReader reader, Span<T> column, byte greatest) where T : unmanaged, Enum
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.Cast<T, byte>(column);
        while (!bytes.IsEmpty)
        {
            var value = reader.Byte();
            var run = reader.Varint();
            if (reader.Failed) return ColumnsError.Truncated;
            if (value > greatest || run == 0 || run > (ulong)bytes.Length) return ColumnsError.BadValue;
            bytes[..(int)run].Fill(value);
            bytes = bytes[(int)run..];
        }
        return ColumnsError.None;
    }

    private static void WriteTimes(ref ColumnWriter writer, ReadOnlySpan<long> times)
    {
        byte power = 6;
        foreach (var time in times)
        {
            if (power == 6 && time % 1_000_000 != 0) power = 3;
            if (power == 3 && time % 1_000 != 0)
            {
                power = 0;
                break;
            }
        }
        writer.Byte(power);
        var unit = UnitOf(power);
        long previous = 0;
        foreach (var time in times)
        {
            var ticks = time / unit;
            writer.Zigzag(unchecked(ticks - previous));
            previous = ticks;
        }
    }

    private static ColumnsError ReadTimes(ref ColumnReader reader, Span<long> times)
    {
        var power = reader.Byte();
        if (reader.Failed) return ColumnsError.Truncated;
        return power is 0 or 3 or 6 ? ReadDeltas(ref reader, times, UnitOf(power)) : ColumnsError.BadValue;
    }

    private static long UnitOf(byte power) => power switch { 6 => 1_000_000, 3 => 1_000, _ => 1 };

    private static void WriteDeltas(ref ColumnWriter writer, ReadOnlySpan<long> column)
    {
        long previous = 0;
        foreach (var value in column)
        {
            writer.Zigzag(unchecked(value - previous));
            previous = value;
        }
    }

    private static ColumnsError ReadDeltas(ref ColumnReader reader, Span<long> column, long unit)
    {
        long previous = 0;
        foreach (ref var value in column)
        {
            previous = unchecked(previous + reader.Zigzag());
            value = unchecked(previous * unit);
        }
        return reader.Failed ? ColumnsError.Truncated : ColumnsError.None;
    }

    private static void WriteRepairs(ref ColumnWriter writer, ReadingBatch batch, int start, int count)
    {
        var inside = 0;
        foreach (var repair in batch.TimeRepairs) if (repair.Index >= start && repair.Index < start + count) inside++;
        writer.Varint((ulong)inside);
        if (inside == 0) return;
        var previous = start;
        foreach (var repair in batch.TimeRepairs)
        {
            if (repair.Index < start || repair.Index >= start + count) continue;
            writer.Varint((ulong)(repair.Index - previous));
            writer.Zigzag(unchecked(repair.DeviceTime - batch.Time[repair.Index]));
            previous = repair.Index;
        }
    }

    private static ColumnsError ReadRepairs(ref ColumnReader reader, ReadingBatch batch, int count)
    {
        var repairs = reader.Count(count);
        long index = 0;
        for (var i = 0; i < repairs; i++)
        {
            index += reader.Count(count);
            var difference = reader.Zigzag();
            if (reader.Failed) return ColumnsError.Truncated;
            if (index >= count || (i > 0 && index == batch.TimeRepairs[^1].Index)) return ColumnsError.BadValue;
            batch.TimeRepairs.Add(new TimeRepair((int)index, unchecked(batch.Time[(int)index] + difference)));
        }
        return reader.Failed ? ColumnsError.Truncated : ColumnsError.None;
    }

    private static void WriteValues(ref ColumnWriter writer, ReadingBatch batch, int start, int count)
    {
        var kinds = batch.Kind.AsSpan(start, count);
        var doubles = kinds.Count(ValueKind.Double);
        var exponents = writer.Reserve((doubles + 1) / 2);
        exponents.Clear();
        var nth = 0;
        for (var i = 0; i < count; i++)
        {
            var bits = batch.Bits[start + i];
            switch (kinds[i])
            {
                case ValueKind.Double:
                    var exponent = Scale(BitConverter.Int64BitsToDouble(bits), out var integer);
                    exponents[nth >> 1] |= (byte)((nth & 1) == 0 ? exponent : exponent << 4);
                    nth++;
                    if (exponent == RawExponent) writer.Fixed64(bits);
                    else writer.Zigzag(integer);
                    break;
                case ValueKind.Text:
                    var text = batch.TextAt(start + i);
                    writer.Varint((ulong)text.Length);
                    writer.Bytes(text);
                    break;
                default:
                    writer.Zigzag(bits);
                    break;
            }
        }
    }

    private static ColumnsError ReadValues(ref ColumnReader reader, ReadingBatch batch, int count)
    {
        var kinds = batch.Kind.AsSpan(0, count);
        var exponents = reader.Bytes((kinds.Count(ValueKind.Double) + 1) / 2);
        if (reader.Failed) return ColumnsError.Truncated;
        var nth = 0;
        for (var i = 0; i < count; i++)
        {
            switch (kinds[i])
            {
                case ValueKind.Double:
                    var exponent = (exponents[nth >> 1] >> ((nth & 1) * 4)) & 0xF;
                    nth++;
                    if (exponent == RawExponent) batch.Bits[i] = reader.Fixed64();
                    else if (exponent < PowersOfTen.Length) batch.Bits[i] = BitConverter.DoubleToInt64Bits(reader.Zigzag() / PowersOfTen[exponent]);
                    else return ColumnsError.BadValue;
                    break;
                case ValueKind.Text:
                    batch.Bits[i] = batch.AppendText(reader.Bytes(reader.Count(reader.Remaining)));
                    break;
                case ValueKind.Bool:
                    var truth = reader.Zigzag();
                    if (truth is not (0 or 1)) return ColumnsError.BadValue;
                    batch.Bits[i] = truth;
                    break;
                default:
                    batch.Bits[i] = reader.Zigzag();
                    break;
            }
            if (reader.Failed) return ColumnsError.Truncated;
        }
        return ColumnsError.None;
    }

    /// <summary>The least power of ten that makes <paramref name="value"/> an integer that gives back its very bits, or <see cref="RawExponent"/>.</summary>
    private static int Scale(double value, out long integer)
    {
        const double ExactMax = 1L << 53;
        var powers = PowersOfTen;
        for (var e = 0; e < powers.Length; e++)
        {
            var scaled = Math.Round(value * powers[e]);
            if (!(Math.Abs(scaled) < ExactMax)) break;
            integer = (long)scaled;
            if (BitConverter.DoubleToInt64Bits(integer / powers[e]) == BitConverter.DoubleToInt64Bits(value)) return e;
        }
        integer = 0;
        return RawExponent;
    }
}
