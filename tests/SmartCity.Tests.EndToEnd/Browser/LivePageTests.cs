using System.Globalization;
using Microsoft.Playwright;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>The page in a real browser, fed by mosquitto_pub through gateway, uplink and server.</summary>
public sealed class LivePageTests() : BrowserTests("--Cloud:Live:StaleAfterMin=00:00:04")
{
    [Fact]
    public async Task A_value_appears_without_reload_goes_stale_when_the_device_stops_and_nothing_asks_another_host()
    {
        // A few, so that its usual interval is known.
        for (var i = 0; i < 4; i++)
        {
            await PublishAsync(20.5);
            await Task.Delay(700, TestContext.Current.CancellationToken);
        }
        await Eventually.HoldsAsync("the device is known", async () => (await _city.Server.GetAsync("/api/v1/devices", default)).Contains("street-1", StringComparison.Ordinal), seconds: 10);
        var page = await _browser.OpenAsync("/?lang=en&device=street-1");
        var tile = page.Locator(".tile[data-metric=temperature]");
        await Expect(tile.Locator(".number")).ToHaveTextAsync("20.5");
        await page.EvaluateAsync("window.loadedOnce = true");

        for (var i = 1; i <= 6; i++)
        {
            await PublishAsync(20.5 + i);
            await Task.Delay(700, TestContext.Current.CancellationToken);
        }
        await Expect(tile.Locator(".number")).ToHaveTextAsync("26.5", new() { Timeout = 5_000 });
        await Expect(tile).ToHaveAttributeAsync("data-state", "live");
        // The device stops.
        await Expect(tile).ToHaveAttributeAsync("data-state", "stale", new() { Timeout = 20_000 });
        Assert.True(await page.EvaluateAsync<bool>("window.loadedOnce === true"), "the page was loaded again");

        Assert.All(_browser.Requests, request => Assert.Equal("127.0.0.1", new Uri(request).Host));
        Assert.NotEmpty(_browser.Requests);
        Assert.Empty(_browser.Complaints);
    }

    [Fact]
    public async Task The_link_that_is_lost_is_said_and_comes_back_by_itself()
    {
        await PublishAsync(1);
        var page = await _browser.OpenAsync("/?lang=en&device=street-1");
        await Expect(page.Locator("#link")).ToHaveAttributeAsync("data-link", "live", new() { Timeout = 10_000 });
        _city.Server.Kill();
        await Expect(page.Locator("#lost")).ToBeVisibleAsync(new() { Timeout = 15_000 });
        await _city.Server.StartReadyAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await Expect(page.Locator("#lost")).ToBeHiddenAsync(new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task The_page_in_persian_runs_from_right_to_left_with_persian_digits_and_axe_finds_nothing_in_either_language()
    {
        await PublishAsync(20.5);
        await Eventually.HoldsAsync("the device is known", async () => (await _city.Server.GetAsync("/api/v1/devices", default)).Contains("street-1", StringComparison.Ordinal), seconds: 10);
        foreach (var language in (string[])["en", "fa"])
        {
            var page = await _browser.OpenAsync($"/?lang={language}&device=street-1");
            await Expect(page.Locator("html")).ToHaveAttributeAsync("dir", language == "fa" ? "rtl" : "ltr");
            await Expect(page.Locator(".tile[data-metric=temperature] .number")).ToHaveTextAsync(language == "fa" ? "۲۰٫۵" : "20.5");
            Assert.Empty(await Axe.ViolationsAsync(page));
        }
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private Task PublishAsync(double temperature) => PublishAsync(string.Create(CultureInfo.InvariantCulture, $"{{\"temperature\": {temperature}}}"));
}
