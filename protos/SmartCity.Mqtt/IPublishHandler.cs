using System.Buffers;
using System.Net;

namespace SmartCity.Mqtt;

/// <summary>Takes the PUBLISH packets of all connections before the broker behind the listener sees them.</summary>
public interface IPublishHandler
{
    /// <summary>
    /// Takes one valid PUBLISH. Called in order for each connection, on its read loop, from many threads at once.
    /// Nothing of <paramref name="publish"/> is valid after the call. Must not block on I/O.
    /// </summary>
    PublishResult Handle(MqttPeer peer, in PublishPacket publish);

    /// <summary>Called when no more of what was read in one go is left, so that a handler may close what it opened for the peer's packets.</summary>
    void EndOfRead(MqttPeer peer);
}

/// <summary>What becomes of a PUBLISH.</summary>
public enum PublishResult
{
    /// <summary>Kept or to be kept; the handler calls <see cref="MqttPeer.Acknowledge"/> later (QoS 1, 2) and then <see cref="MqttPeer.Flush"/>.</summary>
    Pending,
    /// <summary>For the broker behind: retained status, answers to commands. It is acknowledged there.</summary>
    Forward,
    /// <summary>Done with; acknowledge at once with success (bad payload already in the dead letters is <see cref="Pending"/> instead).</summary>
    Done,
    /// <summary>The device may not publish here: 5.0 gets 0x87, 3.1.1 is closed.</summary>
    NotAuthorized,
    /// <summary>The topic is no topic of ours and no mapping takes it: 5.0 gets 0x90, 3.1.1 is closed.</summary>
    TopicInvalid,
    /// <summary>No room: 5.0 gets 0x97, 3.1.1 is closed; QoS 0 is counted and dropped.</summary>
    QuotaExceeded,
}

/// <summary>One PUBLISH as read; spans point into the connection's buffer.</summary>
public readonly ref struct PublishPacket
{
    /// <summary>Topic name, validated UTF-8 without wildcards or U+0000; aliases are resolved.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }
    /// <summary>Payload, possibly of several segments.</summary>
    public ReadOnlySequence<byte> Payload { get; init; }
    /// <summary>Packet id; 0 at QoS 0.</summary>
    public ushort PacketId { get; init; }
    /// <summary>0, 1 or 2.</summary>
    public byte QoS { get; init; }
    /// <summary>DUP flag.</summary>
    public bool Duplicate { get; init; }
    /// <summary>RETAIN flag.</summary>
    public bool Retain { get; init; }
}

/// <summary>A connection as handlers see it. Thread-safe but for <see cref="State"/>, which belongs to the read loop.</summary>
public abstract class MqttPeer
{
    /// <summary>Client id of the CONNECT.</summary>
    public abstract string ClientId { get; }
    /// <summary>User name of the CONNECT, if any.</summary>
    public abstract string? UserName { get; }
    /// <summary>Where it comes from.</summary>
    public abstract EndPoint? Remote { get; }
    /// <summary>Whether it speaks MQTT 5.0.</summary>
    public abstract bool IsVersion5 { get; }
    /// <summary>Whatever the handler or the authenticator keeps for this connection.</summary>
    public object? State { get; set; }

    /// <summary>Queues the PUBACK (QoS 1) or PUBREC (QoS 2) of a pending packet; nothing is sent before <see cref="Flush"/>.</summary>
    public abstract void Acknowledge(ushort packetId, byte qos);
    /// <summary>Sends all queued acknowledgements in one write.</summary>
    public abstract void Flush();
    /// <summary>Ends the connection: 5.0 gets DISCONNECT with <paramref name="reasonCode"/>, 3.1.1 is closed.</summary>
    public abstract void Close(byte reasonCode, string reason);
}
