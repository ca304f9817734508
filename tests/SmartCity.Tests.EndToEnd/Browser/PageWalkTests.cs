using System.Globalization;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>Every page of the server in a real browser, as an administrator sees it: both languages, every theme, by keyboard alone; and the picker of dates.</summary>
public sealed partial class PageWalkTests : BrowserTests
{
    private const int WalksMax = 4;

    [Fact]
    public async Task Every_page_has_no_violation_and_is_walked_by_keyboard_in_both_languages_and_every_theme()
    {
        // With nothing to see yet.
        foreach (var address in (string[])["/", "/audit"])
        {
            foreach (var language in (string[])["en", "fa"])
            {
                var empty = await _browser.OpenAsync($"{address}?lang={language}");
                await LookAsync(empty, $"empty-{(address == "/" ? "city" : "audit")}-{language}");
                await empty.CloseAsync();
            }
        }
        // A rule that the first reading breaks, with a name that would do harm.
        using (var console = AdminSocket.Connect(AdminSocket.FileIn(_city.Server.Data)))
        {
            var rules = new { rules = new[] { new { id = "pm25-high", name = "<img src=x onerror=pwned=1>", when = "pm25 > 10", cause = "<script>pwned=1</script>", consequence = "c", action = "a", respondWithin = "10m", priority = "high" } } };
            Assert.True((await console.PostAsJsonAsync("/api/v1/alarms/settings", rules, Stop)).IsSuccessStatusCode);
        }
        await PublishAsync("""{"pm25": 12.5, "kind": "air", "lat": 35.7, "lon": 51.4}""");
        // Row 41: names and texts that would do harm in a page that took them for markup.
        await PublishAsync("""{"<img src=x onerror=pwned=1>": 7, "state": "<svg onload=pwned=1>", "javascript:pwned=1": "\"><script>pwned=1</script>"}""");
        await Eventually.HoldsAsync("the server has all of it", async () => await _city.Server.AuditAsync("stored", default) == 7, seconds: 10);
        // Another kind of value than before, from a gateway that knows nothing of before: the server sets it aside.
        _city.Gateway.Kill();
        Directory.Delete(Path.Combine(_city.Gateway.Data, "spool"), recursive: true);
        await _city.Gateway.StartReadyAsync(TimeSpan.FromSeconds(20), Stop);
        await PublishAsync("""{"pm25": "<img src=x onerror=pwned=1>"}""");
        await Eventually.HoldsAsync("a value is set aside", async () => await _city.Server.AuditAsync("deadLettered", default) == 1, seconds: 10);
        var passage = await TollRoad.GiveAsync(_city, Stop);
        var page = await SignedInAsync();
        // Whoever runs the server sees no tolls by that alone.
        Assert.Equal(403, (await page.GotoAsync(_browser.AddressOf("/tolls")))!.Status);
        await Assertions.Expect(page.Locator("#navigation a[href='/tolls']")).ToHaveCountAsync(0);
        await TollRoad.SetRolesAsync(_city, "admin", [Roles.Administrator, Roles.TollManager], Stop);
        foreach (var (route, address) in PageList.All.Select(page => (page.Key, page.Value.Replace(PageList.PassageId, passage, StringComparison.Ordinal))))
        {
            foreach (var language in (string[])["en", "fa"])
            {
                foreach (var theme in (Theme[])[Theme.Light, Theme.Dark, Theme.Contrast])
                {
                    var (name, at) = (Preferences.NameOf(theme), $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}lang={language}");
                    await page.GotoAsync(_browser.AddressOf($"{at}&theme={name}"));
                    await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("dir", language == "fa" ? "rtl" : "ltr");
                    await LookAsync(page, $"page-{FileOf(route)}-{language}-{name}");
                }
                await WalkAsync(page, $"{route} in {language}");
                Assert.Equal("undefined", await page.EvaluateAsync<string>("typeof pwned"));
                Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{route} in {language} is wider than the screen");
                await page.SetViewportSizeAsync(360, 740);
                Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{route} in {language} is wider than a phone");
                await CityBrowser.KeepAsync(page, $"phone-{FileOf(route)}-{language}");
                await page.SetViewportSizeAsync(1280, 900);
            }
        }
        await page.GotoAsync(_browser.AddressOf("/?device=street-1"));
        await Assertions.Expect(page.Locator(".tile .name", new() { HasText = "<img src=x onerror=pwned=1>" })).ToBeVisibleAsync();
        NothingWasWrong();
    }

    [Theory]
    [InlineData("fa", "۱۴۰۳-۱۲-۳۰", "اسفند ۱۴۰۳", "۱۴۰۴-۰۱-۰۱", "ArrowLeft")]
    [InlineData("en", "2024-02-29", "February 2024", "2024-03-01", "ArrowRight")]
    public async Task A_date_is_picked_by_keyboard_alone(string language, string typed, string month, string after, string forward)
    {
        var page = await SignedInAsync();
        await page.GotoAsync(_browser.AddressOf($"/change-log?lang={language}"));
        await page.Locator("#from").FillAsync(typed);
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        var dialog = page.Locator(".date-dialog");
        await Assertions.Expect(dialog.Locator("h2")).ToHaveTextAsync(month);
        await Assertions.Expect(dialog.Locator("[aria-selected=true]")).ToBeFocusedAsync();
        // Weeks begin on Saturday, at the side where reading begins.
        await Assertions.Expect(dialog.Locator("th").First).ToHaveAttributeAsync("abbr", language == "fa" ? "شنبه" : "Saturday");
        await LookAsync(page, $"date-picker-{language}");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(dialog).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator("#from")).ToHaveValueAsync(typed);
        await page.Keyboard.PressAsync("Enter");
        foreach (var (key, day) in Steps(language, forward))
        {
            await page.Keyboard.PressAsync(key);
            Assert.Equal((key, day), (key, await page.EvaluateAsync<string>("new Date(Number(document.activeElement.dataset.day) * 864e5).toISOString().slice(0, 10)")));
        }
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#from")).ToHaveValueAsync(after);
        await page.Locator("#dates button.primary").PressAsync("Enter");
        await Assertions.Expect(page.Locator("#from")).ToHaveValueAsync(after);
        Assert.Empty(_browser.Complaints);
    }

    [Fact]
    public async Task A_typed_date_is_taken_without_scripts_and_a_wrong_one_is_told()
    {
        var page = await SignedInAsync(scripts: false);
        await page.GotoAsync(_browser.AddressOf("/change-log?lang=fa&digits=latin"));
        Assert.False(await page.Locator(".date-open").First.IsVisibleAsync());
        await page.Locator("#from").FillAsync("۱۴۰۵/۱/۱");
        await page.Locator("#to").FillAsync("2122-01-01");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#from")).ToHaveValueAsync("1405-01-01");
        await Assertions.Expect(page.Locator("#to")).ToHaveValueAsync("1500-10-11");
        await Assertions.Expect(page.Locator("table")).ToBeVisibleAsync();
        await page.Locator("#to").FillAsync("1404-12-30");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#to-error")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#to")).ToHaveAttributeAsync("aria-describedby", "to-help to-error");
        await CityBrowser.KeepAsync(page, "date-wrong-fa");
    }

    /// <summary>A route as part of a file's name: its words and the names of its parameters.</summary>
    private static string FileOf(string route) => route == "/" ? "city" : NotOfFiles().Replace(route.Trim('/'), "-").Trim('-');

    /// <summary>From the last day of a leap year or leap February: what each key leads to, ending on the day after it.</summary>
    private static IEnumerable<(string Key, string Day)> Steps(string language, string forward)
    {
        var back = forward == "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
        return language == "fa"
            ? [(back, "2025-03-19"), (forward, "2025-03-20"), ("ArrowUp", "2025-03-13"), ("ArrowDown", "2025-03-20"), ("Home", "2025-03-15"), ("End", "2025-03-21"), ("PageUp", "2025-02-19"), ("PageDown", "2025-03-21"), ("Shift+PageUp", "2024-03-20"), ("Shift+PageDown", "2025-03-21")]
            : [(back, "2024-02-28"), (forward, "2024-02-29"), ("ArrowUp", "2024-02-22"), ("ArrowDown", "2024-02-29"), ("Home", "2024-02-24"), ("End", "2024-03-01"), ("PageUp", "2024-02-01"), ("PageDown", "2024-03-01"), ("Shift+PageUp", "2023-03-01"), ("Shift+PageDown", "2024-03-01")];
    }

    /// <summary>Tab reaches everything that can be used, shows where it is, and comes round. Where something is shown anew meanwhile, such as a list to which an alarm has come, it begins anew.</summary>
    private static async Task WalkAsync(IPage page, string where)
    {
        for (var tries = 1; !await IsWalkedAsync(page); tries++)
        {
            var isOfNow = await page.EvaluateAsync<bool>("[...unseen].every((one) => one.isConnected)");
            Assert.False(isOfNow || tries == WalksMax, $"{where}: Tab never reached {await page.EvaluateAsync<string>("[...unseen].map((one) => one.outerHTML.slice(0, 120)).join('; ')")}");
        }
        Assert.True(await page.EvaluateAsync<int>("unmarked.length") == 0, $"{where}: nothing shows that the focus is at {await page.EvaluateAsync<string>("unmarked.join('; ')")}");
    }

    /// <summary>Presses Tab until it has been everywhere, and somewhat beyond.</summary>
    private static async Task<bool> IsWalkedAsync(IPage page)
    {
        await page.EvaluateAsync("""
            () => {
              document.activeElement?.blur();
              getSelection()?.removeAllRanges();
              scrollTo(0, 0);
              window.unmarked ??= [];
              if (!window.unseen) document.addEventListener('focusin', (event) => {
                unseen.delete(event.target);
                const style = getComputedStyle(event.target);
                if (style.outlineStyle === 'none' && style.boxShadow === 'none') unmarked.push(event.target.outerHTML.slice(0, 120));
              });
              window.unseen = new Set([...document.querySelectorAll('a[href], button:not([disabled]), input:not([type=hidden]), select, summary, [tabindex="0"]')]
                .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('dialog:not([open])') && !(one.closest('details:not([open])') && one.tagName !== 'SUMMARY')));
            }
            """);
        var most = await page.EvaluateAsync<int>("unseen.size + 40");
        for (var i = 0; i < most && await page.EvaluateAsync<int>("unseen.size") > 0; i++) await page.Keyboard.PressAsync("Tab");
        return await page.EvaluateAsync<int>("unseen.size") == 0;
    }

    [GeneratedRegex("(:regex.*|[^a-z0-9])+")]
    private static partial Regex NotOfFiles();
}
