namespace SmartCity.Mqtt.Packets;

/// <summary>Body of a PUBLISH, section 3.3: topic name, packet id at QoS 1 and 2, properties in 5.0, payload.</summary>
internal ref struct PublishBody
{
    public ReadOnlySpan<byte> Topic;
    public ReadOnlySpan<byte> Payload;
    public ushort PacketId;
    public ushort TopicAlias;
    /// <summary>The property list without its length.</summary>
    public ReadOnlySpan<byte> Properties;
    /// <summary>Seconds after which it may no longer be delivered; null = always.</summary>
    public uint? Expiry;

    /// <summary>Reads the body. An empty topic passes only with an alias; whether that alias is set is for the connection to say.</summary>
    public static Fault Read(byte flags, ReadOnlySpan<byte> body, bool version5, out PublishBody publish)
    {
        publish = default;
        var reader = new PacketReader(body);
        if (!reader.TryTopic(out publish.Topic)) return Fault.Malformed("a PUBLISH topic that is no text");
        if ((flags & 0x06) != 0)
        {
            if (!reader.TryUInt16(out publish.PacketId)) return Fault.Malformed("a PUBLISH without its packet id");
            if (publish.PacketId == 0) return Fault.Protocol("a PUBLISH with packet id 0");
        }
        if (version5)
        {
            var list = reader;
            var fault = Packets.Properties.Read(ref reader, Packets.Properties.OfPublish, out var properties);
            if (!fault.IsNone) return fault;
            publish.TopicAlias = properties.TopicAlias;
            if (properties.Has(0x02)) publish.Expiry = properties.MessageExpiry;
            list.TryVariable(out var length);
            list.TrySlice(length, out publish.Properties);
        }
        if (Topics.HasWildcard(publish.Topic)) return new Fault(MqttReason.TopicNameInvalid, "a PUBLISH topic with a wildcard");
        if (publish.Topic.IsEmpty && publish.TopicAlias == 0)
            return version5 ? Fault.Protocol("a PUBLISH with neither topic nor alias") : new Fault(MqttReason.TopicNameInvalid, "a PUBLISH with an empty topic");
        publish.Payload = reader.Rest;
        return Fault.None;
    }
}
