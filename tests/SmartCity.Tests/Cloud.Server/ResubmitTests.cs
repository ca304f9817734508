using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Log;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Server;

public sealed class ResubmitTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_value_set_aside_reaches_the_store_when_it_fits_and_the_books_balance_throughout()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var log = cloud.App.Services.GetRequiredService<DurableLog>();
        var time = DateTimeOffset.UtcNow.AddMinutes(-5);
        await cloud.SendAsync(("d", "t", 1.5, time));
        // The device's new software says a whole number, and once a word.
        await cloud.SendAsync([Reading("t", ReadingValue.Of(7L), time.AddMinutes(1))]);
        await cloud.SendAsync([Reading("t", ReadingValue.Of(true), time.AddMinutes(2))]);
        await Eventually.HoldsAsync("two are set aside and one is stored", async () => await AuditAsync(cloud) is { Stored: 1, DeadLettered: 2, Imbalance: 0 });

        Assert.Equal(new ResubmitOutcome(1, true, null), await log.ResubmitAsync(1, Stop));
        Assert.Null(await log.ResubmitAsync(1, Stop));
        Assert.Equal(new ResubmitOutcome(2, false, "series:kind is Double, the value is Bool"), await log.ResubmitAsync(2, Stop));
        await Eventually.HoldsAsync("the number is stored", async () => await AuditAsync(cloud) is { Accepted: 3, Stored: 2, DeadLettered: 1, Imbalance: 0 });
        var latest = await cloud.Http.GetStringAsync(new Uri("/api/v1/latest?device=d", UriKind.Relative), Stop);
        using var json = JsonDocument.Parse(latest);
        Assert.Equal(7, json.RootElement.GetProperty("items")[0].GetProperty("value").GetDouble());
        Assert.Equal([2L], log.DeadLetters().Select(letter => letter.Id));
    }

    [Fact]
    public async Task Of_many_who_resubmit_one_value_at_once_one_does_and_it_is_there_once_after_a_reopen()
    {
        using var folder = new TemporaryFolder();
        using (var log = Open(folder))
        {
            var letters = new[] { Letter(ValueKind.Double, "1.5"), Letter(ValueKind.Int64, (1L << 60).ToString(CultureInfo.InvariantCulture)), Letter(ValueKind.Text, "on") };
            await log.AppendAsync(new LogAppend { Gateway = "g", Epoch = 7, Lane = Lane.Telemetry, FirstSequence = 1, Sequences = 3, DeadLetters = letters }, Stop);
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => log.ResubmitAsync(1, Stop)));
            Assert.Single(outcomes, outcome => outcome is { Resubmitted: true });
            // 2^60 is more than a double holds of whole numbers.
            Assert.False((await log.ResubmitAsync(2, Stop))!.Resubmitted);
            Assert.False((await log.ResubmitAsync(3, Stop))!.Resubmitted);
        }
        using var again = Open(folder);
        Assert.Equal(1, again.End);
        Assert.Equal([2L, 3L], again.DeadLetters().Select(letter => letter.Id));
        var audit = Assert.Single(again.Audit(_ => 0));
        Assert.Equal((3, 1, 2), (audit.Accepted, audit.Queued, audit.DeadLettered));
    }

    private static DurableLog Open(TemporaryFolder folder) => DurableLog.Open(new DurableLogOptions { Folder = folder["log"], ReserveBytes = 0 }, TimeProvider.System);

    private static DeadLetter Letter(ValueKind kind, string value) => new(0, "g", Lane.Telemetry, new SeriesKey("d", "t"), kind, 1, 1, value, "store:refused", 1);

    private static Reading Reading(string metric, ReadingValue value, DateTimeOffset time) =>
        new(new SeriesKey("d", metric), UnixMicros.From(time), UnixMicros.From(time), value, ReadingQuality.Good);

    private static async Task<AuditTerms?> AuditAsync(CloudUnderTest cloud)
    {
        using var answer = await cloud.Http.GetAsync(new Uri("/audit", UriKind.Relative), Stop);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
        return json.RootElement.TryGetProperty("items", out var items) && items.GetArrayLength() > 0 ? items[0].Deserialize<AuditTerms>(JsonSerializerOptions.Web) : null;
    }
}
