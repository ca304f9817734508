using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.FirmwareSim.Load;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>Processes killed at random moments under load; the generator's journal is the witness.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Kills = 10;
    private static readonly TimeSpan _gatewayBack = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _serverBack = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Ten_kills_each_of_gateway_and_server_lose_nothing_and_double_nothing()
    {
        var stop = TestContext.Current.CancellationToken;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        using var city = new TrunkCity();
        await city.StartAsync(stop);
        var journal = city["journal"];
        using var load = city.Load("--devices", "20", "--rate", "400", "--duration", "25", "--drain", "60", "--journal", journal);
        var said = load.StandardOutput.ReadToEndAsync(stop);
        var complained = load.StandardError.ReadToEndAsync(stop);

        await Task.WhenAll(
            KillAsync(city.Gateway, "gateway", new Random(seed), _gatewayBack, stop),
            KillAsync(city.Server, "server", new Random(seed + 1), _serverBack, stop));
        await load.WaitForExitAsync(stop);
        Assert.True(load.ExitCode == 0, $"the generator ended with {load.ExitCode}: {await said} {await complained}");
        using var seen = JsonDocument.Parse(await said);
        output.WriteLine(seen.RootElement.ToString());
        Assert.True(seen.RootElement.GetProperty("connectionsLost").GetInt64() >= 20, "the kills did not reach the devices");

        await city.SettleAsync(TimeSpan.FromSeconds(60), stop);
        Assert.Equal(0, await city.Gateway.AuditAsync("imbalance", stop));
        Assert.Equal(0, await city.Server.AuditAsync("imbalance", stop));
        var stored = await city.Server.AuditAsync("stored", stop);
        await city.Gateway.StopAsync(stop);
        await city.Server.StopAsync(stop);
        await CompareAsync(journal, Path.Combine(city.Server.Data, "readings"), stored, stop);
    }

    private async Task KillAsync(TrunkProcess process, string name, Random random, TimeSpan backWithin, CancellationToken stop)
    {
        var longest = TimeSpan.Zero;
        for (var i = 0; i < Kills; i++)
        {
            await Task.Delay(random.Next(50, 800), stop);
            process.Kill();
            var back = await process.StartReadyAsync(backWithin, stop);
            if (back > longest) longest = back;
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {Kills} kills, back after at most {longest.TotalSeconds:0.0} s"));
    }

    /// <summary>Every message in the journal was acknowledged in the end, and stands in the store once with its own values; nothing else does.</summary>
    private async Task CompareAsync(string journal, string folder, long stored, CancellationToken stop)
    {
        var (header, records) = LoadJournal.Read(journal);
        var attempted = new Dictionary<(int, long), long>();
        var acknowledged = new HashSet<(int, long)>();
        foreach (var record in records)
        {
            if (record.Acknowledged) acknowledged.Add((record.Device, record.Sequence));
            else attempted.Add((record.Device, record.Sequence), record.Time);
        }
        Assert.True(attempted.Count > 5_000, $"only {attempted.Count} messages");
        Assert.Equal(attempted.Count, acknowledged.Count);
        Assert.Equal((long)attempted.Count * header.Metrics.Count, stored);

        await using var store = new DuckDbReadingStore(new DuckDbOptions { Folder = folder }, TimeProvider.System, NullLogger<DuckDbReadingStore>.Instance);
        await store.OpenAsync(stop);
        var found = 0;
        for (var device = 0; device < header.Devices; device++)
        {
            var query = new RangeQuery([new SeriesKey(header.Prefix + device, header.Metrics[0])], 0, long.MaxValue);
            await foreach (var reading in store.ReadingsAsync(query, stop))
            {
                var sequence = (long)reading.Value.AsNumber()!.Value;
                Assert.True(attempted.TryGetValue((device, sequence), out var time), $"{reading.Series} holds {sequence}, which was never sent");
                Assert.Equal(time, reading.Time);
                found++;
            }
        }
        Assert.Equal(attempted.Count, found);
        output.WriteLine($"{attempted.Count} messages, lost 0, duplicated 0");
    }
}
