using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>
/// A played day of a toll road with every fault. One real server takes it in as it came, and is scored against the truth, claimed for, explained and sealed;
/// another one takes it in three times, each time in another order, while it is killed, and comes to the same bytes. SMARTCITY_TOLL_PASSAGES plays more than
/// the few thousand of every run, SMARTCITY_TOLL_KILLS ends the server more often, and SMARTCITY_TOLL_SEED plays a day again: <c>tests/toll-day</c>.
/// </summary>
public sealed class TollDayTests(ITestOutputHelper output)
{
    private const string Server = "cloud/SmartCity.Cloud.Server";
    private static readonly string[] _identities = [.. Enumerable.Range(1, 13).Select(number => $"E{number}")];
    private static readonly int _passages = Number("SMARTCITY_TOLL_PASSAGES", 2_000), _kills = Number("SMARTCITY_TOLL_KILLS", 6), _seed = Number("SMARTCITY_TOLL_SEED", Environment.TickCount & int.MaxValue);
    private static readonly TimeSpan _atMost = TimeSpan.FromSeconds(60 + _passages / 20);
    /// <summary>So long ago that its period can be sealed.</summary>
    private static readonly DateOnly _day = DateOnly.FromDateTime(DateTime.UtcNow).AddDays(-7);

    private readonly long _began = Stopwatch.GetTimestamp();

    [Fact]
    public async Task A_day_with_every_fault_comes_to_the_truth_and_to_the_same_bytes_through_kills_another_order_and_repetition()
    {
        var stop = TestContext.Current.CancellationToken;
        Say($"seed {_seed}, {_passages:N0} passages, {_kills} kills");
        using var plain = new TrunkCity("--Cloud:Toll:Periods=manual");
        var (events, truth, configuration) = (plain["events.ndjson"], plain["truth.ndjson"], plain["configuration"]);
        await TollRoad.DoAsync("firmware-sim/SmartCity.FirmwareSim", 0, stop, "corridor", "--passages", Text(_passages), "--seed", Text(_seed), "--faults", "all", "--day", Iso(_day), "--out", events, "--truth", truth, "--config", configuration);
        Say($"played: {new FileInfo(events).Length / 1e6:N0} MB of events");

        await BeginAsync(plain, configuration, stop);
        await TollRoad.DoAsync(Server, 0, stop, "toll", "ingest", events, "--data", plain.Server.Data);
        Say("as it came: taken in");
        var quiet = await EndAsync(plain, "quiet.ndjson", stop);
        Say("as it came: " + (await TollRoad.DoAsync("firmware-sim/SmartCity.FirmwareSim", 0, stop, "corridor", "--score", plain["quiet.ndjson"], "--truth", truth)).ReplaceLineEndings("; "));
        await SealAsync(plain, stop);
        Say($"as it came: sealed; the server held {plain.Server.PeakBytes / 1e6:N0} MB at most");
        await plain.Server.StopAsync(stop);

        using var killed = new TrunkCity("--Cloud:Toll:Periods=manual");
        await BeginAsync(killed, configuration, stop);
        await DisturbAsync(killed, events, stop);
        Say("disturbed: taken in three times, in three orders");
        var disturbed = await EndAsync(killed, "disturbed.ndjson", stop);

        Assert.Equal(quiet, disturbed);
        await EvenAsync(killed, stop);
        Say($"disturbed: the same bytes and the same root {quiet.Root}; the server held {killed.Server.PeakBytes / 1e6:N0} MB at most since it was last started");
    }

    private static async Task BeginAsync(TrunkCity city, string configuration, CancellationToken stop)
    {
        await city.Server.StartReadyAsync(TimeSpan.FromSeconds(60), stop);
        await TollRoad.ActAsync(city, HttpMethod.Post, "periods", new { from = Iso(_day.AddDays(-1)), to = Iso(_day.AddDays(1)) }, stop);
        await TollRoad.ActAsync(city, HttpMethod.Post, "periods", new { from = Iso(_day.AddDays(2)), to = Iso(_day.AddDays(400)) }, stop);
        await TollRoad.DoAsync(Server, 0, stop, ["toll", "config", "import", .. Directory.GetFiles(configuration), "--yes", "--data", city.Server.Data]);
    }

    /// <summary>Takes the day in three times, twice of them in another order, while the server is killed: while it takes it in, and while it works on it.</summary>
    private static async Task DisturbAsync(TrunkCity city, string events, CancellationToken stop)
    {
        var (random, taken) = (new Random(_seed), 0);
        var shuffled = city["shuffled.ndjson"];
        ShuffledLines.Write(events, shuffled, random);
        for (var kills = 0; kills < _kills || taken < 3;)
        {
            // What is done already is sent again, so that there is something to be interrupted in.
            using var ingest = taken < 3 || await IsDoneAsync(city, stop) ? TollRoad.Command(Server, "toll", "ingest", taken == 2 ? events : shuffled, "--data", city.Server.Data) : null;
            var isKill = kills++ < _kills;
            if (isKill)
            {
                await Task.Delay(random.Next(300, 2_500 + _passages / 40), stop);
                city.Server.Kill();
            }
            if (ingest is not null)
            {
                // Without a server the command goes on by itself, or fails and is told again; the log is its until then.
                if (await ExitAsync(ingest, stop) == 0)
                {
                    if (++taken == 1) ShuffledLines.Write(events, shuffled, random);
                }
                else
                {
                    Assert.True(isKill, "a file could not be taken though the server was up");
                }
            }
            if (isKill) await city.Server.StartReadyAsync(TimeSpan.FromSeconds(60), stop);
        }
        File.Delete(shuffled);
    }

    /// <summary>Waits until all is in the ledger, and writes what every passage came to.</summary>
    /// <returns>SHA-256 of the file, and the statement root.</returns>
    private async Task<(string Hash, string Root)> EndAsync(TrunkCity city, string name, CancellationToken stop)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var still = 0; still < 3;)
        {
            still = await IsDoneAsync(city, stop) ? still + 1 : 0;
            Assert.True(Stopwatch.GetElapsedTime(begin) < _atMost, $"not charged within {_atMost.TotalSeconds} s: {await TollRoad.AskAsync(city, "work", stop)}; {city.Server.Words}");
            await Task.Delay(300, stop);
        }
        Say($"{name}: charged {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s after the last event was taken in");
        await TollRoad.DoAsync(Server, 0, stop, "toll", "charge", "export", city[name], "--data", city.Server.Data);
        using var run = JsonDocument.Parse(await TollRoad.AskAsync(city, "reconciliation?items=0", stop));
        await using var file = File.OpenRead(city[name]);
        return (Convert.ToHexStringLower(await SHA256.HashDataAsync(file, stop)), run.RootElement.GetProperty("statementRoot").GetString()!);
    }

    /// <summary>Claims what issuers owe, explains what is open, and has the period sealed by two people, which gives its charges their receipts.</summary>
    private async Task SealAsync(TrunkCity city, CancellationToken stop)
    {
        using (var due = JsonDocument.Parse(await TollRoad.AskAsync(city, "claims/due", stop)))
            foreach (var issuer in due.RootElement.GetProperty("items").EnumerateArray())
                await TollRoad.DoAsync(Server, 0, stop, "toll", "claim", "export", "--issuer", issuer.GetProperty("issuer").ToString(), "--out", city["claims"], "--data", city.Server.Data);
        using (var run = JsonDocument.Parse(await TollRoad.AskAsync(city, "reconciliation?items=0", stop)))
        {
            var open = run.RootElement.GetProperty("classes").EnumerateArray().Where(one => one.GetProperty("open").GetInt32() > 0).ToList();
            Assert.NotEmpty(open);
            Say("to explain: " + string.Join(", ", open.Select(one => $"{one.GetProperty("class")} {one.GetProperty("open")}")));
            await TollRoad.DoAsync(Server, 0, stop, "toll", "item", "judge", "--class", open[0].GetProperty("class").GetString()!, "--state", "explained", "--why", "a fault that was played", "--data", city.Server.Data);
            foreach (var one in open.Skip(1)) await TollRoad.ActAsync(city, HttpMethod.Put, "items", new { @class = one.GetProperty("class").GetString(), state = "explained", explanation = "a fault that was played" }, stop);
        }
        await TollRoad.ActAsync(city, HttpMethod.Post, "periods/1/close", null, stop);
        await TollRoad.ActAsync(city, HttpMethod.Post, "periods/1/sign", null, stop);
        await TollRoad.SignAsync(city, "mina", 1, stop);
        var begin = Stopwatch.GetTimestamp();
        for (var leaves = 0L; leaves == 0; await Task.Delay(300, stop))
        {
            Assert.True(Stopwatch.GetElapsedTime(begin) < _atMost, $"no receipts were made: {city.Server.Words}");
            leaves = (await EvenAsync(city, stop)).GetProperty("right")[0].GetProperty("count").GetInt64();
        }
        using var after = JsonDocument.Parse(await TollRoad.AskAsync(city, "reconciliation?items=0", stop));
        Assert.True(after.RootElement.GetProperty("isReconciled").GetBoolean(), after.RootElement.ToString());
    }

    /// <summary>Every identity leaves nothing over, and the ledger is intact.</summary>
    /// <returns>The last identity, E13.</returns>
    private async Task<JsonElement> EvenAsync(TrunkCity city, CancellationToken stop)
    {
        using var run = JsonDocument.Parse(await TollRoad.AskAsync(city, "reconciliation?items=0", stop));
        var identities = run.RootElement.GetProperty("identities").EnumerateArray().ToList();
        Assert.Equal(_identities, identities.Select(identity => identity.GetProperty("id").GetString()));
        Assert.All(identities, identity => Assert.True(identity.GetProperty("holds").GetBoolean(), identity.ToString()));
        using var check = JsonDocument.Parse(await TollRoad.AskAsync(city, "ledger/verification", stop));
        Assert.Equal(JsonValueKind.Null, check.RootElement.GetProperty("fault").ValueKind);
        Say($"E1–E13 are even; {check.RootElement}");
        return identities[^1].Clone();
    }

    private static async Task<bool> IsDoneAsync(TrunkCity city, CancellationToken stop)
    {
        using var work = JsonDocument.Parse(await TollRoad.AskAsync(city, "work", stop));
        return work.RootElement.GetProperty("isDone").GetBoolean() && await city.Server.AuditNowAsync("queued", stop) == 0;
    }

    private static async Task<int> ExitAsync(Process process, CancellationToken stop)
    {
        _ = process.StandardOutput.ReadToEndAsync(stop);
        _ = process.StandardError.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        return process.ExitCode;
    }

    private void Say(string what) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_began).TotalSeconds,7:0.0} s  {what}"));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static int Number(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
