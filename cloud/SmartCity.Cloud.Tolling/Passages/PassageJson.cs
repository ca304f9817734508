using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Passages and reads as they are stored: the same record gives the same bytes, so that what stands is compared without being read.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true, Converters = [typeof(PassageMembersConverter)])]
[JsonSerializable(typeof(Passage))]
[JsonSerializable(typeof(List<PassageMember>))]
[JsonSerializable(typeof(SuppressedRead))]
[JsonSerializable(typeof(OrphanRead))]
[JsonSerializable(typeof(HeldEvent))]
[JsonSerializable(typeof(Finding))]
internal sealed partial class PassageJson : JsonSerializerContext;

/// <summary>Passages as rating needs them: without their members, which are most of what is stored.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true, Converters = [typeof(NoMembersConverter)])]
[JsonSerializable(typeof(Passage))]
internal sealed partial class RatedPassageJson : JsonSerializerContext;

/// <summary>Passes over members.</summary>
internal sealed class NoMembersConverter : JsonConverter<PassageMembers>
{
    private static readonly PassageMembers _none = new([]);

    public override PassageMembers Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Skip();
        return _none;
    }

    public override void Write(Utf8JsonWriter writer, PassageMembers value, JsonSerializerOptions options) => throw new NotSupportedException("What was read without its members is not stored.");
}

/// <summary>Members are stored as the list that they are.</summary>
internal sealed class PassageMembersConverter : JsonConverter<PassageMembers>
{
    public override PassageMembers Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonSerializer.Deserialize(ref reader, PassageJson.Default.ListPassageMember) ?? []);

    public override void Write(Utf8JsonWriter writer, PassageMembers value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, [.. value], PassageJson.Default.ListPassageMember);
}
