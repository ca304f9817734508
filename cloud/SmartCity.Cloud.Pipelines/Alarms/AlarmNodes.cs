using SmartCity.Cloud.Pipelines.Alarms.Conditions;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>What the alarms know of a gateway.</summary>
internal sealed class GatewayNode(string id)
{
    public string Id => id;
    /// <summary>When it was last heard, µs.</summary>
    public long HeardUntil { get; set; }
    /// <summary>Nothing could be heard before, µs.</summary>
    public long JudgedFrom { get; set; }
    public bool IsSilent { get; set; }
    public HashSet<DeviceNode> Devices { get; } = [];
    /// <summary>Alarms of its own.</summary>
    public List<AlarmPoint> Points { get; } = [];
    /// <summary>Alarms that are due if it turns out that it still lives.</summary>
    public SortedSet<AlarmPoint> Waiting { get; } = [];
}

/// <summary>What the alarms know of a device.</summary>
internal sealed class DeviceNode(string id)
{
    public string Id => id;
    public GatewayNode? Gateway { get; set; }
    /// <summary>Kind that it says it is.</summary>
    public string? Kind { get; set; }
    public double Latitude { get; set; } = double.NaN;
    public double Longitude { get; set; } = double.NaN;
    public bool IsSilent { get; set; }
    /// <summary>Metrics that were heard of it.</summary>
    public HashSet<string> Metrics { get; } = new(StringComparer.Ordinal);
    /// <summary>Those that a condition names.</summary>
    public Dictionary<string, SeriesMemory> Memories { get; } = new(StringComparer.Ordinal);
    public List<AlarmPoint> Points { get; } = [];
    /// <summary>Rules that have an alarm here.</summary>
    public HashSet<RuleRuntime> Rules { get; } = [];

    public SeriesMemory Memory(string metric)
    {
        if (!Memories.TryGetValue(metric, out var memory)) Memories.Add(metric, memory = new SeriesMemory(new Model.SeriesKey(id, metric)));
        return memory;
    }
}
