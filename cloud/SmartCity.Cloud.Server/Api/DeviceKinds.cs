namespace SmartCity.Cloud.Server.Api;

/// <summary>What a device measures, told by its metrics, until a registry knows it. The first kind that has one of them wins.</summary>
internal static class DeviceKinds
{
    private static readonly (string Kind, string[] Metrics)[] _kinds =
    [
        ("air", ["pm25", "pm10", "no2", "o3", "so2", "co", "aqi"]),
        ("noise", ["laeq", "lamax", "noise"]),
        ("traffic", ["vehicles", "occupancy", "speed", "flow"]),
        ("parking", ["occupied", "free_spaces"]),
        ("light", ["dimming", "lamp", "lux"]),
        ("water", ["level", "water_level"]),
        ("waste", ["fill", "fill_level"]),
        ("weather", ["wind_speed", "wind.speed", "rain", "pressure", "humidity"]),
        ("energy", ["power", "energy", "voltage", "current"]),
    ];

    /// <summary>All kinds, in order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. _kinds.Select(kind => kind.Kind)];

    /// <summary>The kind, or null where no metric tells.</summary>
    public static string? Of(IEnumerable<string> metrics)
    {
        var found = _kinds.Length;
        foreach (var metric in metrics)
        {
            var i = Array.FindIndex(_kinds, kind => Array.IndexOf(kind.Metrics, metric) >= 0);
            if (i >= 0) found = Math.Min(found, i);
        }
        return found < _kinds.Length ? _kinds[found].Kind : null;
    }
}
