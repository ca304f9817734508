namespace SmartCity.Devices;

/// <summary>Bounds of what one payload may hold.</summary>
public sealed record PayloadLimits
{
    /// <summary>Limits by default.</summary>
    public static PayloadLimits Default { get; } = new();

    /// <summary>Nesting of objects and arrays, the outermost counted. Default 16.</summary>
    public int DepthMax { get; init; } = 16;
    /// <summary>Values of one message, good or bad. Default 10,000; a message with more is rejected whole.</summary>
    public int ValuesMax { get; init; } = 10_000;
    /// <summary>Bytes of a text value. Default 256.</summary>
    public int TextBytesMax { get; init; } = 256;
    /// <summary>Bytes of a metric's name, with the dots of nested members. Default 256.</summary>
    public int NameBytesMax { get; init; } = 256;
    /// <summary>How far ahead of the gateway a device's time may be. Default 5 min.</summary>
    public TimeSpan AheadMax { get; init; } = TimeSpan.FromMinutes(5);
}
