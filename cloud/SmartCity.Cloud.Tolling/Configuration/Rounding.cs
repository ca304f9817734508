namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>How an amount between two units is rounded.</summary>
public enum RoundingMode
{
    /// <summary>To the nearest; a half away from zero. The default: what a person with a pencil does.</summary>
    HalfAwayFromZero = 0,
    /// <summary>To the nearest; a half to the even neighbour.</summary>
    HalfToEven = 1,
    /// <summary>Towards zero.</summary>
    Down = 2,
    /// <summary>Away from zero.</summary>
    Up = 3,
}

/// <summary>Where an amount leaves exact decimals for the unit.</summary>
public enum RoundingStage
{
    /// <summary>Each component, and then the line.</summary>
    Component = 1,
    /// <summary>Each charge.</summary>
    Line = 2,
    /// <summary>The bill; its lines are whole minor units, and the difference is a line of its own.</summary>
    Bill = 3,
}

/// <summary>Rounding of one tariff version.</summary>
/// <param name="Mode">Direction.</param>
/// <param name="Unit">Smallest step in major units, a whole number of minor units: 0.01 for cents, 1000 for thousands of rial.</param>
/// <param name="Stage">Where.</param>
public sealed record Rounding(RoundingMode Mode, ExactAmount Unit, RoundingStage Stage);
