using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>Which alarms are meant; null = whichever.</summary>
/// <param name="IsOpen">Open ones, or those that are over.</param>
/// <param name="State">State.</param>
/// <param name="Priority">Priority.</param>
/// <param name="Rule">Id of the rule.</param>
/// <param name="Source">Device id, or <c>gateway/</c> and the gateway's.</param>
/// <param name="From">Raised then or later, µs since 1970 UTC.</param>
/// <param name="To">Raised before.</param>
/// <param name="IsAlarm">Alarms, or events.</param>
internal sealed record AlarmFilter(bool? IsOpen = null, AlarmState? State = null, AlarmPriority? Priority = null, string? Rule = null, string? Source = null, long? From = null, long? To = null, bool? IsAlarm = null);
