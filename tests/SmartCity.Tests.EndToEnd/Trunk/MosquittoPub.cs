using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>Debian's <c>mosquitto_pub</c>, as a device that speaks once.</summary>
internal static class MosquittoPub
{
    /// <summary>Publishes at QoS 1 and waits for the acknowledgement.</summary>
    /// <param name="port">The gateway's port.</param>
    /// <param name="arguments">Client, topic, message and whatever else.</param>
    /// <returns>Its exit code; 0 where the message was acknowledged.</returns>
    public static async Task<int> RunAsync(int port, params string[] arguments)
    {
        var stop = TestContext.Current.CancellationToken;
        using var pub = Process.Start("mosquitto_pub", ["-p", port.ToString(CultureInfo.InvariantCulture), "-q", "1", .. arguments]);
        await pub.WaitForExitAsync(stop).WaitAsync(TimeSpan.FromSeconds(30), stop);
        return pub.ExitCode;
    }
}
