using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>The log's terms of the audit equation for one gateway and lane, all of one instant.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Accepted">Numbers accounted for.</param>
/// <param name="Queued">Values in rows that the lane's consumer has not passed; counted row by row.</param>
/// <param name="DeadLettered">Values set aside.</param>
/// <param name="Expired">Values lost in recorded gaps.</param>
public sealed record LogAudit(string Gateway, Lane Lane, long Accepted, long Queued, long DeadLettered, long Expired);
