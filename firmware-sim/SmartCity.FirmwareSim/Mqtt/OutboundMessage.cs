using System.Buffers.Binary;

namespace SmartCity.FirmwareSim.Mqtt;

/// <summary>A PUBLISH on its way, encoded once.</summary>
internal sealed class OutboundMessage
{
    private readonly int _idOffset;

    /// <summary>Encodes it.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="payload">Payload; copied.</param>
    /// <param name="values">Values it carries, for counting.</param>
    /// <param name="retain">Whether the broker keeps it.</param>
    public OutboundMessage(string topic, ReadOnlySpan<byte> payload, int values = 0, bool retain = false)
    {
        Packet = MqttPacket.PublishOf(topic, payload, 1, retain, out _idOffset);
        Values = values;
    }

    /// <summary>The whole packet.</summary>
    public byte[] Packet { get; }
    /// <summary>Values it carries.</summary>
    public int Values { get; }
    /// <summary>Its packet id, once given.</summary>
    public ushort Id { get; private set; }

    /// <summary>Gives it a packet id.</summary>
    public void Number(ushort id)
    {
        Id = id;
        BinaryPrimitives.WriteUInt16BigEndian(Packet.AsSpan(_idOffset), id);
    }

    /// <summary>Marks it as sent before.</summary>
    public void MarkDuplicate() => Packet[0] |= MqttPacket.Duplicate;
}
