using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.FirmwareSim.Load;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>A server is lost with its disk while devices publish, and comes back from a backup; the generator's journal is the witness.</summary>
public sealed class LostServerTests(ITestOutputHelper output)
{
    private const int SecondsMax = 60;

    [Fact]
    public async Task Every_acknowledged_reading_is_in_the_restored_store_once_or_in_a_gap()
    {
        var stop = TestContext.Current.CancellationToken;
        using var city = new TrunkCity();
        await city.StartAsync(stop);
        var (journal, backups) = (city["journal"], city["backups"]);
        using var load = city.Load("--devices", "20", "--rate", "400", "--duration", "12", "--drain", "60", "--journal", journal);
        var said = load.StandardOutput.ReadToEndAsync(stop);
        var complained = load.StandardError.ReadToEndAsync(stop);
        await Eventually.HoldsAsync("readings are stored", async () => await city.Server.AuditAsync("stored", stop) > 0, SecondsMax);

        var backup = await OperateAsync(city.Server.Data, stop, "backup", backups);
        var taken = backup.GetProperty("taken").GetDateTimeOffset();
        var inBackup = backup.GetProperty("values").GetInt64();
        // The gateway releases what this server acknowledges, and then it is nowhere else.
        await Eventually.HoldsAsync("more is stored than the backup holds", async () => await city.Server.AuditAsync("stored", stop) > inBackup + 2_000, SecondsMax);

        var lost = DateTimeOffset.UtcNow;
        var away = Stopwatch.GetTimestamp();
        city.Server.Kill();
        Directory.Delete(city.Server.Data, recursive: true);
        await Eventually.HoldsAsync("the gateway holds what it acknowledges meanwhile", async () => await city.Gateway.AuditAsync("queued", stop) > 0, SecondsMax);
        await OperateAsync(city.Server.Data, stop, "restore", backups);
        await city.Server.StartReadyAsync(TimeSpan.FromSeconds(SecondsMax), stop);
        var back = Stopwatch.GetElapsedTime(away);

        await load.WaitForExitAsync(stop);
        Assert.True(load.ExitCode == 0, $"the generator ended with {load.ExitCode}: {await said} {await complained}");
        await Eventually.HoldsAsync("everything has gone its way", async () => await city.Gateway.AuditAsync("queued", stop) == 0 && await city.Server.AuditNowAsync("queued", stop) == 0, SecondsMax);
        Assert.Equal(0, await city.Gateway.AuditAsync("imbalance", stop) + await city.Server.AuditNowAsync("imbalance", stop));
        var stored = await city.Server.AuditNowAsync("stored", stop);
        var missing = await MissingAsync(city.Server, stop);
        await city.Server.StopAsync(stop);

        var (found, absent) = await CompareAsync(journal, Path.Combine(city.Server.Data, "readings"), stop);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"RPO {(lost - taken).TotalSeconds:0.0} s, {missing} values in gaps; RTO {back.TotalSeconds:0.0} s from the loss to ready; {inBackup} values in the backup, {stored} stored in the end"));
        Assert.True(missing > 0, "nothing was lost, so nothing was shown of gaps");
        Assert.Equal((found.Values, absent.Values), (stored, missing));
        // What is gone came between the backup and the loss: nothing of before, and nothing that the gateway still held.
        Assert.InRange(absent.Earliest, taken.AddSeconds(-5), lost);
        Assert.InRange(absent.Latest, taken, lost.AddSeconds(1));
    }

    /// <summary>How many numbers stand in gaps, which all say that the gateway had released them.</summary>
    private static async Task<long> MissingAsync(TrunkProcess server, CancellationToken stop)
    {
        using var completeness = JsonDocument.Parse(await server.GetAsync("/api/v1/completeness", stop));
        var missing = completeness.RootElement.GetProperty("items").EnumerateArray().SelectMany(lane => lane.GetProperty("missing").EnumerateArray()).ToList();
        Assert.All(missing, range => Assert.Equal("released", range.GetProperty("reason").GetString()));
        return missing.Sum(range => range.GetProperty("last").GetInt64() - range.GetProperty("first").GetInt64() + 1);
    }

    /// <summary>Looks for each acknowledged message in the store: what is there is there once and as it was sent.</summary>
    private static async Task<((long Values, int Messages) Found, (long Values, DateTimeOffset Earliest, DateTimeOffset Latest) Absent)> CompareAsync(string journal, string folder, CancellationToken stop)
    {
        var (header, records) = LoadJournal.Read(journal);
        var sent = new Dictionary<(int, long), long>();
        var acknowledged = new HashSet<(int, long)>();
        foreach (var record in records)
        {
            if (record.Acknowledged) acknowledged.Add((record.Device, record.Sequence));
            else sent.Add((record.Device, record.Sequence), record.Time);
        }
        Assert.Equal(sent.Count, acknowledged.Count);

        var found = new HashSet<(int, long)>();
        await using var store = new DuckDbReadingStore(new DuckDbOptions { Folder = folder }, TimeProvider.System, NullLogger<DuckDbReadingStore>.Instance);
        await store.OpenAsync(stop);
        for (var device = 0; device < header.Devices; device++)
        {
            await foreach (var reading in store.ReadingsAsync(new RangeQuery([new SeriesKey(header.Prefix + device, header.Metrics[0])], 0, long.MaxValue), stop))
            {
                var sequence = (long)reading.Value.AsNumber()!.Value;
                Assert.True(sent.TryGetValue((device, sequence), out var time), $"{reading.Series} holds {sequence}, which was never sent");
                Assert.Equal(time, reading.Time);
                Assert.True(found.Add((device, sequence)), $"{reading.Series} holds {sequence} twice");
            }
        }
        var absent = sent.Where(one => !found.Contains(one.Key)).Select(one => DateTimeOffset.UnixEpoch.AddMicroseconds(one.Value)).Order().ToArray();
        Assert.NotEmpty(absent);
        return (((long)found.Count * header.Metrics.Count, found.Count), ((long)absent.Length * header.Metrics.Count, absent[0], absent[^1]));
    }

    /// <summary>Runs an operator's command in a process of its own, as beside a server in the field.</summary>
    private static async Task<JsonElement> OperateAsync(string data, CancellationToken stop, params string[] words)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "cloud/SmartCity.Cloud.Server/bin", build.Parent!.Name, build.Name, "SmartCity.Cloud.Server.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. words, "--data", data, "--output", "json"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, talk) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        await process.WaitForExitAsync(stop);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', words)} ended with {process.ExitCode}: {await talk}");
        return JsonSerializer.Deserialize<JsonElement>(await said)[0];
    }
}
