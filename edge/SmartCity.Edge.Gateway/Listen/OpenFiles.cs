using System.Runtime.InteropServices;

namespace SmartCity.Edge.Gateway.Listen;

/// <summary>How many connections fit under the limit of open files that the process was started with.</summary>
internal static class OpenFiles
{
    /// <summary>What the gateway itself opens, some 270 files at rest (assemblies, the spool, the uplink, the status page). Without any left the runtime ends the process.</summary>
    private const int OwnMax = 400;
    private const int OpenFilesLimit = 7;

    /// <summary>The lesser of <paramref name="wanted"/> and what the limit leaves room for.</summary>
    public static int Connections(int wanted)
    {
        if (!OperatingSystem.IsLinux() || getrlimit(OpenFilesLimit, out var limit) != 0 || limit.Hard > int.MaxValue) return wanted;
        // The runtime raises the soft limit to the hard one.
        var files = (int)limit.Hard;
        return Math.Max(1, Math.Min(wanted, files - Math.Min(OwnMax, files / 2)));
    }

    [DllImport("libc")]
    private static extern int getrlimit(int resource, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft, Hard;
    }
}
