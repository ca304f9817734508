namespace SmartCity.Cloud.Log;

/// <summary>How an append ended.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Through">The position's watermark after it.</param>
/// <param name="FirstOffset">Log offset of its first value, where it was appended.</param>
public readonly record struct AppendOutcome(AppendStatus Status, long Through, long FirstOffset);

/// <summary>What became of an append.</summary>
public enum AppendStatus
{
    /// <summary>Durable.</summary>
    Appended,
    /// <summary>Its numbers or names do not follow the position's; nothing was kept.</summary>
    OutOfOrder,
    /// <summary>The quota or the volume is full; nothing was kept.</summary>
    Full,
    /// <summary>The dead letters are full; nothing was kept.</summary>
    DeadLettersFull,
}
