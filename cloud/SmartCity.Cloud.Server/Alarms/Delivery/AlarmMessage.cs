namespace SmartCity.Cloud.Server.Alarms.Delivery;

/// <summary>What somebody is told.</summary>
/// <param name="Id">The same at each attempt, so that whoever gets it twice knows.</param>
/// <param name="Title">One line.</param>
/// <param name="Text">Some lines: what, where, since when, what to do.</param>
/// <param name="Alarm">Number of the alarm; 0 where it stands for several.</param>
/// <param name="Rule">Id of the rule; null for the end of a flood.</param>
/// <param name="Device">Device; null where it stands for several or for a gateway.</param>
/// <param name="Gateway">Gateway of the alarm or of its device.</param>
/// <param name="Priority">low, medium, high or critical.</param>
/// <param name="RaisedAt">Event time; null where it stands for several.</param>
/// <param name="Value">Value that raised it.</param>
/// <param name="Step">From 0; above it nobody has acknowledged so far.</param>
/// <param name="More">Messages held back before, for which it stands too.</param>
/// <param name="Link">Where to look.</param>
/// <param name="IsTest">Whether somebody only tries the channel.</param>
internal sealed record AlarmMessage(
    string Id, string Title, string Text, long Alarm, string? Rule, string? Device, string? Gateway, string Priority, DateTimeOffset? RaisedAt, string? Value, int Step, int More, string? Link, bool IsTest);
