using System.Globalization;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>The toll points of a corridor with their lanes, as they lie.</summary>
internal sealed class CorridorLayout
{
    /// <summary>The two ways along the corridor; one who goes north passes the toll points in the order of their numbers.</summary>
    public static IReadOnlyList<string> Directions { get; } = ["north", "south"];

    /// <summary>Lays it out.</summary>
    public CorridorLayout(CorridorOptions options)
    {
        Points = [.. Enumerable.Range(1, options.Points).SelectMany(number => options.IsClosed
            ? (TollPoint[])[new TollPoint(number, TollPointPart.Entry, options), new TollPoint(number, TollPointPart.Exit, options)] : [new TollPoint(number, TollPointPart.Barrier, options)])];
        Devices = [.. Points.SelectMany(point => point.Lanes).SelectMany(lane => lane.Devices)];
        foreach (var fault in LaneDevice.Faults) Befall(fault, options);
    }

    /// <summary>Toll points, south to north; of a junction the entry, then the exit.</summary>
    public IReadOnlyList<TollPoint> Points { get; }
    /// <summary>All devices.</summary>
    public IReadOnlyList<LaneDevice> Devices { get; }

    /// <summary>A fault that befalls any befalls one at least; a device has one fault of its clock at most.</summary>
    private void Befall(CorridorFault fault, CorridorOptions options)
    {
        if (options.Faults[fault] == 0) return;
        var isOfClock = fault is not (CorridorFault.Restart or CorridorFault.Offline);
        foreach (var device in Devices.Where(device => !isOfClock || device.ClockFault is null)
            .OrderBy(device => Chance.Of(options.Seed, ChancePurpose.Fate, (int)fault * 1_000_000L + device.Number).Next())
            .Take(Math.Max(1, (int)Math.Round(options.Faults[fault] * Devices.Count))))
            device.Befall(fault, options.From, options.To);
    }
}

/// <summary>What a toll point is for.</summary>
internal enum TollPointPart
{
    /// <summary>One pays for passing it.</summary>
    Barrier,
    /// <summary>One enters a closed system.</summary>
    Entry,
    /// <summary>One leaves it, and pays.</summary>
    Exit,
}

/// <summary>A toll point.</summary>
internal sealed class TollPoint
{
    /// <summary>Each further point costs this much more, rial, so that a passage at the wrong one shows.</summary>
    private const long RialMoreEach = 5_000;

    private readonly Lane[][] _ways;

    public TollPoint(int number, TollPointPart part, CorridorOptions options)
    {
        (Number, Part) = (number, part);
        Id = string.Create(CultureInfo.InvariantCulture, $"{options.Name}-{number}{part switch { TollPointPart.Entry => "-in", TollPointPart.Exit => "-out", _ => "" }}");
        var own = number + (part == TollPointPart.Exit ? 100 : 0);
        _ways = [.. CorridorLayout.Directions.Select((direction, way) =>
            Enumerable.Range(way * options.Lanes + 1, options.Lanes).Select(lane => new Lane(string.Create(CultureInfo.InvariantCulture, $"{Id}-L{lane}"), direction, options, (own * 2 + way) * 64 + lane)).ToArray())];
        foreach (var way in _ways)
            for (var i = 1; i < way.Length; i++) (way[i].Left, way[i - 1].Right) = (way[i - 1], way[i]);
    }

    /// <summary>Number of the toll point or junction, from 1.</summary>
    public int Number { get; }
    /// <summary>What it is for.</summary>
    public TollPointPart Part { get; }
    /// <summary>Its id, e.g. <c>THN-1</c>.</summary>
    public string Id { get; }
    /// <summary>Its lanes, side by side.</summary>
    public IEnumerable<Lane> Lanes => _ways.SelectMany(way => way);

    /// <summary>The lanes that run one way.</summary>
    public IReadOnlyList<Lane> Way(int direction) => _ways[direction];

    /// <summary>What a class pays here, rial.</summary>
    /// <param name="type">The class.</param>
    /// <param name="entry">Where it entered, if it leaves a closed system here.</param>
    public long PriceOf(VehicleClass type, TollPoint? entry) => Part switch
    {
        TollPointPart.Barrier => type.BaseRial + (Number - 1) * RialMoreEach,
        TollPointPart.Exit when entry is not null => type.BaseRial * Math.Abs(Number - entry.Number) + (Number - 1) * RialMoreEach,
        _ => 0,
    };
}

/// <summary>A lane with its devices.</summary>
internal sealed class Lane
{
    public Lane(string id, string direction, CorridorOptions options, int number)
    {
        (Id, Direction) = (id, direction);
        Avc = Device(LaneEvidence.Avc, "avc");
        Loop = Device(LaneEvidence.Loop, "loop");
        Tag = Device(LaneEvidence.Tag, "tag");
        Front = Device(LaneEvidence.Front, "front");
        Rear = Device(LaneEvidence.Rear, "rear");

        LaneDevice Device(LaneEvidence kind, string name) => new($"{id}-{name}", id, kind, options, number * 8 + (int)kind);
    }

    /// <summary>Its id, e.g. <c>THN-1-L2</c>.</summary>
    public string Id { get; }
    /// <summary>Which way it runs.</summary>
    public string Direction { get; }
    public LaneDevice Avc { get; }
    public LaneDevice Loop { get; }
    public LaneDevice Tag { get; }
    public LaneDevice Front { get; }
    public LaneDevice Rear { get; }
    /// <summary>Its neighbour that runs the same way, or null.</summary>
    public Lane? Left { get; set; }
    /// <summary>Its other neighbour that runs the same way, or null.</summary>
    public Lane? Right { get; set; }
    /// <summary>All its devices.</summary>
    public IEnumerable<LaneDevice> Devices => [Avc, Loop, Tag, Front, Rear];
}

/// <summary>What a device can witness.</summary>
internal enum LaneEvidence
{
    /// <summary>That a vehicle passed, and its class.</summary>
    Avc,
    /// <summary>That something passed.</summary>
    Loop,
    /// <summary>Its tag.</summary>
    Tag,
    /// <summary>Its front plate.</summary>
    Front,
    /// <summary>Its rear plate.</summary>
    Rear,
}
