using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>One line of the truth: a vehicle at a toll point as it really was, what witnessed it, and what faults did to that.</summary>
internal sealed record PassageTruth
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<LaneEvidence>(JsonNamingPolicy.KebabCaseLower), new JsonStringEnumConverter<CorridorFault>(JsonNamingPolicy.KebabCaseLower), new JsonStringEnumConverter<DamageEffect>(JsonNamingPolicy.KebabCaseLower), new JsonStringEnumConverter<PlateKind>(JsonNamingPolicy.KebabCaseLower) },
        RespectNullableAnnotations = true,
    };

    /// <summary>Id of the passage, made of the toll point and <see cref="Anchor"/>; null where no classifier numbered it.</summary>
    public string? Id { get; init; }
    /// <summary>The toll point.</summary>
    public required string Point { get; init; }
    /// <summary>Which way it went.</summary>
    public required string Direction { get; init; }
    /// <summary>Its lane.</summary>
    public required string Lane { get; init; }
    /// <summary>When, RFC 3339.</summary>
    public required DateTimeOffset Time { get; init; }
    /// <summary>Number of the drive that the passage is part of.</summary>
    public required int Drive { get; init; }
    /// <summary>Number of the vehicle.</summary>
    public required int Vehicle { get; init; }
    /// <summary>Its class.</summary>
    public required string Class { get; init; }
    /// <summary>Its plate, <c>country:text</c>.</summary>
    public required string Plate { get; init; }
    /// <summary>Kind of the plate.</summary>
    public required PlateKind PlateKind { get; init; }
    /// <summary>Whether the plate stands in the register.</summary>
    public required bool Registered { get; init; }
    /// <summary>Its tags, <c>issuer:id</c>.</summary>
    public required IReadOnlyList<string> Tags { get; init; }
    /// <summary>The account that pays; null where nobody knows the vehicle.</summary>
    public string? Account { get; init; }
    /// <summary>The account of its second tag; null where it is an issuer's of elsewhere.</summary>
    public string? SecondAccount { get; init; }
    /// <summary>What it pays, rial.</summary>
    public required long Net { get; init; }
    /// <summary>At the exit of a closed system: where it entered, in the passage before of the same drive.</summary>
    public string? Entry { get; init; }
    /// <summary>At the exit of a closed system: the way from the entry, km.</summary>
    public double? Km { get; init; }
    /// <summary>Key of the classifier's event.</summary>
    public EventKey? Anchor { get; init; }
    /// <summary>Id of the passage that a vehicle taken for two has beside its own.</summary>
    public string? Ghost { get; init; }
    /// <summary>Its events that were handed over, those that err too.</summary>
    public required IReadOnlyList<WitnessTruth> Evidence { get; init; }
    /// <summary>What faults did.</summary>
    public IReadOnlyList<Damage>? Damages { get; init; }

    /// <summary>The truth of a passage.</summary>
    public static PassageTruth Of(PassageRecord passage)
    {
        var (crossing, vehicle) = (passage.Crossing, passage.Crossing.Vehicle);
        return new PassageTruth
        {
            Id = passage.Anchor is { } anchor ? PassageRecord.IdOf(crossing.Point.Id, anchor) : null,
            Point = crossing.Point.Id, Direction = crossing.Lane.Direction, Lane = crossing.Lane.Id,
            Time = DateTimeOffset.FromUnixTimeMilliseconds(crossing.Time),
            Drive = crossing.Drive, Vehicle = vehicle.Number, Class = vehicle.Class.Name,
            Plate = vehicle.Plate.Key, PlateKind = vehicle.Plate.Kind, Registered = vehicle.IsRegistered,
            Tags = [.. vehicle.Tags.Select(tag => tag.Key)], Account = vehicle.Account, SecondAccount = vehicle.Tags.Count > 1 ? vehicle.Tags[1].Account : null, Net = crossing.Net, Entry = crossing.Entry?.Id, Km = crossing.Km,
            Anchor = passage.Anchor,
            Ghost = passage.Ghost is { } ghost ? PassageRecord.IdOf(crossing.Point.Id, ghost) : null,
            Evidence = [.. passage.Evidence.Select(one => new WitnessTruth(one.Evidence, one.Key))],
            Damages = passage.Damages.Count > 0 ? passage.Damages : null,
        };
    }

    /// <summary>Writes it as a line.</summary>
    public byte[] Write() => [.. JsonSerializer.SerializeToUtf8Bytes(this, _options), (byte)'\n'];

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static PassageTruth Read(string line) => JsonSerializer.Deserialize<PassageTruth>(line, _options) ?? throw new JsonException("a passage is needed");
}

/// <summary>An event that witnesses a passage.</summary>
/// <param name="Kind">What it witnesses.</param>
/// <param name="Key">The event.</param>
internal sealed record WitnessTruth(LaneEvidence Kind, EventKey Key);
