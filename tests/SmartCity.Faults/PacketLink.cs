using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Faults;

/// <summary>
/// A network of IP packets in the network namespace of this process: what is sent to <see cref="Peer"/> comes back as if that host had sent it
/// to this one, so a connection to it reaches a listener here, and every packet of both directions passes through user space. There it is
/// lost, delayed, overtaken or doubled. For kernels that have no netem.
/// </summary>
internal sealed partial class PacketLink : IDisposable
{
    /// <summary>The host beyond.</summary>
    public const string Peer = "10.99.0.2";
    private const string Own = "10.99.0.1";
    private const uint SetInterface = 0x400454ca;
    private const short TunWithoutHeader = 0x1001;

    private readonly SafeFileHandle _device;
    private readonly Random _random;
    private readonly PriorityQueue<byte[], long> _waiting = new();
    private readonly Lock _gate = new();
    private readonly Thread _reads, _writes;
    private volatile bool _over;
    private long _passed, _lost;

    /// <param name="seed">Of what is lost and how late the rest comes.</param>
    public PacketLink(int seed)
    {
        _random = new Random(seed);
        _device = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var request = new byte[40];
        "smartcity0"u8.CopyTo(request);
        BinaryPrimitives.WriteInt16LittleEndian(request.AsSpan(16), TunWithoutHeader);
        if (ioctl(_device, SetInterface, request) != 0) throw new FaultException($"no packet device: error {Marshal.GetLastPInvokeError()}");
        Shell.Run("ip", "addr", "add", Own + "/24", "dev", "smartcity0");
        Shell.Run("ip", "link", "set", "smartcity0", "up");
        (_reads, _writes) = (new Thread(Read) { IsBackground = true, Name = "packets in" }, new Thread(Write) { IsBackground = true, Name = "packets out" });
        _reads.Start();
        _writes.Start();
    }

    /// <summary>Share of packets that are lost, each way, 0 to 1.</summary>
    public double Loss { get; set; }
    /// <summary>Share of packets that come twice.</summary>
    public double Doubled { get; set; }
    /// <summary>Time that each takes, each way.</summary>
    public TimeSpan Delay { get; set; }
    /// <summary>Further time that each takes, at random up to this: those behind overtake it.</summary>
    public TimeSpan Jitter { get; set; }
    public long Passed => Volatile.Read(ref _passed);
    public long Lost => Volatile.Read(ref _lost);

    public void Dispose()
    {
        _over = true;
        // The interface goes with its device; the thread that reads keeps it until the next packet, or until the process ends.
        Shell.Run("ip", "link", "set", "smartcity0", "down");
        _device.Dispose();
    }

    private void Read()
    {
        var buffer = new byte[65_536];
        while (!_over)
        {
            var count = (int)read(_device, buffer, (nuint)buffer.Length);
            if (count < 0) return;
            if (count < 20 || buffer[0] >> 4 != 4) continue;
            if (_random.NextDouble() < Loss)
            {
                Interlocked.Increment(ref _lost);
                continue;
            }
            Interlocked.Increment(ref _passed);
            // Source and destination change places; the checksums are sums, so they stay right.
            var packet = buffer[..count];
            buffer.AsSpan(12, 4).CopyTo(packet.AsSpan(16));
            buffer.AsSpan(16, 4).CopyTo(packet.AsSpan(12));
            for (var copy = _random.NextDouble() < Doubled ? 2 : 1; copy > 0; copy--)
                lock (_gate) _waiting.Enqueue(packet, Stopwatch.GetTimestamp() + (long)((Delay + Jitter * _random.NextDouble()).TotalSeconds * Stopwatch.Frequency));
        }
    }

    private void Write()
    {
        while (!_over)
        {
            byte[]? packet = null;
            lock (_gate)
                if (_waiting.TryPeek(out _, out var due) && due <= Stopwatch.GetTimestamp()) packet = _waiting.Dequeue();
            if (packet is null)
            {
                Thread.Sleep(1);
                continue;
            }
            if (write(_device, packet, (nuint)packet.Length) < 0) return;
        }
    }

    // A packet device has no positions, which the runtime's own calls want.
    [LibraryImport("libc")]
    private static partial nint read(SafeFileHandle file, byte[] buffer, nuint length);

    [LibraryImport("libc")]
    private static partial nint write(SafeFileHandle file, byte[] buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, byte[] argument);
}

/// <summary>The names that a process in its own mount namespace finds: <c>/etc/hosts</c> and <c>/etc/resolv.conf</c> are files of the row's there.</summary>
internal static class Names
{
    /// <summary>The cloud's name leads to <see cref="PacketLink.Peer"/>.</summary>
    public static void Known() => File.WriteAllText("/etc/hosts", $"{PacketLink.Peer} localhost\n");

    /// <summary>It leads nowhere, and no name server answers.</summary>
    public static void Gone() => File.WriteAllText("/etc/hosts", "127.0.0.1 nothing\n");
}

/// <summary>A command of the system.</summary>
internal static class Shell
{
    /// <summary>Runs it to its end.</summary>
    /// <exception cref="FaultException">It failed.</exception>
    public static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var words = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new FaultException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {words.Trim()}");
    }
}
