using System.Text;

namespace SmartCity.Mqtt.Packets;

/// <summary>Body of a CONNECT, section 3.1.</summary>
internal ref struct ConnectBody
{
    /// <summary>Bytes of a client id or a user name.</summary>
    private const int NameBytesMax = 512;

    public byte Level;
    public bool CleanStart;
    public ushort KeepAlive;
    public ReadOnlySpan<byte> ClientId;
    public ReadOnlySpan<byte> WillTopic;
    public bool HasWill;
    public byte WillQoS;
    public bool WillRetain;
    public ReadOnlySpan<byte> WillPayload;
    /// <summary>The Will's property list without its length.</summary>
    public ReadOnlySpan<byte> WillProperties;
    public uint WillDelay;
    public uint? WillExpiry;
    public ReadOnlySpan<byte> UserName;
    public bool HasUserName;
    public ReadOnlySpan<byte> Password;
    public bool HasPassword;
    public uint SessionExpiry;
    public ushort ReceiveMaximum;
    public uint MaximumPacketSize;
    public ushort TopicAliasMaximum;
    public bool WantsReasons;

    public readonly bool IsVersion5 => Level == 5;

    /// <summary>Reads the body. <see cref="Level"/> is set as soon as it is known, so that a refusal can be told in the client's own version.</summary>
    public static Fault Read(ReadOnlySpan<byte> body, int topicBytesMax, int topicLevelsMax, out ConnectBody connect)
    {
        connect = default;
        connect.ReceiveMaximum = ushort.MaxValue;
        connect.MaximumPacketSize = uint.MaxValue;
        connect.WantsReasons = true;
        var reader = new PacketReader(body);
        if (!reader.TryText(out var protocol) || !reader.TryByte(out var level)) return Fault.Malformed("a CONNECT without protocol name and level");
        var isMqtt = protocol.SequenceEqual("MQTT"u8);
        if (!isMqtt && !protocol.SequenceEqual("MQIsdp"u8)) return Fault.Malformed("a CONNECT of another protocol");
        // Told in the version asked for as far as there is one: what is above 5 is asked for by something newer than 5.0.
        connect.Level = isMqtt ? (byte)(level >= 5 ? 5 : 4) : (byte)3;
        if (isMqtt ? level is not (4 or 5) : level != 3)
            return new Fault(MqttReason.UnsupportedProtocolVersion, $"a CONNECT of protocol level {level}; served are 3 (MQIsdp), 4 and 5 (MQTT)");

        if (!reader.TryByte(out var flags)) return Fault.Malformed("a CONNECT without flags");
        connect.CleanStart = (flags & 0x02) != 0;
        connect.HasWill = (flags & 0x04) != 0;
        connect.WillQoS = (byte)(flags >> 3 & 3);
        connect.WillRetain = (flags & 0x20) != 0;
        connect.HasPassword = (flags & 0x40) != 0;
        connect.HasUserName = (flags & 0x80) != 0;
        if ((flags & 0x01) != 0 && level != 3) return Fault.Malformed("a CONNECT with its reserved flag set");
        if (connect.HasWill ? (flags & 0x18) == 0x18 : (flags & 0x38) != 0) return Fault.Malformed("a CONNECT with Will flags that contradict each other");
        if (level != 5 && connect.HasPassword && !connect.HasUserName) return Fault.Malformed("a CONNECT with a password and no user name");
        if (!reader.TryUInt16(out connect.KeepAlive)) return Fault.Malformed("a CONNECT without keep alive");

        if (level == 5)
        {
            var fault = Properties.Read(ref reader, Properties.OfConnect, out var properties);
            if (!fault.IsNone) return fault;
            if (properties.Has(0x15)) return new Fault(MqttReason.BadAuthenticationMethod, "a CONNECT with an authentication method; use user name and password or a certificate");
            connect.SessionExpiry = properties.SessionExpiry;
            if (properties.Has(0x21)) connect.ReceiveMaximum = properties.ReceiveMaximum;
            connect.TopicAliasMaximum = properties.TopicAliasMaximum;
            connect.WantsReasons = properties.RequestProblemInformation == 1;
            if (properties.Has(0x27)) connect.MaximumPacketSize = properties.MaximumPacketSize;
        }

        if (!reader.TryBinary(out connect.ClientId)) return Fault.Malformed("a CONNECT without client id");
        if (!IsName(connect.ClientId)) return NotName("client id", connect.ClientId);
        if (connect.ClientId.IsEmpty && level == 3) return new Fault(MqttReason.ClientIdentifierNotValid, "no client id; 3.1 has none made up for it");
        if (connect.ClientId.IsEmpty && level != 5 && !connect.CleanStart) return new Fault(MqttReason.ClientIdentifierNotValid, "no client id for a session that is to be kept");

        if (connect.HasWill)
        {
            if (level == 5)
            {
                var list = reader;
                if (Properties.Read(ref reader, Properties.OfWill, out var properties) is { IsNone: false } fault) return fault;
                connect.WillDelay = properties.WillDelay;
                if (properties.Has(0x02)) connect.WillExpiry = properties.MessageExpiry;
                list.TryVariable(out var length);
                list.TrySlice(length, out connect.WillProperties);
            }
            if (!reader.TryTopic(out connect.WillTopic)) return Fault.Malformed("a Will topic that is no text");
            if (connect.WillTopic.IsEmpty || Topics.HasWildcard(connect.WillTopic) || Topics.IsOfServer(connect.WillTopic) || !Topics.IsWithin(connect.WillTopic, topicBytesMax, topicLevelsMax))
                return new Fault(MqttReason.TopicNameInvalid, $"a Will topic that is empty, has a wildcard, begins with $, or is beyond {topicBytesMax} bytes or {topicLevelsMax} levels");
            if (!reader.TryBinary(out connect.WillPayload)) return Fault.Malformed("a CONNECT without its Will payload");
        }
        if (connect.HasUserName)
        {
            if (!reader.TryBinary(out connect.UserName)) return Fault.Malformed("a CONNECT without its user name");
            if (!IsName(connect.UserName)) return NotName("user name", connect.UserName);
        }
        if (connect.HasPassword && !reader.TryBinary(out connect.Password)) return Fault.Malformed("a CONNECT without its password");
        return reader.Left == 0 ? Fault.None : Fault.Malformed($"a CONNECT with {reader.Left} bytes behind its end");
    }

    // 3.1.1 closes on text that is none without a CONNACK [MQTT-1.5.3-1, -2].
    private static Fault NotName(string what, ReadOnlySpan<byte> bytes) => new(MqttReason.ClientIdentifierNotValid,
        $"a {what} that is no text, has control characters or is longer than {NameBytesMax} bytes", bytes.Length <= NameBytesMax);

    // Ids and names stand in logs, tables and file names: no control characters, not even those the specification only advises against.
    private static bool IsName(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > NameBytesMax) return false;
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) != System.Buffers.OperationStatus.Done || Rune.IsControl(rune)) return false;
            bytes = bytes[used..];
        }
        return true;
    }
}
