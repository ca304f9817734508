using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Faults;

/// <summary>Clocks that step while everything runs.</summary>
internal static class ClockRows
{
    private const long Hour = 3_600, Day = 24 * Hour, Decade = 3_653 * Day;

    public static IReadOnlyList<FaultRow> All { get; } =
    [
        new("gateway-clock-steps", 31, "the gateway's clock steps by 2 h, by a day back, to 1970 and by 10 years, and its link breaks each time", attempt => StepsAsync(attempt, attempt.Gateway, [2 * Hour, -Day, -DateTimeOffset.UtcNow.ToUnixTimeSeconds() + Hour, Decade])) { Needs = [Tool.Faketime], Starts = false, Seconds = 75 },
        new("server-clock-steps", 31, "the server's clock steps by 2 h and by a day back, and the link breaks each time", attempt => StepsAsync(attempt, attempt.Server, [2 * Hour, -Day])) { Needs = [Tool.Faketime], Starts = false, Seconds = 45 },
    ];

    private static async Task StepsAsync(Attempt attempt, FaultProcess victim, IReadOnlyList<long> steps)
    {
        using var clock = new FalseClock(victim, attempt.City.Folder);
        await attempt.City.StartAsync(attempt.Stop);
        var witness = attempt.Witness(new Load { Messages = 800 * (steps.Count + 1), Rate = 250 });
        var load = witness.RunAsync(attempt.Stop);
        foreach (var step in steps)
        {
            await attempt.PauseAsync(300, 900);
            clock.Step(step);
            var at = string.Create(CultureInfo.InvariantCulture, $"{(victim == attempt.Gateway ? "gateway" : "server")} {step / (double)Hour:+0;-0} h");
            // The gateway's own step shows at once; the server's when the gateway greets it next.
            if (victim == attempt.Server || attempt.Random.Next(2) == 0) attempt.City.Link.Drop();
            await SaysAsync(attempt, "clock", at);
            attempt.City.Link.Drop();
            await Task.Delay(1_500, attempt.Stop);
            await attempt.HearAsync(at);
            clock.Step(0);
            attempt.City.Link.Drop();
        }
        await attempt.ConcludeAsync(load, witness, 90);
        await attempt.Gateway.StopAsync(attempt.Stop);
        await attempt.Server.StopAsync(attempt.Stop);
    }

    private static async Task SaysAsync(Attempt attempt, string part, string at)
    {
        for (var begin = Stopwatch.GetTimestamp(); ; await Task.Delay(100, attempt.Stop))
        {
            var said = await attempt.Gateway.HealthAsync(attempt.Stop);
            if (said.Contains(part, StringComparison.Ordinal)) return;
            Attempt.Require(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(5), $"{at}: the gateway says \"{said}\", and nothing of the {part}, after 5 s");
        }
    }
}

/// <summary>Another clock for a process, by Debian's libfaketime; its monotonic clock stays right, as it does when a real clock steps.</summary>
internal sealed class FalseClock : IDisposable
{
    private readonly FaultProcess _process;
    private readonly string _file;

    public FalseClock(FaultProcess process, string folder)
    {
        (_process, _file) = (process, Path.Combine(folder, "clock-" + process.Name));
        Directory.CreateDirectory(folder);
        Step(0);
        foreach (var (key, value) in new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = Library!, ["FAKETIME_TIMESTAMP_FILE"] = _file, ["FAKETIME_NO_CACHE"] = "1", ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1", ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
        }) process.Environment[key] = value;
    }

    /// <summary>The library; null where it is not installed.</summary>
    public static string? Library { get; } =
        Directory.Exists("/usr/lib") ? Directory.EnumerateDirectories("/usr/lib").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists) : null;

    /// <summary>Seconds that the process's clock is ahead of the machine's from now on.</summary>
    public void Step(long seconds)
    {
        // At once as a whole: it may be read at any time.
        File.WriteAllText(_file + ".new", string.Create(CultureInfo.InvariantCulture, $"{seconds:+0;-0;+0}\n"));
        File.Move(_file + ".new", _file, true);
    }

    public void Dispose() => _process.Environment.Clear();
}
