using System.Net;

namespace SmartCity.Mqtt;

/// <summary>A connection as handlers see it. Thread-safe but for <see cref="State"/>, which belongs to the read loop.</summary>
public abstract class MqttPeer
{
    /// <summary>Client id of the CONNECT, or the one the listener gave to a client that brought none.</summary>
    public abstract string ClientId { get; }
    /// <summary>User name of the CONNECT, if any.</summary>
    public abstract string? UserName { get; }
    /// <summary>Where it comes from.</summary>
    public abstract EndPoint? Remote { get; }
    /// <summary>Whether it speaks MQTT 5.0.</summary>
    public abstract bool IsVersion5 { get; }
    /// <summary>Whether it came over TLS.</summary>
    public abstract bool IsSecure { get; }
    /// <summary>When the connection was accepted, UTC.</summary>
    public abstract DateTimeOffset ConnectedAt { get; }
    /// <summary>PUBLISH packets read from it so far.</summary>
    public abstract long Publishes { get; }
    /// <summary>PUBLISH packets of QoS 1 and 2 not yet acknowledged to it.</summary>
    public abstract int InFlight { get; }
    /// <summary>Whatever the handler or the authenticator keeps for this connection.</summary>
    public object? State { get; set; }

    /// <summary>
    /// Key of the record that must become durable together with what a QoS 2 packet carried, so that the packet is known when it comes again after
    /// a restart; empty where there is nothing to keep. The record's value is empty.
    /// </summary>
    public virtual ReadOnlyMemory<byte> ReceiptOf(ushort packetId) => default;
    /// <summary>Queues the PUBACK (QoS 1) or PUBREC (QoS 2) of a pending packet; nothing is sent before <see cref="Flush"/>. Nothing happens at QoS 0 or on a closed connection.</summary>
    public abstract void Acknowledge(ushort packetId, byte qos);
    /// <summary>Refuses a pending packet that could not be kept after all: 5.0 gets its PUBACK or PUBREC with <paramref name="reasonCode"/> (≥ 0x80), 3.1.1 is closed.</summary>
    public abstract void Refuse(ushort packetId, byte qos, byte reasonCode);
    /// <summary>Sends all queued acknowledgements in one write.</summary>
    public abstract void Flush();
    /// <summary>Ends the connection: 5.0 gets DISCONNECT with <paramref name="reasonCode"/>, 3.1.1 is closed.</summary>
    public abstract void Close(byte reasonCode, string reason);
}
