namespace SmartCity.Cloud.Log;

/// <summary>What became of a dead letter that was resubmitted.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Resubmitted">Whether its value is in the log again and the letter gone.</param>
/// <param name="Reason">Why not; null where it is.</param>
public sealed record ResubmitOutcome(long Id, bool Resubmitted, string? Reason);
