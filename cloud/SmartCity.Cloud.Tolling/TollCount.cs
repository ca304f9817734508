namespace SmartCity.Cloud.Tolling;

/// <summary>Toll events of one gateway.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Stored">Events kept.</param>
/// <param name="Superseded">Events that had come before with the same content.</param>
/// <param name="KeyConflicts">Events kept whose key had come before with other content.</param>
public sealed record TollCount(string Gateway, long Stored, long Superseded, long KeyConflicts);
