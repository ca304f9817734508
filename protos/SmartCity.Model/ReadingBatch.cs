using System.Text;

namespace SmartCity.Model;

/// <summary>
/// Readings as a struct of arrays, in the order in which they came. One batch is filled, encoded and cleared again and again:
/// it allocates only while it grows. Not thread-safe.
/// </summary>
/// <remarks>
/// A series stands as a number; whose number (the gateway epoch's or the cloud catalogue's) is the owner's business.
/// Text values lie as UTF-8 in <see cref="TextBytes"/>; their <see cref="Bits"/> are (offset shl 32) or length.
/// </remarks>
public sealed class ReadingBatch
{
    /// <summary>Creates an empty batch.</summary>
    /// <param name="capacity">Readings to make room for; grows as needed.</param>
    public ReadingBatch(int capacity = 1024)
    {
        Series = new int[capacity];
        Time = new long[capacity];
        Received = new long[capacity];
        Kind = new ValueKind[capacity];
        Bits = new long[capacity];
        Quality = new ReadingQuality[capacity];
        TextBytes = [];
    }

    /// <summary>Readings in the batch.</summary>
    public int Count { get; private set; }
    /// <summary>Series numbers; the first <see cref="Count"/> are valid, as in every column.</summary>
    public int[] Series { get; private set; }
    /// <summary>Event times, µs since 1970 UTC.</summary>
    public long[] Time { get; private set; }
    /// <summary>Gateway times, µs since 1970 UTC.</summary>
    public long[] Received { get; private set; }
    /// <summary>Kinds of the values.</summary>
    public ValueKind[] Kind { get; private set; }
    /// <summary>Values: IEEE bits of a double, an integer, 0 or 1, or the place of a text.</summary>
    public long[] Bits { get; private set; }
    /// <summary>Quality flags.</summary>
    public ReadingQuality[] Quality { get; private set; }
    /// <summary>The texts' UTF-8, one after the other.</summary>
    public byte[] TextBytes { get; private set; }
    /// <summary>Bytes used of <see cref="TextBytes"/>.</summary>
    public int TextLength { get; private set; }
    /// <summary>The devices' own times where the gateway's stands in (<see cref="ReadingQuality.TimeReplaced"/>).</summary>
    public List<TimeRepair> TimeRepairs { get; } = [];

    /// <summary>Adds a reading that is not text.</summary>
    public void Add(int series, long time, long received, ValueKind kind, long bits, ReadingQuality quality)
    {
        var i = Count;
        if (i == Series.Length) Grow();
        Series[i] = series;
        Time[i] = time;
        Received[i] = received;
        Kind[i] = kind;
        Bits[i] = bits;
        Quality[i] = quality;
        Count = i + 1;
    }

    /// <summary>Adds a double.</summary>
    public void Add(int series, long time, long received, double value, ReadingQuality quality) =>
        Add(series, time, received, ValueKind.Double, BitConverter.DoubleToInt64Bits(value), quality);

    /// <summary>Adds a text.</summary>
    /// <param name="series">Series number.</param>
    /// <param name="time">Event time, µs.</param>
    /// <param name="received">Gateway time, µs.</param>
    /// <param name="utf8">The text as UTF-8; copied.</param>
    /// <param name="quality">Flags.</param>
    public void AddText(int series, long time, long received, ReadOnlySpan<byte> utf8, ReadingQuality quality)
    {
        var place = AppendText(utf8);
        Add(series, time, received, ValueKind.Text, place, quality);
    }

    /// <summary>Copies text into <see cref="TextBytes"/> and returns its place: (offset shl 32) or length.</summary>
    public long AppendText(ReadOnlySpan<byte> utf8)
    {
        var start = TextLength;
        if (start + utf8.Length > TextBytes.Length)
        {
            var grown = new byte[Math.Max(start + utf8.Length, Math.Max(256, TextBytes.Length * 2))];
            TextBytes.AsSpan(0, start).CopyTo(grown);
            TextBytes = grown;
        }
        utf8.CopyTo(TextBytes.AsSpan(start));
        TextLength = start + utf8.Length;
        return ((long)start << 32) | (uint)utf8.Length;
    }

    /// <summary>The UTF-8 of the text at <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> TextAt(int index)
    {
        var place = Bits[index];
        return TextBytes.AsSpan((int)(place >> 32), (int)(place & int.MaxValue));
    }

    /// <summary>The value at <paramref name="index"/>; allocates for text.</summary>
    public ReadingValue ValueAt(int index) =>
        Kind[index] == ValueKind.Text ? ReadingValue.Of(Encoding.UTF8.GetString(TextAt(index))) : ReadingValue.FromBits(Kind[index], Bits[index]);

    /// <summary>Takes back everything after the first <paramref name="count"/> readings, so that a half-read payload leaves no trace.</summary>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        Count = count;
        while (TimeRepairs.Count > 0 && TimeRepairs[^1].Index >= count) TimeRepairs.RemoveAt(TimeRepairs.Count - 1);
    }

    /// <summary>Takes out readings from the middle; those behind move up.</summary>
    public void Remove(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Count);
        if (count == 0) return;
        var behind = Count - start - count;
        Series.AsSpan(start + count, behind).CopyTo(Series.AsSpan(start));
        Time.AsSpan(start + count, behind).CopyTo(Time.AsSpan(start));
        Received.AsSpan(start + count, behind).CopyTo(Received.AsSpan(start));
        Kind.AsSpan(start + count, behind).CopyTo(Kind.AsSpan(start));
        Bits.AsSpan(start + count, behind).CopyTo(Bits.AsSpan(start));
        Quality.AsSpan(start + count, behind).CopyTo(Quality.AsSpan(start));
        Count -= count;
        TimeRepairs.RemoveAll(repair => repair.Index >= start && repair.Index < start + count);
        for (var i = TimeRepairs.Count - 1; i >= 0 && TimeRepairs[i].Index >= start + count; i--)
            TimeRepairs[i] = TimeRepairs[i] with { Index = TimeRepairs[i].Index - count };
    }

    /// <summary>Empties the batch; its arrays stay.</summary>
    public void Clear()
    {
        Count = 0;
        TextLength = 0;
        TimeRepairs.Clear();
    }

    /// <summary>Makes the batch <paramref name="count"/> readings long; the columns of the new ones are to be filled by the caller.</summary>
    internal void Resize(int count)
    {
        while (Series.Length < count) Grow();
        Count = count;
    }

    private void Grow()
    {
        var capacity = Math.Max(16, Series.Length * 2);
        Series = Grown(Series);
        Time = Grown(Time);
        Received = Grown(Received);
        Kind = Grown(Kind);
        Bits = Grown(Bits);
        Quality = Grown(Quality);

        T[] Grown<T>(T[] column)
        {
            var grown = new T[capacity];
            column.AsSpan(0, Count).CopyTo(grown);
            return grown;
        }
    }
}

/// <summary>The device's own time of a reading whose time the gateway replaced; with it the repair can be undone.</summary>
/// <param name="Index">Index of the reading in its batch.</param>
/// <param name="DeviceTime">What the device said, µs since 1970 UTC.</param>
public readonly record struct TimeRepair(int Index, long DeviceTime);
