namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>What has happened to an alarm: a row of its history.</summary>
public enum AlarmChange
{
    /// <summary>The condition has held for its delay.</summary>
    Raised,
    /// <summary>It was back to normal without being acknowledged, and holds again.</summary>
    Reactivated,
    /// <summary>Back to normal; it waits to be acknowledged.</summary>
    Returned,
    /// <summary>Back to normal and acknowledged: over.</summary>
    Closed,
    /// <summary>Somebody took note.</summary>
    Acknowledged,
    /// <summary>Put aside by an operator.</summary>
    Shelved,
    /// <summary>No longer put aside.</summary>
    Unshelved,
    /// <summary>Suppressed by design.</summary>
    Suppressed,
    /// <summary>No longer suppressed.</summary>
    Unsuppressed,
    /// <summary>Taken out of service.</summary>
    RemovedFromService,
    /// <summary>Put back into service.</summary>
    ReturnedToService,
    /// <summary>Somebody wrote something to it.</summary>
    Commented,
    /// <summary>It comes and goes: held as one alarm until it is quiet.</summary>
    Unstable,
    /// <summary>It has been quiet.</summary>
    Stable,
    /// <summary>Its rule was taken away or switched off, so that it is over.</summary>
    RuleRemoved,
}
