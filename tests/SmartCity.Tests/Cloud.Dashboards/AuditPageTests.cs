using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Log;
using SmartCity.Model;
using SmartCity.Tests.Cloud.Server;

namespace SmartCity.Tests.Cloud.Dashboards;

/// <summary>The page of the books, at the address whose JSON is the contract.</summary>
public sealed class AuditPageTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Browsers_get_the_books_as_a_page_and_programs_as_JSON()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var now = DateTimeOffset.UtcNow;
        await cloud.SendAsync(("d", "pm25", 1, now), ("d", "temp", 2, now), ("d", "temp", 3, now));
        await cloud.StoredAsync();

        var page = await PageAsync(cloud, "en");
        Assert.Contains("Every value is accounted for", page);
        Assert.Matches("<th scope=\"row\" class=\"id\"><bdi dir=\"ltr\">g1</bdi></th><td>Telemetry</td>", page);
        Assert.Contains("aria-current=\"page\">Books</a>", page);
        Assert.DoesNotContain("class=\"odd\"", page);
        var persian = await PageAsync(cloud, "fa");
        Assert.Contains("<html lang=\"fa\" dir=\"rtl\">", persian);
        Assert.Contains("<bdi>۳</bdi>", persian);

        foreach (var accept in (string?[])[null, "*/*", "application/json", "application/json, text/html"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/audit");
            if (accept is not null) request.Headers.Add("Accept", accept);
            var answer = await cloud.Http.SendAsync(request, Stop);
            Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
            Assert.Contains("Accept", answer.Headers.Vary);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
            Assert.Equal(3, json.RootElement.GetProperty("items")[0].GetProperty("accepted").GetInt64());
        }
        Assert.Equal(HttpStatusCode.OK, (await cloud.Http.GetAsync(new Uri("/ui/js/audit.js", UriKind.Relative), Stop)).StatusCode);
    }

    [Fact]
    public async Task What_does_not_add_up_and_what_will_never_come_is_marked()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        await cloud.SendAsync(("d", "pm25", 1, DateTimeOffset.UtcNow));
        await cloud.StoredAsync();
        var log = cloud.App.Services.GetRequiredService<DurableLog>();
        await log.AppendAsync(new LogAppend { Gateway = "<g2>", Epoch = 0xABC, Lane = Lane.Alarm, FirstSequence = 1, Gap = GapReason.Corrupt, GapLast = 1_234 }, Stop);
        var page = await PageAsync(cloud, "en");
        Assert.Contains("Every value is accounted for", page);
        Assert.Contains("0000000000000abc", page);
        Assert.Contains("Damaged on the disk", page);
        Assert.Contains("&lt;g2&gt;", page);
        Assert.Contains("1,234", page);

        // Books that say that one value more was accepted than there is.
        await log.AppendAsync(new LogAppend { Gateway = "g3", Epoch = 1, Lane = Lane.Toll, FirstSequence = 1, Sequences = 1 }, Stop);
        page = await PageAsync(cloud, "en");
        Assert.Contains("1 values are not accounted for", page);
        Assert.Contains("<tr class=\"odd\">", page);
    }

    private static async Task<string> PageAsync(CloudUnderTest cloud, string language)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/audit?lang={language}") { Headers = { { "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" } } };
        var answer = await cloud.Http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.True(answer.Headers.Contains("Content-Security-Policy"));
        var html = await answer.Content.ReadAsStringAsync(Stop);
        Assert.DoesNotContain("style=", html);
        return language == "en" ? html : WebUtility.HtmlDecode(html);
    }
}
