using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Playwright;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>Debian's Chromium in front of a city, and what its pages ask for and complain of.</summary>
internal sealed class CityBrowser(TrunkCity city) : IAsyncDisposable
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Addresses that pages have asked for.</summary>
    public ConcurrentBag<string> Requests { get; } = [];

    /// <summary>Errors of their scripts.</summary>
    public ConcurrentBag<string> Complaints { get; } = [];

    public async Task StartAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>Opens a page of the server in a tab of its own that remembers nothing of the others.</summary>
    public async Task<IPage> OpenAsync(string path, int width = 1280, bool scripts = true)
    {
        var page = await _browser!.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = width, Height = 900 }, JavaScriptEnabled = scripts });
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal)) Requests.Add(request.Url);
        };
        page.WebSocket += (_, socket) => Requests.Add(socket.Url);
        page.PageError += (_, error) => Complaints.Add(error);
        page.Console += (_, message) => { if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal)) Complaints.Add(message.Text); };
        await page.GotoAsync(AddressOf(path));
        return page;
    }

    public string AddressOf(string path) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{city.Server.Port("http")}{path}");

    /// <summary>Keeps a picture of a page beside the test's output, <c>bin/…/screenshots</c>, for a person to look at.</summary>
    public static Task KeepAsync(IPage page, string name) =>
        page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", name + ".png"), FullPage = true });

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
