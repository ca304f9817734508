using System.ComponentModel;
using System.Diagnostics;

namespace SmartCity.AppHost;

/// <summary>The person's desktop, where there is one.</summary>
internal static class Desktop
{
    /// <summary>Opens a page in the browser; does nothing off a terminal or without a desktop.</summary>
    public static void Open(Uri page)
    {
        var hasDesktop = Environment.GetEnvironmentVariable("DISPLAY") is { Length: > 0 } || Environment.GetEnvironmentVariable("WAYLAND_DISPLAY") is { Length: > 0 };
        if (Console.IsOutputRedirected || !hasDesktop || Executables.Find("xdg-open") is not { } program) return;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, page.ToString()) { RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (Win32Exception)
        {
            // The address is printed anyway.
        }
    }
}
