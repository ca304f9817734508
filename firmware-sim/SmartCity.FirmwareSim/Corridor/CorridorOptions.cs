namespace SmartCity.FirmwareSim.Corridor;

/// <summary>What corridor is played, and for how long.</summary>
internal sealed record CorridorOptions
{
    /// <summary>First part of the ids of its toll points. Default THN.</summary>
    public string Name { get; init; } = "THN";
    /// <summary>Whether one pays at the exit for the way from the entry; else at each toll point.</summary>
    public bool IsClosed { get; init; }
    /// <summary>Toll points of an open corridor; of a closed one junctions, each with an entry and an exit; 1–20, closed from 2. Default 4.</summary>
    public int Points { get; init; } = 4;
    /// <summary>Lanes of a toll point in each direction, 1–8. Default 3.</summary>
    public int Lanes { get; init; } = 3;
    /// <summary>Way between two toll points or junctions, km. Default 12.</summary>
    public double PointsApartKm { get; init; } = 12;
    /// <summary>Its zone.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran");
    /// <summary>First instant, ms since 1970 UTC.</summary>
    public required long From { get; init; }
    /// <summary>The instant after the last, ms since 1970 UTC.</summary>
    public required long To { get; init; }
    /// <summary>Whether it is played as it happens: drives go on to the last instant, and what would come after it does not.</summary>
    public bool IsLive { get; init; }
    /// <summary>Passages; live, about.</summary>
    public required int Passages { get; init; }
    /// <summary>Vehicles that drive.</summary>
    public required int Vehicles { get; init; }
    /// <summary>The same seed gives the same corridor. Default 1.</summary>
    public int Seed { get; init; } = 1;
    /// <summary>Share of cars with a tag. Default 0.7.</summary>
    public double TagShare { get; init; } = 0.7;
    /// <summary>Share of tagged vehicles with a second tag. Default 0.015.</summary>
    public double TwoTagShare { get; init; } = 0.015;
    /// <summary>Share of vehicles with a plate of another country. Default 0.01.</summary>
    public double ForeignShare { get; init; } = 0.01;
    /// <summary>Share of domestic vehicles without a tag whose plate stands in no register. Default 0.03.</summary>
    public double UnregisteredShare { get; init; } = 0.03;
    /// <summary>What goes wrong.</summary>
    public CorridorFaults Faults { get; init; } = CorridorFaults.All();
}
