namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>Rules that cannot be; a line for each fault, with place, what is wrong, and what is needed.</summary>
public sealed class AlarmRulesException : Exception
{
    /// <summary>Creates it without words.</summary>
    public AlarmRulesException() { }
    /// <summary>Creates it with its faults, a line each.</summary>
    public AlarmRulesException(string message) : base(message) { }
    /// <summary>Creates it around another error.</summary>
    public AlarmRulesException(string message, Exception inner) : base(message, inner) { }
    /// <summary>Whether the only fault is a version that somebody else has changed meanwhile.</summary>
    public bool IsConflict { get; init; }
}
