using System.Runtime.InteropServices;
using SmartCity.Hosting.Commands;

namespace SmartCity.Edge.Gateway.Listen;

/// <summary>How many connections fit under the limit of open files that the process was started with. Without any file left the runtime ends the process.</summary>
internal static class OpenFiles
{
    /// <summary>What the gateway itself opens: 243 files at rest (most of them assemblies) and 270 with an uplink were measured; the rest is for what comes later.</summary>
    private const int Own = 352;
    /// <summary>Connections of HTTP (status, health, metrics) at a time.</summary>
    public const int HttpMax = 32;
    /// <summary>Connections without a place that are open to be told so.</summary>
    public const int RefusalsMax = 16;
    private const int OpenFilesLimit = 7;

    /// <summary>The lesser of <paramref name="wanted"/> and what the limit leaves room for.</summary>
    /// <exception cref="CommandException">It leaves none.</exception>
    public static int Connections(int wanted) => Connections(wanted, Limit());

    /// <inheritdoc cref="Connections(int)"/>
    internal static int Connections(int wanted, ulong limit)
    {
        const int Reserved = Own + HttpMax + RefusalsMax;
        if (limit > int.MaxValue) return wanted;
        return (int)limit > Reserved ? Math.Min(wanted, (int)limit - Reserved)
            : throw new CommandException($"{limit} files may be open at a time, and the gateway needs {Reserved} for itself and one for each device. Raise the limit: LimitNOFILE in its unit, or ulimit -n.");
    }

    private static ulong Limit() =>
        // The runtime raises the soft limit to the hard one.
        !OperatingSystem.IsLinux() || getrlimit(OpenFilesLimit, out var limit) != 0 ? ulong.MaxValue : limit.Hard;

    [DllImport("libc")]
    private static extern int getrlimit(int resource, out Limits limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limits
    {
        public ulong Soft, Hard;
    }
}
