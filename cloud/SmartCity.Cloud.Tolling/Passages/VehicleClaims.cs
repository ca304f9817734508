using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>
/// Third step: one tag and one plate are on one vehicle. Where two close to each other show the same, the better supported keeps it, and the other
/// loses it if it shows something else: an antenna or camera looked into the next lane, or at the vehicle behind. If it shows nothing else, the two
/// may be one vehicle on the line, which is for <see cref="VehicleDuplicates"/>.
/// </summary>
internal static class VehicleClaims
{
    /// <summary>How often a winner that itself lost is asked for its winner.</summary>
    private const int StepsMax = 3;

    private sealed record Claim(Vehicle Vehicle, List<Sighting> Reads, Strength Strength)
    {
        public Claim? Lost { get; set; }
    }

    /// <summary>How well an identity is supported on a vehicle, the greater the better. No two are equal.</summary>
    private readonly record struct Strength(int Account, bool IsOwnLane, int Others, int Reads, double Signal, long Apart, long Time, TollEventRef Anchor) : IComparable<Strength>
    {
        public int CompareTo(Strength other)
        {
            var order = Account.CompareTo(other.Account);
            if (order == 0) order = IsOwnLane.CompareTo(other.IsOwnLane);
            if (order == 0) order = other.Others.CompareTo(Others);
            if (order == 0) order = Reads.CompareTo(other.Reads);
            if (order == 0) order = Signal.CompareTo(other.Signal);
            if (order == 0) order = other.Apart.CompareTo(Apart);
            if (order == 0) order = other.Time.CompareTo(Time);
            return order != 0 ? order : other.Anchor.CompareTo(Anchor);
        }
    }

    /// <param name="vehicles">By time and key.</param>
    /// <param name="knowledge">Plates of accounts.</param>
    /// <param name="options">What is close.</param>
    public static void Settle(List<Vehicle> vehicles, CorrelationKnowledge knowledge, CorrelationOptions options)
    {
        var claims = new Dictionary<(TollEventKind, string), List<Claim>>();
        foreach (var vehicle in vehicles)
            foreach (var reads in vehicle.Reads.Where(read => read.Identity is not null).GroupBy(read => (read.Kind, read.Identity!)))
            {
                if (!claims.TryGetValue(reads.Key, out var list)) claims.Add(reads.Key, list = []);
                var all = reads.ToList();
                list.Add(new Claim(vehicle, all, StrengthOf(vehicle, all, knowledge)));
            }

        var close = CorrelationWindows.Micros(options.CloseWithin);
        // Nothing is taken before everything is judged: the order of identities is of no matter.
        foreach (var list in claims.Values)
            for (var i = 0; i < list.Count; i++)
            {
                Claim? best = null;
                for (var j = i - 1; j >= 0 && list[i].Vehicle.Time - list[j].Vehicle.Time <= close; j--) Consider(list[j]);
                for (var j = i + 1; j < list.Count && list[j].Vehicle.Time - list[i].Vehicle.Time <= close; j++) Consider(list[j]);
                if (best is not null && ShowsOther(list[i], best, knowledge)) list[i].Lost = best;

                void Consider(Claim other)
                {
                    if (other.Strength.CompareTo((best ?? list[i]).Strength) > 0) best = other;
                }
            }
        foreach (var claim in claims.Values.SelectMany(list => list))
        {
            if (claim.Lost is not { } winner) continue;
            for (var step = 1; step < StepsMax && winner.Lost is { } further; step++) winner = further;
            foreach (var read in claim.Reads)
                read.Suppress(winner.Vehicle.Anchor.Lane == read.Lane ? SuppressReason.Duplicate : SuppressReason.CrossLane, winner.Reads[0], winner.Vehicle);
        }
    }

    private static Strength StrengthOf(Vehicle vehicle, List<Sighting> reads, CorrelationKnowledge knowledge)
    {
        var isTag = reads[0].Kind == TollEventKind.Tag;
        return new Strength(
            isTag
                ? knowledge.PlateOfTag(reads[0].Tag!.Value) is { } account ? Agreement([account], [.. vehicle.OwnPlates]) : 0
                : Agreement([reads[0].Plate!], Accounts(vehicle, knowledge)),
            reads.Exists(read => !read.IsCrossLane),
            vehicle.Reads.Where(read => read.Kind == reads[0].Kind && read.Identity is not null).Select(read => read.Identity).Distinct(StringComparer.Ordinal).Count() - 1,
            isTag ? reads.Sum(read => read.Reads) : reads.Count,
            reads.Max(read => isTag ? read.RssiDbm : read.Confidence),
            reads.Min(read => Math.Abs(read.Time - vehicle.Time)),
            vehicle.Time,
            vehicle.Anchor.Ref);
    }

    /// <summary>2 for the same plate, 1 where a camera may have erred, 0 where one side says nothing, −1 for another.</summary>
    private static int Agreement(List<Plate> some, List<Plate> others) =>
        some.Count == 0 || others.Count == 0 ? 0
        : some.Exists(plate => others.Exists(other => other.Key == plate.Key)) ? 2
        : some.Exists(plate => others.Exists(other => PlateMatcher.MayBeSame(plate, other))) ? 1
        : -1;

    private static List<Plate> Accounts(Vehicle vehicle, CorrelationKnowledge knowledge) =>
        [.. vehicle.Reads.Where(read => read.Tag is not null).Select(read => knowledge.PlateOfTag(read.Tag!.Value)).OfType<Plate>()];

    /// <summary>Whether the weaker vehicle is another one: it has a second tag of its own lane, or a plate that is not this one's.</summary>
    private static bool ShowsOther(Claim weaker, Claim stronger, CorrelationKnowledge knowledge)
    {
        var vehicle = weaker.Vehicle;
        if (weaker.Reads[0].Tag is { } tag)
            return vehicle.Reads.Exists(read => read.Tag is { } other && other != tag && !read.IsCrossLane)
                || Agreement([.. vehicle.OwnPlates], [.. stronger.Vehicle.OwnPlates, .. knowledge.PlateOfTag(tag) is { } account ? (List<Plate>)[account] : []]) < 0;
        var plate = weaker.Reads[0].Plate!;
        return vehicle.OwnPlates.Any(own => !PlateMatcher.MayBeSame(own, plate)) || Agreement([plate], Accounts(vehicle, knowledge)) < 0;
    }
}
