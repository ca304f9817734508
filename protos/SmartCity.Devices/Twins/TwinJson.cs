using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SmartCity.Devices.Twins;

/// <summary>
/// Documents of a twin as JSON: read strictly, written in one way (members by name, no white space), so that the same content has the same bytes and hash
/// whoever wrote it.
/// </summary>
public static class TwinJson
{
    /// <summary>Longest document, bytes; what the uplink's messages hold with room to spare.</summary>
    public const int BytesMax = 512 << 10;
    /// <summary>Deepest nesting.</summary>
    public const int DepthMax = 24;

    private static readonly JsonDocumentOptions _strict = new() { MaxDepth = DepthMax, AllowDuplicateProperties = false };
    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a document.</summary>
    /// <exception cref="JsonException">It is no JSON, holds a name twice or is nested too deeply.</exception>
    public static JsonDocument Read(ReadOnlyMemory<byte> json) => JsonDocument.Parse(json, _strict);

    /// <summary>Reads a document to be changed.</summary>
    /// <exception cref="JsonException">As <see cref="Read"/>; or it is no object.</exception>
    public static JsonObject ReadObject(ReadOnlySpan<byte> json) => JsonNode.Parse(json, documentOptions: _strict) as JsonObject ?? throw new JsonException("an object is needed.");

    /// <summary>A document in its one way of writing.</summary>
    public static byte[] Canonical(JsonElement document)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, _plain)) Write(writer, document);
        return bytes.WrittenSpan.ToArray();
    }

    /// <inheritdoc cref="Canonical(JsonElement)"/>
    public static byte[] Canonical(JsonNode document)
    {
        ArgumentNullException.ThrowIfNull(document);
        using var read = JsonDocument.Parse(document.ToJsonString());
        return Canonical(read.RootElement);
    }

    /// <summary>SHA-256 of bytes, lower-case hex.</summary>
    public static string HashOf(ReadOnlySpan<byte> canonical) => Convert.ToHexStringLower(SHA256.HashData(canonical));

    /// <summary>A pointer with one more step.</summary>
    public static string Step(string pointer, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(value.GetRawText());
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
