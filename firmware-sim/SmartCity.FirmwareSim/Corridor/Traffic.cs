using SmartCity.FirmwareSim.City;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>A vehicle at a toll point.</summary>
/// <param name="Time">When, ms since 1970 UTC.</param>
/// <param name="Drive">Number of its drive along the corridor.</param>
/// <param name="Vehicle">The vehicle.</param>
/// <param name="Point">The toll point.</param>
/// <param name="Lane">The lane.</param>
/// <param name="SpeedKmh">Its speed.</param>
/// <param name="Serial">Number of the passage, in order of time within a lane.</param>
/// <param name="Entry">Where it entered, if it leaves a closed system here.</param>
/// <param name="Km">The way from there, km.</param>
internal sealed record Crossing(long Time, int Drive, Vehicle Vehicle, TollPoint Point, Lane Lane, double SpeedKmh, long Serial, TollPoint? Entry, double? Km)
{
    /// <summary>What it pays, rial.</summary>
    public long Net => Point.PriceOf(Vehicle.Class, Entry);
}

/// <summary>
/// The flow of vehicles: drives along the corridor, spread over the time as its hours want it, each passing one toll point or several in turn, or the entry
/// and the exit of a closed system.
/// Vehicles take turns, one drive north and the next one south, so that none is in two places. In a lane two are at least <see cref="HeadwayMs"/> apart.
/// </summary>
internal sealed class Traffic(CorridorOptions options, CorridorLayout layout, Fleet fleet)
{
    /// <summary>Least time between two vehicles of a lane, ms.</summary>
    public const long HeadwayMs = 2_500;

    private const int Steps = 1_440;
    /// <summary>Under nine tenths of a trailer's 80 km/h.</summary>
    private const double SlowestKmh = 70;
    private readonly Dictionary<Lane, long> _last = [];
    /// <summary>A drive of more would not end in a short time.</summary>
    private readonly int _pointsOfDriveMax = !options.IsLive ? options.Points : (int)Math.Min(options.Points, 1 + (options.To - options.From) / 4 / (long)(options.PointsApartKm / SlowestKmh * 3_600_000));

    /// <summary>All passages, in order of time.</summary>
    public IEnumerable<Crossing> Crossings()
    {
        var (drives, lastPoints) = Drives();
        var hours = Hours();
        var due = new PriorityQueue<Stage, (long, int)>();
        var ready = new PriorityQueue<Crossing, (long, long)>();
        long serial = 0;
        for (var drive = 0; drive < drives || due.Count > 0;)
        {
            if (drive < drives && (due.Count == 0 || StartOf(drive) <= due.Peek().At))
            {
                var begun = Begin(drive, StartOf(drive), drive == drives - 1 ? lastPoints : int.MaxValue);
                due.Enqueue(begun, (begun.At, drive++));
                continue;
            }
            var stage = due.Dequeue();
            // A vehicle may have had to wait for its lane; nothing that is still due comes before those now.
            while (ready.TryPeek(out var first, out _) && first.Time <= stage.At) yield return ready.Dequeue();
            var crossing = Pass(stage, serial++);
            if (options.IsLive && crossing.Time >= options.To) continue;
            ready.Enqueue(crossing, (crossing.Time, crossing.Serial));
            if (stage.Left == 1) continue;
            var point = stage.Point + (stage.Direction == 0 ? stage.Step : -stage.Step);
            var next = crossing.Time + (long)(stage.Step * options.PointsApartKm / crossing.SpeedKmh * 3_600_000);
            due.Enqueue(stage with { At = next, Point = point, Left = stage.Left - 1, Entry = options.IsClosed ? crossing.Point : null }, (next, stage.Drive));
        }
        while (ready.Count > 0) yield return ready.Dequeue();

        long StartOf(int drive) => options.From + hours.At((drive + Chance.Of(options.Seed, ChancePurpose.Drive, drive).Next()) / drives);
    }

    /// <summary>How many drives make up the passages, and how many toll points are left for the last one.</summary>
    private (int Drives, int LastPoints) Drives()
    {
        for (var (drive, left) = (0, options.Passages); ; drive++)
        {
            var points = Begin(drive, 0, int.MaxValue).Left;
            if (points >= left) return (drive + 1, left);
            left -= points;
        }
    }

    private Stage Begin(int drive, long at, int pointsMax)
    {
        var chance = Chance.Of(options.Seed, ChancePurpose.Drive, drive);
        chance.Next();
        var direction = drive / fleet.Count % 2;
        // Closed, it leaves at another junction than it entered.
        var points = options.IsClosed ? 2 + chance.Below(Math.Max(1, _pointsOfDriveMax - 1)) : Math.Min(pointsMax, 1 + chance.Below(_pointsOfDriveMax));
        var from = 1 + chance.Below(options.Points - points + 1);
        var (left, step) = options.IsClosed ? (Math.Min(pointsMax, 2), points - 1) : (points, 1);
        // Around 90 to 115 % of what its class usually drives.
        return new Stage(at, drive, drive % fleet.Count, direction, direction == 0 ? from : from + points - 1, step, left, chance.Between(0.9, 1.15), null);
    }

    private Crossing Pass(Stage stage, long serial)
    {
        var vehicle = fleet[stage.Vehicle];
        var part = !options.IsClosed ? TollPointPart.Barrier : stage.Entry is null ? TollPointPart.Entry : TollPointPart.Exit;
        var point = layout.Points.First(one => one.Number == stage.Point && one.Part == part);
        var lanes = point.Way(stage.Direction);
        var chance = Chance.Of(options.Seed, ChancePurpose.Sight, -1 - serial);
        // The slow keep right.
        var wanted = vehicle.Class.Axles > 2 || vehicle.Class.SpeedKmh < 91 ? lanes.Count - 1 : chance.Below(lanes.Count);
        var lane = lanes[wanted];
        for (var i = 1; i < lanes.Count && FreeAt(lane) > stage.At; i++)
            if (FreeAt(lanes[(wanted + i) % lanes.Count]) < FreeAt(lane)) lane = lanes[(wanted + i) % lanes.Count];
        var time = Math.Max(stage.At, FreeAt(lane));
        _last[lane] = time;
        return new Crossing(time, stage.Drive, vehicle, point, lane, Math.Round(vehicle.Class.SpeedKmh * stage.Pace, 1), serial, stage.Entry, stage.Entry is null ? null : stage.Step * options.PointsApartKm);

        long FreeAt(Lane one) => _last.TryGetValue(one, out var last) ? last + HeadwayMs : long.MinValue;
    }

    /// <summary>How the drives are spread: by the city's traffic, and none that would not end in time.</summary>
    private Spread Hours()
    {
        var span = options.To - options.From;
        var last = options.IsLive ? span : span - Math.Min(span / 2, (long)((options.Points - 1) * options.PointsApartKm / SlowestKmh * 3_600_000) + 60_000);
        var sums = new double[Steps + 1];
        for (var i = 0; i < Steps; i++)
        {
            var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(options.From + last * i / Steps), options.Zone);
            // Moment is Tehran's; its hour is made ours.
            var moment = new Moment((local.DateTime - DateTime.UnixEpoch).TotalSeconds - 3.5 * 3_600);
            sums[i + 1] = sums[i] + moment.Traffic;
        }
        return new Spread(sums, last);
    }

    /// <summary>A drive on its way to the toll point or junction of a number; the next one is <see cref="Step"/> further.</summary>
    private sealed record Stage(long At, int Drive, int Vehicle, int Direction, int Point, int Step, int Left, double Pace, TollPoint? Entry);

    private sealed record Spread(double[] Sums, long Span)
    {
        public long At(double share)
        {
            var wanted = share * Sums[^1];
            var found = Array.BinarySearch(Sums, wanted);
            var step = Math.Clamp(found >= 0 ? found : ~found - 1, 0, Steps - 1);
            return (long)(Span * (step + (wanted - Sums[step]) / (Sums[step + 1] - Sums[step])) / Steps);
        }
    }
}
