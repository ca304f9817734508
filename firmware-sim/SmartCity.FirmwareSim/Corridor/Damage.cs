using System.Text.Json.Serialization;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>What a fault did to the evidence of a passage.</summary>
/// <param name="Evidence">The evidence.</param>
/// <param name="Fault">The fault.</param>
/// <param name="Effect">What it did.</param>
internal sealed record Damage(LaneEvidence Evidence, CorridorFault Fault, DamageEffect Effect)
{
    /// <summary>The event.</summary>
    public EventKey? Key { get; init; }
    /// <summary>What it says that is wrong or misplaced: a class, a plate's key, a tag.</summary>
    public string? Said { get; init; }
    /// <summary>The account that it leads to, if it is of a tag.</summary>
    public string? Account { get; init; }
    /// <summary>The lane that it names.</summary>
    public string? Lane { get; init; }
    /// <summary>The time that it names, ms since 1970 UTC.</summary>
    public long? Stamp { get; init; }

    /// <summary>Whether the platform may fail for it. What comes late or twice, and what the neighbour reads too or instead, it has to cope with.</summary>
    [JsonIgnore]
    public bool IsDestructive => Effect is not (DamageEffect.Late or DamageEffect.Repeated) && Fault is not (CorridorFault.TagNeighbour or CorridorFault.TagNeighbourOnly or CorridorFault.PlateNeighbour);

    /// <summary>Whether a wrong clock did it.</summary>
    [JsonIgnore]
    public bool IsOfClock => Fault is CorridorFault.ClockOffset or CorridorFault.ClockDrift or CorridorFault.ClockStep;
}

/// <summary>What a fault does to evidence.</summary>
internal enum DamageEffect
{
    /// <summary>It is not there, or says nothing.</summary>
    Lost,
    /// <summary>It says something wrong, or not surely.</summary>
    Altered,
    /// <summary>By its lane or its stamp it belongs to another moment, and may be taken for another vehicle's.</summary>
    Stray,
    /// <summary>It comes hours later; nothing is lost.</summary>
    Late,
    /// <summary>It comes twice; nothing is lost.</summary>
    Repeated,
}
