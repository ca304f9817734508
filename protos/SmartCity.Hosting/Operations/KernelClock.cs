using System.Runtime.InteropServices;

namespace SmartCity.Hosting.Operations;

/// <summary>What the kernel knows of its clock.</summary>
public static class KernelClock
{
    private const int NotSynchronised = 5;

    /// <summary>Whether something (NTP, PTP) disciplines the clock. False too where the kernel may not be asked, and off Linux.</summary>
    public static bool IsSynchronised()
    {
        if (!OperatingSystem.IsLinux()) return false;
        // Larger than any kernel's struct timex; all zero asks and sets nothing.
        var state = new byte[512];
        return adjtimex(state) is >= 0 and not NotSynchronised;
    }

    [DllImport("libc")]
    private static extern int adjtimex([In, Out] byte[] state);
}
