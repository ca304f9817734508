using SmartCity.Cloud.Tolling.Configuration;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>
/// Uses and a configuration to charges. Pure: the same set of uses gives the same charges in any order and however often a use is repeated. What a use costs depends
/// on the other uses of its vehicle on its local day, and in its month where <see cref="Tariff.HasMonthlyCap"/>: the caller gives all of them, each time.
/// </summary>
public static class RatingEngine
{
    /// <summary>Prices uses.</summary>
    /// <param name="uses">Whole days, or whole months where the tariff has a monthly cap, of each vehicle that is among them. A use that stands there twice counts once.</param>
    /// <param name="configuration">Configuration; its versions are chosen by the time of each use.</param>
    /// <returns>Each use as a charge, which may be of 0 by a rule that its trace names, or as a problem. Never throws for any use.</returns>
    /// <remarks>
    /// A use with a problem counts in no cap, window or distance. A cap holds over the sum of the whole day or month; where the tariff version changes within it, each use is
    /// held to its own version's cap. Windows of the one-charge rule end with the local day.
    /// </remarks>
    public static RatingResult Rate(IEnumerable<TollUse> uses, TollConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(uses);
        ArgumentNullException.ThrowIfNull(configuration);
        var (charges, problems) = (new List<TollCharge>(), new List<RatingProblem>());
        var vehicles = new Dictionary<VehicleKey, List<UseInWork>>();
        var byId = new Dictionary<string, TollUse>(StringComparer.Ordinal);
        var conflicts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var use in uses)
        {
            if (byId.TryAdd(use.Id, use)) continue;
            if (byId[use.Id] == use) continue;
            conflicts.Add(use.Id);
            // Of the two, the one that is told of is the same in every order.
            if (string.CompareOrdinal(use.ToString(), byId[use.Id].ToString()) < 0) byId[use.Id] = use;
        }
        foreach (var use in byId.Values)
        {
            if (conflicts.Contains(use.Id)) problems.Add(new RatingProblem(use, RatingFault.KeyConflict, $"two different uses have the id {use.Id}"));
            else if (UseInWork.Of(use, configuration, out var work) is { } problem) problems.Add(problem);
            else
            {
                if (!vehicles.TryGetValue(work!.Key, out var list)) vehicles[work.Key] = list = [];
                list.Add(work);
            }
        }
        foreach (var vehicle in vehicles.Values) VehicleRating.Rate(vehicle, charges, problems);
        charges.Sort((a, b) => Compare(a.Use, b.Use));
        problems.Sort((a, b) => Compare(a.Use, b.Use));
        return new RatingResult(charges, problems);
    }

    internal static int Compare(TollUse a, TollUse b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : string.CompareOrdinal(a.Id, b.Id);
}
