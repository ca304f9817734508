using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.FirmwareSim.Corridor.Score;

/// <summary>One difference between charges and truth, with its one cause.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Due">What would be right, rial.</param>
/// <param name="Charged">What was charged, rial.</param>
internal sealed record Difference(DifferenceCause Cause, long Due, long Charged)
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>Id of the passage; null where no classifier numbered it.</summary>
    public string? Passage { get; init; }
    /// <summary>The toll point.</summary>
    public required string Point { get; init; }
    /// <summary>When.</summary>
    public DateTimeOffset? Time { get; init; }
    /// <summary>The evidence that was destroyed.</summary>
    public LaneEvidence? Evidence { get; init; }
    /// <summary>The fault that destroyed it.</summary>
    public CorridorFault? Fault { get; init; }
    /// <summary>What should stand there, where something else does.</summary>
    public string? Expected { get; init; }
    /// <summary>What stands there.</summary>
    public string? Found { get; init; }
    /// <summary>State that the platform has the passage in.</summary>
    public string? State { get; init; }
    /// <summary>Why, as the platform says.</summary>
    public string? Finding { get; init; }
    /// <summary>What was charged too much, rial.</summary>
    public long Amount => Charged - Due;

    /// <summary>Writes it as a line, without its end.</summary>
    public string Write() => JsonSerializer.Serialize(this, _options);
}

/// <summary>Why charges differ from the truth. All but <see cref="Destroyed"/> are mistakes of the platform.</summary>
internal enum DifferenceCause
{
    /// <summary>Evidence was destroyed, and what was left could not lead to the right charge.</summary>
    Destroyed,
    /// <summary>The passage is not charged, or not even known, though its evidence sufficed.</summary>
    Missed,
    /// <summary>The passage is charged twice.</summary>
    Double,
    /// <summary>Another class is charged, though it was measured right.</summary>
    WrongClass,
    /// <summary>Another vehicle is charged, or nobody, though it was read right.</summary>
    WrongPlate,
    /// <summary>The right vehicle in the right class is charged another amount.</summary>
    WrongAmount,
    /// <summary>Something is charged that never passed.</summary>
    Orphan,
}
