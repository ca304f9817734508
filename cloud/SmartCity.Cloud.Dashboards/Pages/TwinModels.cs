namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>A gateway's configuration as its page shows it. Times are µs since 1970 UTC.</summary>
/// <param name="Version">The desired version; 0 where nothing is desired.</param>
/// <param name="Desired">The desired document, on several lines; marks stand in it in place of passwords.</param>
/// <param name="State">What the gateway has made of it: applied, trial, rolledBack, refused; null where it has not said.</param>
/// <param name="ReportedVersion">The version that the gateway last spoke of.</param>
/// <param name="ReportedAt">When that was; null where it never has.</param>
/// <param name="Reason">Why it is not in force, in the gateway's own words.</param>
/// <param name="Faults">What is wrong in it, each with its place, in the gateway's own words.</param>
/// <param name="TrialEnds">When its trial ends.</param>
/// <param name="InForceVersion">The version in force; 0 = its own settings alone.</param>
/// <param name="Reported">The reported document, on several lines; null where there is none.</param>
/// <param name="Drift">Where desired and in force differ.</param>
/// <param name="History">Versions, the newest first.</param>
/// <param name="HasMore">Whether there are older ones.</param>
/// <param name="IsConnected">Whether the gateway is connected.</param>
/// <param name="Typed">What somebody has typed and could not be taken.</param>
/// <param name="TypedFaults">What is wrong with that.</param>
public sealed record TwinModel(
    long Version, string Desired, string? State, long ReportedVersion, long? ReportedAt, string? Reason, IReadOnlyList<TwinFaultRow> Faults, long? TrialEnds, long InForceVersion, string? Reported,
    IReadOnlyList<TwinDriftRow> Drift, IReadOnlyList<TwinVersionRow> History, bool HasMore, bool IsConnected, string? Typed = null, IReadOnlyList<TwinFaultRow>? TypedFaults = null);

/// <summary>Something that is wrong in a configuration.</summary>
/// <param name="Pointer">Where, a JSON pointer.</param>
/// <param name="Text">What.</param>
public sealed record TwinFaultRow(string Pointer, string Text);

/// <summary>A place at which desired and in force differ.</summary>
/// <param name="Pointer">Where, a JSON pointer.</param>
/// <param name="Desired">What is desired there; null for nothing.</param>
/// <param name="InForce">What is in force there; null for nothing.</param>
/// <param name="IsHeldHere">Whether the gateway's own settings hold there.</param>
public sealed record TwinDriftRow(string Pointer, string? Desired, string? InForce, bool IsHeldHere);

/// <summary>A version of what was desired.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Made">When.</param>
/// <param name="By">Who.</param>
/// <param name="How">patch, replace, or undo.</param>
/// <param name="Of">The version that an undo goes back to.</param>
/// <param name="State">What became of it; null where nothing is known.</param>
/// <param name="Reason">Why it is not in force.</param>
public sealed record TwinVersionRow(long Version, long Made, string By, string How, long? Of, string? State, string? Reason);
