using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>From the printed secret to people, tokens and the change log in a real browser, in both languages, without a violation of accessibility.</summary>
public sealed partial class AccessPagesTests : IAsyncLifetime
{
    private const string Password = "correct horse battery staple";
    private readonly TrunkCity _city = new();
    private readonly CityBrowser _browser;

    public AccessPagesTests() => _browser = new CityBrowser(_city);

    public async ValueTask InitializeAsync()
    {
        await _city.StartAsync(TestContext.Current.CancellationToken);
        await _browser.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _city.Dispose();
    }

    [Fact]
    public async Task An_administrator_signs_in_for_the_first_time_adds_an_operator_and_finds_it_in_the_change_log()
    {
        var secret = FirstSecret().Match(_city.Server.Words).Groups["secret"].Value;
        Assert.NotEmpty(secret);
        var page = await _browser.OpenAsync("/sign-in?lang=fa");
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("dir", "rtl");
        await LookAsync(page, "sign-in-fa");
        // By keyboard alone: the names in the form are walked with Tab and sent with Enter.
        await page.Locator("#name").FocusAsync();
        await page.Keyboard.TypeAsync("admin");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync("wrong wrong wrong");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".note.trouble")).ToContainTextAsync("گذرواژه درست نیست");
        await LookAsync(page, "sign-in-refused-fa");
        await page.Locator("#password").FillAsync(secret);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(_browser.AddressOf("/account"));
        await LookAsync(page, "account-choose-fa");
        await page.Locator("#old").FillAsync(secret);
        await page.Locator("#new").FillAsync("admin admin admin");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#new-error")).ToContainTextAsync("زود حدس زده");
        await LookAsync(page, "account-refused-fa");
        await page.Locator("#old").FillAsync(secret);
        await page.Locator("#new").FillAsync(Password);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(_browser.AddressOf("/"));
        await Assertions.Expect(page.Locator(".account")).ToHaveTextAsync("admin");

        foreach (var language in (string[])["en", "fa"])
        {
            await page.GotoAsync(_browser.AddressOf($"/people?lang={language}"));
            await page.Locator("#name").FillAsync($"mina-{language}");
            await page.Locator("input[value=operator]").CheckAsync();
            await page.Locator("form[action='/people'] button").ClickAsync();
            await Assertions.Expect(page.Locator(".note.done")).ToContainTextAsync($"mina-{language}");
            await LookAsync(page, $"people-{language}");
            await page.GotoAsync(_browser.AddressOf("/account"));
            await page.Locator("#token-name").FillAsync("night job");
            await page.Locator("form[action='/account/tokens'] > button").ClickAsync();
            await Assertions.Expect(page.Locator(".note.done")).ToContainTextAsync("sc_");
            await LookAsync(page, $"account-{language}");
            await page.GotoAsync(_browser.AddressOf("/change-log"));
            await Assertions.Expect(page.Locator("table")).ToContainTextAsync($"mina-{language}");
            await page.Locator("main form:has([name=verify]) button").ClickAsync();
            await Assertions.Expect(page.Locator(".note.done")).ToBeVisibleAsync();
            await LookAsync(page, $"change-log-{language}");
        }
        await page.GotoAsync(_browser.AddressOf("/account"));
        await page.Locator("form[action='/sign-out'] button").ClickAsync();
        await page.GotoAsync(_browser.AddressOf("/people"));
        Assert.Contains("/sign-in?return=%2Fpeople", page.Url, StringComparison.Ordinal);
        Assert.Empty(_browser.Complaints);
        Assert.All(_browser.Requests, request => Assert.Equal("127.0.0.1", new Uri(request).Host));
        // Past the one line that shows it, no secret is in any log.
        var words = _city.Server.Words;
        Assert.Equal(1, words.Split(secret).Length - 1);
        foreach (var hidden in (string[])[Password, "sc_", "wrong wrong wrong", "__Host-session"]) Assert.DoesNotContain(hidden, words, StringComparison.Ordinal);
    }

    private static async Task LookAsync(IPage page, string name)
    {
        var found = await page.RunAxe();
        Assert.True(found.Violations.Length == 0, $"{name}: " + string.Join("; ", found.Violations.Select(violation => $"{violation.Id} ({violation.Impact}) at {string.Join(", ", violation.Nodes.Select(node => node.Html))}")));
        await CityBrowser.KeepAsync(page, name);
    }

    [GeneratedRegex("name admin, secret (?<secret>[a-z0-9-]+)\\.")]
    private static partial Regex FirstSecret();
}
