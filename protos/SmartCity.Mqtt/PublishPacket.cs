namespace SmartCity.Mqtt;

/// <summary>One PUBLISH as read; its spans point into the connection's buffer.</summary>
public readonly ref struct PublishPacket
{
    /// <summary>Topic name: valid UTF-8 without wildcards or U+0000, within the listener's limits; topic aliases are resolved.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }
    /// <summary>Payload, always in one piece.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }
    /// <summary>Packet id; 0 at QoS 0.</summary>
    public ushort PacketId { get; init; }
    /// <summary>0, 1 or 2.</summary>
    public byte QoS { get; init; }
    /// <summary>DUP flag.</summary>
    public bool Duplicate { get; init; }
    /// <summary>RETAIN flag.</summary>
    public bool Retain { get; init; }
}
