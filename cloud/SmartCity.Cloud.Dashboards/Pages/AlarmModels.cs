using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>An alarm as pages show it. Times are µs since 1970 UTC.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Rule">Id of its rule.</param>
/// <param name="Name">What the rule is called in the page's language.</param>
/// <param name="Place">Device or gateway.</param>
/// <param name="IsGateway">Whether it is of a gateway.</param>
/// <param name="Gateway">Gateway of the device.</param>
/// <param name="Area">Area of the device.</param>
/// <param name="State">Name of its state.</param>
/// <param name="Priority">Name of its priority.</param>
/// <param name="IsAlarm">Whether it asks for an operator.</param>
/// <param name="Raised">When.</param>
/// <param name="Returned">When it was back to normal.</param>
/// <param name="Acknowledged">When somebody took note.</param>
/// <param name="AcknowledgedBy">Who.</param>
/// <param name="Closed">When it was over.</param>
/// <param name="Times">How often its condition came to hold.</param>
/// <param name="IsUnstable">Whether it comes and goes.</param>
/// <param name="Value">Value that raised it.</param>
public sealed record AlarmItem(
    long Id, string Rule, string Name, string Place, bool IsGateway, string? Gateway, string? Area, string State, string Priority, bool IsAlarm, long Raised, long? Returned, long? Acknowledged, string? AcknowledgedBy, long? Closed, long Times,
    bool IsUnstable, string? Value)
{
    /// <summary>Sign of a priority: each has a shape and a letter of its own, so that colour is not the only one.</summary>
    public static string ShapeOf(string priority) => priority switch { "critical" => "◆", "high" => "▲", "medium" => "■", _ => "●" };
}

/// <summary>An alarm that is set aside.</summary>
/// <param name="Rule">Id of its rule.</param>
/// <param name="Name">What the rule is called.</param>
/// <param name="Source">Device id, or <c>gateway/</c> and the gateway's.</param>
/// <param name="State"><c>shelved</c>, <c>outOfService</c> or <c>suppressed</c>.</param>
/// <param name="Until">End of shelving, µs since 1970 UTC; null = with the alarm or by hand.</param>
/// <param name="By">Who.</param>
/// <param name="Why">Why.</param>
public sealed record AlarmAsideItem(string Rule, string Name, string Source, string State, long? Until, string? By, string? Why);

/// <summary>A row of the history.</summary>
/// <param name="At">When, µs since 1970 UTC.</param>
/// <param name="Alarm">Number of the alarm; 0 = none.</param>
/// <param name="Name">What the rule is called.</param>
/// <param name="Source">Device id, or <c>gateway/</c> and the gateway's.</param>
/// <param name="Change">Name of the change.</param>
/// <param name="By">Who; null = the conditions.</param>
/// <param name="Note">Reason, comment, or what suppressed it.</param>
/// <param name="Value">Value at that time.</param>
/// <param name="Until">End of shelving, µs since 1970 UTC; null where there is none.</param>
public sealed record AlarmChangeItem(long At, long Alarm, string Name, string Source, string Change, string? By, string? Note, string? Value, long? Until);

/// <summary>Alarms of one kind together, in a flood.</summary>
/// <param name="Name">What they have in common.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Priority">The highest of them.</param>
/// <param name="First">The first of them.</param>
/// <param name="Rows">The newest of them.</param>
public sealed record AlarmGroup(string Name, int Count, string Priority, AlarmItem First, IReadOnlyList<AlarmItem> Rows);

/// <summary>The list of alarms.</summary>
/// <param name="Page">The request.</param>
/// <param name="View"><c>open</c>, <c>unacknowledged</c>, <c>events</c> or <c>closed</c>.</param>
/// <param name="Rows">Alarms, the most urgent first; those of groups are not among them.</param>
/// <param name="Groups">Groups, in a flood.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Aside">What is set aside.</param>
/// <param name="IsFlood">Whether there are more than a person can take in.</param>
/// <param name="LastTenMinutes">Alarms of the last ten minutes.</param>
/// <param name="ShiftEnd">End of the shift that is on, µs since 1970 UTC; null where none is.</param>
/// <param name="Next">Address of further ones.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Error">What could not be done.</param>
public sealed record AlarmsModel(
    PageContext Page, string View, IReadOnlyList<AlarmItem> Rows, IReadOnlyList<AlarmGroup> Groups, int Total, IReadOnlyList<AlarmAsideItem> Aside, bool IsFlood, int LastTenMinutes, long? ShiftEnd, string? Next = null, string? Notice = null,
    string? Error = null);

/// <summary>One alarm.</summary>
/// <param name="Page">The request.</param>
/// <param name="Alarm">The alarm.</param>
/// <param name="When">Condition of its rule; null where there is none any more.</param>
/// <param name="Cause">Why it may come.</param>
/// <param name="Consequence">What happens if nobody acts.</param>
/// <param name="Action">What to do.</param>
/// <param name="RespondBy">Until when, µs since 1970 UTC.</param>
/// <param name="Changes">What has happened, in order.</param>
/// <param name="Messages">Who was told: when, channel, what became of it.</param>
/// <param name="ShiftEnd">End of the shift that is on, µs since 1970 UTC; null where none is.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Error">What could not be done.</param>
public sealed record AlarmModel(
    PageContext Page, AlarmItem Alarm, string? When, string? Cause, string? Consequence, string? Action, long? RespondBy, IReadOnlyList<AlarmChangeItem> Changes, IReadOnlyList<AlarmMessageItem> Messages, long? ShiftEnd, string? Notice = null,
    string? Error = null);

/// <summary>A message.</summary>
/// <param name="At">When it was due, µs since 1970 UTC.</param>
/// <param name="Channel">Id of the channel.</param>
/// <param name="Outcome">What became of it; null while it waits.</param>
/// <param name="Attempts">Attempts.</param>
/// <param name="Trouble">What went wrong last.</param>
public sealed record AlarmMessageItem(long At, string Channel, string? Outcome, int Attempts, string? Trouble);

/// <summary>The history of alarms.</summary>
/// <param name="Page">The request.</param>
/// <param name="Dates">Dates that are shown.</param>
/// <param name="Changes">The newest first.</param>
/// <param name="Next">Address of further ones.</param>
public sealed record AlarmHistoryModel(PageContext Page, DateRange Dates, IReadOnlyList<AlarmChangeItem> Changes, string? Next);

/// <summary>A rule in the list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="When">Its condition.</param>
/// <param name="Priority">Name of its priority.</param>
/// <param name="IsAlarm">Whether it has a written response.</param>
/// <param name="IsDisabled">Whether it is switched off.</param>
public sealed record AlarmRuleItem(string Id, string Name, string When, string Priority, bool IsAlarm, bool IsDisabled);

/// <summary>A channel in the list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind"><c>email</c>, <c>webhook</c> or <c>mqtt</c>.</param>
/// <param name="To">Whom it tells.</param>
public sealed record AlarmChannelItem(string Id, string Kind, string To);

/// <summary>The rules.</summary>
/// <param name="Page">The request.</param>
/// <param name="Rules">Rules of this page, by id.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Schedules">Schedules: id and when.</param>
/// <param name="Next">Address of further ones.</param>
/// <param name="Notice">What has just been done.</param>
/// <param name="Faults">What could not be done.</param>
/// <param name="File">What was written and refused.</param>
public sealed record AlarmRulesModel(
    PageContext Page, IReadOnlyList<AlarmRuleItem> Rules, int Total, IReadOnlyList<AlarmChannelItem> Channels, IReadOnlyList<(string Id, string Text)> Schedules, string? Next, string? Notice, IReadOnlyList<string> Faults, string? File = null);

/// <summary>The form of one rule.</summary>
/// <param name="Page">The request.</param>
/// <param name="Fields">What stands in each field.</param>
/// <param name="IsNew">Whether it is not there yet.</param>
/// <param name="Channels">Ids of channels.</param>
/// <param name="Schedules">Ids of schedules.</param>
/// <param name="Faults">Why it was refused.</param>
/// <param name="Tried">What it would have done; null where it was not tried.</param>
public sealed record AlarmRuleModel(PageContext Page, IReadOnlyDictionary<string, string?> Fields, bool IsNew, IReadOnlyList<string> Channels, IReadOnlyList<string> Schedules, IReadOnlyList<string> Faults, AlarmTrial? Tried = null);

/// <summary>What a rule would have done.</summary>
/// <param name="From">Begin, µs since 1970 UTC.</param>
/// <param name="Through">Looked at up to here.</param>
/// <param name="Readings">Readings looked at.</param>
/// <param name="Devices">Devices watched.</param>
/// <param name="Messages">Messages that it would have sent.</param>
/// <param name="Total">Alarms that it would have raised.</param>
/// <param name="Alarms">Some of them: place, begin, end, value, number of what was raised then.</param>
/// <param name="OnlyLive">What was raised then and would not be.</param>
public sealed record AlarmTrial(long From, long Through, long Readings, int Devices, int Messages, int Total, IReadOnlyList<(string Place, long Raised, long? Ended, string? Value, long? Live)> Alarms, IReadOnlyList<AlarmItem> OnlyLive);

/// <summary>A figure beside what the standard wants.</summary>
/// <param name="Word">Key of its words.</param>
/// <param name="Value">The figure, written.</param>
/// <param name="Wanted">What is wanted, written.</param>
/// <param name="Verdict"><c>good</c>, <c>attention</c> or <c>over</c>.</param>
public sealed record AlarmFigure(string Word, string Value, string Wanted, string Verdict);

/// <summary>Who causes how many alarms.</summary>
/// <param name="Name">What the rule is called; null for a position.</param>
/// <param name="Source">Device id, or <c>gateway/</c> and the gateway's, or the position.</param>
/// <param name="Alarms">How many.</param>
/// <param name="Share">Share of all, written.</param>
public sealed record AlarmActorItem(string? Name, string Source, int Alarms, string Share);

/// <summary>The statistics.</summary>
/// <param name="Page">The request.</param>
/// <param name="From">Begin, µs since 1970 UTC.</param>
/// <param name="To">End.</param>
/// <param name="Figures">Figures.</param>
/// <param name="Mix">Priority, announced and configured share, wanted share.</param>
/// <param name="Positions">By position.</param>
/// <param name="Top">The ten that come most often.</param>
/// <param name="Chattering">Those that come and go.</param>
/// <param name="Stale">Those that stand for more than a day.</param>
public sealed record AlarmStatisticsModel(
    PageContext Page, long From, long To, IReadOnlyList<AlarmFigure> Figures, IReadOnlyList<(string Priority, string Announced, string Configured, string Wanted)> Mix, IReadOnlyList<AlarmActorItem> Positions, IReadOnlyList<AlarmActorItem> Top,
    IReadOnlyList<AlarmActorItem> Chattering, IReadOnlyList<AlarmItem> Stale);

/// <summary>A change of a rule, schedule or channel.</summary>
/// <param name="At">When, µs since 1970 UTC.</param>
/// <param name="By">Who.</param>
/// <param name="Kind"><c>rule</c>, <c>schedule</c> or <c>channel</c>.</param>
/// <param name="Id">Its id.</param>
/// <param name="Change"><c>added</c>, <c>changed</c> or <c>removed</c>.</param>
public sealed record AlarmSettingItem(long At, string By, string Kind, string Id, string Change);

/// <summary>The report of a shift.</summary>
/// <param name="Statistics">How the alarms were.</param>
/// <param name="Shifts">Shifts to choose from: name, begin and end, µs since 1970 UTC.</param>
/// <param name="Open">What is open.</param>
/// <param name="Aside">What is set aside.</param>
/// <param name="Changes">What people did and wrote.</param>
/// <param name="RuleChanges">What was changed of rules, schedules and channels.</param>
public sealed record ShiftReportModel(
    AlarmStatisticsModel Statistics, IReadOnlyList<(string Name, long From, long To)> Shifts, IReadOnlyList<AlarmItem> Open, IReadOnlyList<AlarmAsideItem> Aside, IReadOnlyList<AlarmChangeItem> Changes,
    IReadOnlyList<AlarmSettingItem> RuleChanges);
