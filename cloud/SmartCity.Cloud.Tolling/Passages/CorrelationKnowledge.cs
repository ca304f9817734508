using SmartCity.Cloud.Tolling.Plates;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>What is known beside the events. The functions must give the same answer to the same question throughout one call.</summary>
/// <param name="PlateOfTag">The plate of a tag's account, or null.</param>
/// <param name="IsRegistered">Whether a plate stands in the register, by its <see cref="Plate.Key"/>.</param>
/// <param name="DomesticIssuers">Issuers whose tags win over those of others.</param>
public sealed record CorrelationKnowledge(Func<TagId, Plate?> PlateOfTag, Func<string, bool> IsRegistered, IReadOnlySet<ulong> DomesticIssuers)
{
    /// <summary>Nothing is known: no account has a plate, no plate is registered, no issuer is domestic.</summary>
    public static CorrelationKnowledge None { get; } = new(_ => null, _ => false, new HashSet<ulong>());
}
