using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Log;
using SmartCity.Model;
using SmartCity.Model.Contracts;
using SmartCity.Tests.Cloud.Server;

namespace SmartCity.Tests.Cloud.Dashboards;

/// <summary>The pages of values set aside, as an operator without scripts uses them.</summary>
public sealed class DeadLetterPageTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_set_aside_are_listed_shown_sent_again_and_discarded_and_the_change_log_has_it()
    {
        await using var cloud = await AccessTests.StartAsync();
        await AccessTests.AddAsync(cloud, "mina", [Roles.Operator]);
        using var mina = await AccessTests.SignedInAsync(cloud, "mina");
        Assert.Contains("No value is set aside.", await mina.GetStringAsync(new Uri("/dead-letters", UriKind.Relative), Stop), StringComparison.Ordinal);
        var log = cloud.App.Services.GetRequiredService<DurableLog>();
        await log.AppendAsync(new LogAppend { Gateway = "g9", Epoch = 1, Lane = Lane.Telemetry, FirstSequence = 1, Sequences = 3, DeadLetters = [Letter(ValueKind.Text, "<b>on</b>"), Letter(ValueKind.Double, "1.5"), Letter(ValueKind.Bool, "True")] }, Stop);
        log.Series.NumberOf(new SeriesKey("d", "t"), ValueKind.Double);

        var list = await mina.GetStringAsync(new Uri("/dead-letters?lang=fa", UriKind.Relative), Stop);
        Assert.Contains("href=\"/dead-letters/1\"", list, StringComparison.Ordinal);
        Assert.Contains("۳", WebUtility.HtmlDecode(list), StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;on", list, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>on", list, StringComparison.Ordinal);

        // A text does not fit the series, which is one of numbers; a number does.
        var refused = await mina.PostAsync("/dead-letters/1/resubmit?lang=en", null, Stop);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("series:kind is Double, the value is Text", await refused.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        var sent = await mina.PostAsync("/dead-letters/2/resubmit", null, Stop);
        Assert.Contains("Value no. 2 is on its way", await sent.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        var discarded = await mina.PostAsync("/dead-letters/1/discard", null, Stop);
        Assert.Contains("Value no. 1 is discarded", await discarded.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await mina.GetAsync("/dead-letters/1", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await mina.PostAsync("/dead-letters/1/discard", null, Stop)).StatusCode);
        Assert.Equal([3L], log.DeadLetters().Select(letter => letter.Id));
        var rows = cloud.App.Services.GetRequiredService<AuditLog>().Read(null, 10).Where(row => row.Action.StartsWith("dead-letter", StringComparison.Ordinal)).Select(row => (row.Action, row.Subject));
        Assert.Equal([("dead-letter.discard", "1"), ("dead-letter.resubmit", "2"), ("dead-letter.resubmit", "1")], rows);
        // Another site cannot make it happen.
        using var forged = new HttpRequestMessage(HttpMethod.Post, "/dead-letters/3/discard");
        forged.Headers.Add("Cookie", mina.DefaultRequestHeaders.GetValues("Cookie"));
        forged.Headers.Add("Sec-Fetch-Site", "cross-site");
        using var plain = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = cloud.Address };
        Assert.Equal(HttpStatusCode.Forbidden, (await plain.SendAsync(forged, Stop)).StatusCode);
        Assert.Single(log.DeadLetters());
    }

    private static DeadLetter Letter(ValueKind kind, string value) => new(0, "g9", Lane.Telemetry, new SeriesKey("d", "t"), kind, 1, 1, value, "store:refused", 1);
}
