namespace SmartCity.Cloud.Server.Commands;

/// <summary>What the doctor saw of one thing.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Ok">Whether it is well, for now at least.</param>
/// <param name="Found">What was found.</param>
/// <param name="Fix">What to do; null where nothing is to be done. Of what is well for now: before it no longer is.</param>
internal sealed record Finding(string Check, bool Ok, string Found, string? Fix = null)
{
    /// <summary><c>ok</c>, <c>warning</c> or <c>error</c>.</summary>
    public string State => !Ok ? "error" : Fix is null ? "ok" : "warning";
}
