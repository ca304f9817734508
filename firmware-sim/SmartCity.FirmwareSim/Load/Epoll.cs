using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SmartCity.FirmwareSim.Load;

/// <summary>
/// Linux's epoll: waits for many sockets on one thread. The framework's own asynchronous sockets cost several microseconds an operation,
/// which would make the generator the thing that is measured.
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    private const int Add = 1;
    private const int Modify = 3;
    private const int InterruptedCall = 4;
    // The kernel packs the structure on x86-64 and nowhere else.
    private static readonly int _stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int _dataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly int _handle;
    private readonly byte[] _events;

    public Epoll(int eventsMax)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("The load generator needs Linux.");
        _events = new byte[eventsMax * _stride];
        _handle = epoll_create1(0);
        if (_handle < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Watches a socket for incoming data, and for room to write where <paramref name="writable"/>; <paramref name="index"/> comes back with its events.</summary>
    public void Watch(Socket socket, int index, bool writable, bool known)
    {
        Span<byte> item = stackalloc byte[16];
        item.Clear();
        MemoryMarshal.Write(item, (uint)(writable ? 1 | 4 : 1));
        MemoryMarshal.Write(item[_dataAt..], (long)index);
        if (epoll_ctl(_handle, known ? Modify : Add, (int)socket.Handle, ref MemoryMarshal.GetReference(item)) < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Waits for events.</summary>
    /// <returns>How many there are; <see cref="Event"/> tells them.</returns>
    public int Wait(TimeSpan atMost)
    {
        var time = new TimeSpec(atMost.Ticks / TimeSpan.TicksPerSecond, atMost.Ticks % TimeSpan.TicksPerSecond * 100);
        var count = epoll_pwait2(_handle, ref _events[0], _events.Length / _stride, ref time, 0);
        if (count >= 0) return count;
        var error = Marshal.GetLastPInvokeError();
        return error == InterruptedCall ? 0 : throw new Win32Exception(error);
    }

    /// <summary>The index of the socket of the nth event.</summary>
    public int Event(int nth) => (int)MemoryMarshal.Read<long>(_events.AsSpan((nth * _stride) + _dataAt));

    public void Dispose() => _ = close(_handle);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int socket, ref byte item);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_pwait2(int epoll, ref byte events, int eventsMax, ref TimeSpec timeout, nint signals);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int handle);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
