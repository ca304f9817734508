using Microsoft.Playwright;
using SmartCity.Tests.Cloud.Server.Provider;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>Signing in by a city's provider in a real browser, whose rules for cookies, forms and redirects are the ones that count.</summary>
public sealed class ProviderPagesTests : IAsyncLifetime
{
    private ProviderUnderTest _provider = null!;
    private TrunkCity _city = null!;
    private CityBrowser _browser = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _provider = await ProviderUnderTest.StartAsync(Stop);
        (string Key, string Value)[] settings =
        [
            // By a name that browsers take for another site than the city's address.
            ("Authority", $"http://localhost:{_provider.Issuer.Port}/"), ("ClientId", ProviderUnderTest.Client), ("ClientSecret", ProviderUnderTest.Secret), ("Roles:0:Value", "city operators"), ("Roles:0:Role", "operator"),
        ];
        _city = new TrunkCity([.. settings.Select(setting => $"--Cloud:Access:Oidc:{setting.Key}={setting.Value}")]);
        _browser = new CityBrowser(_city);
        await _city.StartAsync(Stop);
        await _browser.StartAsync();
        _provider.Backs.Add(_browser.AddressOf("/sign-in/provider/back"));
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _city.Dispose();
        await _provider.DisposeAsync();
    }

    [Theory]
    [InlineData("en", "the city's account", "Your session with")]
    [InlineData("fa", "حساب شهر", "نشست شما با")]
    public async Task Somebody_signs_in_by_the_provider_and_out_at_both_places(string language, string provider, string ended)
    {
        _provider.Person = new ProviderPerson($"1-{language}", $"sara-{language}", ["city operators"]);
        var page = await _browser.OpenAsync($"/sign-in?lang={language}&return=/account");
        await BrowserTests.LookAsync(page, $"sign-in-provider-{language}");
        var link = page.Locator("main a.button");
        await Assertions.Expect(link).ToContainTextAsync(provider);
        // By keyboard alone.
        await link.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(_browser.AddressOf("/account"));
        await Assertions.Expect(page.Locator(".account")).ToHaveTextAsync($"sara-{language}");
        var cookies = await page.Context.CookiesAsync();
        Assert.Equal(["__Host-browser", "__Host-session"], cookies.Select(cookie => cookie.Name).Where(name => name.StartsWith("__Host-", StringComparison.Ordinal)).Order());

        await page.Locator("form[action='/sign-out'] button").ClickAsync();
        await page.WaitForURLAsync(_browser.AddressOf("/sign-in?ended=here"));
        await Assertions.Expect(page.Locator("#ended")).ToContainTextAsync(ended);
        await BrowserTests.LookAsync(page, $"sign-out-provider-{language}");
        await page.Locator("#ended a").ClickAsync();
        await page.WaitForURLAsync(_browser.AddressOf("/sign-in"));
        Assert.Equal(_browser.AddressOf("/sign-in"), _provider.LastEnd);

        // Without a role: back on the page, which says why and keeps where to go.
        _provider.Person = new ProviderPerson($"2-{language}", $"reza-{language}", ["cooks"]);
        await page.GotoAsync(_browser.AddressOf("/sign-in?return=/account"));
        await link.ClickAsync();
        await page.WaitForURLAsync(_browser.AddressOf("/sign-in?trouble=role&return=%2Faccount"));
        await Assertions.Expect(page.Locator(".note.trouble:not([data-trouble])")).ToBeVisibleAsync();
        await BrowserTests.LookAsync(page, $"sign-in-refused-provider-{language}");
        Assert.Empty(_browser.Complaints);
        Assert.Contains(_browser.Requests, request => new Uri(request).Host == "localhost");
        Assert.All(_browser.Requests, request => Assert.Contains(new Uri(request).Host, (string[])["127.0.0.1", "localhost"]));
        Assert.DoesNotContain(ProviderUnderTest.Secret, _city.Server.Words, StringComparison.Ordinal);
    }
}
