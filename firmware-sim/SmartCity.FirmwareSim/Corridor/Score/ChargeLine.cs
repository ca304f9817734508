using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.FirmwareSim.Corridor.Score;

/// <summary>
/// One line of a file of charges: what the platform made of a passage in the end, corrections counted in. Passages that are not charged have a line too,
/// with the state that they are in and no money.
/// </summary>
internal sealed record ChargeLine
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
    };

    /// <summary>Id of the passage, 32 hex digits.</summary>
    public required string Passage { get; init; }
    /// <summary>The toll point.</summary>
    public required string Point { get; init; }
    /// <summary>When it passed.</summary>
    public DateTimeOffset? Time { get; init; }
    /// <summary>The class charged.</summary>
    public string? Class { get; init; }
    /// <summary>The plate, <c>country:text</c>.</summary>
    public string? Plate { get; init; }
    /// <summary>The account charged.</summary>
    public string? Account { get; init; }
    /// <summary>The amount charged, in the smallest unit of the currency; 0 or absent where it is not charged.</summary>
    public long Net { get; init; }
    /// <summary>What state it is in, e.g. <c>billable</c>, <c>review</c>.</summary>
    public required string State { get; init; }
    /// <summary>Why, where it is not charged, e.g. <c>PLATE_UNMATCHED</c>.</summary>
    public string? Finding { get; init; }

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static ChargeLine Read(string line) => JsonSerializer.Deserialize<ChargeLine>(line, _options) ?? throw new JsonException("a charge is needed");

    /// <summary>Writes a line, without its end.</summary>
    public string Write() => JsonSerializer.Serialize(this, _options);
}
