namespace SmartCity.Hosting.Configuration;

/// <summary>One value as it was set.</summary>
/// <param name="Key">The key, its parts joined with colons.</param>
/// <param name="Value">The text; null where the source says null.</param>
/// <param name="Where">Where it stands: <c>file:line</c>, a variable's name or <c>command line</c>.</param>
public sealed record Setting(string Key, string? Value, string Where);
