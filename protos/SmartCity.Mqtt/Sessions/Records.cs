using System.Buffers.Binary;
using System.Text;
using SmartCity.Mqtt.Routing;

namespace SmartCity.Mqtt.Sessions;

/// <summary>
/// The listener's records. Keys: <c>S</c>, session number (8 bytes), kind, rest; <c>R</c>, topic. Numbers are big-endian, texts UTF-8 behind a length of four bytes.
/// </summary>
internal static class Records
{
    public const byte SessionKind = 0, WillKind = 1, SubscriptionKind = 2, OutgoingKind = 3, ReceivedKind = 4;
    private const int SessionPrefixBytes = 9;

    /// <summary>The beginning of the keys of all sessions.</summary>
    public static byte[] AllSessions => "S"u8.ToArray();

    /// <summary>Whether a decoder says so that a record is not of its making: another version's, or damaged.</summary>
    public static bool IsUnreadable(Exception error) => error is IOException or ArgumentException or FormatException or IndexOutOfRangeException or OverflowException;

    public static byte[] SessionPrefix(long number)
    {
        var key = new byte[SessionPrefixBytes];
        key[0] = (byte)'S';
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), number);
        return key;
    }

    public static byte[] SessionKey(Session session) => [.. SessionPrefix(session.Number), SessionKind];
    public static byte[] WillKey(Session session) => [.. SessionPrefix(session.Number), WillKind];
    public static byte[] SubscriptionKey(Subscription subscription) => [.. SessionPrefix(subscription.Session.Number), SubscriptionKind, .. Encoding.UTF8.GetBytes(subscription.Filter)];
    public static byte[] ReceivedKey(Session session, ushort packetId) => [.. SessionPrefix(session.Number), ReceivedKind, (byte)(packetId >> 8), (byte)(packetId & 0xFF)];
    public static byte[] RetainedKey(string topic) => [(byte)'R', .. Encoding.UTF8.GetBytes(topic)];

    public static byte[] OutgoingKey(Session session, Outgoing outgoing)
    {
        var key = new byte[SessionPrefixBytes + 1 + 8];
        SessionPrefix(session.Number).CopyTo(key, 0);
        key[SessionPrefixBytes] = OutgoingKind;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(SessionPrefixBytes + 1), outgoing.Sequence);
        return key;
    }

    /// <summary>The session number and kind of a key; number −1 = it is no session's.</summary>
    public static (long Number, byte Kind, ReadOnlyMemory<byte> Tail) Of(byte[] key) => key.Length > SessionPrefixBytes && key[0] == 'S'
        ? (BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(1)), key[SessionPrefixBytes], key.AsMemory(SessionPrefixBytes + 1))
        : (-1, 0, default);

    /// <summary>Session: expiry in seconds, Unix ms of its connection's end (0 = connected), client id, owner.</summary>
    public static byte[] Encode(Session session, long endedAt)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, true))
        {
            writer.Write(session.Expiry.TotalSeconds);
            writer.Write(endedAt);
            writer.Write(session.ClientId);
            writer.Write(session.Owner is not null);
            writer.Write(session.Owner ?? "");
        }
        return bytes.ToArray();
    }

    public static (Session Session, long EndedAt) DecodeSession(long number, byte[] value)
    {
        using var reader = new BinaryReader(new MemoryStream(value), Encoding.UTF8);
        var (expiry, endedAt, clientId) = (reader.ReadDouble(), reader.ReadInt64(), reader.ReadString());
        var owner = reader.ReadBoolean() ? reader.ReadString() : null;
        return (new Session(number, clientId, owner) { Expiry = TimeSpan.FromSeconds(expiry), IsStored = true }, endedAt);
    }

    public static byte[] Encode(Subscription subscription)
    {
        var value = new byte[5];
        value[0] = subscription.Options;
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(1), subscription.Identifier);
        return value;
    }

    public static Subscription DecodeSubscription(Session session, ReadOnlyMemory<byte> filter, byte[] value) =>
        new(session, Encoding.UTF8.GetString(filter.Span), value[0], BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(1)));

    public static byte[] Encode(Will will, Clock clock) => Encode(will.Message, clock, writer => writer.Write(will.Delay));

    public static Will DecodeWill(byte[] value, Clock clock)
    {
        uint delay = 0;
        var message = Decode(value, clock, reader => delay = reader.ReadUInt32());
        return new Will(message, delay);
    }

    public static byte[] Encode(Outgoing outgoing, Clock clock) => Encode(outgoing.Message, clock, writer =>
    {
        writer.Write((byte)outgoing.Phase);
        writer.Write(outgoing.QoS);
        writer.Write(outgoing.Retain);
        writer.Write(outgoing.PacketId);
        writer.Write(outgoing.Identifiers?.Length ?? 0);
        foreach (var identifier in outgoing.Identifiers ?? []) writer.Write(identifier);
    });

    public static Outgoing DecodeOutgoing(ReadOnlyMemory<byte> sequence, byte[] value, Clock clock)
    {
        var (phase, qos, retain, id, identifiers) = ((byte)0, (byte)0, false, (ushort)0, (uint[]?)null);
        var message = Decode(value, clock, reader =>
        {
            (phase, qos, retain, id) = (reader.ReadByte(), reader.ReadByte(), reader.ReadBoolean(), reader.ReadUInt16());
            if (reader.ReadInt32() is var count and > 0)
            {
                identifiers = new uint[count];
                for (var i = 0; i < count; i++) identifiers[i] = reader.ReadUInt32();
            }
        });
        return new Outgoing(message, qos, retain, identifiers)
        {
            Sequence = BinaryPrimitives.ReadInt64BigEndian(sequence.Span),
            PacketId = id,
            Phase = (Phase)phase,
            HasRecord = true,
            // It may have been sent before the process ended: then it is the same again, and if not, DUP is only a hint.
            IsRepeated = true,
        };
    }

    public static byte[] Encode(Message message, Clock clock) => Encode(message, clock, static _ => { });
    public static Message DecodeMessage(byte[] value, Clock clock) => Decode(value, clock, static _ => { });

    private static byte[] Encode(Message message, Clock clock, Action<BinaryWriter> first)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, true))
        {
            first(writer);
            writer.Write((byte)(message.QoS | (message.Retain ? 4 : 0) | (message.Expiry is null ? 0 : 8)));
            writer.Write(message.Expiry ?? 0);
            writer.Write(clock.ToUnixMilliseconds(message.ReceivedAt));
            writer.Write(message.Topic);
            writer.Write(message.Properties.Length);
            writer.Write(message.Properties);
            writer.Write(message.Payload.Length);
            writer.Write(message.Payload.Span);
        }
        return bytes.ToArray();
    }

    private static Message Decode(byte[] value, Clock clock, Action<BinaryReader> first)
    {
        using var reader = new BinaryReader(new MemoryStream(value), Encoding.UTF8);
        first(reader);
        var flags = reader.ReadByte();
        var expiry = reader.ReadUInt32();
        return new Message
        {
            QoS = (byte)(flags & 3),
            Retain = (flags & 4) != 0,
            Expiry = (flags & 8) != 0 ? expiry : null,
            ReceivedAt = clock.ToTimestamp(reader.ReadInt64()),
            Topic = reader.ReadString(),
            Properties = reader.ReadBytes(reader.ReadInt32()),
            Payload = reader.ReadBytes(reader.ReadInt32()),
        };
    }
}

/// <summary>
/// Translates between the process's monotonic timestamps, by which everything here is timed, and Unix time, the only one that outlives the process.
/// A wall clock that is set between two starts shifts what is left of an expiry by as much; one that is set meanwhile shifts nothing.
/// </summary>
internal sealed class Clock(TimeProvider time)
{
    public long ToUnixMilliseconds(long timestamp) => time.GetUtcNow().ToUnixTimeMilliseconds() - (long)time.GetElapsedTime(timestamp).TotalMilliseconds;

    /// <summary>Of a time in the future: now.</summary>
    public long ToTimestamp(long unixMilliseconds)
    {
        var ago = Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - unixMilliseconds);
        return time.GetTimestamp() - (long)(ago / 1000.0 * time.TimestampFrequency);
    }
}
