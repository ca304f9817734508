using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>A city of real processes, Debian's Chromium in front of it, and what every test of pages does with both.</summary>
public abstract partial class BrowserTests : IAsyncLifetime
{
    /// <summary>The password that people choose.</summary>
    private protected const string Password = "correct horse battery staple";

    private protected readonly TrunkCity _city;
    private protected readonly CityBrowser _browser;

    /// <param name="server">Further settings of the server.</param>
    protected BrowserTests(params string[] server)
    {
        _city = new TrunkCity(server);
        _browser = new CityBrowser(_city);
    }

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await StartCityAsync();
        await _browser.StartAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _browser.DisposeAsync();
        _city.Dispose();
    }

    /// <summary>Brings up what the pages show.</summary>
    private protected virtual async Task StartCityAsync() => await _city.StartAsync(Stop);

    /// <summary>The first administrator's secret, as the first start says it.</summary>
    private protected string FirstSecret => SecretInWords().Match(_city.Server.Words).Groups["secret"].Value;

    /// <summary>Opens a tab and signs in as the first administrator.</summary>
    private protected Task<IPage> SignedInAsync(bool scripts = true) => SignedInAsync("admin", FirstSecret, scripts);

    /// <summary>Opens a tab, signs in with the secret of a new account and chooses a password.</summary>
    private protected async Task<IPage> SignedInAsync(string name, string secret, bool scripts = true)
    {
        var page = await _browser.OpenAsync("/sign-in?lang=en", scripts: scripts);
        await page.Locator("#name").FillAsync(name);
        await page.Locator("#password").FillAsync(secret);
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#old").FillAsync(secret);
        await page.Locator("#new").FillAsync(Password);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(_browser.AddressOf("/"));
        return page;
    }

    /// <summary>Has axe find nothing on a page, and keeps a picture of it.</summary>
    /// <param name="page">The page.</param>
    /// <param name="name">Name of the picture.</param>
    /// <param name="but">A part that is another's and is not looked at; null for none.</param>
    internal static async Task LookAsync(IPage page, string name, string? but = null)
    {
        var found = await Axe.ViolationsAsync(page, but);
        Assert.True(found.Length == 0, $"{name}: {string.Join("; ", found)}");
        await CityBrowser.KeepAsync(page, name);
    }

    /// <summary>No script has failed, no policy was broken, and nothing was asked of another host.</summary>
    private protected void NothingWasWrong()
    {
        Assert.Empty(_browser.Complaints);
        Assert.NotEmpty(_browser.Requests);
        Assert.All(_browser.Requests, request => Assert.Equal("127.0.0.1", new Uri(request).Host));
    }

    /// <summary>Publishes one message of the device <c>street-1</c> at QoS 1.</summary>
    private protected async Task PublishAsync(string payload) =>
        Assert.Equal(0, await MosquittoPub.RunAsync(_city.Gateway.Port("mqtt"), "-i", "street-1", "-t", "city/v1/street-1/telemetry", "-m", payload));

    [GeneratedRegex("name admin, secret (?<secret>[a-z0-9-]+)\\.")]
    private static partial Regex SecretInWords();
}
