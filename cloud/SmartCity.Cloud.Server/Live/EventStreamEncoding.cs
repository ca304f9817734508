using System.Buffers;
using System.Text.Json;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Live;

/// <summary>Server-sent events: a <c>reading</c> event for each value, a comment as a sign of life.</summary>
internal sealed class EventStreamEncoding : ILiveEncoding
{
    private static readonly LiveMessage _tick = new(":\n\n"u8.ToArray(), IsText: true);

    public IReadOnlyList<LiveMessage> Encode(LiveBoard board, ReadOnlySpan<int> series, ReadOnlySpan<int> unnamed, bool isAll, long now)
    {
        if (series.Length == 0) return [_tick];
        var bytes = new ArrayBufferWriter<byte>(160 * series.Length);
        using var writer = new Utf8JsonWriter(bytes);
        foreach (var number in series)
        {
            bytes.Write("event: reading\ndata: "u8);
            Write(writer, board[number]);
            writer.Flush();
            writer.Reset();
            bytes.Write("\n\n"u8);
        }
        return [new LiveMessage(bytes.WrittenMemory, IsText: true)];
    }

    public LiveMessage Tick(long now) => _tick;

    private static void Write(Utf8JsonWriter writer, in LiveValue value)
    {
        writer.WriteStartObject();
        writer.WriteString("device", value.Name!.Value.Device);
        writer.WriteString("metric", value.Name.Value.Metric);
        writer.WriteString("ts", UnixMicros.ToTime(value.Time));
        if (value.Text is not null) writer.WriteString("value", value.Text);
        else if (value.Kind == ValueKind.Bool) writer.WriteBoolean("value", value.Number != 0);
        else if (double.IsFinite(value.Number)) writer.WriteNumber("value", value.Number);
        else writer.WriteNull("value");
        writer.WriteNumber("quality", (byte)value.Quality);
        writer.WriteEndObject();
    }
}
