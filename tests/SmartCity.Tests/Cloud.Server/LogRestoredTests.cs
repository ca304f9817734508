using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The server on a log that is older than its stores, or damaged: no new value is passed over, the books balance, and it is said.</summary>
public sealed class LogRestoredTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("log.db")]
    [InlineData("log.db", "log.side")]
    public async Task A_log_restored_from_a_copy_passes_no_new_value_over(params string[] restored)
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var time = DateTimeOffset.UtcNow.AddMinutes(-10);
        await cloud.SendAsync(("d", "t", 1, time), ("d", "t", 2, time.AddSeconds(1)));
        await cloud.StoredAsync();
        var log = Path.Combine(cloud.Data, "log");
        var copies = new Dictionary<string, byte[]>();
        await cloud.RestartAsync(() => { foreach (var file in restored) copies[file] = File.ReadAllBytes(Path.Combine(log, file)); });
        await cloud.SendAsync(("d", "t", 3, time.AddSeconds(2)), ("d", "t", 4, time.AddSeconds(3)), ("d", "t", 5, time.AddSeconds(4)));
        await cloud.StoredAsync();
        await cloud.RestartAsync(() => { foreach (var (file, bytes) in copies) File.WriteAllBytes(Path.Combine(log, file), bytes); });

        // The gateway released 3 to 5 when they were acknowledged, and goes on with 6.
        await cloud.SendGapAsync(3);
        await cloud.SendAsync(("d", "t", 60, time.AddSeconds(5)));
        await Eventually.HoldsAsync("the new value is the newest", async () =>
        {
            using var json = JsonDocument.Parse(await cloud.Http.GetStringAsync("/api/v1/latest?device=d", Stop));
            return json.RootElement.GetProperty("items").EnumerateArray().Any(item => item.GetProperty("value").GetDouble() == 60);
        });
        await BalancedAsync(cloud, stored: 6);
        Assert.Contains(cloud.App.Services.GetRequiredService<DurableLog>().Notes, note => note.Contains("restored from a copy", StringComparison.Ordinal));
        Assert.Contains("restored from a copy", await cloud.Http.GetStringAsync("/health/ready", Stop));
        var missing = Assert.Single(cloud.App.Services.GetRequiredService<DurableLog>().Completeness("g1").SelectMany(lane => lane.Missing));
        Assert.Equal((3, 5, GapReason.Released), (missing.First, missing.Last, missing.Reason));
    }

    [Fact]
    public async Task A_damaged_log_does_not_keep_the_server_from_its_work_and_is_said()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var time = DateTimeOffset.UtcNow.AddMinutes(-10);
        await cloud.SendAsync(("d", "t", 1, time), ("d", "t", 2, time.AddSeconds(1)));
        await cloud.StoredAsync();
        var file = Path.Combine(cloud.Data, "log", DurableLogOptions.FileName);
        // The first page is the header and the list of tables.
        await cloud.RestartAsync(() =>
        {
            using var stream = new FileStream(file, FileMode.Open);
            stream.Write(new byte[4_096]);
        });
        await cloud.SendGapAsync(1);
        await cloud.ResendNamesAsync();
        await cloud.SendAsync(("d", "t", 30, time.AddSeconds(2)));
        await BalancedAsync(cloud, stored: 3);
        var health = await cloud.Http.GetStringAsync("/health/ready", Stop);
        Assert.Contains("set aside", health);
        Assert.Contains("watermarks", health);
        Assert.NotEmpty(Directory.GetFiles(Path.GetDirectoryName(file)!, "damaged-*"));
    }

    private static async Task BalancedAsync(CloudUnderTest cloud, long stored)
    {
        var audit = cloud.App.Services.GetRequiredService<CloudAudit>();
        await Eventually.HoldsAsync("the books balance", async () => await audit.TakeAsync(Stop) is { } terms && terms.All(term => term is { Imbalance: 0, Queued: 0 }) && terms.Sum(term => term.Stored) == stored);
    }
}
