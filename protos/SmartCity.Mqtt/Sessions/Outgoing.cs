using SmartCity.Mqtt.Routing;

namespace SmartCity.Mqtt.Sessions;

/// <summary>A message in one session's queue, or in flight to its client.</summary>
internal sealed class Outgoing(Message message, byte qos, bool retain, uint[]? identifiers)
{
    public Message Message => message;
    /// <summary>QoS of this delivery: the lower of the publisher's and the subscription's [MQTT-3.8.4-8].</summary>
    public byte QoS => qos;
    /// <summary>RETAIN flag of this delivery.</summary>
    public bool Retain => retain;
    /// <summary>Subscription identifiers that go with it; null = none.</summary>
    public uint[]? Identifiers => identifiers;

    /// <summary>Place in the session's order.</summary>
    public long Sequence { get; init; }
    /// <summary>Packet id, its own from the moment it is queued until it is acknowledged; 0 at QoS 0.</summary>
    public ushort PacketId { get; init; }
    public Phase Phase { get; set; }
    /// <summary>Whether it has been sent before, on an earlier connection: DUP [MQTT-4.4.0-1].</summary>
    public bool IsRepeated { get; set; }
    /// <summary>Whether its record is being written: it is not sent before.</summary>
    public bool IsUnstored { get; set; }
    /// <summary>Whether it has a record in the store.</summary>
    public bool HasRecord { get; init; }
}

/// <summary>How far a delivery has come.</summary>
internal enum Phase : byte
{
    /// <summary>In the queue.</summary>
    Waiting = 0,
    /// <summary>PUBLISH sent, PUBACK or PUBREC due.</summary>
    Sent = 1,
    /// <summary>PUBREC received, PUBCOMP due: the message itself is done with.</summary>
    Released = 2,
}
