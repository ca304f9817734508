using System.Text;

namespace SmartCity.Fuzz.Mqtt;

/// <summary>What clients say, to begin with.</summary>
internal static class Conversations
{
    public static IEnumerable<byte[]> Words =>
    [
        [0x10], [0x30], [0x32], [0x34], [0x3A], [0x40, 2, 0, 1], [0x50, 2, 0, 1], [0x62, 2, 0, 1], [0x70, 2, 0, 1], [0x82], [0xA2], [0xC0, 0], [0xE0, 0], [0xFF, 0xFF, 0xFF, 0x7F], [0x80, 0], [0x23, 0, 1], [0x22, 0, 16], [0x21, 0, 1],
        [0x11, 0, 0, 0, 60], [0x26, 0, 1, 0x6B, 0, 1, 0x76], [0x27, 0, 0, 0, 32], [0x18, 0, 0, 0, 1], [0x02, 0, 0, 0, 1], [0x0B, 7], [0x01, 1], [0x08, 0, 1, 0x72], [0x09, 0, 1, 0], "$share/g/"u8.ToArray(), "$SYS/"u8.ToArray(), "#"u8.ToArray(), "+/"u8.ToArray(),
        [0, 4, .. "MQTT"u8], [0, 6, .. "MQIsdp"u8],
    ];

    public static IEnumerable<byte[]> Of(byte level)
    {
        var connect = Connect(level, 2, []);
        byte[] none = level == 5 ? [0] : [];
        yield return [.. connect, .. Publish(level, 0x30, "t", 0, none), .. Publish(level, 0x32, "city/v1/d/telemetry", 1, none), 0xC0, 0, 0xE0, 0];
        yield return [.. connect, .. Publish(level, 0x34, "p", 2, none), 0x62, 2, 0, 2, .. Publish(level, 0x3B, "p", 3, none)];
        yield return [.. connect, .. Subscribe(level, 4, none, ("a/+", 1), ("#", 2)), .. Publish(level, 0x33, "f/x", 5, none), 0x40, 2, 0, 1, 0xA2, .. Rest([0, 6, .. none, .. Text("a/+")])];
        yield return [.. Connect(level, 0x2E, [.. none, .. Text("f/will"), .. Text("gone")]), .. Subscribe(level, 1, none, ("$share/g/f/#", 0))];
        yield return [.. Connect(level, 0xC2, [.. Text("stranger"), .. Text("secret")])];
        if (level != 5) yield break;
        yield return [.. connect, .. Publish(5, 0x32, "f/alias", 1, [3, 0x23, 0, 1]), .. Publish(5, 0x32, "", 2, [3, 0x23, 0, 1])];
        yield return [.. connect, .. Publish(5, 0x32, "f/x", 1, [16, 0x02, 0, 0, 0, 9, 0x01, 1, 0x08, 0, 1, 0x72, 0x09, 0, 2, 1, 2]), .. Subscribe(5, 2, [2, 0x0B, 7], ("f/#", 0x2D)), 0xE0, 7, 0, 5, 0x11, 0, 0, 0, 0];
        yield return [.. Rest(0x10, [.. Text("MQTT"), 5, 2, 0, 60, 13, 0x11, 0, 0, 0, 9, 0x21, 0, 2, 0x27, 0, 0, 0, 64, .. Text("c")]), .. Subscribe(5, 1, [0], ("f", 1)), .. Publish(5, 0x32, "f", 1, [0])];
    }

    private static byte[] Connect(byte level, byte flags, byte[] rest) => Rest(0x10, [.. Text(level == 3 ? "MQIsdp" : "MQTT"), level, flags, 0, 60, .. level == 5 ? [0] : Array.Empty<byte>(), .. Text("c1"), .. rest]);

    private static byte[] Publish(byte level, byte first, string topic, byte id, byte[] properties) =>
        Rest(first, [.. Text(topic), .. (first & 6) == 0 ? Array.Empty<byte>() : [0, id], .. level == 5 ? properties : [], .. "payload"u8]);

    private static byte[] Subscribe(byte level, byte id, byte[] properties, params (string Filter, byte Options)[] filters) =>
        Rest(0x82, [0, id, .. properties, .. filters.SelectMany(one => (byte[])[.. Text(one.Filter), level == 5 ? one.Options : (byte)(one.Options & 3)])]);

    private static byte[] Rest(byte first, byte[] body) => [first, .. Rest(body)];

    private static byte[] Rest(byte[] body) => body.Length < 128 ? [(byte)body.Length, .. body] : [(byte)(body.Length & 0x7F | 0x80), (byte)(body.Length >> 7), .. body];

    private static byte[] Text(string text) => [(byte)(text.Length >> 8), (byte)(text.Length & 0xFF), .. Encoding.UTF8.GetBytes(text)];
}
