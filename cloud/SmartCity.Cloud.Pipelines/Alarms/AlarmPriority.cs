namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>How urgent an alarm is. The standard's mix is about 80 % low, 15 % medium, 5 % high, and critical under 1 %.</summary>
public enum AlarmPriority
{
    /// <summary>To be looked at in this shift.</summary>
    Low,
    /// <summary>To be looked at within the hour.</summary>
    Medium,
    /// <summary>To be acted on at once.</summary>
    High,
    /// <summary>Life, limb or a closed road.</summary>
    Critical,
}
