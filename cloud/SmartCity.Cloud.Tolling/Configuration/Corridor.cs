using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>A road or an area whose tolls follow one tariff.</summary>
public sealed record Corridor : ConfigVersion
{
    private readonly IReadOnlyList<CorridorDistance> _distances = [];
    private readonly Dictionary<(string, string), ExactAmount> _km = [];
    private readonly IReadOnlyList<string> _classes = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    private readonly IReadOnlyList<CorridorPoint> _points = [];
    private readonly Dictionary<string, CorridorPoint> _byId = [];

    /// <summary>For people.</summary>
    public required string Name { get; init; }
    /// <summary>Zone of all its times; the same in all versions.</summary>
    public required TimeZoneInfo Zone { get; init; }
    /// <summary>Every vehicle class that there is here.</summary>
    public IReadOnlyList<string> Classes
    {
        get => _classes;
        init => (_classes, _known) = (value, new(value, StringComparer.Ordinal));
    }
    /// <summary>Toll points, in order of travel.</summary>
    public IReadOnlyList<CorridorPoint> Points
    {
        get => _points;
        init => (_points, _byId) = (value, value.DistinctBy(point => point.Id).ToDictionary(point => point.Id, StringComparer.Ordinal));
    }
    /// <summary>Distances between points.</summary>
    public IReadOnlyList<CorridorDistance> Distances
    {
        get => _distances;
        init => (_distances, _km) = (value, value.ToDictionary(d => (d.From, d.To), d => d.Km));
    }

    /// <summary>Whether it has a toll point.</summary>
    public bool HasPoint(string point) => _byId.ContainsKey(point);

    /// <summary>Whether the class is one of <see cref="Classes"/>.</summary>
    public bool HasClass(string vehicleClass) => _known.Contains(vehicleClass);

    /// <summary>Kilometres between two points, whichever way they were listed; null where they were not.</summary>
    public ExactAmount? KmBetween(string from, string to) => _km.TryGetValue((from, to), out var km) || _km.TryGetValue((to, from), out km) ? km : null;

    /// <summary>What correlation has to know of its points.</summary>
    /// <param name="devicesOf">The devices of a lane; null where any may be there.</param>
    public IReadOnlyList<TollPointLayout> Layouts(Func<string, IReadOnlySet<string>?> devicesOf) =>
        [.. Points.Select(point => new TollPointLayout(point.Id, [.. point.Lanes.Select(lane => new TollLane(lane.Id, lane.Direction, devicesOf(lane.Id)))]))];
}

/// <summary>A place where vehicles are seen.</summary>
/// <param name="Id">Unique in the whole configuration: it says which corridor it is of.</param>
/// <param name="Name">For people; empty where none is given.</param>
/// <param name="Role">Its part in a closed system; null in an open one.</param>
/// <param name="Directions">Directions that are tolled.</param>
/// <param name="Lanes">Lanes as they lie side by side.</param>
public sealed record CorridorPoint(string Id, string Name, TollPointRole? Role, IReadOnlyList<string> Directions, IReadOnlyList<CorridorLane> Lanes);

/// <summary>One lane of a toll point.</summary>
/// <param name="Id">As toll events carry it; unique in the whole configuration.</param>
/// <param name="Direction">One of the point's directions.</param>
/// <param name="Devices">Ids of the devices over it: what others say of it takes no part. Empty where any may.</param>
public sealed record CorridorLane(string Id, string Direction, IReadOnlyList<string> Devices);

/// <summary>Distance between two points.</summary>
/// <param name="From">Point.</param>
/// <param name="To">Point.</param>
/// <param name="Km">Kilometres, above 0.</param>
public sealed record CorridorDistance(string From, string To, ExactAmount Km);
