using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Playwright;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>The gateway's own page in a real browser.</summary>
public sealed class GatewayPageTests : IAsyncLifetime
{
    private readonly TrunkCity _city = new();
    private readonly ConcurrentBag<string> _requests = [];
    private readonly ConcurrentBag<string> _complaints = [];
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        await _city.StartAsync(TestContext.Current.CancellationToken);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        _city.Dispose();
    }

    [Fact]
    public async Task It_shows_the_gateway_on_a_narrow_screen_in_both_languages_and_says_by_itself_when_the_cloud_is_lost()
    {
        await PublishAsync("""{"a": 1, "b": 2}""");
        await PublishAsync("""{"a": <img src=x onerror=alert(1)>}""");
        foreach (var language in (string[])["en", "fa"])
        {
            foreach (var path in (string[])["/", "/devices", "/dead-letters", "/dead-letters/1"])
            {
                var page = await OpenAsync($"{path}?lang={language}");
                await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("dir", language == "fa" ? "rtl" : "ltr");
                Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 360, $"{path} in {language} is wider than the screen");
                Assert.Equal(0, await page.Locator("main img, main script").CountAsync());
                if (language == "en" || path == "/") Assert.Empty(await Axe.ViolationsAsync(page));
                await page.CloseAsync();
            }
        }
        var live = await OpenAsync("/?lang=en");
        await Assertions.Expect(live.Locator("[data-link=cloud] .good")).ToHaveTextAsync("connected");
        await Assertions.Expect(live.Locator("[data-audit]")).ToHaveAttributeAsync("data-audit", "0");
        await Assertions.Expect(live.Locator("[data-fault=letters]")).ToBeVisibleAsync();
        _city.Server.Kill();
        // Without a hand: the page comes again every five seconds of its clock.
        await SeenAsync(live, "[data-fault=cloud-away]");
        _city.Gateway.Kill();
        await SeenAsync(live, "#lost");
        Assert.All(_requests, request => Assert.Equal("127.0.0.1", new Uri(request).Host));
        Assert.Empty(_complaints);
    }

    private static Task SeenAsync(IPage page, string selector) => Eventually.HoldsAsync($"{selector} is seen", async () =>
    {
        await page.Clock.FastForwardAsync(5_000);
        return await page.Locator(selector).IsVisibleAsync();
    });

    private async Task<IPage> OpenAsync(string path)
    {
        var page = await _browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 360, Height = 740 } });
        page.Request += (_, request) => _requests.Add(request.Url);
        page.PageError += (_, error) => _complaints.Add(error);
        page.Console += (_, message) => { if (message.Type == "error" && !message.Text.Contains("net::ERR_CONNECTION", StringComparison.Ordinal)) _complaints.Add(message.Text); };
        await page.Clock.InstallAsync();
        await page.GotoAsync(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_city.Gateway.Port("http")}{path}"));
        return page;
    }

    private async Task PublishAsync(string payload) =>
        Assert.Equal(0, await MosquittoPub.RunAsync(_city.Gateway.Port("mqtt"), "-i", "street-1", "-t", "city/v1/street-1/telemetry", "-m", payload));
}
