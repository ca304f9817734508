using System.Buffers;
using SmartCity.Model;
using SmartCity.Model.Columns;

namespace SmartCity.Fuzz.Columns;

/// <summary>Batches compared, and sent through their encoding and back.</summary>
internal static class SameBatch
{
    /// <summary>Readings <paramref name="count"/> of <paramref name="actual"/> from 0 are those of <paramref name="expected"/> from <paramref name="start"/>, bit for bit.</summary>
    public static void Check(ReadingBatch expected, int start, int count, ReadingBatch actual)
    {
        Must.Equal(count, actual.Count, "readings decoded");
        Must.Hold(expected.Series.AsSpan(start, count).SequenceEqual(actual.Series.AsSpan(0, count)), "series came back otherwise");
        Must.Hold(expected.Time.AsSpan(start, count).SequenceEqual(actual.Time.AsSpan(0, count)), "times came back otherwise");
        Must.Hold(expected.Received.AsSpan(start, count).SequenceEqual(actual.Received.AsSpan(0, count)), "receive times came back otherwise");
        Must.Hold(expected.Kind.AsSpan(start, count).SequenceEqual(actual.Kind.AsSpan(0, count)), "kinds came back otherwise");
        Must.Hold(expected.Quality.AsSpan(start, count).SequenceEqual(actual.Quality.AsSpan(0, count)), "quality came back otherwise");
        for (var i = 0; i < count; i++)
        {
            if (expected.Kind[start + i] == ValueKind.Text) Must.Hold(expected.TextAt(start + i).SequenceEqual(actual.TextAt(i)), $"text {i} came back otherwise");
            else Must.Equal(expected.Bits[start + i], actual.Bits[i], $"value {i}");
        }
        var repairs = expected.TimeRepairs.Where(repair => repair.Index >= start && repair.Index < start + count).Select(repair => repair with { Index = repair.Index - start });
        Must.Hold(repairs.SequenceEqual(actual.TimeRepairs), "time repairs came back otherwise");
    }

    /// <summary>Encoding and back gives the same, whole and in two parts, within the bytes it promised, and again the same bytes.</summary>
    public static void RoundTrip(ReadingBatch batch)
    {
        var first = new ArrayBufferWriter<byte>();
        Must.Equal(ReadingColumns.Encode(batch, first), first.WrittenCount, "bytes written");
        Must.Hold(first.WrittenCount <= ReadingColumns.BytesMax(batch, batch.Count), "more bytes than BytesMax");
        var back = new ReadingBatch(16);
        Must.Equal(ColumnsError.None, ReadingColumns.TryDecode(first.WrittenSpan, back), "error of what was encoded");
        Check(batch, 0, batch.Count, back);
        var second = new ArrayBufferWriter<byte>();
        ReadingColumns.Encode(back, second);
        Must.Hold(first.WrittenSpan.SequenceEqual(second.WrittenSpan), "the same readings have two encodings");
        var middle = batch.Count / 2;
        foreach (var (start, count) in ((int, int)[])[(0, middle), (middle, batch.Count - middle)])
        {
            var part = new ArrayBufferWriter<byte>();
            ReadingColumns.Encode(batch, start, count, part);
            Must.Equal(ColumnsError.None, ReadingColumns.TryDecode(part.WrittenSpan, back), "error of a part that was encoded");
            Check(batch, start, count, back);
        }
    }
}
