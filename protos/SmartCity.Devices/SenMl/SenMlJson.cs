using System.Text;
using System.Text.Json;

namespace SmartCity.Devices.SenMl;

/// <summary>Takes a pack of JSON apart (RFC 8428 section 5).</summary>
internal static class SenMlJson
{
    public static SenMlFault Read(ReadOnlySpan<byte> json, PayloadLimits limits, List<SenMlRecord> records)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = limits.DepthMax });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray) return new SenMlFault(RejectReason.JsonShape, (int)reader.TokenStartIndex, "a pack is an array of records");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (records.Count == limits.ValuesMax) return new SenMlFault(RejectReason.JsonLimit, (int)reader.TokenStartIndex, $"more than {limits.ValuesMax} records; send smaller packs");
                records.Add(Record(ref reader));
            }
            reader.Read();
            return default;
        }
        catch (JsonException error)
        {
            var (reason, offset) = JsonPayload.Explain(error, json, reader, limits.DepthMax);
            return new SenMlFault(reason, offset, JsonPayload.WordsFor(reason, limits));
        }
    }

    private static SenMlRecord Record(ref Utf8JsonReader reader)
    {
        var offset = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return new SenMlRecord(offset, null);
        }
        var items = new List<SenMlItem>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = TextOf(ref reader) ?? "";
            var field = FieldOf(name);
            reader.Read();
            items.Add(Item(ref reader, field, name));
        }
        return new SenMlRecord(offset, items);
    }

    private static SenMlItem Item(ref Utf8JsonReader reader, SenMlField field, string name)
    {
        if (field is SenMlField.Other or SenMlField.MustUnderstand)
        {
            reader.Skip();
            return new SenMlItem(field, SenMlKind.Other, 0, name);
        }
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return new SenMlItem(field, SenMlKind.Number, JsonNumber.TryParse(reader.ValueSpan, out var number) ? number : double.PositiveInfinity, "");
            case JsonTokenType.True or JsonTokenType.False:
                return new SenMlItem(field, SenMlKind.Bool, reader.TokenType == JsonTokenType.True ? 1 : 0, "");
            case JsonTokenType.String when TextOf(ref reader) is { } text:
                return new SenMlItem(field, SenMlKind.Text, 0, text);
            default:
                reader.Skip();
                return new SenMlItem(field, SenMlKind.Other, 0, "");
        }
    }

    /// <summary>The text that the reader stands on; null where it is not Unicode.</summary>
    private static string? TextOf(ref Utf8JsonReader reader)
    {
        Span<byte> text = reader.ValueSpan.Length <= 512 ? stackalloc byte[512] : new byte[reader.ValueSpan.Length];
        var length = JsonText.Unescape(reader.ValueSpan, text);
        return length is JsonText.NotUnicode or JsonText.TooLong ? null : Encoding.UTF8.GetString(text[..length]);
    }

    private static SenMlField FieldOf(string name) => name switch
    {
        "bn" => SenMlField.BaseName,
        "bt" => SenMlField.BaseTime,
        "bu" => SenMlField.BaseUnit,
        "bv" => SenMlField.BaseValue,
        "bs" => SenMlField.BaseSum,
        "bver" => SenMlField.BaseVersion,
        "n" => SenMlField.Name,
        "u" => SenMlField.Unit,
        "v" => SenMlField.Value,
        "vs" => SenMlField.TextValue,
        "vb" => SenMlField.BoolValue,
        "vd" => SenMlField.DataValue,
        "s" => SenMlField.Sum,
        "t" => SenMlField.Time,
        "ut" => SenMlField.UpdateTime,
        _ => name.EndsWith('_') ? SenMlField.MustUnderstand : SenMlField.Other,
    };
}
