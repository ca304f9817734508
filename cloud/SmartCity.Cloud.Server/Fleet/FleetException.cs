using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>Something about gateways or the authority that cannot be done, in any language.</summary>
internal sealed class FleetException(Sentence sentence, bool isMissing = false) : Exception(sentence.In(Language.English))
{
    /// <summary>What is wrong and what to do.</summary>
    public Sentence Sentence => sentence;
    /// <summary>Whether there is no such thing.</summary>
    public bool IsMissing => isMissing;
}
