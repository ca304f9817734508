using Microsoft.Playwright;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>From the printed secret to people, tokens and the change log in a real browser, in both languages, without a violation of accessibility.</summary>
public sealed class AccessPagesTests : BrowserTests
{
    [Fact]
    public async Task An_administrator_signs_in_for_the_first_time_adds_an_operator_and_finds_it_in_the_change_log()
    {
        var secret = FirstSecret;
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
        NothingWasWrong();
        // Past the one line that shows it, no secret is in any log.
        var words = _city.Server.Words;
        Assert.Equal(1, words.Split(secret).Length - 1);
        foreach (var hidden in (string[])[Password, "sc_", "wrong wrong wrong", "__Host-session"]) Assert.DoesNotContain(hidden, words, StringComparison.Ordinal);
    }
}
