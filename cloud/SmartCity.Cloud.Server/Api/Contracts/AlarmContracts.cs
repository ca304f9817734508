using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>An alarm, or an event where its rule has no written response.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Rule">Id of its rule.</param>
/// <param name="Name">What the rule is called.</param>
/// <param name="Device">Device; null where it is of a gateway.</param>
/// <param name="Gateway">Gateway that it is of, or by which its device was heard.</param>
/// <param name="Area">Area of its device.</param>
/// <param name="State">normal, unacknowledged, acknowledged, returned, shelved, suppressed, outOfService or event.</param>
/// <param name="Priority">low, medium, high or critical.</param>
/// <param name="IsAlarm">Whether it asks for an operator.</param>
/// <param name="Raised">When, event time.</param>
/// <param name="Returned">When it was back to normal.</param>
/// <param name="Acknowledged">When somebody took note.</param>
/// <param name="AcknowledgedBy">Who.</param>
/// <param name="Closed">When it was over.</param>
/// <param name="Times">How often its condition came to hold.</param>
/// <param name="IsUnstable">Whether it comes and goes.</param>
/// <param name="Value">Value that raised it.</param>
internal sealed record AlarmEntry(
    long Id, string Rule, string Name, string? Device, string? Gateway, string? Area, string State, string Priority, bool IsAlarm, DateTimeOffset Raised, DateTimeOffset? Returned, DateTimeOffset? Acknowledged, string? AcknowledgedBy,
    DateTimeOffset? Closed, long Times, bool IsUnstable, string? Value);

/// <summary>Something that happened to an alarm.</summary>
/// <param name="Id">Its number.</param>
/// <param name="At">When, event time.</param>
/// <param name="Recorded">When it was kept.</param>
/// <param name="Alarm">Number of the alarm; 0 where none was open.</param>
/// <param name="Rule">Id of its rule.</param>
/// <param name="Source">Device id, or gateway/ and the gateway's.</param>
/// <param name="Change">raised, reactivated, returned, closed, acknowledged, shelved, unshelved, suppressed, unsuppressed, removedFromService, returnedToService, commented, unstable, stable or ruleRemoved.</param>
/// <param name="State">State afterwards.</param>
/// <param name="IsAnnounced">Whether it asked for an operator from then on.</param>
/// <param name="By">Who did it; null = its conditions.</param>
/// <param name="Note">Reason, comment, or what suppressed it.</param>
/// <param name="Value">Value at that time.</param>
/// <param name="Until">End of shelving.</param>
internal sealed record AlarmChangeEntry(long Id, DateTimeOffset At, DateTimeOffset Recorded, long Alarm, string Rule, string Source, string Change, string State, bool IsAnnounced, string? By, string? Note, string? Value, DateTimeOffset? Until);

/// <summary>What is to be done to alarms.</summary>
/// <param name="Alarms">Numbers of alarms, at most 200.</param>
/// <param name="Points">Alarms by rule and source, whether they are open or not.</param>
/// <param name="Reason">Why; needed to shelve, to take out of service and to comment.</param>
/// <param name="For">How long to shelve, up to 1d; null = until the alarm ends by itself.</param>
internal sealed record AlarmOrder(IReadOnlyList<long>? Alarms = null, IReadOnlyList<AlarmPointName>? Points = null, string? Reason = null, TimeSpan? For = null);

/// <summary>An alarm by its rule and source.</summary>
/// <param name="Rule">Id of the rule.</param>
/// <param name="Source">Device id, or gateway/ and the gateway's.</param>
internal sealed record AlarmPointName(string Rule, string Source);

/// <summary>What was done.</summary>
/// <param name="Done">Alarms that are other than before.</param>
/// <param name="Skipped">Those that were so already, came meanwhile, or do not lie in the caller's areas.</param>
internal sealed record AlarmOrderResult(int Done, int Skipped);

/// <summary>An alarm that was set aside.</summary>
/// <param name="Rule">Id of the rule.</param>
/// <param name="Source">Device id, or gateway/ and the gateway's.</param>
/// <param name="State">shelved, suppressed or outOfService.</param>
/// <param name="Alarm">Number of the alarm that is open; 0 = none.</param>
/// <param name="Until">End of shelving; null = with the alarm, or until somebody ends it.</param>
/// <param name="By">Who.</param>
/// <param name="Reason">Why.</param>
internal sealed record AlarmAside(string Rule, string Source, string State, long Alarm, DateTimeOffset? Until, string? By, string? Reason);

/// <summary>The alarms in a few numbers.</summary>
/// <param name="Unacknowledged">By priority.</param>
/// <param name="Acknowledged">By priority.</param>
/// <param name="Returned">Back to normal, and nobody has taken note.</param>
/// <param name="Shelved">Shelved ones.</param>
/// <param name="OutOfService">Those out of service.</param>
/// <param name="Suppressed">Suppressed by design, with an alarm open.</param>
/// <param name="IsFlood">Whether there are more than a person can take in.</param>
/// <param name="Newest">The newest of the most urgent that nobody has taken note of.</param>
internal sealed record AlarmSummary(AlarmCounts Unacknowledged, AlarmCounts Acknowledged, int Returned, int Shelved, int OutOfService, int Suppressed, bool IsFlood, AlarmEntry? Newest);

/// <summary>Alarms by priority.</summary>
/// <param name="Critical">Critical ones.</param>
/// <param name="High">High ones.</param>
/// <param name="Medium">Medium ones.</param>
/// <param name="Low">Low ones.</param>
internal sealed record AlarmCounts(int Critical, int High, int Medium, int Low);

/// <summary>How alarms were in a time, against the numbers of ISA-18.2 and EEMUA 191.</summary>
/// <param name="From">Begin.</param>
/// <param name="To">End.</param>
/// <param name="Alarms">Alarms that asked for an operator.</param>
/// <param name="PerHour">A mean hour; 6 is acceptable, 12 the most that can be managed.</param>
/// <param name="MostInTenMinutes">The fullest ten minutes.</param>
/// <param name="FullTenMinutes">Share of ten-minute periods with more than 10; under 0.01 is wanted.</param>
/// <param name="FullHours">Share of hours with more than 30; under 0.01 is wanted.</param>
/// <param name="Floods">Floods.</param>
/// <param name="FloodShare">Share of the time in floods; under 0.01 is wanted.</param>
/// <param name="Announced">Alarms by priority; about 5 % high and 15 % medium are wanted, critical under 1 %.</param>
/// <param name="Configured">Rules by priority.</param>
/// <param name="Positions">Alarms by the first part of their area.</param>
/// <param name="Top">The ten that come most often; together at most 5 % of all are wanted.</param>
/// <param name="TopShare">Their share of all.</param>
/// <param name="Chattering">Those that came three times within a minute; none is wanted.</param>
/// <param name="Stale">Those that stand for more than a day; under 5 are wanted.</param>
/// <param name="MedianSecondsToAcknowledge">Half were acknowledged faster; null where none was.</param>
/// <param name="LateAcknowledged">Alarms that nobody took note of within the time to respond.</param>
internal sealed record AlarmStatisticsView(
    DateTimeOffset From, DateTimeOffset To, int Alarms, double PerHour, int MostInTenMinutes, double FullTenMinutes, double FullHours, int Floods, double FloodShare, AlarmCounts Announced, AlarmCounts Configured,
    IReadOnlyList<AlarmActor> Positions, IReadOnlyList<AlarmActor> Top, double TopShare, IReadOnlyList<AlarmActor> Chattering, IReadOnlyList<AlarmEntry> Stale, double? MedianSecondsToAcknowledge, int LateAcknowledged);

/// <summary>Who causes how many alarms.</summary>
/// <param name="Rule">Id of the rule; null for a position.</param>
/// <param name="Source">Device id, gateway/ and the gateway's, or the position.</param>
/// <param name="Alarms">How many.</param>
/// <param name="Share">Share of all.</param>
internal sealed record AlarmActor(string? Rule, string Source, int Alarms, double Share);

/// <summary>What one shift hands over to the next.</summary>
/// <param name="Statistics">How the alarms were.</param>
/// <param name="Open">What is open at its end.</param>
/// <param name="SetAside">What is set aside.</param>
/// <param name="Changes">What people did and wrote.</param>
/// <param name="RuleChanges">Rules, schedules and channels that were changed.</param>
internal sealed record ShiftReportView(AlarmStatisticsView Statistics, IReadOnlyList<AlarmEntry> Open, IReadOnlyList<AlarmAside> SetAside, IReadOnlyList<AlarmChangeEntry> Changes, IReadOnlyList<AlarmRuleChange> RuleChanges);

/// <summary>A change of a rule, schedule or channel.</summary>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
/// <param name="Kind">rule, schedule or channel.</param>
/// <param name="Id">Its id.</param>
/// <param name="Change">added, changed or removed.</param>
internal sealed record AlarmRuleChange(DateTimeOffset At, string By, string Kind, string Id, string Change);

/// <summary>What a rule would have done.</summary>
/// <param name="From">Begin.</param>
/// <param name="To">End.</param>
/// <param name="Through">Looked at up to here: the end, or where there was too much.</param>
/// <param name="Readings">Readings looked at.</param>
/// <param name="Devices">Devices watched.</param>
/// <param name="Alarms">Alarms that it would have raised, with the number of what was raised then.</param>
/// <param name="Messages">Messages that it would have sent.</param>
/// <param name="OnlyLive">What the rule of this id did raise then, and this one would not.</param>
internal sealed record WhatIfView(DateTimeOffset From, DateTimeOffset To, DateTimeOffset Through, long Readings, int Devices, IReadOnlyList<WhatIfAlarm> Alarms, int Messages, IReadOnlyList<AlarmEntry> OnlyLive);

/// <summary>An alarm that would have been.</summary>
/// <param name="Source">Device id.</param>
/// <param name="Raised">When.</param>
/// <param name="Ended">When it would have been back to normal; null where it still stands.</param>
/// <param name="Value">Value that would have raised it.</param>
/// <param name="Live">Number of the alarm that was raised then; null where none was.</param>
internal sealed record WhatIfAlarm(string Source, DateTimeOffset Raised, DateTimeOffset? Ended, string? Value, long? Live);

/// <summary>What came of trying a channel.</summary>
/// <param name="Delivered">Whether the other side took it.</param>
/// <param name="Trouble">Why not.</param>
internal sealed record ChannelTest(bool Delivered, string? Trouble);
