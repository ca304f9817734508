namespace SmartCity.FirmwareSim.Corridor;

/// <summary>A class of vehicles, as classifiers and tags name it.</summary>
/// <param name="Name">Its name in events.</param>
/// <param name="Share">Share of the traffic; all add up to 1.</param>
/// <param name="Axles">Axles.</param>
/// <param name="LengthCm">Length, cm.</param>
/// <param name="HeightCm">Height, cm.</param>
/// <param name="HasDualTyres">Whether an axle has twin tyres.</param>
/// <param name="SpeedKmh">Usual speed, km/h.</param>
/// <param name="BaseRial">Price at the first toll point, rial.</param>
internal sealed record VehicleClass(string Name, double Share, int Axles, int LengthCm, int HeightCm, bool HasDualTyres, double SpeedKmh, long BaseRial)
{
    /// <summary>All, from light to heavy.</summary>
    public static IReadOnlyList<VehicleClass> All { get; } =
    [
        new("motorcycle", 0.01, 2, 215, 130, false, 90, 40_000),
        new("car", 0.735, 2, 440, 150, false, 105, 130_000),
        new("van", 0.09, 2, 510, 195, false, 98, 160_000),
        new("minibus", 0.02, 2, 690, 270, true, 92, 170_000),
        new("light-truck", 0.05, 2, 720, 290, true, 88, 200_000),
        new("bus", 0.02, 2, 1_200, 340, true, 90, 210_000),
        new("truck-2", 0.03, 2, 900, 360, true, 84, 220_000),
        new("truck-3", 0.02, 3, 1_100, 370, true, 82, 250_000),
        new("trailer", 0.025, 5, 1_650, 390, true, 80, 280_000),
    ];

    /// <summary>The class of this name.</summary>
    public static VehicleClass Of(string name) => All.First(one => one.Name == name);

    /// <summary>The class that a classifier takes this one for when it errs: a neighbour.</summary>
    public VehicleClass Confused(ref Chance chance)
    {
        var at = 0;
        while (All[at] != this) at++;
        return at == 0 ? All[1] : at == All.Count - 1 ? All[at - 1] : All[at + (chance.Is(0.5) ? 1 : -1)];
    }

    /// <summary>Draws a class by share.</summary>
    public static VehicleClass Draw(ref Chance chance)
    {
        var at = chance.Next();
        foreach (var one in All)
            if ((at -= one.Share) < 0) return one;
        return All[1];
    }
}
