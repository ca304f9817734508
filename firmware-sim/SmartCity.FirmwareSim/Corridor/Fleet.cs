using System.Globalization;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>All vehicles there are; each is made anew from its number whenever it is asked for, so that a fleet of any size needs no memory.</summary>
internal sealed class Fleet(CorridorOptions options)
{
    /// <summary>The issuer at home, whose tags win.</summary>
    public const ulong HomeIssuer = 1;
    /// <summary>An issuer of elsewhere.</summary>
    public const ulong AwayIssuer = 7;

    private readonly PlateWorks _plates = new(options.Seed);

    /// <summary>Vehicles.</summary>
    public int Count => options.Vehicles;

    /// <summary>The vehicle of a number, 0 to <see cref="Count"/>.</summary>
    public Vehicle this[int number]
    {
        get
        {
            var chance = Chance.Of(options.Seed, ChancePurpose.Vehicle, number);
            var type = VehicleClass.Draw(ref chance);
            var isMotorcycle = type == VehicleClass.All[0];
            var (isForeign, kindAt) = (chance.Is(options.ForeignShare), chance.Next());
            var kind = isMotorcycle ? PlateKind.Motorcycle : isForeign ? PlateKind.Foreign
                : kindAt < 0.002 && type.Name == "car" ? PlateKind.Diplomatic
                : kindAt < 0.003 && type.Name == "car" && number < PlateWorks.HistoricMax ? PlateKind.Historic : PlateKind.Car;
            var isCommercial = type.Name is not ("car" or "motorcycle");
            var plate = _plates.Make(number, kind, isCommercial, ref chance);
            var hasTag = chance.Is(options.TagShare) && kind is PlateKind.Car or PlateKind.Foreign;
            // Who has a tag has an account with its plate; without one a motorcycle is registered too, for one camera alone does not do otherwise.
            var isRegistered = hasTag || isMotorcycle || (!isForeign && !chance.Is(options.UnregisteredShare));
            return new Vehicle { Number = number, Class = type, Plate = plate, IsRegistered = isRegistered, Tags = hasTag ? TagsOf(number, type, ref chance) : [] };
        }
    }

    private VehicleTag[] TagsOf(int number, VehicleClass type, ref Chance chance)
    {
        // Personalised for another class when it was handed out.
        var declared = chance.Is(options.Faults[CorridorFault.TagClass]) ? type.Confused(ref chance) : type;
        var first = new VehicleTag(HomeIssuer, Id(number), "T-" + Id(number), declared);
        if (!chance.Is(options.TwoTagShare)) return [first];
        var isAway = chance.Is(0.5);
        var second = Id(number + PlateWorks.VehiclesMax);
        return [first, new VehicleTag(isAway ? AwayIssuer : HomeIssuer, second, isAway ? null : "T-" + second, type)];

        static string Id(int number) => (1_000_000_000L + number).ToString(CultureInfo.InvariantCulture);
    }
}
