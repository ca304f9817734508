using System.Net;
using SmartCity.Cloud.Dashboards;
using SmartCity.Model;
using SmartCity.Tests.Cloud.Server;

namespace SmartCity.Tests.Cloud.Dashboards;

/// <summary>The page as the server sends it; what its scripts do is tested in a browser.</summary>
public sealed class PageTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_shows_values_before_any_script_runs_in_both_languages()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        Assert.Contains("No device has sent anything yet", await cloud.Http.GetStringAsync("/", Stop));
        var now = DateTimeOffset.UtcNow;
        await cloud.SendAsync(("d<1>", "pm25", 1234.5, now), ("d<1>", "temp", 12.5, now));
        await cloud.StoredAsync();

        var english = await cloud.Http.GetStringAsync("/", Stop);
        Assert.Contains("<html lang=\"en\" dir=\"ltr\">", english);
        Assert.Contains("12.5</bdi> <span class=\"unit\">°C", WebUtility.HtmlDecode(english));
        Assert.Contains("data-state=\"live\"", english);
        Assert.Contains("d&lt;1&gt;", english);
        Assert.DoesNotContain("d<1>", english);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept-Language", "de, fa-IR;q=0.9, en;q=0.5" } } };
        var persian = WebUtility.HtmlDecode(await (await cloud.Http.SendAsync(request, Stop)).Content.ReadAsStringAsync(Stop));
        Assert.Contains("<html lang=\"fa\" dir=\"rtl\">", persian);
        Assert.Contains("۱۲٫۵</bdi>", persian);
        Assert.Contains("دما", persian);
    }

    [Fact]
    public async Task The_language_asked_for_is_remembered()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        Assert.Contains("lang=\"fa\" dir", await cloud.Http.GetStringAsync("/?lang=fa", Stop));
        Assert.Contains("lang=\"fa\" dir", await cloud.Http.GetStringAsync("/", Stop));
        Assert.Contains("lang=\"en\" dir", await cloud.Http.GetStringAsync("/?lang=en", Stop));
    }

    [Fact]
    public async Task Nothing_may_load_from_another_host()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var page = await cloud.Http.GetAsync("/", Stop);
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            Assert.Single(page.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal(ContentSecurityPolicy.Value, Assert.Single(page.Headers.GetValues("Content-Security-Policy")));
        var html = await page.Content.ReadAsStringAsync(Stop);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", html);
        Assert.DoesNotMatch("<script(?![^>]*(src=|application/json))", html);
        Assert.DoesNotContain("style=", html);
    }

    [Fact]
    public async Task The_files_of_the_page_come_from_here_with_an_entity_tag()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        (string Path, string? MediaType)[] files =
        [
            ("js/city.js", "text/javascript"), ("css/city.css", "text/css"), ("js/city-map.js", "text/javascript"),
            ("lib/uPlot.esm.js", "text/javascript"), ("lib/vazirmatn.woff2", "font/woff2"), ("lib/city.json", "application/json"), ("icon.svg", "image/svg+xml"),
        ];
        foreach (var (path, mediaType) in files)
        {
            var file = await cloud.Http.GetAsync($"/ui/{path}", Stop);
            Assert.Equal((path, HttpStatusCode.OK), (path, file.StatusCode));
            Assert.NotNull(file.Headers.ETag);
            if (mediaType is not null) Assert.Equal(mediaType, file.Content.Headers.ContentType?.MediaType);
            Assert.NotEmpty(await file.Content.ReadAsByteArrayAsync(Stop));
        }
    }
}
