namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>When an alarm is raised, for which devices, and what is to be done about it.</summary>
public sealed record AlarmRule
{
    /// <summary>Id; as device ids are.</summary>
    public string Id { get; init; } = "";
    /// <summary>What people call it; null = its id.</summary>
    public string? Name { get; init; }
    /// <summary>The devices that it watches, an alarm each; null = every one that has a metric of the condition.</summary>
    public AlarmScope? Scope { get; init; }
    /// <summary>The condition that raises it (<see cref="Conditions.Condition"/>), e.g. <c>pm25 &gt; 75</c>.</summary>
    public string When { get; init; } = "";
    /// <summary>The condition that ends it, e.g. <c>pm25 &lt; 60</c>; null = where <see cref="When"/> does not hold.</summary>
    public string? Clear { get; init; }
    /// <summary>How long the condition must hold, up to 7 days. Default at once.</summary>
    public TimeSpan OnDelay { get; init; }
    /// <summary>How long the clear condition must hold, up to 7 days. Default at once.</summary>
    public TimeSpan OffDelay { get; init; }
    /// <summary>It lasts at least so long, up to 7 days. Default no longer than its condition.</summary>
    public TimeSpan MinHold { get; init; }
    /// <summary>A value that is older counts as unknown, 1 s to 30 days; null = 1 hour.</summary>
    public TimeSpan? FreshFor { get; init; }
    /// <summary>How urgent it is.</summary>
    public AlarmPriority Priority { get; init; }
    /// <summary>Why it may come.</summary>
    public string? Cause { get; init; }
    /// <summary>What happens if nobody acts.</summary>
    public string? Consequence { get; init; }
    /// <summary>What the operator does.</summary>
    public string? Action { get; init; }
    /// <summary>Time in which to act.</summary>
    public TimeSpan? RespondWithin { get; init; }
    /// <summary>While this holds it is suppressed by design, e.g. <c>mode = 'maintenance'</c>.</summary>
    public string? SuppressWhen { get; init; }
    /// <summary>Id of the schedule in which it is in force; null = always. Out of it it is suppressed by design.</summary>
    public string? During { get; init; }
    /// <summary>When it counts as unstable; null = three times within a minute.</summary>
    public AlarmFlap? Flap { get; init; }
    /// <summary>Who is told, in order of the delay; the steps stop at the acknowledgement.</summary>
    public IReadOnlyList<AlarmStep> Notify { get; init; } = [];
    /// <summary>Messages sent in an hour at most, whatever comes, 1 to 60; null = 6. What is held back is counted in the next one.</summary>
    public int? NotifyPerHourMax { get; init; }
    /// <summary>Whether it is switched off.</summary>
    public bool IsDisabled { get; init; }
    /// <summary>Name, cause, consequence and action in other languages, by their code, e.g. <c>fa</c>.</summary>
    public IReadOnlyDictionary<string, AlarmTexts>? Texts { get; init; }

    /// <summary>Whether it has a written response. Without cause, consequence, action and time to respond it is an event, which asks nobody for anything.</summary>
    public bool IsAlarm() => !string.IsNullOrWhiteSpace(Cause) && !string.IsNullOrWhiteSpace(Consequence) && !string.IsNullOrWhiteSpace(Action) && RespondWithin > TimeSpan.Zero;
}

/// <summary>Which devices a rule watches: those of whom all that is given is so.</summary>
public sealed record AlarmScope
{
    /// <summary>Ids; a star stands for any characters.</summary>
    public IReadOnlyList<string>? Devices { get; init; }
    /// <summary>Kind of device, e.g. <c>air</c>.</summary>
    public string? Kind { get; init; }
    /// <summary>Id of its model.</summary>
    public string? Model { get; init; }
    /// <summary>Id of its site.</summary>
    public string? Site { get; init; }
    /// <summary>Area, with all that lies under it.</summary>
    public string? Area { get; init; }
    /// <summary>True: it watches gateways, of which a condition can ask only <c>silent()</c>; <see cref="Devices"/> then are their ids.</summary>
    public bool Gateways { get; init; }
}

/// <summary>When an alarm counts as unstable.</summary>
/// <param name="Times">Raised so often, 2 to 100,</param>
/// <param name="Within">within this time, up to a day; it is stable again when it has been quiet for as long.</param>
public sealed record AlarmFlap(int Times, TimeSpan Within);

/// <summary>One step of telling somebody.</summary>
public sealed record AlarmStep
{
    /// <summary>Id of the channel.</summary>
    public string To { get; init; } = "";
    /// <summary>So long after the alarm was raised, if nobody has acknowledged it, up to 7 days. Default at once.</summary>
    public TimeSpan After { get; init; }
    /// <summary>Id of the schedule in which this step is taken; null = always.</summary>
    public string? During { get; init; }
}

/// <summary>A rule's words in another language.</summary>
/// <param name="Name">Name.</param>
/// <param name="Cause">Cause.</param>
/// <param name="Consequence">Consequence.</param>
/// <param name="Action">Action.</param>
public sealed record AlarmTexts(string? Name = null, string? Cause = null, string? Consequence = null, string? Action = null);
