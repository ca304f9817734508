namespace SmartCity.Model;

/// <summary>A lane of the trunk, each with its own numbers and quota. Higher drains first: toll, then alarm, then telemetry.</summary>
public enum Lane : byte
{
    /// <summary>Readings of sensors.</summary>
    Telemetry = 1,
    /// <summary>Alarms raised at the edge.</summary>
    Alarm = 2,
    /// <summary>Toll events.</summary>
    Toll = 3,
}

/// <summary>Names of lanes as contracts write them.</summary>
public static class Lanes
{
    /// <summary>All lanes, the most urgent first.</summary>
    public static IReadOnlyList<Lane> ByPriority { get; } = [Lane.Toll, Lane.Alarm, Lane.Telemetry];

    /// <summary><c>telemetry</c>, <c>alarm</c> or <c>toll</c>.</summary>
    public static string NameOf(Lane lane) => lane switch
    {
        Lane.Telemetry => "telemetry",
        Lane.Alarm => "alarm",
        Lane.Toll => "toll",
        _ => throw new ArgumentOutOfRangeException(nameof(lane), lane, "Known lanes: telemetry, alarm, toll."),
    };

    /// <summary>The lane of a name, or null.</summary>
    public static Lane? Parse(string name) => name switch { "telemetry" => Lane.Telemetry, "alarm" => Lane.Alarm, "toll" => Lane.Toll, _ => null };
}
