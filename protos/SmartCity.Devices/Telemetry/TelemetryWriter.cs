using System.Buffers;
using System.Text.Json;

namespace SmartCity.Devices.Telemetry;

/// <summary>
/// Writes native telemetry as firmware does: one object or an array of them. Its buffer is used again and again. Not thread-safe.
/// </summary>
/// <example><c>writer.Begin(ts, boot, seq); writer.Add("pm25"u8, 12.5); writer.End(); send(writer.Written); writer.Clear();</c></example>
public sealed class TelemetryWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _json;

    /// <summary>Creates a writer.</summary>
    public TelemetryWriter() => _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });

    /// <summary>The payload so far; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Written
    {
        get
        {
            _json.Flush();
            return _buffer.WrittenMemory;
        }
    }

    /// <summary>Bytes so far.</summary>
    internal int Length => checked((int)(_json.BytesCommitted + _json.BytesPending));

    /// <summary>Empties the writer for the next payload.</summary>
    public void Clear()
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
    }

    /// <summary>Opens an array of elements; closed by <see cref="EndArray"/>.</summary>
    public void BeginArray() => _json.WriteStartArray();

    /// <summary>Closes the array.</summary>
    public void EndArray() => _json.WriteEndArray();

    /// <summary>Opens an element.</summary>
    /// <param name="millis">Event time, ms since 1970 UTC; null for a device without a clock.</param>
    /// <param name="boot">The device's start counter, if it has one.</param>
    /// <param name="sequence">Its number within the start, if it has one.</param>
    public void Begin(long? millis, ulong? boot = null, ulong? sequence = null)
    {
        _json.WriteStartObject();
        if (millis is { } time) _json.WriteNumber("ts"u8, time);
        if (boot is { } start) _json.WriteNumber("boot"u8, start);
        if (sequence is { } number) _json.WriteNumber("seq"u8, number);
    }

    /// <summary>Adds a finite number.</summary>
    public void Add(ReadOnlySpan<byte> metric, double value) => _json.WriteNumber(metric, value);

    /// <summary>Adds a number as its digits stand, so that none is lost or invented.</summary>
    public void AddDigits(ReadOnlySpan<byte> metric, ReadOnlySpan<byte> digits)
    {
        _json.WritePropertyName(metric);
        _json.WriteRawValue(digits, true);
    }

    /// <summary>Adds a truth value.</summary>
    public void Add(ReadOnlySpan<byte> metric, bool value) => _json.WriteBoolean(metric, value);

    /// <summary>Adds a text of at most 256 bytes of UTF-8.</summary>
    public void Add(ReadOnlySpan<byte> metric, ReadOnlySpan<byte> text) => _json.WriteString(metric, text);

    /// <summary>Adds a metric without a value.</summary>
    public void AddNull(ReadOnlySpan<byte> metric) => _json.WriteNull(metric);

    /// <summary>Closes the element.</summary>
    public void End() => _json.WriteEndObject();

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();
}
