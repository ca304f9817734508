namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>A cell of time of one lane in which something came since it was correlated.</summary>
/// <param name="Lane">The lane, as events name it.</param>
/// <param name="Start">Start of the cell, µs since 1970 UTC.</param>
public sealed record DirtyCell(string Lane, long Start);
