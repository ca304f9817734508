namespace SmartCity.Cloud.Fleet.Twins;

/// <summary>A version of a gateway's desired document. Passwords stand in it as hashes.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Version">Its version, from 1.</param>
/// <param name="Hash">SHA-256 of the document, lower-case hex.</param>
/// <param name="Document">The document: JSON, members by name, no white space; empty where it is left out of a list.</param>
/// <param name="Made">When it was made, µs since 1970 UTC.</param>
/// <param name="By">Who made it.</param>
/// <param name="How">patch, replace, or undo of which version.</param>
/// <param name="State">What the gateway has made of it: applied, trial, rolledBack or refused; null = nothing is known.</param>
/// <param name="Reason">Why it is not in force.</param>
/// <param name="StateAt">When the gateway said so, µs since 1970 UTC.</param>
public sealed record DesiredTwin(string Gateway, long Version, string Hash, string Document, long Made, string By, string How, string? State = null, string? Reason = null, long? StateAt = null)
{
    /// <summary>Before any was made: a document that says nothing.</summary>
    public static DesiredTwin None(string gateway) => new(gateway, 0, "", "{}", 0, "", "");
}

/// <summary>What a gateway last reported.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Number">Counts reports, from 1.</param>
/// <param name="At">When it came, µs since 1970 UTC.</param>
/// <param name="Version">The desired version that it speaks of; 0 = none has reached the gateway.</param>
/// <param name="State">applied, trial, rolledBack or refused.</param>
/// <param name="Reason">Why that version is not in force; null where it is.</param>
/// <param name="Document">The reported document, JSON.</param>
public sealed record ReportedTwin(string Gateway, long Number, long At, long Version, string State, string? Reason, string Document);
