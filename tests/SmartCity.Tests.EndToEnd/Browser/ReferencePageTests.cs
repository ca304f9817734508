using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>The API's reference in a real browser: another's program, on a page of ours, that asks no other host and breaks no policy.</summary>
public sealed class ReferencePageTests : BrowserTests
{
    [Theory]
    [InlineData("en", "ltr")]
    [InlineData("fa", "rtl")]
    public async Task The_reference_is_read_by_keyboard_in_either_language_and_asks_nobody_else(string language, string direction)
    {
        var page = await _browser.OpenAsync($"/reference?lang={language}");
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("dir", direction);
        await Assertions.Expect(page.Locator("#reference h1").First).ToContainTextAsync("SmartCity API");
        await Assertions.Expect(page.Locator("#reference")).ToContainTextAsync("Tolls");
        // By keyboard: past our bar into the reference.
        for (var i = 0; i < 12 && !await page.EvaluateAsync<bool>("document.activeElement.closest('#reference') !== null"); i++) await page.Keyboard.PressAsync("Tab");
        Assert.True(await page.EvaluateAsync<bool>("document.activeElement.closest('#reference') !== null"), "Tab does not reach the reference");
        var found = await page.RunAxe();
        await CityBrowser.KeepAsync(page, $"reference-{language}");
        Assert.True(found.Violations.Length == 0, string.Join("; ", found.Violations.Select(violation => $"{violation.Id} ({violation.Impact}) at {string.Join(", ", violation.Nodes.Take(3).Select(node => node.Html))}")));
        NothingWasWrong();
    }
}
