using System.Diagnostics;
using System.Text.Json;
using SmartCity.Benchmarks.WholePath;
using SmartCity.Hosting.Operations;

namespace SmartCity.Benchmarks.Pages;

/// <summary>A small day of a toll road in a city that runs, so that its pages are measured with something on them.</summary>
internal static class PlayedTollDay
{
    private static readonly TimeSpan _atMost = TimeSpan.FromMinutes(2);

    /// <summary>Plays it, waits until all of it is in the ledger, and opens a dispute.</summary>
    /// <returns>Id of a passage that was charged.</returns>
    public static async Task<string> GiveAsync(OurCity city, string folder)
    {
        var (events, configuration) = (Path.Combine(folder, "toll-events.ndjson"), Path.Combine(folder, "toll-configuration"));
        Do("firmware-sim/SmartCity.FirmwareSim", "corridor", "--passages", "200", "--seed", "1", "--faults", "all", "--day", "2026-11-22", "--out", events, "--truth", Path.Combine(folder, "toll-truth.ndjson"), "--config", configuration);
        Do("cloud/SmartCity.Cloud.Server", ["toll", "config", "import", .. Directory.GetFiles(configuration), "--yes", "--data", city.ServerData]);
        Do("cloud/SmartCity.Cloud.Server", "toll", "ingest", events, "--data", city.ServerData);
        var begin = Stopwatch.GetTimestamp();
        for (var still = 0; still < 5;)
        {
            still = (await AskAsync("work")).GetProperty("isDone").GetBoolean() ? still + 1 : 0;
            if (Stopwatch.GetElapsedTime(begin) > _atMost) throw new TimeoutException($"The toll day was not charged within {_atMost.TotalSeconds} s.");
            await Task.Delay(500);
        }
        var passage = (await AskAsync("charges?outcome=charged&limit=1")).GetProperty("items")[0].GetProperty("passage").GetString()!;
        await AskAsync("disputes", JsonSerializer.SerializeToUtf8Bytes(new { charge = passage, reason = "wrongClass", text = "a motorcycle" }));
        return passage;

        Task<JsonElement> AskAsync(string path, byte[]? body = null) =>
            AdminSocket.AskAsync(AdminSocket.FileIn(city.ServerData), body is null ? HttpMethod.Get : HttpMethod.Post, "/api/v1/toll/" + path, CancellationToken.None, body);
    }

    private static void Do(string project, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Tools.Built(project), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var complained = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{project} {arguments[0]} ended with {process.ExitCode}: {complained.Result}");
    }
}
