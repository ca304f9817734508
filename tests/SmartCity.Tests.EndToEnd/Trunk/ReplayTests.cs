using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>The recorded sets through real MQTT, gateway, uplink and store, held against what stands in the files.</summary>
public sealed class ReplayTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_embedded_store_holds_what_stands_in_the_files()
    {
        using var city = new TrunkCity();
        await ReplayAllAsync(city, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task InfluxDB_holds_what_stands_in_the_files()
    {
        await using var influx = await InfluxServer.StartNewAsync();
        using var city = new TrunkCity("--Cloud:Store=influx", $"--Cloud:Influx:Address={influx.Address}");
        await ReplayAllAsync(city, TestContext.Current.CancellationToken);
    }

    /// <summary>Both clock changes: a time that does not exist is set aside, the hour that comes twice falls where it should.</summary>
    [Fact]
    public async Task A_file_with_both_clock_changes_falls_where_it_should()
    {
        var stop = TestContext.Current.CancellationToken;
        using var city = new TrunkCity();
        await city.StartAsync(stop);
        var folder = Directory.CreateDirectory(city["synthetic"]).FullName;
        await File.WriteAllLinesAsync(Path.Combine(folder, "hours.csv"),
        [
            "time,level",
            "2016-03-13 01:30,1", "2016-03-13 02:30,2", "2016-03-13 03:30,3",
            "2016-11-06 00:30,4", "2016-11-06 01:00,5", "2016-11-06 01:30,6", "2016-11-06 01:00,7", "2016-11-06 01:30,8", "2016-11-06 02:00,9",
        ], stop);
        var mapping = city["mapping.json"];
        await File.WriteAllTextAsync(mapping, """
            {"name": "hours", "files": ["hours.csv"], "device": "gauge-1", "time": {"text": "{time}", "format": "yyyy-MM-dd HH:mm", "zone": "America/Chicago"},
             "columns": [{"column": "level", "metric": "level", "kind": "number"}]}
            """, stop);
        var account = await ReplayAsync(city, folder, stop, "--mapping", mapping);
        Assert.Equal((9, 8, 1), (account.Cells, account.Published, account.Rejected));
        Assert.Equal("time:nonexistent 1", account.Reasons);
        await city.SettleAsync(TimeSpan.FromSeconds(30), stop);
        using var json = JsonDocument.Parse(await city.Server.GetAsync("/api/v1/readings?device=gauge-1&metric=level&from=2016-01-01T00:00:00Z&to=2017-01-01T00:00:00Z", stop));
        Assert.Equal(
        [
            "2016-03-13T07:30:00.000Z 1", "2016-03-13T08:30:00.000Z 3", "2016-11-06T05:30:00.000Z 4", "2016-11-06T06:00:00.000Z 5", "2016-11-06T06:30:00.000Z 6",
            "2016-11-06T07:00:00.000Z 7", "2016-11-06T07:30:00.000Z 8", "2016-11-06T08:00:00.000Z 9",
        ], json.RootElement.GetProperty("items").EnumerateArray().Select(item => $"{item.GetProperty("ts").GetString()} {item.GetProperty("value").GetDouble()}"));
    }

    private async Task ReplayAllAsync(TrunkCity city, CancellationToken stop)
    {
        var data = Repository.RecordedData;
        Assert.SkipWhen(data is null, "The recorded data is not beside the checkout (../shared/data, or SMARTCITY_TEST_DATA).");
        await city.StartAsync(stop);
        foreach (var (name, read) in new (string, Func<string, RecordedSet>)[] { ("la-loops", RecordedSet.LosAngeles), ("beijing-air", RecordedSet.Beijing), ("i94-volume", RecordedSet.Interstate94) })
        {
            var set = read(data);
            var (stored, superseded, accepted) = await TermsAsync(city, stop);
            var begin = Stopwatch.GetTimestamp();
            var account = await ReplayAsync(city, Path.Combine(data, name), stop);
            await city.SettleAsync(TimeSpan.FromSeconds(120), stop);
            var took = Stopwatch.GetElapsedTime(begin);
            var after = await TermsAsync(city, stop);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {set.Values} values, {set.Readings.Count} distinct, {set.Nulls} without a value; {took.TotalSeconds:0.0} s to the store"));

            Assert.Equal((set.Values + set.Nulls, set.Values, set.Nulls, 0), (account.Cells, account.Published, account.Nulls, account.Rejected));
            Assert.Equal(set.Values, after.Accepted - accepted);
            Assert.Equal(set.Readings.Count, after.Stored - stored);
            Assert.Equal(set.Values - set.Readings.Count, after.Superseded - superseded);
            await CompareDaysAsync(city, set, stop);
        }
        Assert.Equal(0, await city.Gateway.AuditAsync("imbalance", stop) + await city.Server.AuditAsync("imbalance", stop));
        Assert.Equal(0, await city.Gateway.AuditAsync("deadLettered", stop) + await city.Server.AuditAsync("deadLettered", stop));
    }

    private static async Task<(long Stored, long Superseded, long Accepted)> TermsAsync(TrunkCity city, CancellationToken stop) =>
        (await city.Server.AuditNowAsync("stored", stop), await city.Server.AuditNowAsync("superseded", stop), await city.Server.AuditNowAsync("accepted", stop));

    /// <summary>The API's means of local days are those of the file.</summary>
    private static async Task CompareDaysAsync(TrunkCity city, RecordedSet set, CancellationToken stop)
    {
        var expected = set.DailyAverages();
        var zone = TimeZoneInfo.FindSystemTimeZoneById(set.Zone);
        var from = set.Readings.Keys.Min(key => key.Utc).AddDays(-2).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var to = set.Readings.Keys.Max(key => key.Utc).AddDays(2).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var found = 0;
        foreach (var series in expected.Keys.Select(key => (key.Device, key.Metric)).Distinct())
        {
            using var json = JsonDocument.Parse(await city.Server.GetAsync(
                $"/api/v1/readings?device={series.Device}&metric={series.Metric}&from={from}&to={to}&bucket=day&fn=avg,count&tz={Uri.EscapeDataString(set.Zone)}", stop));
            foreach (var bucket in json.RootElement.GetProperty("series").EnumerateArray().SelectMany(one => one.GetProperty("buckets").EnumerateArray()))
            {
                var day = TimeZoneInfo.ConvertTime(bucket.GetProperty("start").GetDateTimeOffset(), zone).Date;
                Assert.True(expected.TryGetValue((series.Device, series.Metric, day), out var mean), $"{series} has a bucket of {day:d}, of which the file knows nothing");
                var average = bucket.GetProperty("avg").GetDouble();
                // Where warm and cold cancel out to nothing, what is left is the rounding of either sum.
                Assert.True(Math.Abs(average - mean.Value) <= Math.Max(1e-9 * Math.Abs(mean.Value), mean.Rounding), $"{series} on {day:d}: {average:R}, the file says {mean.Value:R}");
                found++;
            }
        }
        Assert.Equal(expected.Count, found);
    }

    private static async Task<Account> ReplayAsync(TrunkCity city, string folder, CancellationToken stop, params string[] arguments)
    {
        using var replay = city.Simulator("replay", folder, ["--output", "json", .. arguments]);
        var complained = replay.StandardError.ReadToEndAsync(stop);
        var said = await replay.StandardOutput.ReadToEndAsync(stop);
        await replay.WaitForExitAsync(stop);
        Assert.True(replay.ExitCode == 0, $"replay ended with {replay.ExitCode}: {await complained}");
        using var json = JsonDocument.Parse(said);
        var all = json.RootElement.EnumerateArray().Single(row => row.GetProperty("metric").GetString() == "(all)");
        return new Account(all.GetProperty("cells").GetInt64(), all.GetProperty("published").GetInt64(), all.GetProperty("nulls").GetInt64(), all.GetProperty("rejected").GetInt64(), all.GetProperty("reasons").GetString()!);
    }

    private sealed record Account(long Cells, long Published, long Nulls, long Rejected, string Reasons);
}
