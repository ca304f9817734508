namespace SmartCity.Cloud.Pipelines.Alarms.Conditions;

/// <summary>What a condition is judged by at one moment.</summary>
internal interface IConditionInputs
{
    /// <summary>Event time by which all is judged, µs.</summary>
    long Now { get; }
    /// <summary>A value that is older counts as unknown, µs.</summary>
    long FreshFor { get; }
    /// <summary>Up to when it is certain that a reading would have come: the time at which the gateway of the device was last heard, µs.</summary>
    long HeardUntil { get; }
    /// <summary>Nobody could have been heard before, µs: the gateway was gone, or nobody listened.</summary>
    long JudgedFrom { get; }
    /// <summary>Whether the device, or the gateway that the alarm is of, is silent.</summary>
    bool IsSilent { get; }
    /// <summary>The memory of a series by its place in <see cref="Condition.Series"/> of the rule's conditions together.</summary>
    SeriesMemory? Series(int index);
    /// <summary>Median of what the nearest others measure; unknown where there are too few.</summary>
    Operand Neighbours(int index);
}
