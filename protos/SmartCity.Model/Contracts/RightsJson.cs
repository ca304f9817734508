using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Model.Contracts;

/// <summary>Rights as an array of their names.</summary>
public sealed class RightsJson : JsonConverter<Rights>
{
    /// <inheritdoc/>
    public override Rights Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException();
        var rights = Rights.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            var name = reader.GetString();
            rights |= Roles.Each.FirstOrDefault(right => Roles.NameOf(right) == name) is not Rights.None and var right ? right : throw new JsonException($"There is no right {name}.");
        }
        return reader.TokenType == JsonTokenType.EndArray ? rights : throw new JsonException();
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Rights value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray();
        foreach (var right in Roles.Each.Where(right => value.HasFlag(right))) writer.WriteStringValue(Roles.NameOf(right));
        writer.WriteEndArray();
    }
}
