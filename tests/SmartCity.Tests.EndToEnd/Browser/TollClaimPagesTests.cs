using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Playwright;
using SmartCity.Model.Contracts;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>The shipped day goes from its claim over the issuer's answer and the bank to a sealed period: once by pages in both languages, once by the command line.</summary>
public sealed class TollClaimPagesTests : BrowserTests
{
    private static readonly string _examples = Path.Combine(Repository.Root, "cloud", "SmartCity.Cloud.Tolling", "examples");

    private protected override async Task StartCityAsync()
    {
        await _city.Server.StartReadyAsync(TimeSpan.FromSeconds(60), Stop);
        await TollRoad.GiveAsync(_city, Shipped("day.ndjson"), [.. Directory.GetFiles(_examples, "*.json"), .. Directory.GetFiles(_examples, "*.csv")], Stop);
    }

    [Fact]
    public async Task By_pages_a_day_is_claimed_answered_paid_and_sealed_and_the_same_files_again_change_nothing()
    {
        var manager = await SignedInAsync("mina", await TollRoad.AddAccountAsync(_city, "mina", [Roles.TollManager], Stop));
        await manager.GotoAsync(_browser.AddressOf("/tolls?lang=en"));
        await manager.Locator("main a[href='/tolls/claims']").ClickAsync();
        await Assertions.Expect(manager.Locator("section[aria-labelledby=due-title] tbody tr").First).ToContainTextAsync("680,000");
        await LookAsync(manager, "tolls-claims-due-en");
        // By keyboard alone: looked at, then made.
        await manager.Locator("button[value=look]").PressAsync("Enter");
        await Assertions.Expect(manager.Locator(".note.done")).ToContainTextAsync("680,000");
        await Assertions.Expect(manager.Locator("section[aria-labelledby=claims-title] tbody tr")).ToHaveCountAsync(0);
        await manager.Locator("button[value=make]").PressAsync("Enter");
        await Assertions.Expect(manager.Locator(".note.done")).ToContainTextAsync("C792-000001");
        await manager.Locator("button[value=make]").PressAsync("Enter");
        await Assertions.Expect(manager.Locator(".note.done")).ToContainTextAsync("nothing new");
        await Assertions.Expect(manager.Locator("section[aria-labelledby=claims-title] tbody tr")).ToHaveCountAsync(1);
        var hash = (await manager.Locator("section[aria-labelledby=claims-title] bdi[title]").First.GetAttributeAsync("title"))!;
        var download = await manager.RunAndWaitForDownloadAsync(() => manager.Locator("a[href$='/file']").First.ClickAsync());
        await download.SaveAsAsync(_city["claim.STRAN"]);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(_city["claim.STRAN"], Stop))));

        // A file that does not add up is refused with its place, and changes nothing.
        await manager.GotoAsync(_browser.AddressOf("/tolls/files?lang=en"));
        await BringAsync(manager, "wrong.xml", (await File.ReadAllTextAsync(Shipped("bank.camt053.xml"), Stop)).Replace("5631500", "5631501", StringComparison.Ordinal));
        await Assertions.Expect(manager.Locator(".note.trouble")).ToContainTextAsync("do not add up");
        await LookAsync(manager, "tolls-files-refused-en");
        await manager.GotoAsync(_browser.AddressOf("/tolls/files?lang=fa"));
        foreach (var name in (string[])["answer.SRECON", "bank.camt053.xml"])
        {
            await BringAsync(manager, name, await File.ReadAllTextAsync(Shipped(name), Stop));
            await Assertions.Expect(manager.Locator("#preview")).ToBeVisibleAsync();
            await LookAsync(manager, $"tolls-files-preview-{name}-fa");
            await manager.Locator("#preview button").PressAsync("Enter");
            await Assertions.Expect(manager.Locator(".note.done")).ToContainTextAsync(name);
        }
        await BringAsync(manager, "bank again.xml", await File.ReadAllTextAsync(Shipped("bank.camt053.xml"), Stop));
        await Assertions.Expect(manager.Locator("#preview")).ToHaveCountAsync(0);
        await Assertions.Expect(manager.Locator(".note.done")).ToContainTextAsync("چیزی تغییر نکرد");
        await Assertions.Expect(manager.Locator("section[aria-labelledby=files-title] tbody tr")).ToHaveCountAsync(2);
        await LookAsync(manager, "tolls-files-fa");
        await manager.GotoAsync(_browser.AddressOf("/tolls/claims/C792-000001?lang=fa"));
        await Assertions.Expect(manager.Locator("section[aria-labelledby=lines-title] tbody tr")).ToHaveCountAsync(8);
        await Assertions.Expect(manager.Locator("section[aria-labelledby=sums-title]")).ToContainTextAsync("۶۰۶٬۵۰۰");
        await LookAsync(manager, "tolls-claim-fa");
        await manager.GotoAsync(_browser.AddressOf("/tolls?lang=fa"));
        await Assertions.Expect(manager.Locator("#books tr.odd")).ToHaveCountAsync(0);
        await Assertions.Expect(manager.Locator("#books tbody").First).ToContainTextAsync("E12");

        await SealAsync(manager);
        await manager.GotoAsync(_browser.AddressOf("/tolls/files?lang=en"));
        await BringAsync(manager, "answer.SRECON", await File.ReadAllTextAsync(Shipped("answer.SRECON"), Stop));
        await Assertions.Expect(manager.Locator(".note.done")).ToContainTextAsync("nothing was changed");
        Assert.Empty(_browser.Complaints);
    }

    [Fact]
    public async Task By_the_command_line_a_day_is_claimed_answered_and_paid_and_the_same_again_changes_nothing()
    {
        var folder = _city["claims"];
        Assert.Contains("680000", await CommandAsync(0, "claim", "due"));
        var made = await CommandAsync(0, "claim", "export", "--issuer", "792", "--at", "2025-10-06T04:30:00Z", "--out", folder);
        var file = Assert.Single(Directory.GetFiles(folder));
        var hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file, Stop)));
        Assert.Contains(hash, made);
        // What the README promises.
        Assert.Contains(hash, await File.ReadAllTextAsync(Path.Combine(_examples, "settlement", "README.md"), Stop));
        Assert.Contains("nothing new", await CommandAsync(0, "claim", "export", "--issuer", "792", "--out", folder));
        Assert.Contains(hash, await CommandAsync(0, "claim", "export", "--again", "C792-000001", "--out", folder));
        Assert.Contains("refused", await CommandAsync(1, "bank", "import", Shipped("answer.SRECON")));
        foreach (var (kind, name) in ((string, string)[])[("answer", "acknowledgement.ACK"), ("answer", "answer.SRECON"), ("bank", "bank.camt053.xml")])
        {
            Assert.Contains("took", await CommandAsync(0, kind, "import", Shipped(name)));
            Assert.Contains("nothing was changed", await CommandAsync(0, kind, "import", Shipped(name)));
        }
        await CommandAsync(0, "claim", "table", "C792-000001", _city["lines.xlsx"], "--lang", "fa");
        Assert.True(new FileInfo(_city["lines.xlsx"]).Length > 1_000);
        using var items = JsonDocument.Parse(await CommandAsync(3, "reconcile", "--items", "--output", "json"));
        var open = items.RootElement.EnumerateArray().Select(item => (Class: item.GetProperty("class").GetString(), Key: item.GetProperty("key").GetString()!)).ToList();
        Assert.Equal(["AMOUNT_MISMATCH", "BANK_UNAPPLIED", "ISSUER_REJECT"], open.Select(item => item.Class).Order());
        await CommandAsync(0, ["item", "judge", .. open.Select(item => item.Key), "--state", "accepted", "--why", "small"]);
        await CommandAsync(0, "reconcile");
        await CommandAsync(0, "period", "close", "1");
        Assert.Contains("first", await CommandAsync(0, "period", "sign", "1"));
        Assert.Contains("entries are as they were written", await CommandAsync(0, "verify"));
    }

    /// <summary>Accepts what is open, closes the period and signs it; a second person seals it.</summary>
    private async Task SealAsync(IPage manager)
    {
        await manager.GotoAsync(_browser.AddressOf("/tolls/items?lang=en"));
        await Assertions.Expect(manager.Locator("[data-item]")).ToHaveCountAsync(3);
        for (var left = 3; left > 0; left--)
        {
            var item = manager.Locator("[data-item]").First;
            await item.Locator("summary").ClickAsync();
            await item.Locator("select").SelectOptionAsync("accepted");
            await item.Locator("input[name=explanation]").FillAsync("agreed with the issuer");
            await item.Locator("button").ClickAsync();
            await Assertions.Expect(manager.Locator("[data-item]")).ToHaveCountAsync(left - 1);
        }
        var second = await SignedInAsync("reza", await TollRoad.AddAccountAsync(_city, "reza", [Roles.TollManager], Stop));
        await ActAsync(manager, "close");
        await ActAsync(manager, "sign");
        await ActAsync(second, "sign");
        await Assertions.Expect(second.Locator("section[aria-labelledby=period-1]")).ToContainTextAsync("مهر");
        await Assertions.Expect(second.Locator("section[aria-labelledby=period-1] bdi.long")).ToHaveCountAsync(1);
        await CityBrowser.KeepAsync(second, "tolls-sealed-fa");

        async Task ActAsync(IPage page, string act)
        {
            await page.GotoAsync(_browser.AddressOf("/tolls/periods?lang=fa"));
            var period = page.Locator("section[aria-labelledby=period-1]");
            await period.Locator("summary").ClickAsync();
            await period.Locator($"form[action$='/{act}'] button").ClickAsync();
            await Assertions.Expect(page.Locator(".note.done")).ToBeVisibleAsync();
        }
    }

    private static async Task BringAsync(IPage page, string name, string content)
    {
        await page.Locator("#file").SetInputFilesAsync(new FilePayload { Name = name, MimeType = "application/xml", Buffer = System.Text.Encoding.UTF8.GetBytes(content) });
        await page.Locator("#upload button").PressAsync("Enter");
    }

    private async Task<string> CommandAsync(int exit, params string[] arguments) => await TollRoad.DoAsync("cloud/SmartCity.Cloud.Server", exit, Stop, ["toll", .. arguments, "--data", _city.Server.Data]);

    private static string Shipped(string name) => Path.Combine(_examples, "settlement", name);
}
