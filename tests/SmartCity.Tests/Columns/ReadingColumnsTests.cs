using System.Buffers;
using CsCheck;
using SmartCity.Model;
using SmartCity.Model.Columns;
using Xunit;

namespace SmartCity.Tests.Columns;

public sealed class ReadingColumnsTests
{
    /// <summary>Numbers as sensors send them, and every bit pattern there is.</summary>
    private static readonly Gen<double> _doubles = Gen.OneOf(
        Gen.Int[-100_000, 100_000].Select(value => value / 100.0),
        Gen.Double,
        Gen.Long.Select(BitConverter.Int64BitsToDouble),
        OneOf(0.0, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue, double.MinValue,
            9007199254740991.0, 9007199254740992.0, 9007199254740993.0, 0.1, 1e-7, 1e-8, 12345.6789012));

    private static readonly Gen<long> _times = Gen.OneOf(
        Gen.Long[1_700_000_000, 1_900_000_000].Select(s => s * 1_000_000),
        Gen.Long[1_700_000_000_000, 1_900_000_000_000].Select(ms => ms * 1_000),
        Gen.Long[-4_000_000_000_000_000, 4_000_000_000_000_000],
        OneOf(0L, long.MinValue, long.MaxValue));

    private static readonly Gen<ReadingValue> _values = Gen.OneOf(
        _doubles.Select(ReadingValue.Of),
        Gen.Long.Select(ReadingValue.Of),
        Gen.Bool.Select(ReadingValue.Of),
        Gen.String[Gen.OneOf(Gen.Char.AlphaNumeric, OneOf('س', 'é', '\0', '"')), 0, 40].Select(ReadingValue.Of));

    private static readonly Gen<Row> _rows = Gen.Select(
        Gen.OneOf(Gen.Int[0, 50], Gen.Int[0, int.MaxValue]), _times, _times, _values, Gen.Byte, Gen.Select(Gen.Bool, _times, (has, time) => has ? time : (long?)null),
        (series, time, received, value, quality, deviceTime) => new Row(series, time, received, value, (ReadingQuality)quality, deviceTime));

    [Fact]
    public void Every_batch_comes_back_bit_for_bit() =>
        _rows.List[0, 60].Sample(rows =>
        {
            var decoded = new ReadingBatch(1);
            Assert.Equal(ColumnsError.None, ReadingColumns.TryDecode(Encoded(Batch(rows)), decoded));
            Assert.Equal(rows, Rows(decoded));
        });

    [Fact]
    public void A_part_is_encoded_as_a_batch_of_its_own() =>
        Gen.Select(_rows.List[1, 40], Gen.Double[0, 1], Gen.Double[0, 1]).Sample((rows, a, b) =>
        {
            var start = (int)(a * rows.Count);
            var count = (int)(b * (rows.Count - start));
            var output = new ArrayBufferWriter<byte>();
            var written = ReadingColumns.Encode(Batch(rows), start, count, output);
            Assert.Equal(output.WrittenCount, written);
            Assert.Equal(Encoded(Batch(rows.GetRange(start, count))), output.WrittenSpan.ToArray());
        });

    [Fact]
    public void Damaged_bytes_give_an_error_or_readings_and_never_throw() =>
        Gen.Select(_rows.List[1, 20], Gen.Int[0, 100_000], Gen.Byte, Gen.Int[0, 3]).Sample((rows, place, value, damage) =>
        {
            var bytes = Encoded(Batch(rows));
            var at = place % bytes.Length;
            bytes = damage switch
            {
                0 => bytes[..at],
                1 => [.. bytes[..at], value, .. bytes[at..]],
                2 => [.. bytes[..at], .. bytes[(at + 1)..]],
                _ => [.. bytes[..at], (byte)(bytes[at] ^ (value | 1)), .. bytes[(at + 1)..]],
            };
            var batch = new ReadingBatch(1);
            if (ReadingColumns.TryDecode(bytes, batch) != ColumnsError.None) return;
            // Whatever was accepted can be read and written.
            Assert.InRange(batch.Count, 0, bytes.Length);
            for (var i = 0; i < batch.Count; i++) _ = batch.ValueAt(i);
            Assert.NotEmpty(Encoded(batch));
        }, iter: 20_000);

    [Fact]
    public void Any_bytes_give_an_error_or_readings_and_never_throw() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            if (bytes.Length > 0) bytes[0] = 1;
            _ = ReadingColumns.TryDecode(bytes, new ReadingBatch(1));
        }, iter: 20_000);

    /// <summary>The bytes of version 1, worked out by hand from the format's description: rows written today are read for ever.</summary>
    [Fact]
    public void Golden_bytes_of_version_1()
    {
        var batch = new ReadingBatch(1);
        batch.Add(0, 1_000_000, 1_000_001, 12.5, ReadingQuality.Good);
        batch.Add(1, 1_000_000, 1_000_001, ValueKind.Int64, -2, ReadingQuality.Good);
        batch.Add(2, 2_000_000, 2_000_000, ValueKind.Bool, 1, ReadingQuality.TimeReplaced);
        batch.AddText(1, 2_000_000, 2_000_000, "ok"u8, ReadingQuality.Good);
        batch.Add(0, 3_000_000, 2_000_000, double.NaN, ReadingQuality.Good);
        batch.TimeRepairs.Add(new TimeRepair(2, 2_000_005));
        byte[] expected =
        [
            1, 5,                               // version, count
            0, 2, 2, 1, 1,                      // series 0 +1 +1 −1 −1
            0, 1, 1, 1, 2, 1, 3, 1, 0, 1,       // a run for each kind
            6, 2, 0, 2, 0, 2,                   // time in seconds: 1 +0 +1 +0 +1
            0x82, 0x89, 0x7A, 0,                // received 1,000,001 +0
            0xFE, 0x88, 0x7A, 0, 0,             // +999,999 +0 +0
            0, 2, 2, 1, 0, 2,                   // quality: two good, one replaced, two good
            1, 2, 10,                           // one repair: index 2, 5 µs later
            0xF1,                               // exponents: 12.5 × 10¹, then raw
            0xFA, 1,                            // 125
            3,                                  // −2
            2,                                  // true
            2, (byte)'o', (byte)'k',
            0, 0, 0, 0, 0, 0, 0xF8, 0xFF,       // NaN
        ];
        Assert.Equal(expected, Encoded(batch));
    }

    [Fact]
    public void A_count_is_not_believed_beyond_the_bytes_that_are_there()
    {
        var batch = new ReadingBatch(1);
        byte[] lying = [1, 0xFF, 0xFF, 0x3F, 0, 0, 0];
        Assert.Equal(ColumnsError.TooMany, ReadingColumns.TryDecode(lying, batch, countMax: 1_000));
        Assert.Equal(ColumnsError.TooMany, ReadingColumns.TryDecode(lying, batch));
        Assert.Equal(ColumnsError.Truncated, ReadingColumns.TryDecode([1, 100, 0, 0, 0], batch));
        Assert.True(batch.Series.Length <= 16, "a lying count made room");
    }

    [Theory]
    [InlineData(new byte[0], ColumnsError.Truncated)]
    [InlineData(new byte[] { 1 }, ColumnsError.Truncated)]
    [InlineData(new byte[] { 2, 0 }, ColumnsError.UnknownVersion)]
    [InlineData(new byte[] { 1, 0, 6, 0 }, ColumnsError.None)]
    [InlineData(new byte[] { 1, 0, 6, 0, 0 }, ColumnsError.TrailingBytes)]
    [InlineData(new byte[] { 1, 0, 5, 0 }, ColumnsError.BadValue)]
    public void Errors_say_what_is_wrong(byte[] columns, ColumnsError expected) => Assert.Equal(expected, ReadingColumns.TryDecode(columns, new ReadingBatch(1)));

#if !DEBUG // Unoptimised code boxes where optimised code does not.
    [Fact]
    public void Encoding_and_decoding_allocate_nothing_once_their_buffers_have_grown()
    {
        var batch = new ReadingBatch(1_000);
        for (var i = 0; i < 1_000; i++) batch.Add(i % 40, 1_795_485_689_980_000 + (i * 1_000L), 1_795_485_690_000_000, i / 10.0, ReadingQuality.Good);
        var output = new ArrayBufferWriter<byte>(1 << 18);
        var decoded = new ReadingBatch(1_000);
        Once();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++) Once();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Once()
        {
            output.ResetWrittenCount();
            ReadingColumns.Encode(batch, output);
            _ = ReadingColumns.TryDecode(output.WrittenSpan, decoded);
        }
    }
#endif

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static byte[] Encoded(ReadingBatch batch)
    {
        var output = new ArrayBufferWriter<byte>();
        ReadingColumns.Encode(batch, output);
        return output.WrittenSpan.ToArray();
    }

    private static ReadingBatch Batch(IReadOnlyList<Row> rows)
    {
        var batch = new ReadingBatch(1);
        foreach (var row in rows)
        {
            if (row.DeviceTime is { } deviceTime) batch.TimeRepairs.Add(new TimeRepair(batch.Count, deviceTime));
            if (row.Value.Kind == ValueKind.Text) batch.AddText(row.Series, row.Time, row.Received, System.Text.Encoding.UTF8.GetBytes(row.Value.Text!), row.Quality);
            else batch.Add(row.Series, row.Time, row.Received, row.Value.Kind, row.Value.Bits, row.Quality);
        }
        return batch;
    }

    private static List<Row> Rows(ReadingBatch batch) =>
        [.. Enumerable.Range(0, batch.Count).Select(i => new Row(batch.Series[i], batch.Time[i], batch.Received[i], batch.ValueAt(i), batch.Quality[i],
            batch.TimeRepairs.Where(repair => repair.Index == i).Select(repair => (long?)repair.DeviceTime).FirstOrDefault()))];

    private sealed record Row(int Series, long Time, long Received, ReadingValue Value, ReadingQuality Quality, long? DeviceTime);
}
