using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>InfluxDB goes away under load and comes back: nothing is lost, and the backlog goes in far faster than it came.</summary>
[Collection(nameof(Alone))]
public sealed class InfluxOutageTests(ITestOutputHelper output)
{
    private const int MessagesPerSecond = 500;
    private const int Metrics = 4;

    /// <summary>Length of the outage; <c>tests/soak</c> makes it ten minutes.</summary>
    private static readonly TimeSpan _outage = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_OUTAGE_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 15);

    [Fact]
    public async Task An_outage_under_load_loses_nothing_and_is_caught_up_five_times_as_fast_as_live()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var influx = await InfluxServer.StartNewAsync();
        using var city = new TrunkCity("--Cloud:Store=influx", $"--Cloud:Influx:Address={influx.Address}");
        await city.StartAsync(stop);
        var duration = (int)(_outage.TotalSeconds * 1.3) + 25;
        using var load = city.Load("--devices", "50", "--rate", MessagesPerSecond.ToString(CultureInfo.InvariantCulture), "--duration", duration.ToString(CultureInfo.InvariantCulture));
        var said = load.StandardOutput.ReadToEndAsync(stop);
        await Task.Delay(TimeSpan.FromSeconds(5), stop);

        await influx.KillAsync();
        await Task.Delay(_outage, stop);
        var backlog = await city.Server.AuditAsync("queued", stop);
        Assert.True(backlog > MessagesPerSecond * Metrics * _outage.TotalSeconds * 0.8, $"only {backlog} values wait");
        Assert.Equal(0, await city.Server.AuditAsync("imbalance", stop));
        await influx.StartAsync();

        // Live goes on meanwhile; the store is behind by less than a second's worth when it has caught up.
        var before = await city.Server.AuditAsync("stored", stop);
        while (await city.Server.AuditAsync("stored", stop) == before) await Task.Delay(50, stop);
        var begin = Stopwatch.GetTimestamp();
        while (await city.Server.AuditAsync("queued", stop) > MessagesPerSecond * Metrics) await Task.Delay(50, stop);
        var took = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var rate = (await city.Server.AuditAsync("stored", stop) - before) / Math.Max(took, 0.001);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"outage {_outage.TotalSeconds:0} s, backlog {backlog} values, caught up in {took:0.0} s at {rate:0} values/s, {rate / (MessagesPerSecond * Metrics):0.0} times live"));
        Assert.True(rate >= 5 * MessagesPerSecond * Metrics, $"caught up at {rate:0} values/s, live is {MessagesPerSecond * Metrics}");

        await load.WaitForExitAsync(stop);
        using var seen = JsonDocument.Parse(await said);
        Assert.Equal(0, seen.RootElement.GetProperty("unacknowledged").GetInt64());
        await city.SettleAsync(TimeSpan.FromSeconds(60), stop);
        Assert.Equal(seen.RootElement.GetProperty("attempted").GetInt64() * Metrics, await city.Server.AuditAsync("stored", stop));
        Assert.Equal(0, await city.Server.AuditAsync("imbalance", stop) + await city.Gateway.AuditAsync("imbalance", stop));
        Assert.Equal(seen.RootElement.GetProperty("attempted").GetInt64(), await CountAsync(influx));
    }

    /// <summary>Readings of the metric <c>count</c> as InfluxDB itself counts them.</summary>
    private static async Task<long> CountAsync(InfluxServer influx)
    {
        var databases = await influx.QueryAsync("", "SHOW DATABASES");
        var database = databases.GetProperty("series")[0].GetProperty("values").EnumerateArray().Select(row => row[0].GetString()!).Single(name => name != "_internal");
        // The measurement is the metric.
        var counts = await influx.QueryAsync(database, "SELECT count(value) FROM \"count\"");
        return counts.GetProperty("series")[0].GetProperty("values")[0][1].GetInt64();
    }
}
