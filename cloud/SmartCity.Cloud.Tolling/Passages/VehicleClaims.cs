using SmartCity.Cloud.Tolling.Plates;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>
/// Third step: one tag and one plate are on one vehicle. Where two close to each other show the same, the better supported keeps it, and the other
/// loses it if it is another vehicle: it shows something else, or was in the other lane at another moment. An antenna or camera then looked into the
/// next lane, or at the vehicle behind. If not, the two may be one vehicle on the line or taken for two, which is for
/// <see cref="VehicleDuplicates"/>.
/// </summary>
internal static class VehicleClaims
{
    /// <summary>How often a winner that itself lost is asked for its winner.</summary>
    private const int StepsMax = 3;

    private sealed class Claim(Vehicle vehicle)
    {
        private Strength? _strength;

        public Vehicle Vehicle => vehicle;
        public List<Sighting> Reads { get; } = [];
        public Claim? Lost { get; set; }

        /// <summary>Found out once somebody else claims the same, which is rare.</summary>
        public Strength StrengthBy(CorrelationKnowledge knowledge) => _strength ??= StrengthOf(vehicle, Reads, knowledge);
    }

    /// <summary>How well an identity is supported on a vehicle, the greater the better. No two are equal.</summary>
    private readonly record struct Strength(int Account, bool IsOwnLane, int Others, long Reads, double Signal, long Apart, long Time, TollEventRef Anchor) : IComparable<Strength>
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
            foreach (var read in vehicle.Reads)
            {
                if (read.Identity is not { } identity) continue;
                if (!claims.TryGetValue((read.Kind, identity), out var list)) claims.Add((read.Kind, identity), list = []);
                if (list.Count == 0 || list[^1].Vehicle != vehicle) list.Add(new Claim(vehicle));
                list[^1].Reads.Add(read);
            }

        var close = CorrelationWindows.Micros(options.CloseWithin);
        // Nothing is taken before everything is judged: the order of identities is of no matter.
        foreach (var list in claims.Values)
            for (var i = 0; i < list.Count; i++)
            {
                Claim? best = null;
                for (var j = i - 1; j >= 0 && list[i].Vehicle.Time - list[j].Vehicle.Time <= close; j--) Consider(list[j]);
                for (var j = i + 1; j < list.Count && list[j].Vehicle.Time - list[i].Vehicle.Time <= close; j++) Consider(list[j]);
                if (best is not null && IsOther(list[i], best, knowledge, options)) list[i].Lost = best;

                void Consider(Claim other)
                {
                    if (other.StrengthBy(knowledge).CompareTo((best ?? list[i]).StrengthBy(knowledge)) > 0) best = other;
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
        List<Plate> plates = [.. vehicle.OwnPlates], accounts = isTag ? AccountOf(reads[0].Tag!.Value, knowledge) : Accounts(vehicle, knowledge);
        var tags = vehicle.Reads.Where(read => read.Tag is not null).Select(read => read.Tag!.Value).Distinct().Count();
        // Of a tag whose plate nobody knows another tag says nothing: vehicles with two are told from neighbours by what was read best.
        return new Strength(
            Agreement(accounts, isTag ? plates : [reads[0].Plate!]),
            reads.Exists(read => !read.IsCrossLane),
            isTag ? accounts.Count == 0 ? 0 : tags - 1 + Strangers(plates, accounts) : Strangers(plates, [reads[0].Plate!]) + Strangers(accounts, [reads[0].Plate!]),
            isTag ? reads.Sum(read => (long)read.Reads) : reads.Count,
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

    /// <summary>How many plates cannot be any of those that are known; 0 where none is known.</summary>
    private static int Strangers(List<Plate> plates, List<Plate> known) =>
        known.Count == 0 ? 0 : plates.Where(plate => !known.Exists(other => PlateMatcher.MayBeSame(plate, other))).Select(plate => plate.Key).Distinct(StringComparer.Ordinal).Count();

    private static List<Plate> AccountOf(TagId tag, CorrelationKnowledge knowledge) => knowledge.PlateOfTag(tag) is { } plate ? [plate] : [];

    private static List<Plate> Accounts(Vehicle vehicle, CorrelationKnowledge knowledge) =>
        [.. vehicle.Reads.Where(read => read.Tag is not null).SelectMany(read => AccountOf(read.Tag!.Value, knowledge))];

    /// <summary>
    /// Whether the weaker vehicle is another one: it was not abreast of the stronger, has a second tag of its own lane, or a plate that is not this one's.
    /// </summary>
    private static bool IsOther(Claim weaker, Claim stronger, CorrelationKnowledge knowledge, CorrelationOptions options)
    {
        var vehicle = weaker.Vehicle;
        if (vehicle.Anchor.Lane != stronger.Vehicle.Anchor.Lane && Math.Abs(vehicle.Time - stronger.Vehicle.Time) > CorrelationWindows.Micros(options.AbreastWithin)) return true;
        List<Plate> plates = [.. vehicle.OwnPlates];
        if (weaker.Reads[0].Tag is { } tag)
            return vehicle.Reads.Exists(read => read.Tag is { } other && other != tag && !read.IsCrossLane)
                || Strangers(plates, AccountOf(tag, knowledge) is { Count: > 0 } account ? account : [.. stronger.Vehicle.OwnPlates]) > 0;
        List<Plate> plate = [weaker.Reads[0].Plate!];
        return Strangers(plates, plate) > 0 || Strangers(Accounts(vehicle, knowledge), plate) > 0;
    }
}
