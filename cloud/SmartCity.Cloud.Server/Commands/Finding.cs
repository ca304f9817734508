namespace SmartCity.Cloud.Server.Commands;

/// <summary>What the doctor saw of one thing.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Ok">Whether it is well.</param>
/// <param name="Found">What was found.</param>
/// <param name="Fix">What to do; null where nothing is to be done.</param>
internal sealed record Finding(string Check, bool Ok, string Found, string? Fix = null);
