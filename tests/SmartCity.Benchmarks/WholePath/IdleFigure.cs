using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SmartCity.Hosting.Files;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>
/// What devices that are connected and say nothing cost the gateway, and how large hostile packets make it. One gateway, no cloud:
/// its resident memory without connections, with them, and the greatest under mutated packets.
/// </summary>
/// <remarks>
/// Estimate: a plain connection is a Kestrel connection with its pipes and socket (some 5 KiB), ours (0.5 KiB) and a session (0.3 KiB); no buffer, as Kestrel
/// waits for data before it takes one. The kernel's own socket buffers are not in the figure. Aim: 40,000 a GB, i.e. below 26.8 kB each.
/// </remarks>
internal static class IdleFigure
{
    private const int PerGigabyteMin = 40_000;
    private const int FuzzMebibytesMax = 150;
    private const int FuzzConnections = 50;

    /// <summary>Measures and prints; exit 3 where an aim is missed.</summary>
    /// <param name="args"><c>--connections N</c> (default 15,000; both processes need as many open files), <c>--fuzz SECONDS</c> (default 20).</param>
    public static int Run(string[] args)
    {
        var connections = Option(args, "--connections", 15_000);
        var seconds = Option(args, "--fuzz", 20);
        var folder = Directory.CreateTempSubdirectory("smartcity-idle-").FullName;
        try
        {
            var isEnough = MeasureIdle(Path.Combine(folder, "idle"), connections);
            return MeasureFuzz(Path.Combine(folder, "fuzz"), seconds) && isEnough ? 0 : 3;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool MeasureIdle(string data, int count)
    {
        using var gateway = StartGateway(data, out var port);
        // What the first connections bring in once, code and pools, is not theirs.
        foreach (var one in Connect(port, 200, "warm")) one.Dispose();
        Thread.Sleep(3_000);
        var before = gateway.ResidentMebibytes;
        var begin = Stopwatch.GetTimestamp();
        var sockets = Connect(port, count, "idle");
        var took = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var answer = new byte[2];
        for (var round = 0; round < 3; round++)
        {
            Thread.Sleep(3_000);
            foreach (var socket in sockets)
            {
                socket.Send([0xC0, 0]);
                socket.Receive(answer);
            }
        }
        Thread.Sleep(5_000);
        var after = gateway.ResidentMebibytes;
        var bytes = (after - before) * 1048576 / count;
        var perGigabyte = 1e9 / bytes;
        foreach (var socket in sockets) socket.Dispose();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"idle: {count} plain connections in {took:0.0} s, resident {before:0.0} MiB without and {after:0.0} MiB with them, {bytes:0} bytes each, {perGigabyte:0} a GB (at least {PerGigabyteMin})"));
        return perGigabyte >= PerGigabyteMin;
    }

    private static bool MeasureFuzz(string data, int seconds)
    {
        using var gateway = StartGateway(data, out var port);
        var seed = Environment.TickCount;
        var end = Stopwatch.GetTimestamp() + seconds * Stopwatch.Frequency;
        long packets = 0;
        var threads = Enumerable.Range(0, 4).Select(worker => new Thread(() =>
        {
            var random = new Random(seed + worker);
            var sockets = new Socket?[FuzzConnections / 4];
            while (Stopwatch.GetTimestamp() < end)
            {
                ref var socket = ref sockets[random.Next(sockets.Length)];
                try
                {
                    socket ??= Open(port, IPAddress.Loopback, $"fuzz-{worker}-{random.Next(1_000)}", random.Next(2) == 0);
                    socket.Send(Mutated(random));
                    Interlocked.Increment(ref packets);
                    if (socket.Available > 0) socket.Receive(new byte[socket.Available]);
                }
                catch (SocketException)
                {
                    socket?.Dispose();
                    socket = null;
                }
            }
            foreach (var socket in sockets) socket?.Dispose();
        })).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        var peak = gateway.PeakMebibytes;
        Open(port, IPAddress.Loopback, "after", false).Dispose(); // it is still there
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fuzz: {packets} mutated packets in {seconds} s (seed {seed}), resident at most {peak:0.0} MiB (below {FuzzMebibytesMax})"));
        return peak < FuzzMebibytesMax;
    }

    // Valid packets with bytes changed, cut or repeated, and lengths that lie.
    private static byte[] Mutated(Random random)
    {
        byte[] topic = Encoding.UTF8.GetBytes($"city/v1/fuzz-{random.Next(4)}-{random.Next(1_000)}/" + random.GetItems(["telemetry", "toll", "status", "cmd/1/res"], 1)[0]);
        byte[] payload = random.Next(20) == 0 ? new byte[random.Next(200_000)] : Encoding.UTF8.GetBytes($$"""{"a": {{random.Next()}}, "{{random.Next(100)}}": 1}""");
        byte[] packet = random.Next(6) switch
        {
            0 => [0x82, (byte)(topic.Length + 5), 0, 1, 0, (byte)topic.Length, .. topic, 1],
            1 => [(byte)random.Next(256), (byte)random.Next(256), .. topic],
            2 => [0x62, 2, 0, (byte)random.Next(256)],
            _ => [(byte)(0x30 | random.Next(16)), .. Length(2 + topic.Length + 2 + payload.Length), 0, (byte)topic.Length, .. topic, 0, (byte)random.Next(256), .. payload],
        };
        for (var changes = random.Next(4); changes > 0; changes--) packet[random.Next(Math.Min(packet.Length, 64))] = (byte)random.Next(256);
        return packet;
    }

    private static byte[] Length(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 128; value >>= 7) bytes.Add((byte)(value & 127 | 128));
        return [.. bytes, (byte)value];
    }

    private static List<Socket> Connect(int port, int count, string name) =>
        // Ports of one address end at some 28,000.
        [.. Enumerable.Range(0, count).Select(i => Open(port, new IPAddress([127, 0, 0, (byte)(1 + i / 10_000)]), $"{name}-{i}", false))];

    private static Socket Open(int port, IPAddress from, string id, bool version5)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000 };
        socket.Bind(new IPEndPoint(from, 0));
        socket.Connect(IPAddress.Loopback, port);
        socket.Send([0x10, (byte)(12 + id.Length + (version5 ? 1 : 0)), 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', (byte)(version5 ? 5 : 4), 2, 0x02, 0x58, .. version5 ? (byte[])[0] : [], 0, (byte)id.Length, .. Encoding.ASCII.GetBytes(id)]);
        var answer = new byte[256];
        if (socket.Receive(answer) < 4 || answer[0] != 0x20 || answer[3] != 0) throw new InvalidOperationException($"{id} was not let in: {Convert.ToHexString(answer.AsSpan(0, 8))}");
        return socket;
    }

    private static Child StartGateway(string data, out int port)
    {
        var gateway = Child.Start("gateway", data, "dotnet", [Tools.Built("edge/SmartCity.Edge.Gateway"), "run", "--data", data, "--Edge:Mqtt:Port=0", "--Edge:HttpPort=0"]);
        gateway.Await(() => PortsFile.TryRead(data) is not null, TimeSpan.FromSeconds(30));
        port = PortsFile.TryRead(data)!["mqtt"];
        return gateway;
    }

    private static int Option(string[] args, string name, int otherwise) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;
}
