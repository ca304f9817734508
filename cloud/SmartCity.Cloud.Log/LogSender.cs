namespace SmartCity.Cloud.Log;

/// <summary>A process that sent as a gateway.</summary>
/// <param name="Incarnation">Random number that it made at its start.</param>
/// <param name="State">What is known of it.</param>
public readonly record struct LogSender(ulong Incarnation, SenderState State);

/// <summary>What is known of a process that sent as a gateway.</summary>
public enum SenderState
{
    /// <summary>Another one took its place.</summary>
    Former,
    /// <summary>The one whose stream was accepted last.</summary>
    Current,
    /// <summary>It came later than another one that still lives, so it sends from a copy and is refused.</summary>
    Refused,
}
