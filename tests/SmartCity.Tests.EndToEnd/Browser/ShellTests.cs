using System.Text.Json;
using Microsoft.Playwright;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>What all pages have in common, in a real browser: the keyboard, and the words and dates of the golden file.</summary>
public sealed class ShellTests : BrowserTests
{
    /// <summary>Scalar's own program: its markup is the package's and has no settings; what stands around it is ours and is looked at.</summary>
    private const string OfScalar = ".scalar-app";

    [Fact]
    public async Task The_reference_shows_the_operations_within_seconds_and_asks_nobody_else()
    {
        foreach (var language in (string[])["en", "fa"])
        {
            var page = await _browser.OpenAsync($"/reference?lang={language}");
            await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("dir", language == "fa" ? "rtl" : "ltr");
            // Of its first part, read out of the document: nothing else on the page says it.
            await Assertions.Expect(page.Locator("#reference").GetByText("Which numbers came from gateways, which never will, and why").First).ToBeVisibleAsync(new() { Timeout = 30_000 });
            await Assertions.Expect(page.Locator("header a[href='/problems']")).ToHaveTextAsync(language == "fa" ? "مشکل‌ها" : "Problems");
            await LookAsync(page, $"reference-{language}", OfScalar);
            await page.CloseAsync();
        }
        NothingWasWrong();
        // Once made, it is kept by whoever has it.
        Assert.Contains(_browser.Requests, request => new Uri(request).AbsolutePath == "/openapi/v1.json");
    }

    [Theory]
    [InlineData("en")]
    [InlineData("fa")]
    public async Task Help_palette_and_navigation_work_by_keyboard_alone(string language)
    {
        var page = await _browser.OpenAsync($"/?lang={language}");
        await page.Keyboard.PressAsync("?");
        await Assertions.Expect(page.Locator("#help")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#help")).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync(language == "fa" ? "شهر" : "city");
        await Assertions.Expect(page.Locator("#palette-found li[aria-selected=true]")).ToContainTextAsync(language == "fa" ? "شهر" : "City");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).ToHaveURLAsync(_browser.AddressOf("/"));
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.Locator(".skip")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        Assert.EndsWith("#main", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_browser_writes_numbers_dates_and_searches_as_the_golden_file_says()
    {
        var page = await _browser.OpenAsync("/?lang=fa");
        var golden = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "tests/SmartCity.Tests/Cloud.Dashboards/local-text.json"), TestContext.Current.CancellationToken);
        var words = new Dictionary<string, JsonElement>();
        foreach (var language in (string[])["en", "fa"])
            words[language] = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(Repository.Root, $"cloud/SmartCity.Cloud.Dashboards/Words/{language}.json"), TestContext.Current.CancellationToken));
        var wrong = await page.EvaluateAsync<string[]>("""
            async ([text, words]) => {
              const golden = JSON.parse(text);
              const { LocalText } = await import('/ui/js/local-text.js');
              const { fold } = await import('/ui/js/search-text.js');
              const dates = await import('/ui/js/dates.js');
              const wrong = [];
              const expect = (what, expected, found) => { if (expected !== found) wrong.push(`${what}: expected ${expected}, found ${found}`); };
              for (const language of ['en', 'fa']) {
                const all = JSON.parse(words[language]);
                const word = (key, ...parts) => parts.reduce((said, part, i) => said.replaceAll(`{${i}}`, part), all[key]);
                const local = new LocalText(language, golden.zone, word);
                for (const one of golden.numbers) expect(one.value, one[language], local.number(one.value));
                for (const one of golden.times) expect(one.ms, one[language], local.dateAndTime(one.ms));
                for (const one of golden.dates) expect(one.ms, one[language], local.date(one.ms));
                for (const one of golden.ages) expect(one.seconds, one[language], local.age(one.seconds));
              }
              const utc = new LocalText('fa', 'UTC', () => '', false);
              for (const [year, day] of Object.entries(golden.newYears)) {
                expect(year, `${year}-01-01`, utc.date(Date.parse(day)));
                expect(`before ${year}`, `${Number(year) - 1}-12-`, utc.date(Date.parse(day) - 1).slice(0, 8));
              }
              const dayOf = (iso) => Date.parse(iso) / 86400000;
              for (const one of golden.parsed) expect(one.text, dayOf(one.date), dates.parseDate(one.text));
              for (const one of golden.refused) expect(one, null, dates.parseDate(one));
              for (const one of golden.grids) {
                const grid = dates.gridOf(one.calendar, one.year, one.month);
                expect(JSON.stringify(one), [dayOf(one.first), one.lead, one.length].join(), [grid.first, grid.lead, grid.length].join());
              }
              for (const one of golden.plusMonths) expect(JSON.stringify(one), dayOf(one.to), dates.plusMonths(one.calendar, dayOf(one.date), one.months));
              for (const one of golden.starts) expect(JSON.stringify(one), one.ms, dates.startOf(dayOf(one.date), one.zone));
              // Every day that can be picked, there and back.
              let [year, month, day, months] = [1300, 1, 1, 0];
              for (let number = dates.minDay; number <= dates.maxDay; number++) {
                expect(number, `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`, dates.writeDate('persian', number));
                expect(number, number, dates.parseDate(dates.writeDate('persian', number)));
                expect(number, number, dates.parseDate(dates.writeDate('gregorian', number)));
                const length = dates.gridOf('persian', year, month).length;
                const next = golden.newYears[year + 1];
                if (day === 1) expect(`${year}-${month}`, month <= 6 ? 31 : month < 12 ? 30 : next === undefined ? 29 : dayOf(next) - dayOf(golden.newYears[year]) === 366 ? 30 : 29, length);
                if (day === 1 && month === 1) expect(year, dayOf(golden.newYears[year]), number);
                if (day++ === length) [day, month, months] = [1, month % 12 + 1, months + 1];
                if (day === 1 && month === 1) year++;
              }
              expect('months', 201 * 12, months);
              for (const one of golden.search) expect(one.text, one.folded, fold(one.text));
              return wrong;
            }
            """, new object[] { golden, words.ToDictionary(pair => pair.Key, pair => pair.Value.GetRawText()) });
        Assert.Empty(wrong);
    }
}
