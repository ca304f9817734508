using System.Buffers;
using System.Text.Json;

namespace SmartCity.Devices;

/// <summary>A payload as one piece of memory, and what its JSON errors mean.</summary>
internal sealed class JsonPayload
{
    private byte[] _copy = [];

    /// <summary>The payload's bytes: as they lie where they lie in one segment, else copied together.</summary>
    public ReadOnlySpan<byte> Flatten(in ReadOnlySequence<byte> payload)
    {
        if (payload.IsSingleSegment) return payload.FirstSpan;
        var length = checked((int)payload.Length);
        if (_copy.Length < length) _copy = new byte[Math.Max(length, 4_096)];
        payload.CopyTo(_copy);
        return _copy.AsSpan(0, length);
    }

    /// <summary>Why the reader threw, and at which byte of the payload.</summary>
    public static (RejectReason Reason, int Offset) Explain(JsonException error, ReadOnlySpan<byte> payload, in Utf8JsonReader reader, int depthMax)
    {
        // A reader that has just opened an object or array does not count it yet.
        var depth = reader.CurrentDepth + (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? 1 : 0);
        var offset = 0;
        for (var line = error.LineNumber ?? 0; line > 0; line--)
        {
            var feed = payload[offset..].IndexOf((byte)'\n');
            if (feed < 0) break;
            offset += feed + 1;
        }
        offset = (int)Math.Min(payload.Length, offset + (error.BytePositionInLine ?? 0));
        if (payload.IsEmpty) return (RejectReason.JsonEmpty, 0);
        if (depth >= depthMax && offset < payload.Length && payload[offset] is (byte)'{' or (byte)'[') return (RejectReason.JsonDepth, offset);
        return (offset >= payload.Length ? RejectReason.JsonTruncated : RejectReason.JsonSyntax, offset);
    }

    /// <summary>What to say of a payload that is not JSON.</summary>
    public static string WordsFor(RejectReason reason, PayloadLimits limits) => reason switch
    {
        RejectReason.JsonEmpty => "the payload is empty; send one JSON object or an array of them",
        RejectReason.JsonTruncated => "the payload ends in the middle; send the whole JSON text",
        RejectReason.JsonDepth => $"nested deeper than {limits.DepthMax}; send flatter objects",
        _ => "this is not JSON (RFC 8259)",
    };
}
