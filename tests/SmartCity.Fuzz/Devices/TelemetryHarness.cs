using System.Buffers;
using System.Text;
using System.Text.Unicode;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Fuzz.Columns;
using SmartCity.Model;

namespace SmartCity.Fuzz.Devices;

/// <summary>Native telemetry. The first byte chooses: bit 0 the gateway's clock is not trusted, bit 1 repeats are judged, bit 2 narrow limits, bit 3 the payload lies in pieces.</summary>
internal sealed class TelemetryHarness : IHarness
{
    /// <summary>2026-11-24T06:12:04Z.</summary>
    private const long Now = 1_795_500_724_000_000;
    private static readonly PayloadLimits _narrow = new() { DepthMax = 6, ValuesMax = 24, TextBytesMax = 20, NameBytesMax = 24 };

    public string Name => "telemetry";

    public IEnumerable<byte[]> Seeds =>
    [
        .. new[]
        {
            """@{"ts":1795500723412,"pm25":12.5,"temp":-3.25,"ok":true,"state":"open","none":null}""",
            """B{"ts":"2026-11-24T06:12:03.5+03:30","boot":3,"seq":17,"wind":{"speed":4.5,"dir":[1,2,{"x":3}]}}""",
            """D[{"boot":1,"seq":1,"a":1},{"boot":1,"seq":1,"a":1},{"boot":1,"seq":2,"a":2},17,null,{"ts":"noon","a":1}]""",
            """H[{"a\u0062":"\ud83d\ude00é","\ud800":1,"":2,"b":1e400,"b":2,"c":-0,"d":5e-324}, {}]""",
            """O{"ts":99999999999999999,"boot":-1,"seq":"x","t\u0073":1,"deep":{"a":{"a":{"a":{"a":{"a":1}}}}}}""",
            """A{"ts":0,"a":1.7976931348623157e308,"b":123456789012345678901234567890}""",
        }.Select(Encoding.UTF8.GetBytes),
        [(byte)'@', .. "{\"a\":\""u8, 0xFF, 0xC3, .. "\",\"\u00e9"u8, 0x80, .. "\":1}"u8],
    ];

    public IEnumerable<byte[]> Words => new[]
    {
        "\"ts\":", "\"boot\":", "\"seq\":", "\\ud83d", "\\ude00", "\\u0000", "null", "true", "false", "1e309", "-0", "{}", "[]", "\"\":", "},{", "[[", "2026-11-24T06:12:60Z", "0001-01-01T00:00:00+23:59", "1795500723412", "18446744073709551616",
    }.Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        var (choice, json) = (input[0], input[1..].ToArray());
        var limits = (choice & 4) != 0 ? _narrow : PayloadLimits.Default;
        var numbering = new Numbering(limits.NameBytesMax, (choice & 4) != 0 ? 12 : 4_096);
        var decoder = new TelemetryDecoder(numbering, limits);
        var device = new DeviceSeries("d1"u8);
        var batch = new ReadingBatch(16);
        batch.Add(0, Now, Now, 1.0, ReadingQuality.Good); // what was there must stay
        var receipt = new Receipt(Now, (choice & 1) == 0);
        var payload = (choice & 8) != 0 ? Pieces(json, 1 + (choice >> 4)) : new ReadOnlySequence<byte>(json);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = decoder.Decode(device, payload, batch, receipt, (choice & 2) != 0 ? new Repeats() : null);
        var reasons = decoder.DescribeRejections();
        // 32 worded refusals of under a kilobyte with their texts, and columns, names and entries for each value of three bytes or more.
        Must.Allocate(before, 160_000 + 400L * json.Length, "decoding");

        Must.Equal(outcome.Kept + 1, batch.Count, "readings in the batch");
        Must.Hold(outcome is { Kept: >= 0, Repeated: >= 0, Rejected: >= 0 }, "a negative count");
        var expected = new ValueCount(limits).Of(json);
        Must.Equal(expected is null, outcome.IsWhole, "whether it is refused whole");
        Must.Equal(expected ?? 1, outcome.Kept + outcome.Repeated + outcome.Rejected, "values kept, repeated and refused together");
        if (outcome.IsWhole) Must.Equal((0, 1), (outcome.Kept, outcome.Rejected), "what a payload refused whole counts");
        Must.Equal(outcome.Rejected > 0, reasons.Length > 0, "whether there is a reason for the dead letter");
        Must.Hold(decoder.Rejections.Count <= outcome.Rejected && decoder.Rejections.Count <= 32, "more reasons than refusals");
        foreach (var one in decoder.Rejections)
        {
            Must.Hold(one.Offset >= 0 && one.Offset <= json.Length, $"a refusal at byte {one.Offset} of {json.Length}");
            Must.Hold(one.Text.StartsWith(RejectReasons.CodeOf(one.Reason), StringComparison.Ordinal) && !one.Text.Any(char.IsControl), "a reason that is no line of text");
        }
        Check(batch, limits);
        SameBatch.RoundTrip(batch);
        if (outcome.Kept > 0) WriteAndReadBack(batch, numbering, limits);
        if (outcome is { Rejected: 0, Repeated: 0 }) AllocatesNothing(decoder, device, payload, batch, receipt);
    }

    private static void Check(ReadingBatch batch, PayloadLimits limits)
    {
        for (var i = 1; i < batch.Count; i++)
        {
            Must.Hold(batch.Time[i] >= UnixMicros.Min && batch.Time[i] <= UnixMicros.Max, "a time outside the years 1 to 9999");
            Must.Equal(Now, batch.Received[i], "receive time");
            switch (batch.Kind[i])
            {
                case ValueKind.Double:
                    Must.Hold(double.IsFinite(BitConverter.Int64BitsToDouble(batch.Bits[i])), "a number that is none");
                    break;
                case ValueKind.Bool:
                    Must.Hold(batch.Bits[i] is 0 or 1, "a truth value that is none");
                    break;
                case ValueKind.Text:
                    Must.Hold(batch.TextAt(i).Length <= limits.TextBytesMax && Utf8.IsValid(batch.TextAt(i)), "a text that is too long or not Unicode");
                    break;
                default:
                    throw new FindingException($"a value of kind {batch.Kind[i]}");
            }
        }
        var replaced = batch.TimeRepairs.Select(repair => repair.Index).ToHashSet();
        for (var i = 0; i < batch.Count; i++) Must.Equal(replaced.Contains(i), (batch.Quality[i] & ReadingQuality.TimeReplaced) != 0, $"whether reading {i} has its own time beside it");
    }

    /// <summary>What was read can be written as telemetry and reads the same.</summary>
    private static void WriteAndReadBack(ReadingBatch batch, Numbering numbering, PayloadLimits limits)
    {
        using var writer = new TelemetryWriter();
        writer.BeginArray();
        for (var i = 1; i < batch.Count; i++)
        {
            var name = numbering.Names[batch.Series[i]].Name;
            writer.Begin(null);
            if (batch.Kind[i] == ValueKind.Double) writer.Add(name, BitConverter.Int64BitsToDouble(batch.Bits[i]));
            else if (batch.Kind[i] == ValueKind.Bool) writer.Add(name, batch.Bits[i] == 1);
            else writer.Add(name, batch.TextAt(i));
            writer.End();
        }
        writer.EndArray();
        var back = new ReadingBatch(16);
        var outcome = new TelemetryDecoder(numbering, limits).Decode(new DeviceSeries("d1"u8), writer.Written.Span, back, new Receipt(Now, true));
        Must.Equal(batch.Count - 1, outcome.Kept, "readings kept of what was written");
        for (var i = 0; i < back.Count; i++)
        {
            Must.Equal(batch.Series[i + 1], back.Series[i], $"series {i} written and read");
            if (batch.Kind[i + 1] == ValueKind.Text) Must.Hold(batch.TextAt(i + 1).SequenceEqual(back.TextAt(i)), $"text {i} written and read");
            else Must.Equal(batch.Bits[i + 1], back.Bits[i], $"value {i} written and read");
        }
    }

    /// <summary>A message like the one before it allocates nothing.</summary>
    private static void AllocatesNothing(TelemetryDecoder decoder, DeviceSeries device, ReadOnlySequence<byte> payload, ReadingBatch batch, Receipt receipt)
    {
        for (var warm = 0; warm < 2; warm++)
        {
            batch.Clear();
            if (decoder.Decode(device, payload, batch, receipt).Rejected > 0) return;
        }
        batch.Clear();
        var before = GC.GetAllocatedBytesForCurrentThread();
        decoder.Decode(device, payload, batch, receipt);
        Must.Allocate(before, 0, "decoding known metrics");
    }

    private static ReadOnlySequence<byte> Pieces(byte[] bytes, int length)
    {
        if (bytes.Length <= length) return new ReadOnlySequence<byte>(bytes);
        var first = new Piece(bytes.AsMemory(0, length), 0);
        var last = first;
        for (var at = length; at < bytes.Length; at += length) last = last.Append(bytes.AsMemory(at, Math.Min(length, bytes.Length - at)));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var piece = new Piece(memory, RunningIndex + Memory.Length);
            Next = piece;
            return piece;
        }
    }

    /// <summary>Knows every number once, flags start 2.</summary>
    private sealed class Repeats : IRepeatFilter
    {
        private readonly HashSet<(ulong, ulong)> _seen = [];

        public RepeatVerdict Judge(DeviceSeries device, ulong boot, ulong sequence) => boot == 2 ? RepeatVerdict.Flag : _seen.Add((boot, sequence)) ? RepeatVerdict.Keep : RepeatVerdict.Drop;
    }
}
