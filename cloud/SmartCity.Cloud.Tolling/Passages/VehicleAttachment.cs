using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>
/// Second step: reads to vehicles. A read goes to the nearest vehicle of its lane, but a tag rather to the one that shows its account's plate; where
/// that lane has none, to a neighbour's that it does not contradict. What finds none is an orphan: it stays without a vehicle.
/// </summary>
internal static class VehicleAttachment
{
    /// <returns>The vehicles by time and key.</returns>
    public static List<Vehicle> Attach(TollPointLayout point, SightingIntake intake, CorrelationKnowledge knowledge, CorrelationOptions options)
    {
        var vehicles = intake.Anchors.ConvertAll(anchor => new Vehicle(anchor, point.Id));
        var lanes = new List<Vehicle>[point.Lanes.Count];
        for (var i = 0; i < lanes.Length; i++) lanes[i] = [];
        // A vehicle whose time nobody knows was next to nothing.
        foreach (var vehicle in vehicles)
            if (vehicle.Anchor.Clock != ClockVerdict.Suspect) lanes[vehicle.Anchor.Lane].Add(vehicle);

        // Cameras first: what they show says whose a tag is.
        var alone = new List<(Sighting Read, Vehicle? Better)>();
        foreach (var read in intake.Reads.OrderBy(read => read.Kind == TollEventKind.Tag))
        {
            var own = Near(lanes[read.Lane], read.Time, Within(read, options)).MinBy(vehicle => (Math.Abs(vehicle.Time - read.Time), vehicle.Time, vehicle.Anchor.Ref));
            if (own is not null && ShownBy(own, read) is { } better)
            {
                if (better.Anchor.Lane == read.Lane) Give(read, better);
                else alone.Add((read, better));
            }
            else if (own is not null) Give(read, own);
            else if (read.Kind != TollEventKind.Loop) alone.Add((read, null));
        }

        // Judged by what the own lane gave, and given afterwards: which stray read comes first is then of no matter.
        var strays = new List<(Sighting Read, Vehicle Vehicle)>();
        foreach (var (read, better) in alone)
        {
            IEnumerable<Vehicle> near = better is not null ? [better] : Neighbours(point, read.Lane).SelectMany(lane => Near(lanes[lane], read.Time, Within(read, options)))
                .OrderBy(vehicle => Twin(vehicle, read) is null).ThenBy(vehicle => Math.Abs(vehicle.Time - read.Time)).ThenBy(vehicle => vehicle.Time).ThenBy(vehicle => vehicle.Anchor.Ref);
            foreach (var vehicle in near)
            {
                if (Twin(vehicle, read) is { } twin)
                {
                    read.Vehicle = vehicle;
                    read.Suppress(SuppressReason.CrossLane, twin, vehicle);
                }
                else if (better is null && Contradicts(vehicle, read, knowledge)) continue;
                else strays.Add((read, vehicle));
                break;
            }
        }
        foreach (var (read, vehicle) in strays)
        {
            read.IsCrossLane = true;
            Give(read, vehicle);
        }
        foreach (var vehicle in vehicles) vehicle.Reads.Sort(Sighting.ByTime);
        return vehicles;

        // The vehicle that shows the plate of a tag's account where the one next to the antenna shows another.
        Vehicle? ShownBy(Vehicle own, Sighting read) =>
            read.Tag is { } tag && knowledge.PlateOfTag(tag) is { } account && own.OwnPlates.Any() && !own.OwnPlates.Any(plate => PlateMatcher.MayBeSame(plate, account))
                ? Neighbours(point, read.Lane).Prepend(read.Lane).SelectMany(lane => Near(lanes[lane], read.Time, Within(read, options)))
                    .Where(vehicle => vehicle.OwnPlates.Any(plate => plate.Key == account.Key))
                    .MinBy(vehicle => (vehicle.Anchor.Lane != read.Lane, Math.Abs(vehicle.Time - read.Time), vehicle.Time, vehicle.Anchor.Ref))
                : null;

        static void Give(Sighting read, Vehicle vehicle)
        {
            read.Vehicle = vehicle;
            vehicle.Reads.Add(read);
        }
    }

    private static long Within(Sighting read, CorrelationOptions options) => CorrelationWindows.Micros(read.Kind == TollEventKind.Anpr ? options.AnprWithin : options.TagWithin);

    private static IEnumerable<int> Neighbours(TollPointLayout point, int lane)
    {
        if (lane > 0 && point.Lanes[lane - 1].Direction == point.Lanes[lane].Direction) yield return lane - 1;
        if (lane + 1 < point.Lanes.Count && point.Lanes[lane + 1].Direction == point.Lanes[lane].Direction) yield return lane + 1;
    }

    /// <summary>The vehicles of a lane within <paramref name="within"/> of a time, both ends included.</summary>
    private static IEnumerable<Vehicle> Near(List<Vehicle> lane, long time, long within)
    {
        var (low, high) = (0, lane.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (lane[middle].Time < time - within) low = middle + 1;
            else high = middle;
        }
        for (; low < lane.Count && lane[low].Time <= time + within; low++) yield return lane[low];
    }

    /// <summary>The read of the vehicle's own lane that saw the same, or null. What cannot be read is taken for what stands next to it.</summary>
    private static Sighting? Twin(Vehicle vehicle, Sighting read) =>
        vehicle.Reads.Where(own => own.Kind == read.Kind && IsTwin(own, read)).MinBy(own => (own.Time, own.Ref));

    private static bool IsTwin(Sighting own, Sighting read) =>
        read.Identity is null
        || (read.Tag is { } tag ? own.Tag == tag : own.Plate is not null && PlateMatcher.MayBeSame(own.Plate, read.Plate!));

    /// <summary>Whether the vehicle shows something else: its own read of that kind, or also a plate that is not the tag's.</summary>
    private static bool Contradicts(Vehicle vehicle, Sighting read, CorrelationKnowledge knowledge)
    {
        if (vehicle.Reads.Any(own => own.Kind == read.Kind && own.Identity is not null)) return true;
        if (read.Tag is { } tag)
            return knowledge.PlateOfTag(tag) is { } account && vehicle.OwnPlates.Any(plate => !PlateMatcher.MayBeSame(plate, account));
        return read.Plate is { } seen
            && vehicle.Reads.Exists(own => own.Tag is { } other && knowledge.PlateOfTag(other) is { } account && !PlateMatcher.MayBeSame(seen, account));
    }
}
