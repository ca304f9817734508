namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>A point is of one corridor, a lane and a device of one point, in all versions.</summary>
internal static class CorridorRules
{
    public static void Check(ConfigParts parts, ConfigIssues issues)
    {
        var (points, lanes, devices) = (new Dictionary<string, Corridor>(StringComparer.Ordinal), new Dictionary<string, (string, Corridor)>(StringComparer.Ordinal), new Dictionary<string, (string, Corridor)>(StringComparer.Ordinal));
        foreach (var group in parts.Corridors.GroupBy(corridor => corridor.Id, StringComparer.Ordinal))
        {
            var first = group.First();
            foreach (var other in group.Where(corridor => corridor.Zone.Id != first.Zone.Id)) issues.Add(other.Origin, $"zone {other.Zone.Id} is not {first.Zone.Id}, that of {first}; all versions have one", first.Origin);
        }
        foreach (var corridor in parts.Corridors)
        {
            var here = new HashSet<string>(StringComparer.Ordinal);
            foreach (var point in corridor.Points)
            {
                if (!here.Add(point.Id)) issues.Add(corridor.Origin, $"point {ConfigIssues.Quote(point.Id)} stands twice in {corridor}");
                if (!points.TryAdd(point.Id, corridor) && points[point.Id].Id != corridor.Id) issues.Add(corridor.Origin, $"point {ConfigIssues.Quote(point.Id)} is also one of {points[point.Id]}", points[point.Id].Origin);
                var lanesHere = new HashSet<string>(StringComparer.Ordinal);
                foreach (var lane in point.Lanes)
                {
                    if (!point.Directions.Contains(lane.Direction)) issues.Add(corridor.Origin, $"direction {ConfigIssues.Quote(lane.Direction)} of lane {lane.Id} is none of point {point.Id}: {string.Join(", ", point.Directions)}");
                    if (!lanesHere.Add(lane.Id)) issues.Add(corridor.Origin, $"lane {ConfigIssues.Quote(lane.Id)} stands twice at {point.Id}");
                    OfOnePoint(lanes, lane.Id, "lane", point.Id, corridor);
                    foreach (var device in lane.Devices) OfOnePoint(devices, device, "device", point.Id, corridor);
                }
            }
            foreach (var distance in corridor.Distances)
            {
                if (!here.Contains(distance.From) || !here.Contains(distance.To)) issues.Add(corridor.Origin, $"the distance from {distance.From} to {distance.To} is not between two points of {corridor}");
                else if (distance.From == distance.To) issues.Add(corridor.Origin, $"the distance from {distance.From} to itself");
            }
        }

        void OfOnePoint(Dictionary<string, (string Point, Corridor Corridor)> known, string id, string what, string point, Corridor corridor)
        {
            if (!known.TryAdd(id, (point, corridor)) && known[id].Point != point)
                issues.Add(corridor.Origin, $"{what} {ConfigIssues.Quote(id)} of point {point} is also at point {known[id].Point} of {known[id].Corridor}", known[id].Corridor.Origin);
        }
    }
}
