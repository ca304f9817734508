using SmartCity.Cloud.Pipelines.Silence;
using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>Something that the alarms take.</summary>
public abstract record AlarmInput;

/// <summary>Readings as they became durable.</summary>
/// <param name="Gateway">Gateway that they came by.</param>
/// <param name="Received">When they became durable, µs since 1970 UTC.</param>
/// <param name="Readings">The readings; read during the call only.</param>
public sealed record AlarmReadings(string Gateway, long Received, ReadingBatch Readings) : AlarmInput;

/// <summary>Readings of the past, for a look at what a rule would have done; each counts as arrived at its own time.</summary>
/// <param name="Readings">The readings; read during the call only.</param>
public sealed record AlarmHistory(ReadingBatch Readings) : AlarmInput;

/// <summary>A sign of life of a gateway beside its readings.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="At">µs since 1970 UTC.</param>
public sealed record AlarmSign(string Gateway, long At) : AlarmInput;

/// <summary>A gateway or device fell silent or was heard again.</summary>
/// <param name="Event">Which, and when.</param>
public sealed record AlarmSilence(SilenceEvent Event) : AlarmInput;

/// <summary>What an operator does to an alarm.</summary>
/// <param name="Rule">Id of its rule.</param>
/// <param name="Source">Device id, or <c>gateway/</c> and the gateway's.</param>
/// <param name="Action">What.</param>
/// <param name="By">Who.</param>
/// <param name="At">µs since 1970 UTC.</param>
/// <param name="Note">Reason or comment.</param>
/// <param name="Until">End of shelving, µs since 1970 UTC; 0 = with the alarm.</param>
/// <param name="Alarm">Number of the alarm that is meant; 0 = whichever there is. Another one is left alone: it came meanwhile.</param>
public sealed record AlarmCommand(string Rule, string Source, AlarmAction Action, string By, long At, string? Note = null, long Until = 0, long Alarm = 0) : AlarmInput;

/// <summary>What an operator can do to an alarm.</summary>
public enum AlarmAction
{
    /// <summary>Take note.</summary>
    Acknowledge,
    /// <summary>Put aside for a time, with a reason.</summary>
    Shelve,
    /// <summary>End that before its time.</summary>
    Unshelve,
    /// <summary>Take out of service, with a reason.</summary>
    RemoveFromService,
    /// <summary>Put back into service.</summary>
    ReturnToService,
    /// <summary>Write something to it.</summary>
    Comment,
}
