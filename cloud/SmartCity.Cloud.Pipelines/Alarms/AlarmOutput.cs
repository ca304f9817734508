namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>Something that the alarms say.</summary>
/// <param name="At">Event time, µs since 1970 UTC.</param>
public abstract record AlarmOutput(long At);

/// <summary>Something has happened to an alarm.</summary>
/// <param name="At">Event time, µs since 1970 UTC.</param>
/// <param name="Alarm">Number of the alarm; 0 where none is open, e.g. one that is shelved beforehand.</param>
/// <param name="Rule">Id of its rule.</param>
/// <param name="Source">Device id, or <c>gateway/</c> and the gateway's.</param>
/// <param name="Change">What.</param>
/// <param name="State">Its state afterwards.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="IsAnnounced">Whether it now asks for an operator.</param>
/// <param name="By">Who did it; null = the conditions.</param>
/// <param name="Note">Reason, comment, or why it was suppressed.</param>
/// <param name="Value">Value of the condition's first series.</param>
/// <param name="Gateway">Gateway of its device.</param>
/// <param name="Area">Area of its device.</param>
/// <param name="Until">End of shelving, µs since 1970 UTC; 0 = none.</param>
public sealed record AlarmTransition(
    long At, long Alarm, string Rule, string Source, AlarmChange Change, AlarmState State, AlarmPriority Priority, bool IsAnnounced, string? By, string? Note, string? Value, string? Gateway, string? Area, long Until)
    : AlarmOutput(At);

/// <summary>Somebody is to be told.</summary>
/// <param name="At">Event time, µs since 1970 UTC.</param>
/// <param name="Channel">Id of the channel.</param>
/// <param name="Rule">Id of the rule; null for the end of a flood.</param>
/// <param name="Source">Device id, or <c>gateway/</c> and the gateway's; null where it stands for several.</param>
/// <param name="Alarm">Number of the alarm; 0 where it stands for several.</param>
/// <param name="Priority">Priority.</param>
/// <param name="Step">Place of the step, from 0; above 0 nobody has acknowledged so far.</param>
/// <param name="Held">Messages held back before this one, for which it stands too.</param>
public sealed record AlarmNotice(long At, string Channel, string? Rule, string? Source, long Alarm, AlarmPriority Priority, int Step, int Held) : AlarmOutput(At);

/// <summary>A flood began or ended.</summary>
/// <param name="At">Event time, µs since 1970 UTC.</param>
/// <param name="Begins">Whether it began.</param>
/// <param name="Alarms">Alarms of the last ten minutes; at its end those of the whole flood.</param>
/// <param name="First">Number of its first alarm.</param>
public sealed record AlarmFlood(long At, bool Begins, int Alarms, long First) : AlarmOutput(At);
