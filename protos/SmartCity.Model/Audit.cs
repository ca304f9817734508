namespace SmartCity.Model;

/// <summary>
/// The terms of the audit equation of one gateway and lane at one node; the unit is one value:
/// accepted = stored + superseded + queued + deadLettered + expired.
/// </summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">Lane name.</param>
/// <param name="Accepted">Values that this node took responsibility for.</param>
/// <param name="Stored">Values handed over durably: in the store (cloud), acknowledged by the cloud (gateway).</param>
/// <param name="Superseded">Values replaced by a later one of the same series and time, or known repeats.</param>
/// <param name="Queued">Values kept and not yet handed over.</param>
/// <param name="DeadLettered">Values set aside whole with a reason; an undecodable payload counts one.</param>
/// <param name="Expired">Values given up under a recorded rule, or lost in a recorded gap.</param>
public sealed record AuditTerms(string Gateway, string Lane, long Accepted, long Stored, long Superseded, long Queued, long DeadLettered, long Expired)
{
    /// <summary>Accepted less everything accounted for; zero, always.</summary>
    public long Imbalance => Accepted - Stored - Superseded - Queued - DeadLettered - Expired;
}
