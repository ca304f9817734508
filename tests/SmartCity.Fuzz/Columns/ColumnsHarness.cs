using System.Buffers;
using System.Text;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;

namespace SmartCity.Fuzz.Columns;

/// <summary>The columns of spool, wire and log. First byte: even = readings, odd = toll events.</summary>
internal sealed class ColumnsHarness : IHarness
{
    private const int CountMax = 4_096;

    public string Name => "columns";

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            var batch = new ReadingBatch(16);
            yield return Readings(batch);
            const long now = 1_795_500_724_000_000;
            for (var i = 0; i < 6; i++) batch.Add(i % 3, now + i * 1_000_000, now + i * 1_000_000, 12.5 + i / 10.0, ReadingQuality.Good);
            yield return Readings(batch);
            batch.AddText(3, now + 1, now, "open"u8, ReadingQuality.GatewayTime);
            batch.Add(4, now - 7_000, now, ValueKind.Bool, 1, ReadingQuality.TimeReplaced);
            batch.Add(5, now, now, ValueKind.Int64, long.MinValue, ReadingQuality.Good);
            batch.Add(2, now, now, double.NaN, ReadingQuality.OutOfRange | ReadingQuality.Stuck);
            batch.TimeRepairs.Add(new TimeRepair(7, 1_000));
            yield return Readings(batch);
            yield return Tolls([]);
            yield return Tolls([Event(1, "{}"), Event(2, """{"kind":"tag","tag":"A1"}""")]);
        }
    }

    public IEnumerable<byte[]> Words =>
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x80, 0x80, 0x80, 0x80, 0x08], [0xFF, 0xFF, 0x03], [3, 1], [0, 2], [1, 1, 0], "\u00e9"u8.ToArray(),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        if ((input[0] & 1) == 0) ReadReadings(input[1..]);
        else ReadTolls(input[1..]);
    }

    private static void ReadReadings(ReadOnlySpan<byte> columns)
    {
        var batch = new ReadingBatch(16);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = ReadingColumns.TryDecode(columns, batch, CountMax);
        // A reading of three bytes takes 38 in the arrays, which double; its repair 16 in a list that doubles.
        Must.Allocate(before, 16_384 + 192L * columns.Length, "decoding");
        if (error != ColumnsError.None) return;
        Must.Hold(batch.Count <= CountMax, "more readings than were to be accepted");
        Must.Hold(batch.TextLength <= columns.Length, "more text than came");
        foreach (var repair in batch.TimeRepairs) Must.Hold(repair.Index >= 0 && repair.Index < batch.Count, "a time repair of no reading");
        for (var i = 0; i < batch.Count; i++)
        {
            Must.Hold(batch.Series[i] >= 0 && batch.Kind[i] <= ValueKind.Text, "a series or kind that is none");
            _ = batch.ValueAt(i);
        }
        SameBatch.RoundTrip(batch);
    }

    private static void ReadTolls(ReadOnlySpan<byte> columns)
    {
        var events = new List<TollEvent>();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = TollColumns.TryDecode(columns, events, CountMax);
        Must.Allocate(before, 16_384 + 96L * columns.Length, "decoding");
        Must.Hold(events.Count <= CountMax, "more events than were to be accepted");
        if (error == ColumnsError.None) RoundTrip(events);
    }

    /// <summary>Encoding and back gives the same.</summary>
    public static void RoundTrip(List<TollEvent> events)
    {
        var encoded = new ArrayBufferWriter<byte>();
        Must.Equal(TollColumns.Encode(events, encoded), encoded.WrittenCount, "bytes written");
        var back = new List<TollEvent>();
        Must.Equal(ColumnsError.None, TollColumns.TryDecode(encoded.WrittenSpan, back), "error of what was encoded");
        Must.Equal(events.Count, back.Count, "events decoded");
        for (var i = 0; i < events.Count; i++)
        {
            Must.Hold(events[i].Json.Span.SequenceEqual(back[i].Json.Span), $"the JSON of event {i} came back otherwise");
            Must.Equal(events[i] with { Json = default }, back[i] with { Json = default }, $"event {i}");
        }
    }

    public static byte[] Readings(ReadingBatch batch)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write<byte>([0]);
        ReadingColumns.Encode(batch, output);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] Tolls(List<TollEvent> events)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write<byte>([1]);
        TollColumns.Encode(events, output);
        return output.WrittenSpan.ToArray();
    }

    public static TollEvent Event(ulong sequence, string json) => new("lane-1-avc", 7, sequence, 1_795_500_724_000_000, 1_795_500_724_100_000,
        TollClock.Locked, "THN-1-L2", TollEventKind.Tag, ReadingQuality.Good, Encoding.UTF8.GetBytes(json));
}
