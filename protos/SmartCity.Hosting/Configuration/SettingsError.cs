namespace SmartCity.Hosting.Configuration;

/// <summary>One setting that cannot be used.</summary>
/// <param name="Where">Where the value stands: <c>file:line</c>, a variable's name, <c>command line</c> or <c>default</c>.</param>
/// <param name="Key">The key, its parts joined with colons.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record SettingsError(string Where, string Key, string Message)
{
    /// <summary>One line: place, key, message.</summary>
    public override string ToString() => $"{Where}: {Key}: {Message}";
}
