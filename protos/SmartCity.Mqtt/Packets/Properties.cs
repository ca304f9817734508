namespace SmartCity.Mqtt.Packets;

/// <summary>Properties of MQTT 5.0, section 2.2.2: which are allowed where, each at most once, and the values the listener looks at.</summary>
internal struct Properties
{
    public const ulong OfConnect = 1UL << 0x11 | 1UL << 0x15 | 1UL << 0x16 | 1UL << 0x17 | 1UL << 0x19 | 1UL << 0x21 | 1UL << 0x22 | 1UL << 0x26 | 1UL << 0x27;
    public const ulong OfWill = 1UL << 0x01 | 1UL << 0x02 | 1UL << 0x03 | 1UL << 0x08 | 1UL << 0x09 | 1UL << 0x18 | 1UL << 0x26;
    public const ulong OfPublish = 1UL << 0x01 | 1UL << 0x02 | 1UL << 0x03 | 1UL << 0x08 | 1UL << 0x09 | 1UL << 0x23 | 1UL << 0x26;
    public const ulong OfAcknowledgement = 1UL << 0x1F | 1UL << 0x26;
    public const ulong OfSubscribe = 1UL << 0x0B | 1UL << 0x26;
    public const ulong OfUnsubscribe = 1UL << 0x26;
    public const ulong OfDisconnect = 1UL << 0x11 | 1UL << 0x1F | 1UL << 0x26;

    private const byte UserProperty = 0x26;

    private ulong _seen;

    public ushort TopicAlias;
    public ushort ReceiveMaximum;
    public uint MaximumPacketSize;
    public ushort TopicAliasMaximum;
    public uint SessionExpiry;
    /// <summary>Message expiry interval, s.</summary>
    public uint MessageExpiry;
    /// <summary>Will delay interval, s.</summary>
    public uint WillDelay;
    public uint SubscriptionIdentifier;
    /// <summary>0 = the client wants reason strings and user properties in PUBLISH, CONNACK and DISCONNECT alone [MQTT-3.1.2-29]. 1 unless it says so.</summary>
    public byte RequestProblemInformation;

    /// <summary>Whether the property was there.</summary>
    public readonly bool Has(byte id) => (_seen & 1UL << id) != 0;

    /// <summary>Reads the length and all properties.</summary>
    public static Fault Read(ref PacketReader packet, ulong allowed, out Properties properties)
    {
        properties = new Properties { RequestProblemInformation = 1 };
        if (!packet.TryVariable(out var length)) return Fault.Malformed("a property length that is none");
        if (length == 0) return Fault.None;
        if (!packet.TrySlice(length, out var bytes)) return Fault.Malformed($"a property length of {length}, more than the packet holds");
        var reader = new PacketReader(bytes);
        while (reader.Left > 0)
        {
            var fault = properties.ReadOne(ref reader, allowed);
            if (!fault.IsNone) return fault;
        }
        return properties.Has(0x16) && !properties.Has(0x15) ? Fault.Protocol("authentication data without its method") : Fault.None;
    }

    /// <summary>Of a valid property list (without its length) those that go on unaltered with a message, in their order: all but alias, expiry and Will delay.</summary>
    public static byte[] OfMessage(ReadOnlySpan<byte> list)
    {
        if (list.IsEmpty) return [];
        var kept = new List<byte>(list.Length);
        var reader = new PacketReader(list);
        while (reader.Left > 0)
        {
            var start = reader.Position;
            var id = list[start];
            new Properties().ReadOne(ref reader, ulong.MaxValue);
            if (id is not (0x02 or 0x18 or 0x23)) kept.AddRange(list[start..reader.Position]);
        }
        return [.. kept];
    }

    private Fault ReadOne(ref PacketReader reader, ulong allowed)
    {
        if (!reader.TryVariable(out var id) || id >= 64) return Fault.Malformed("a property that does not exist");
        var bit = 1UL << (int)id;
        if (!IsKnown(id)) return Fault.Malformed($"property 0x{id:X2}, which does not exist");
        // Section 2.2.2.2 calls it malformed, the packets' own sections a protocol error; each is told the way other brokers tell it.
        if ((allowed & bit) == 0)
            return SkipOne(ref reader, id) && allowed is not (OfSubscribe or OfUnsubscribe) ? Fault.Protocol($"property 0x{id:X2}, which this packet cannot carry")
                : Fault.Malformed($"property 0x{id:X2}, which this packet cannot carry, or with a value that is none");
        if ((_seen & bit) != 0 && id != UserProperty) return Fault.Protocol($"property 0x{id:X2} more than once");
        _seen |= bit;
        switch (id)
        {
            case 0x01 or 0x17 or 0x19: // payload format indicator, request problem information, request response information
                if (!reader.TryByte(out var flag)) break;
                if (id == 0x17) RequestProblemInformation = flag;
                return flag <= 1 ? Fault.None : Fault.Protocol($"property 0x{id:X2} with value {flag}; it is 0 or 1");
            case 0x02: // message expiry interval
                if (!reader.TryUInt32(out MessageExpiry)) break;
                return Fault.None;
            case 0x18: // will delay interval
                if (!reader.TryUInt32(out WillDelay)) break;
                return Fault.None;
            case 0x11: // session expiry interval
                if (!reader.TryUInt32(out SessionExpiry)) break;
                return Fault.None;
            case 0x27: // maximum packet size
                if (!reader.TryUInt32(out MaximumPacketSize)) break;
                return MaximumPacketSize > 0 ? Fault.None : Fault.Protocol("a maximum packet size of 0");
            case 0x21: // receive maximum
                if (!reader.TryUInt16(out ReceiveMaximum)) break;
                return ReceiveMaximum > 0 ? Fault.None : Fault.Protocol("a receive maximum of 0");
            case 0x22: // topic alias maximum
                if (!reader.TryUInt16(out TopicAliasMaximum)) break;
                return Fault.None;
            case 0x23: // topic alias
                if (!reader.TryUInt16(out TopicAlias)) break;
                return TopicAlias > 0 ? Fault.None : new Fault(MqttReason.TopicAliasInvalid, "topic alias 0");
            case 0x0B: // subscription identifier
                if (!reader.TryVariable(out SubscriptionIdentifier)) break;
                return SubscriptionIdentifier > 0 ? Fault.None : Fault.Protocol("subscription identifier 0");
            case 0x08: // response topic
                if (!reader.TryTopic(out var topic)) break;
                return topic.IsEmpty || Topics.HasWildcard(topic) ? Fault.Protocol("a response topic that is empty or has wildcards") : Fault.None;
            case 0x03 or 0x15 or 0x1F: // content type, authentication method, reason string
                if (!reader.TryText(out _)) break;
                return Fault.None;
            case 0x09 or 0x16: // correlation data, authentication data
                if (!reader.TryBinary(out _)) break;
                return Fault.None;
            case UserProperty:
                if (!reader.TryText(out _) || !reader.TryText(out _)) break;
                return Fault.None;
        }
        return Fault.Malformed($"property 0x{id:X2} with a value that is none");
    }

    // Of the properties that only a server sends.
    private static bool SkipOne(ref PacketReader reader, uint id) => id switch
    {
        0x01 or 0x17 or 0x19 or 0x24 or 0x25 or 0x28 or 0x29 or 0x2A => reader.TryByte(out _),
        0x13 or 0x21 or 0x22 or 0x23 => reader.TryUInt16(out _),
        0x02 or 0x11 or 0x18 or 0x27 => reader.TryUInt32(out _),
        0x0B => reader.TryVariable(out _),
        0x03 or 0x08 or 0x12 or 0x15 or 0x1A or 0x1C or 0x1F => reader.TryText(out _),
        0x09 or 0x16 => reader.TryBinary(out _),
        _ => reader.TryText(out _) && reader.TryText(out _),
    };

    private static bool IsKnown(uint id) => id is 0x01 or 0x02 or 0x03 or 0x08 or 0x09 or 0x0B or (>= 0x11 and <= 0x13) or (>= 0x15 and <= 0x1A) or 0x1C or 0x1F or (>= 0x21 and <= 0x2A);
}
