namespace SmartCity.Mqtt.Packets;

/// <summary>Bodies of the packets that are neither CONNECT nor PUBLISH, sections 3.4–3.14.</summary>
internal static class ControlBody
{
    /// <summary>PUBACK, PUBREC, PUBREL, PUBCOMP: packet id, and in 5.0 reason code and properties, which may be left out from the end.</summary>
    public static Fault ReadAcknowledgement(PacketType type, ReadOnlySpan<byte> body, bool version5, out ushort packetId, out byte reasonCode)
    {
        reasonCode = 0;
        var reader = new PacketReader(body);
        if (!reader.TryUInt16(out packetId)) return Fault.Malformed($"a {type} without its packet id");
        if (packetId == 0) return Fault.Protocol($"a {type} with packet id 0");
        if (version5 && reader.TryByte(out reasonCode))
        {
            var known = type is PacketType.PubRel or PacketType.PubComp
                ? reasonCode is 0 or 0x92
                : reasonCode is 0 or 0x10 or 0x80 or 0x83 or 0x87 or 0x90 or 0x91 or 0x97 or 0x99;
            if (!known) return Fault.Protocol($"a {type} with reason code 0x{reasonCode:X2}");
            if (reader.Left > 0 && Properties.Read(ref reader, Properties.OfAcknowledgement, out _) is { IsNone: false } fault) return fault;
        }
        return reader.Left == 0 ? Fault.None : Fault.Malformed($"a {type} with {reader.Left} bytes behind its end");
    }

    /// <summary>SUBSCRIBE: that it is well formed; whether its filters are allowed is judged one by one, each with its own reason code.</summary>
    /// <param name="body">What follows the fixed header.</param>
    /// <param name="version5">Whether it is 5.0.</param>
    /// <param name="packetId">Packet id.</param>
    /// <param name="identifier">Subscription identifier; 0 = none.</param>
    /// <param name="filters">Where the filters begin.</param>
    public static Fault ReadSubscribe(ReadOnlySpan<byte> body, bool version5, out ushort packetId, out uint identifier, out int filters)
    {
        (identifier, filters) = (0, 0);
        var reader = new PacketReader(body);
        if (!reader.TryUInt16(out packetId)) return Fault.Malformed("a SUBSCRIBE without its packet id");
        if (packetId == 0) return Fault.Protocol("a SUBSCRIBE with packet id 0");
        if (version5)
        {
            if (Properties.Read(ref reader, Properties.OfSubscribe, out var properties) is { IsNone: false } fault) return fault;
            identifier = properties.SubscriptionIdentifier;
        }
        filters = reader.Position;
        if (reader.Left == 0) return Fault.Protocol("a SUBSCRIBE without a topic filter");
        while (reader.Left > 0)
        {
            if (!reader.TryTopic(out var filter)) return Fault.Malformed("a topic filter that is no text");
            if (filter.IsEmpty) return Fault.Malformed("an empty topic filter"); // [MQTT-4.7.3-1]
            // 5.0 has a reason code for it in the SUBACK; 3.1.1 is closed [MQTT-4.7.1-2, -3].
            if (!version5 && !Topics.IsFilter(filter)) return Fault.Malformed("a topic filter that is none");
            if (!reader.TryByte(out var options)) return Fault.Malformed("a topic filter without its options");
            if ((options & 0x03) == 3) return Fault.Malformed("a topic filter with QoS 3");
            if (!version5 && (options & 0xFC) != 0) return Fault.Malformed("a topic filter with reserved bits set");
            if ((options & 0xC0) != 0) return Fault.Malformed("a topic filter with reserved bits set");
            if ((options & 0x30) == 0x30) return Fault.Protocol("a topic filter with retain handling 3");
            if ((options & 0x04) != 0 && Topics.IsShared(filter)) return Fault.Protocol("a shared subscription with No Local");
        }
        return Fault.None;
    }

    /// <summary>UNSUBSCRIBE.</summary>
    public static Fault ReadUnsubscribe(ReadOnlySpan<byte> body, bool version5, out ushort packetId, out int filters)
    {
        filters = 0;
        var reader = new PacketReader(body);
        if (!reader.TryUInt16(out packetId)) return Fault.Malformed("an UNSUBSCRIBE without its packet id");
        if (packetId == 0) return Fault.Protocol("an UNSUBSCRIBE with packet id 0");
        if (version5 && Properties.Read(ref reader, Properties.OfUnsubscribe, out _) is { IsNone: false } fault) return fault;
        filters = reader.Position;
        if (reader.Left == 0) return Fault.Protocol("an UNSUBSCRIBE without a topic filter");
        while (reader.Left > 0)
        {
            if (!reader.TryTopic(out var filter)) return Fault.Malformed("a topic filter that is no text");
            if (!Topics.IsFilter(filter)) return Fault.Malformed("a topic filter that is none");
        }
        return Fault.None;
    }

    /// <summary>DISCONNECT of a client: nothing in 3.1.1; in 5.0 reason code and properties, which may be left out from the end.</summary>
    /// <param name="body">What follows the fixed header.</param>
    /// <param name="version5">Whether it is 5.0.</param>
    /// <param name="sessionExpiryAtConnect">Session expiry of the CONNECT, s: one that was 0 cannot be raised now.</param>
    /// <param name="reasonCode">0 = the Will is dropped.</param>
    /// <param name="sessionExpiry">New session expiry, s, if it says one.</param>
    public static Fault ReadDisconnect(ReadOnlySpan<byte> body, bool version5, uint sessionExpiryAtConnect, out byte reasonCode, out uint? sessionExpiry)
    {
        reasonCode = 0;
        sessionExpiry = null;
        var reader = new PacketReader(body);
        if (version5 && reader.TryByte(out reasonCode))
        {
            if (reasonCode is not (0 or 0x04 or 0x80 or 0x81 or 0x82 or 0x83 or 0x90 or 0x93 or 0x94 or 0x95 or 0x96 or 0x97 or 0x98 or 0x99))
                return Fault.Protocol($"a DISCONNECT with reason code 0x{reasonCode:X2}") with { IsSilent = true };
            if (reader.Left > 0)
            {
                var fault = Properties.Read(ref reader, Properties.OfDisconnect, out var properties);
                if (!fault.IsNone) return fault;
                if (properties.Has(0x11))
                {
                    if (sessionExpiryAtConnect == 0 && properties.SessionExpiry != 0) return Fault.Protocol("a DISCONNECT that would keep a session which its CONNECT did not keep");
                    sessionExpiry = properties.SessionExpiry;
                }
            }
        }
        return reader.Left == 0 ? Fault.None : Fault.Malformed($"a DISCONNECT with {reader.Left} bytes behind its end");
    }
}
