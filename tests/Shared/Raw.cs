using System.Text;

namespace SmartCity.Tests.Mqtt;

/// <summary>Packets byte by byte, valid by default; what is wrong about one is written where it is used.</summary>
internal static class Raw
{
    public const byte V31 = 3, V311 = 4, V5 = 5;

    public static byte[] Packet(byte first, params IEnumerable<byte>[] parts)
    {
        byte[] body = [.. parts.SelectMany(part => part)];
        return [first, .. Variable(body.Length), .. body];
    }

    public static byte[] Variable(int value)
    {
        var bytes = new List<byte>();
        do
        {
            bytes.Add((byte)(value % 128 | (value >= 128 ? 128 : 0)));
            value /= 128;
        } while (value > 0);
        return [.. bytes];
    }

    public static byte[] Text(string text) => Binary(Encoding.UTF8.GetBytes(text));

    public static byte[] Binary(byte[] bytes) => [.. Number(bytes.Length), .. bytes];

    public static byte[] Number(int value) => [(byte)(value >> 8), (byte)(value & 0xFF)];

    public static byte[] Number32(uint value) => [.. Number((int)(value >> 16)), .. Number((int)(value & 0xFFFF))];

    public static byte[] Properties(params IEnumerable<byte>[] properties)
    {
        byte[] body = [.. properties.SelectMany(property => property)];
        return [.. Variable(body.Length), .. body];
    }

    /// <summary>CONNECT.</summary>
    public static byte[] Connect(byte level, string id = "raw", byte flags = 0x02, int keepAlive = 60, byte[]? properties = null, byte[]? rest = null) => Packet(0x10,
        Text(level == V31 ? "MQIsdp" : "MQTT"), [level, flags], Number(keepAlive), level == V5 ? properties ?? [0] : [], Text(id), rest ?? []);

    /// <summary>PUBLISH of QoS 1 unless the first byte says another.</summary>
    public static byte[] Publish(byte level, string topic = "t", int id = 1, string payload = "x", byte first = 0x32, byte[]? properties = null) => Packet(first,
        Text(topic), (first & 6) == 0 ? [] : Number(id), level == V5 ? properties ?? [0] : [], Encoding.UTF8.GetBytes(payload));

    public static byte[] Subscribe(byte level, int id, byte[]? properties = null, params (string Filter, byte Options)[] filters) => Packet(0x82,
        Number(id), level == V5 ? properties ?? [0] : [], filters.SelectMany(filter => (byte[])[.. Text(filter.Filter), filter.Options]));

    public static byte[] Acknowledge(byte first, int id) => Packet(first, Number(id));

    public static readonly byte[] Ping = [0xC0, 0];
    public static readonly byte[] Pong = [0xD0, 0];
}
