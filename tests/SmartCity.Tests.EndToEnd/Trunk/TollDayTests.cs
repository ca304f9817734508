using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>
/// A played day of a toll road with every fault, taken in from a file by a real server, and scored against the truth. SMARTCITY_TOLL_PASSAGES plays more
/// than the few thousand of every run, and SMARTCITY_TOLL_KILLS ends the server more often.
/// </summary>
public sealed class TollDayTests(ITestOutputHelper output)
{
    private static readonly int _passages = Number("SMARTCITY_TOLL_PASSAGES", 2_000), _kills = Number("SMARTCITY_TOLL_KILLS", 6);
    private static readonly TimeSpan _atMost = TimeSpan.FromSeconds(60 + _passages / 100);

    [Fact]
    public async Task A_day_with_every_fault_comes_to_the_truth_and_to_the_same_bytes_through_kills_and_repetition()
    {
        var stop = TestContext.Current.CancellationToken;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}, {_passages} passages, {_kills} kills");
        using var plain = new TrunkCity();
        var (events, truth, configuration) = (plain["events.ndjson"], plain["truth.ndjson"], plain["configuration"]);
        await TollRoad.DoAsync("firmware-sim/SmartCity.FirmwareSim", 0, stop, "corridor", "--passages", Text(_passages), "--seed", Text(seed), "--faults", "all", "--out", events, "--truth", truth, "--config", configuration);

        await BeginAsync(plain, configuration, stop);
        await TollRoad.DoAsync("cloud/SmartCity.Cloud.Server", 0, stop, "toll", "ingest", events, "--data", plain.Server.Data);
        var quiet = await EndAsync(plain, "quiet.ndjson", stop);

        using var killed = new TrunkCity();
        await BeginAsync(killed, configuration, stop);
        var random = new Random(seed);
        for (var (kills, taken) = (0, 0); kills < _kills || taken < 3;)
        {
            var ingest = TollRoad.Command("cloud/SmartCity.Cloud.Server", "toll", "ingest", events, "--data", killed.Server.Data);
            var isKill = kills++ < _kills;
            if (isKill)
            {
                await Task.Delay(random.Next(300, 2_500), stop);
                killed.Server.Kill();
            }
            // Without a server the command goes on by itself, or fails and is told again; the log is its until then.
            if (await ExitAsync(ingest, stop) == 0) taken++;
            else Assert.True(isKill, "a file could not be taken though the server was up");
            if (isKill) await killed.Server.StartReadyAsync(TimeSpan.FromSeconds(60), stop);
        }
        var disturbed = await EndAsync(killed, "disturbed.ndjson", stop);

        Assert.Equal(quiet, disturbed);
        await TollRoad.DoAsync("firmware-sim/SmartCity.FirmwareSim", 0, stop, "corridor", "--score", plain["quiet.ndjson"], "--truth", truth);
        foreach (var city in new[] { plain, killed })
        {
            using var run = JsonDocument.Parse(await TollRoad.AskAsync(city, "reconciliation?items=0", stop));
            foreach (var identity in run.RootElement.GetProperty("identities").EnumerateArray()) Assert.True(identity.GetProperty("holds").GetBoolean(), identity.ToString());
            using var check = JsonDocument.Parse(await TollRoad.AskAsync(city, "ledger/verification", stop));
            Assert.Equal(JsonValueKind.Null, check.RootElement.GetProperty("fault").ValueKind);
            output.WriteLine(check.RootElement.ToString());
        }
    }

    private static async Task BeginAsync(TrunkCity city, string configuration, CancellationToken stop)
    {
        await city.Server.StartReadyAsync(TimeSpan.FromSeconds(60), stop);
        await TollRoad.DoAsync("cloud/SmartCity.Cloud.Server", 0, stop, ["toll", "config", "import", .. Directory.GetFiles(configuration), "--yes", "--data", city.Server.Data]);
    }

    /// <summary>Waits until all is in the ledger, and writes what every passage came to.</summary>
    /// <returns>SHA-256 of the file.</returns>
    private async Task<string> EndAsync(TrunkCity city, string name, CancellationToken stop)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var still = 0; still < 3;)
        {
            using var work = JsonDocument.Parse(await TollRoad.AskAsync(city, "work", stop));
            var isDone = work.RootElement.GetProperty("isDone").GetBoolean() && await city.Server.AuditNowAsync("queued", stop) == 0;
            still = isDone ? still + 1 : 0;
            Assert.True(Stopwatch.GetElapsedTime(begin) < _atMost, $"not charged within {_atMost.TotalSeconds} s: {work.RootElement}; {city.Server.Words}");
            await Task.Delay(300, stop);
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: charged {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s after the last event"));
        await TollRoad.DoAsync("cloud/SmartCity.Cloud.Server", 0, stop, "toll", "charge", "export", city[name], "--data", city.Server.Data);
        return Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(city[name], stop)));
    }

    private static async Task<int> ExitAsync(Process process, CancellationToken stop)
    {
        using (process)
        {
            _ = process.StandardOutput.ReadToEndAsync(stop);
            _ = process.StandardError.ReadToEndAsync(stop);
            await process.WaitForExitAsync(stop);
            return process.ExitCode;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
