using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Live;

/// <summary>
/// Frames of a WebSocket. Binary, little-endian, laid out so that a browser reads it through typed arrays without copying:
/// <code>
/// 0   u8   1 = these changed, 2 = these are all
/// 1   u8×3 zero
/// 4   u32  n
/// 8   f64  server time, ms since 1970
/// 16  f64×n values (NaN for text; true is 1), f64×n event times in ms since 1970, u32×n series, u8×n quality flags
/// </code>
/// Names and text values come before the frame that needs them, as text:
/// <c>{"names":[[series,"device","metric","kind"],…]}</c> and <c>{"texts":[[series,"value"],…]}</c>.
/// </summary>
internal sealed class BinaryEncoding : ILiveEncoding
{
    private const int HeaderLength = 16;

    public IReadOnlyList<LiveMessage> Encode(LiveBoard board, ReadOnlySpan<int> series, ReadOnlySpan<int> unnamed, bool isAll, long now)
    {
        var messages = new List<LiveMessage>(3);
        if (unnamed.Length > 0) messages.Add(Names(board, unnamed));
        if (Texts(board, series) is { } texts) messages.Add(texts);
        messages.Add(Frame(board, series, isAll, now));
        return messages;
    }

    public LiveMessage Tick(long now)
    {
        var bytes = new byte[HeaderLength];
        WriteHeader(bytes, 1, 0, now);
        return new LiveMessage(bytes, IsText: false);
    }

    private static LiveMessage Frame(LiveBoard board, ReadOnlySpan<int> series, bool isAll, long now)
    {
        var n = series.Length;
        var bytes = new byte[HeaderLength + (n * 21)];
        WriteHeader(bytes, isAll ? (byte)2 : (byte)1, n, now);
        var values = bytes.AsSpan(HeaderLength, n * 8);
        var times = bytes.AsSpan(HeaderLength + (n * 8), n * 8);
        var numbers = bytes.AsSpan(HeaderLength + (n * 16), n * 4);
        var qualities = bytes.AsSpan(HeaderLength + (n * 20), n);
        for (var i = 0; i < n; i++)
        {
            ref readonly var value = ref board[series[i]];
            BinaryPrimitives.WriteDoubleLittleEndian(values[(i * 8)..], value.Number);
            BinaryPrimitives.WriteDoubleLittleEndian(times[(i * 8)..], value.Time / 1e3);
            BinaryPrimitives.WriteInt32LittleEndian(numbers[(i * 4)..], series[i]);
            qualities[i] = (byte)value.Quality;
        }
        return new LiveMessage(bytes, IsText: false);
    }

    private static void WriteHeader(Span<byte> bytes, byte type, int count, long now)
    {
        bytes[0] = type;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], count);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes[8..], now / 1e3);
    }

    private static LiveMessage Names(LiveBoard board, ReadOnlySpan<int> unnamed)
    {
        var bytes = new ArrayBufferWriter<byte>(64 * unnamed.Length);
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("names");
            foreach (var number in unnamed)
            {
                writer.WriteStartArray();
                writer.WriteNumberValue(number);
                writer.WriteStringValue(board[number].Name!.Value.Device);
                writer.WriteStringValue(board[number].Name!.Value.Metric);
                writer.WriteStringValue(KindName(board[number].Kind));
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return new LiveMessage(bytes.WrittenMemory, IsText: true);
    }

    private static LiveMessage? Texts(LiveBoard board, ReadOnlySpan<int> series)
    {
        ArrayBufferWriter<byte>? bytes = null;
        Utf8JsonWriter? writer = null;
        foreach (var number in series)
        {
            if (board[number].Text is not { } text) continue;
            if (writer is null)
            {
                writer = new Utf8JsonWriter(bytes = new ArrayBufferWriter<byte>(256));
                writer.WriteStartObject();
                writer.WriteStartArray("texts");
            }
            writer.WriteStartArray();
            writer.WriteNumberValue(number);
            writer.WriteStringValue(text);
            writer.WriteEndArray();
        }
        if (writer is null) return null;
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Dispose();
        return new LiveMessage(bytes!.WrittenMemory, IsText: true);
    }

    private static string KindName(ValueKind kind) => kind switch { ValueKind.Double => "double", ValueKind.Int64 => "int64", ValueKind.Bool => "bool", _ => "text" };
}
