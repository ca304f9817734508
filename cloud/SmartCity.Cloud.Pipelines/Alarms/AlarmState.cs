namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>States of an alarm, ISA-18.2. Shelved, suppressed and out of service are three states, each with who, why and until when.</summary>
public enum AlarmState
{
    /// <summary>The condition does not hold, and nothing waits for an operator.</summary>
    Normal,
    /// <summary>The condition holds and nobody has taken note.</summary>
    Unacknowledged,
    /// <summary>The condition holds and somebody has taken note.</summary>
    Acknowledged,
    /// <summary>The condition does not hold any more and nobody has taken note.</summary>
    Returned,
    /// <summary>An operator has put it aside for a time.</summary>
    Shelved,
    /// <summary>Suppressed by design: its rule's own condition, its schedule, or because its gateway is silent.</summary>
    Suppressed,
    /// <summary>Taken out of service for maintenance.</summary>
    OutOfService,
    /// <summary>The condition of a rule without a written response holds: an event, which asks nobody for anything.</summary>
    Event,
}
