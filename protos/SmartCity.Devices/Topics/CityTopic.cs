namespace SmartCity.Devices.Topics;

/// <summary>A topic taken apart; its spans point into the topic.</summary>
public readonly ref struct CityTopic
{
    /// <summary>Creates it from its parts.</summary>
    public CityTopic(TopicKind kind, ReadOnlySpan<byte> device, ReadOnlySpan<byte> request = default)
    {
        Kind = kind;
        Device = device;
        Request = request;
    }

    /// <summary>What it is for.</summary>
    public TopicKind Kind { get; }
    /// <summary>The device id.</summary>
    public ReadOnlySpan<byte> Device { get; }
    /// <summary>The request id of a command or its answer; empty otherwise.</summary>
    public ReadOnlySpan<byte> Request { get; }
}
