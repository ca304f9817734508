namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>What correlation has to know of a toll point.</summary>
/// <param name="Id">Id of the toll point.</param>
/// <param name="Lanes">Its lanes as they lie side by side; two that stand next to each other and run the same way are neighbours.</param>
public sealed record TollPointLayout(string Id, IReadOnlyList<TollLane> Lanes);

/// <summary>A lane of a toll point.</summary>
/// <param name="Id">The lane as events name it, e.g. <c>THN-1-L2</c>.</param>
/// <param name="Direction">Which way it runs, e.g. <c>north</c>.</param>
/// <param name="Devices">The devices that are, or were, over it; null where any may be.</param>
public sealed record TollLane(string Id, string Direction, IReadOnlySet<string>? Devices = null);
