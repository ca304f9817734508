namespace SmartCity.AppHost;

/// <summary>Where a part stands.</summary>
internal enum PartState
{
    /// <summary>Not started yet.</summary>
    Waiting,
    /// <summary>Runs, not ready yet.</summary>
    Starting,
    /// <summary>Runs and is ready.</summary>
    Healthy,
    /// <summary>Was ready, runs and is not ready now.</summary>
    Unwell,
    /// <summary>Ended by itself; will be started again.</summary>
    Crashed,
    /// <summary>Ended by itself, its work done.</summary>
    Done,
    /// <summary>Was told to stop.</summary>
    Stopping,
    /// <summary>Ended as it was told.</summary>
    Stopped,
    /// <summary>Ended, and starting it again would not help.</summary>
    Refused,
}

/// <summary>A part at one moment.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why, in words; null where there is nothing to say.</param>
/// <param name="ProcessId">Its process, or null.</param>
/// <param name="Restarts">How often it was started again.</param>
internal sealed record PartStatus(PartState State, string? Reason = null, int? ProcessId = null, int Restarts = 0);
