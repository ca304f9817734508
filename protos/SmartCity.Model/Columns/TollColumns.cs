using System.Buffers;
using System.Text;
using SmartCity.Model.Tolling;

namespace SmartCity.Model.Columns;

/// <summary>The encoding of toll events in the spool, on the wire and in the log: one record after the other, the event's own JSON kept byte for byte.</summary>
/// <remarks>
/// Version 1, numbers as varints (signed ones zigzag): u8 version, count; each: device, boot, seq, time, received, u8 clock, lane, u8 kind, u8 quality, JSON;
/// texts and JSON as length and bytes; times relative to the previous record's.
/// </remarks>
public static class TollColumns
{
    private const byte Version = 1;

    /// <summary>Appends the encoding of <paramref name="events"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Encode(IReadOnlyList<TollEvent> events, IBufferWriter<byte> output)
    {
        var bytesMax = 16;
        foreach (var e in events)
            bytesMax += 96 + Encoding.UTF8.GetMaxByteCount(e.Device.Length) + Encoding.UTF8.GetMaxByteCount(e.Lane.Length) + e.Json.Length;
        var writer = new ColumnWriter(output.GetSpan(bytesMax));
        writer.Byte(Version);
        writer.Varint((ulong)events.Count);
        long time = 0, received = 0;
        foreach (var e in events)
        {
            Text(ref writer, e.Device);
            writer.Varint(e.Boot);
            writer.Varint(e.Sequence);
            writer.Zigzag(unchecked(e.Time - time));
            writer.Zigzag(unchecked(e.Received - received));
            (time, received) = (e.Time, e.Received);
            writer.Byte((byte)e.Clock);
            Text(ref writer, e.Lane);
            writer.Byte((byte)e.Kind);
            writer.Byte((byte)e.Quality);
            writer.Varint((ulong)e.Json.Length);
            writer.Bytes(e.Json.Span);
        }
        output.Advance(writer.Length);
        return writer.Length;
    }

    /// <summary>Decodes events into <paramref name="events"/>, which is cleared first.</summary>
    /// <returns>Why it failed; then the list holds what came before. Never throws, for any input.</returns>
    public static ColumnsError TryDecode(ReadOnlySpan<byte> columns, List<TollEvent> events, int countMax = 100_000)
    {
        events.Clear();
        var reader = new ColumnReader(columns);
        if (reader.Byte() != Version) return columns.IsEmpty ? ColumnsError.Truncated : ColumnsError.UnknownVersion;
        var count = reader.Varint();
        if (reader.Failed) return ColumnsError.Truncated;
        if (count > (ulong)countMax) return ColumnsError.TooMany;
        long time = 0, received = 0;
        for (var i = 0UL; i < count; i++)
        {
            var device = Text(ref reader);
            var boot = reader.Varint();
            var sequence = reader.Varint();
            time = unchecked(time + reader.Zigzag());
            received = unchecked(received + reader.Zigzag());
            var clock = (TollClock)reader.Byte();
            var lane = Text(ref reader);
            var kind = (TollEventKind)reader.Byte();
            var quality = (ReadingQuality)reader.Byte();
            var json = reader.Bytes(reader.Count(reader.Remaining));
            if (reader.Failed) return ColumnsError.Truncated;
            if (!Enum.IsDefined(clock) || !Enum.IsDefined(kind)) return ColumnsError.BadValue;
            events.Add(new TollEvent(device, boot, sequence, time, received, clock, lane, kind, quality, json.ToArray()));
        }
        return reader.Remaining > 0 ? ColumnsError.TrailingBytes : ColumnsError.None;
    }

    private static void Text(ref ColumnWriter writer, string text)
    {
        writer.Varint((ulong)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, writer.Reserve(Encoding.UTF8.GetByteCount(text)));
    }

    private static string Text(ref ColumnReader reader) => Encoding.UTF8.GetString(reader.Bytes(reader.Count(reader.Remaining)));
}
