using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SmartCity.Model.Contracts;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>What a toll manager and an auditor do with the books of a played day, in a real browser and both languages.</summary>
public sealed partial class TollPagesTests : BrowserTests
{
    private protected override async Task StartCityAsync()
    {
        await _city.Server.StartReadyAsync(TimeSpan.FromSeconds(60), Stop);
        await TollRoad.GiveAsync(_city, Stop);
    }

    [Fact]
    public async Task A_manager_goes_from_a_day_to_its_evidence_explains_what_is_open_and_closes_and_an_auditor_only_looks()
    {
        var manager = await SignedInAsync("mina", await TollRoad.AddAccountAsync(_city, "mina", [Roles.TollManager], Stop));
        foreach (var language in (string[])["en", "fa"])
        {
            await FromDayToEvidenceAsync(manager, language);
            await ExplainAsync(manager, language);
        }
        await CloseAsync(manager);
        var auditor = await SignedInAsync("sara", await TollRoad.AddAccountAsync(_city, "sara", [Roles.TollAuditor], Stop));
        foreach (var language in (string[])["en", "fa"])
        {
            await FromDayToEvidenceAsync(auditor, language);
            foreach (var address in (string[])["/tolls/items?all=true&", "/tolls/periods?"])
            {
                await auditor.GotoAsync(_browser.AddressOf($"{address}lang={language}"));
                await Assertions.Expect(auditor.Locator("main section").First).ToBeVisibleAsync();
                await Assertions.Expect(auditor.Locator("main form[method=post]")).ToHaveCountAsync(0);
            }
        }
        foreach (var path in (string[])["/tolls/periods/1/close", "/tolls/periods/1/sign", "/tolls/items/00000000000000000000000000000000", "/api/v1/toll/periods/1/sign", "/api/v1/toll/reconciliation"])
            Assert.Equal((path, 403), (path, await auditor.EvaluateAsync<int>("async (path) => (await fetch(path, { method: 'POST', body: new URLSearchParams({ state: 'accepted', explanation: 'x' }) })).status", path)));
        NothingWasWrong();
    }

    [Fact]
    public async Task Without_scripts_an_item_is_judged_too_and_never_without_a_reason()
    {
        var page = await SignedInAsync("mina", await TollRoad.AddAccountAsync(_city, "mina", [Roles.TollManager], Stop), scripts: false);
        await page.GotoAsync(_browser.AddressOf("/tolls/items?lang=en"));
        await Assertions.Expect(page.Locator("#keys-of-items")).ToBeHiddenAsync();
        var item = page.Locator("[data-item]").First;
        var key = await item.GetAttributeAsync("aria-labelledby");
        await item.Locator("summary").ClickAsync();
        await item.Locator("select").SelectOptionAsync("accepted");
        await item.Locator("button").ClickAsync();
        await Assertions.Expect(page.Locator(".note.trouble")).ToBeVisibleAsync();
        item = page.Locator($"[aria-labelledby='{key}']");
        await item.Locator("summary").ClickAsync();
        await item.Locator("select").SelectOptionAsync("accepted");
        await item.Locator("input[name=explanation]").FillAsync("small");
        await item.Locator("button").ClickAsync();
        await Assertions.Expect(page.Locator(".note.done")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator($"[aria-labelledby='{key}']")).ToHaveCountAsync(0);
    }

    /// <summary>The board, a day of it, its charges, and everything about one.</summary>
    private async Task FromDayToEvidenceAsync(IPage page, string language)
    {
        await page.GotoAsync(_browser.AddressOf($"/?lang={language}"));
        await page.Locator("#navigation a[href='/tolls']").ClickAsync();
        await Assertions.Expect(page.Locator("#books tbody").First.Locator("tr")).ToHaveCountAsync(13);
        await Assertions.Expect(page.Locator("#books tr.odd")).ToHaveCountAsync(0);
        await CityBrowser.KeepAsync(page, $"tolls-board-{language}");
        await page.Locator("section[aria-labelledby=days-title] td a").First.ClickAsync();
        await page.WaitForURLAsync(new Regex("/tolls/charges\\?day=\\d{4}-\\d{2}-\\d{2}&point="));
        var all = await page.Locator("tbody tr").CountAsync();
        await page.Locator("#outcome").SelectOptionAsync("charged");
        await page.Locator("main form button").ClickAsync();
        await page.WaitForURLAsync(new Regex("outcome=charged"));
        // The day and the toll point stay chosen.
        Assert.InRange(await page.Locator("tbody tr").CountAsync(), 1, all);
        await page.Locator("tbody a").First.ClickAsync();
        await page.WaitForURLAsync(PassageAddress());
        foreach (var part in (string[])["trace", "events", "postings"]) await Assertions.Expect(page.Locator($"section[aria-labelledby={part}-title] tbody tr").First).ToBeVisibleAsync();
        await CityBrowser.KeepAsync(page, $"tolls-evidence-{language}");
    }

    /// <summary>By keyboard alone: down to an item, its form, why it is so; then it is gone from the open ones and stands with its explanation among all.</summary>
    private async Task ExplainAsync(IPage page, string language)
    {
        await page.GotoAsync(_browser.AddressOf($"/tolls/items?lang={language}"));
        var first = page.Locator("[data-item]").First;
        var key = (await first.GetAttributeAsync("aria-labelledby"))!;
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(page.Locator("[data-item]").Nth(1)).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(first).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Space");
        await Assertions.Expect(first.Locator("select")).ToBeFocusedAsync();
        await first.Locator("select").SelectOptionAsync("explained");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.InsertTextAsync($"the cable was cut ({language})");
        await CityBrowser.KeepAsync(page, $"tolls-judge-{language}");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".note.done")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator($"[aria-labelledby='{key}']")).ToHaveCountAsync(0);
        await page.GotoAsync(_browser.AddressOf("/tolls/items?all=true"));
        var explained = page.Locator($"[aria-labelledby='{key}']");
        await Assertions.Expect(explained).ToContainTextAsync($"the cable was cut ({language})");
        await Assertions.Expect(explained).ToContainTextAsync("mina");
    }

    /// <summary>Closes the first period; it cannot be signed while something is open, and says what that is.</summary>
    private async Task CloseAsync(IPage page)
    {
        await page.GotoAsync(_browser.AddressOf("/tolls/periods?lang=fa"));
        var period = page.Locator("section[aria-labelledby=period-1]");
        await period.Locator("summary").ClickAsync();
        await period.Locator("form[action$='/close'] button").ClickAsync();
        await Assertions.Expect(page.Locator(".note.done")).ToBeVisibleAsync();
        await Assertions.Expect(period.Locator("form[action$='/close']")).ToHaveCountAsync(0);
        await period.Locator("summary").ClickAsync();
        await period.Locator("form[action$='/sign'] button").ClickAsync();
        await Assertions.Expect(page.Locator(".note.trouble li").First).ToBeVisibleAsync();
        await CityBrowser.KeepAsync(page, "tolls-not-signed-fa");
    }

    [GeneratedRegex("/tolls/passages/[0-9a-f]{32}$")]
    private static partial Regex PassageAddress();
}
