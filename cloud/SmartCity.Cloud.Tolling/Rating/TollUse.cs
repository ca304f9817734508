namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>What is to be charged: a passage of an open system, or a trip through a closed one.</summary>
/// <param name="Id">Id of the passage or trip.</param>
/// <param name="Vehicle">Names the vehicle, see <see cref="Passages.Passage.Vehicle"/>: caps and free kilometres are its. Null = each use is a vehicle's of its own.</param>
/// <param name="Time">When, µs since 1970 UTC; of a trip the exit.</param>
/// <param name="Point">Toll point; of a trip the exit.</param>
/// <param name="VehicleClass">Class to charge.</param>
/// <param name="Entry">Entry of a trip; null for a passage.</param>
/// <param name="Km">Kilometres driven; null = those that the corridor lists between entry and exit.</param>
/// <param name="Means">Payment means, such as <c>tag</c>; null where it is not known yet.</param>
/// <param name="Plan">Plan of the account; null = none.</param>
/// <param name="Exemption">Exemption code; null = none.</param>
public sealed record TollUse(
    string Id, string? Vehicle, long Time, string Point, string VehicleClass, string? Entry = null, Configuration.ExactAmount? Km = null, string? Means = null, string? Plan = null, string? Exemption = null);
