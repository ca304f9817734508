using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace SmartCity.FirmwareSim.Load;

/// <summary>The payloads: native telemetry, a function of (device, sequence, time), so that a repeat has the same bytes.</summary>
internal sealed class LoadMessages
{
    private static readonly string[] _known = ["count", "pm25", "temperature", "humidity", "noise", "co2", "pressure", "wind"];
    private readonly byte[][] _members;
    private readonly byte[] _head;
    private readonly uint _seed;

    public LoadMessages(LoadOptions options)
    {
        Names = [.. Enumerable.Range(0, options.Metrics).Select(i => i < _known.Length ? _known[i] : $"m{i}")];
        _members = [.. Names.Select(name => Encoding.UTF8.GetBytes($",\"{name}\":"))];
        _head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\",\"boot\":{options.Boot},\"seq\":"));
        _seed = (uint)options.Seed;
        BytesMax = 64 + _head.Length + _members.Sum(member => member.Length + 20);
    }

    /// <summary>Names of the metrics.</summary>
    public IReadOnlyList<string> Names { get; }
    /// <summary>Most bytes of a payload.</summary>
    public int BytesMax { get; }

    /// <summary>Writes a payload and returns its length.</summary>
    public int Write(Span<byte> to, int device, long sequence, long time)
    {
        var at = 0;
        Text(to, ref at, "{\"ts\":\""u8);
        Utf8Formatter.TryFormat(DateTime.UnixEpoch.AddTicks(time * 10), to[at..], out var written, 'O');
        // 2026-11-24T06:12:03.4120000Z: seven digits of a second, of which the last one is always 0.
        at += written;
        Text(to, ref at, _head);
        Number(to, ref at, sequence);
        for (var i = 0; i < _members.Length; i++)
        {
            Text(to, ref at, _members[i]);
            if (i == 0) Number(to, ref at, sequence);
            else Tenths(to, ref at, Value(device, i, sequence));
        }
        to[at++] = (byte)'}';
        return at;
    }

    /// <summary>A device's value wanders by ±5 around its own mean, in tenths.</summary>
    private long Value(int device, int metric, long sequence)
    {
        unchecked
        {
            var mean = Mix(_seed ^ ((uint)device * 2654435761u) ^ ((uint)metric * 40503u)) % 900;
            return 50 + mean + (Mix((uint)sequence * 2246822519u ^ (uint)device ^ ((uint)metric << 20)) % 101);
        }
    }

    private static uint Mix(uint x)
    {
        unchecked
        {
            x ^= x >> 16;
            x *= 0x7feb352d;
            x ^= x >> 15;
            x *= 0x846ca68b;
            return x ^ (x >> 16);
        }
    }

    private static void Text(Span<byte> to, ref int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(to[at..]);
        at += text.Length;
    }

    private static void Number(Span<byte> to, ref int at, long number)
    {
        Utf8Formatter.TryFormat(number, to[at..], out var written);
        at += written;
    }

    private static void Tenths(Span<byte> to, ref int at, long tenths)
    {
        Number(to, ref at, tenths / 10);
        to[at++] = (byte)'.';
        to[at++] = (byte)('0' + (tenths % 10));
    }
}
