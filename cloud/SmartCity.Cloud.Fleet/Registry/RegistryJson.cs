using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Model;

namespace SmartCity.Cloud.Fleet.Registry;

/// <summary>The registry's entries as JSON: names as the API has them, spans as <c>10s</c>, <c>5m</c>, <c>1h</c>, <c>1d</c>; an unknown member is an error.</summary>
public static class RegistryJson
{
    /// <summary>Options of reading and writing.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        ReadCommentHandling = JsonCommentHandling.Skip,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new KindConverter(), new SpanConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Kinds of values by the names of the API.</summary>
    private sealed class KindConverter : JsonConverter<ValueKind>
    {
        public override ValueKind Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString() switch
        {
            "double" => ValueKind.Double, "int64" => ValueKind.Int64, "bool" => ValueKind.Bool, "text" => ValueKind.Text,
            var other => throw new JsonException($"\"{other}\" is no kind of value; double, int64, bool or text is needed."),
        };

        public override void Write(Utf8JsonWriter writer, ValueKind value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value switch { ValueKind.Double => "double", ValueKind.Int64 => "int64", ValueKind.Bool => "bool", _ => "text" });
    }

    private sealed class SpanConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = reader.GetString() ?? "";
            return TryParse(text, out var span) ? span : throw new JsonException($"\"{text}\" is no span of time; a number with s, m, h or d is needed, e.g. 10s.");
        }

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(Text(value));

        private static bool TryParse(string text, out TimeSpan span)
        {
            span = default;
            if (text.Length < 2 || !double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
            var seconds = number * text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => double.NaN };
            if (!(seconds <= TimeSpan.MaxValue.TotalSeconds / 2)) return false;
            span = TimeSpan.FromSeconds(seconds);
            return true;
        }

        private static string Text(TimeSpan span)
        {
            var seconds = span.TotalSeconds;
            var (size, unit) = seconds % 86_400 == 0 ? (86_400, 'd') : seconds % 3_600 == 0 ? (3_600, 'h') : seconds % 60 == 0 ? (60, 'm') : (1, 's');
            return string.Create(CultureInfo.InvariantCulture, $"{seconds / size}{unit}");
        }
    }
}
