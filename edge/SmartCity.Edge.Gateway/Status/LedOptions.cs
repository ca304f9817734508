namespace SmartCity.Edge.Gateway.Status;

/// <summary>The light on the box. What drives it differs from box to box, so the gateway writes what it should show into a file.</summary>
public sealed record LedOptions
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Edge:Led";

    /// <summary>File of one word: <c>online</c>, <c>offline</c>, or <c>blink</c> while somebody wants to see which box it is. Default <c>led</c> in the data folder.</summary>
    public string? File { get; init; }
}
