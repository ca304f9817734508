using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>
/// Fifth step: the same tag or plate within the minute is one vehicle and charged once. The better one counts: that with a tag, then that of the
/// better grade, then the first. Each other is a duplicate of the best within its own minute, so no two of one vehicle that close are charged, and
/// nothing further off matters.
/// </summary>
internal static class VehicleDuplicates
{
    /// <summary>How often the better one is asked for a better one yet: a vehicle that stands under the antenna for minutes is one.</summary>
    public const int StepsMax = 3;

    public static void Find(List<Vehicle> vehicles, CorrelationOptions options)
    {
        var byIdentity = new Dictionary<string, List<Vehicle>>(StringComparer.Ordinal);
        foreach (var vehicle in vehicles)
            foreach (var identity in Identities(vehicle))
            {
                if (!byIdentity.TryGetValue(identity, out var list)) byIdentity.Add(identity, list = []);
                list.Add(vehicle);
            }

        var minute = CorrelationWindows.Micros(options.DuplicateWithin);
        var better = new Dictionary<Vehicle, Vehicle>();
        var onOther = new List<Vehicle>();
        foreach (var list in byIdentity.Values)
            for (var i = 0; i < list.Count; i++)
            {
                for (var j = i - 1; j >= 0 && list[i].Time - list[j].Time <= minute; j--)
                {
                    if (Contradict(list[i], list[j])) onOther.Add(list[i]);
                    else Consider(list[i], list[j]);
                }
                for (var j = i + 1; j < list.Count && list[j].Time - list[i].Time <= minute; j++)
                    if (!Contradict(list[i], list[j])) Consider(list[i], list[j]);
            }
        foreach (var vehicle in onOther)
            if (vehicle.Tag is not null && vehicle.Plate!.Key != vehicle.TagPlate?.Key) vehicle.Review |= ReviewReasons.TagOnOtherVehicle;
        foreach (var (vehicle, next) in better)
        {
            var winner = next;
            for (var step = 1; step < StepsMax && better.TryGetValue(winner, out var further); step++) winner = further;
            vehicle.DuplicateOf = winner;
        }
        // Which read stands for the winner is judged before any is taken.
        foreach (var (loser, read, winner) in better.Keys.SelectMany(Losses).ToList()) read.Suppress(SuppressReason.Duplicate, winner, loser.DuplicateOf!);

        void Consider(Vehicle vehicle, Vehicle other)
        {
            if (IsBetter(other, vehicle) && (!better.TryGetValue(vehicle, out var best) || IsBetter(other, best))) better[vehicle] = other;
        }
    }

    private static IEnumerable<string> Identities(Vehicle vehicle)
    {
        foreach (var tag in vehicle.Tags) yield return $"tag:{tag}";
        var sure = vehicle.PlateState == PlateState.Confirmed ? vehicle.Plate!.Key : null;
        if (sure is not null) yield return sure;
        if (vehicle.TagPlate is { } account && account.Key != sure) yield return account.Key;
    }

    /// <summary>Two sure plates are two vehicles, whatever tag they show.</summary>
    private static bool Contradict(Vehicle a, Vehicle b) =>
        a.PlateState == PlateState.Confirmed && b.PlateState == PlateState.Confirmed && a.Plate!.Key != b.Plate!.Key;

    private static bool IsBetter(Vehicle a, Vehicle b) =>
        a.Tag is null != b.Tag is null ? a.Tag is not null
        : a.Grade != b.Grade ? a.Grade < b.Grade
        : a.Time != b.Time ? a.Time < b.Time
        : a.Anchor.Ref < b.Anchor.Ref;

    private static IEnumerable<(Vehicle Loser, Sighting Read, Sighting Winner)> Losses(Vehicle loser)
    {
        var winners = loser.DuplicateOf!.Reads.Where(read => read.Suppressed is null && read.Kind != TollEventKind.Loop).ToList();
        foreach (var read in loser.Reads.Where(read => read.Suppressed is null && read.Kind != TollEventKind.Loop))
        {
            var same = read.Identity is { } identity ? winners.Find(winner => winner.Kind == read.Kind && winner.Identity == identity) : null;
            yield return (loser, read, same ?? winners.Find(winner => winner.Identity is not null) ?? loser.DuplicateOf.Anchor);
        }
    }
}
