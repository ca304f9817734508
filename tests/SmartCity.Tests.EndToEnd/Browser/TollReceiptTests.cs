using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>A period is sealed by two, a driver checks the receipt and objects, somebody else decides, and everybody whom the fault hit gets the same: by commands and in a real browser.</summary>
public sealed class TollReceiptTests() : BrowserTests("--Cloud:Toll:Periods=manual")
{
    private const string Server = "cloud/SmartCity.Cloud.Server", Day = "2026-11-22";

    private protected override async Task StartCityAsync()
    {
        await _city.Server.StartReadyAsync(TimeSpan.FromSeconds(60), Stop);
        await AskAsync(HttpMethod.Post, "periods", new { from = Day, to = "2026-11-23" });
        await AskAsync(HttpMethod.Post, "periods", new { from = "2026-11-24", to = "2027-03-20" });
        await TollRoad.GiveAsync(_city, Stop);
    }

    [Fact]
    public async Task From_the_seal_to_a_refund_for_all_and_the_sealed_period_stays()
    {
        var manager = await SignedInAsync("mina", await TollRoad.AddAccountAsync(_city, "mina", [Roles.TollManager], Stop));
        await SealAsync(manager);
        var charge = await PlateChargeAsync();
        var (receipt, key) = (_city["receipt.txt"], _city["key.pem"]);
        await TollRoad.DoAsync(Server, 0, Stop, "toll", "receipt", "show", charge.Id, "--lang", "fa", "--file", receipt, "--data", _city.Server.Data);
        using (var http = new HttpClient()) await File.WriteAllTextAsync(key, await http.GetStringAsync(_browser.AddressOf("/receipt/key"), Stop), Stop);
        await TollRoad.DoAsync(Server, 0, Stop, "toll", "receipt", "verify", receipt, "--key", key);
        var text = await File.ReadAllTextAsync(receipt, Stop);
        Assert.Contains("ریال", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_city["changed.txt"], text.Replace("total: ", "total: 1", StringComparison.Ordinal), Stop);
        await TollRoad.DoAsync(Server, 3, Stop, "toll", "receipt", "verify", _city["changed.txt"], "--key", key);

        await ObjectAsync(receipt, charge);
        // The driver opened it, the console decides, and the manager releases for all.
        var seal = (await AskAsync(HttpMethod.Get, "periods")).GetProperty("items")[0].GetProperty("seal").GetString();
        await TollRoad.DoAsync(Server, 0, Stop, "toll", "dispute", "decide", "2", "--uphold", "--text", "the camera was turned", "--data", _city.Server.Data);
        await ReleaseAsync(manager);
        var begin = Stopwatch.GetTimestamp();
        while (!(await AskAsync(HttpMethod.Get, "work")).GetProperty("isDone").GetBoolean()) Assert.True(Stopwatch.GetElapsedTime(begin).TotalSeconds < 20);
        var evidence = await AskAsync(HttpMethod.Get, $"passages/{charge.Id}");
        Assert.Equal(0, evidence.GetProperty("charge").GetProperty("gross").GetInt64());
        Assert.All(evidence.GetProperty("postings").EnumerateArray().Skip(1).SelectMany(chain => chain.GetProperty("transfers").EnumerateArray()), transfer => Assert.Equal("rerated", transfer.GetProperty("batch").GetString()));
        Assert.Equal(seal, (await AskAsync(HttpMethod.Get, "periods")).GetProperty("items")[0].GetProperty("seal").GetString());
        Assert.All((await AskAsync(HttpMethod.Get, "reconciliation?items=0")).GetProperty("identities").EnumerateArray(), identity => Assert.True(identity.GetProperty("holds").GetBoolean(), identity.ToString()));
        await TollRoad.DoAsync(Server, 0, Stop, "toll", "receipt", "verify", receipt, "--key", key);
        await TollRoad.DoAsync(Server, 0, Stop, "toll", "vault", "read", charge.Account, "--reason", "case 2", "--data", _city.Server.Data);
        NothingWasWrong();
    }

    /// <summary>Lets stand what has to be explained; the console and the manager sign.</summary>
    private async Task SealAsync(IPage manager)
    {
        await AskAsync(HttpMethod.Post, "periods/1/close");
        foreach (var item in (await AskAsync(HttpMethod.Get, "reconciliation?items=10000")).GetProperty("items").EnumerateArray())
            await AskAsync(HttpMethod.Put, $"items/{item.GetProperty("key").GetString()}", new { state = "accepted", explanation = "a played day" });
        await AskAsync(HttpMethod.Post, "periods/1/sign");
        await manager.GotoAsync(_browser.AddressOf("/tolls/periods?lang=en"));
        var period = manager.Locator("section[aria-labelledby=period-1]");
        await period.Locator("summary").ClickAsync();
        await period.Locator("form[action$='/sign'] button").ClickAsync();
        await Assertions.Expect(manager.Locator(".note.done")).ToBeVisibleAsync();
        var begin = Stopwatch.GetTimestamp();
        while ((await AskAsync(HttpMethod.Get, "receipts")).GetProperty("items").GetArrayLength() == 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(begin).TotalSeconds < 20, "no receipts were made");
            await Task.Delay(100, Stop);
        }
    }

    /// <summary>A charge that a plate pays, with the plate.</summary>
    private async Task<(string Id, string Plate, string Account)> PlateChargeAsync()
    {
        foreach (var charge in (await AskAsync(HttpMethod.Get, "charges?outcome=charged&limit=1000")).GetProperty("items").EnumerateArray().Skip(1))
        {
            if (charge.GetProperty("gross").GetInt64() == 0 || charge.GetProperty("payer").GetString() is not { } payer || !payer.Contains(":plate:", StringComparison.Ordinal)) continue;
            var id = charge.GetProperty("passage").GetString()!;
            if ((await AskAsync(HttpMethod.Get, $"passages/{id}")).GetProperty("passage").GetProperty("plate").GetString() is { } plate) return (id, plate, payer);
        }
        throw new InvalidOperationException("No plate pays anything.");
    }

    /// <summary>A driver who has not signed in: a wrong text, the receipt, a wrong plate, the right one, and once more.</summary>
    private async Task ObjectAsync(string receipt, (string Id, string Plate, string Account) charge)
    {
        var page = await _browser.OpenAsync("/receipt?lang=fa");
        await page.Locator("#receipt").FillAsync("smartcity");
        await page.Locator("form[action='/receipt'] button.primary").ClickAsync();
        await Assertions.Expect(page.Locator(".note.trouble")).ToBeVisibleAsync();
        // What was pasted has the browser's line breaks.
        await page.Locator("#receipt").FillAsync(await File.ReadAllTextAsync(receipt, Stop));
        await page.Locator("form[action='/receipt'] button.primary").ClickAsync();
        await Assertions.Expect(page.Locator("#valid-title")).ToBeVisibleAsync();
        await page.Locator("#file").SetInputFilesAsync(receipt);
        await page.Locator("form[action='/receipt'] button.primary").ClickAsync();
        await Assertions.Expect(page.Locator("#valid-title")).ToBeVisibleAsync();
        await CityBrowser.KeepAsync(page, "receipt-valid-fa");
        foreach (var (plate, selector) in ((string, string)[])[("99الف99999", ".note.trouble"), (charge.Plate, ".note.done")])
        {
            await page.Locator("#plate").FillAsync(plate);
            await page.Locator("#reason").SelectOptionAsync("other");
            await page.Locator("#text").FillAsync("من آن‌جا نبودم");
            await page.Locator("form[action='/receipt/dispute'] button.primary").ClickAsync();
            await Assertions.Expect(page.Locator(selector)).ToBeVisibleAsync();
        }
        await CityBrowser.KeepAsync(page, "receipt-objected-fa");
        await Assertions.Expect(page.Locator(".note.done")).ToContainTextAsync("۲");
    }

    /// <summary>The manager sees the dispute with its evidence, looks for others whom it hit, and releases what is shown.</summary>
    private async Task ReleaseAsync(IPage manager)
    {
        await manager.GotoAsync(_browser.AddressOf("/tolls/disputes?lang=en"));
        await manager.Locator("tbody a[href='/tolls/disputes/2']").ClickAsync();
        await Assertions.Expect(manager.Locator("h1")).ToContainTextAsync("Upheld");
        await Assertions.Expect(manager.Locator("form[action$='/decide']")).ToHaveCountAsync(0);
        await manager.Locator("form:has(input[name=others]) button").ClickAsync();
        await Assertions.Expect(manager.Locator("section[aria-labelledby=others-title] tbody tr").First).ToBeVisibleAsync();
        await CityBrowser.KeepAsync(manager, "dispute-others-en");
        await manager.Locator("form[action$='/refund'] button").ClickAsync();
        await Assertions.Expect(manager.Locator(".note.done")).ToBeVisibleAsync();
        await manager.GotoAsync(_browser.AddressOf("/tolls/disputes/2?lang=fa"));
        await Assertions.Expect(manager.Locator("section[aria-labelledby=others-title] tbody tr")).ToHaveCountAsync(1);
        await CityBrowser.KeepAsync(manager, "dispute-released-fa");
    }

    private Task<JsonElement> AskAsync(HttpMethod method, string path, object? body = null) => AdminSocket.AskAsync(
        AdminSocket.FileIn(_city.Server.Data), method, "/api/v1/toll/" + path, Stop, body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body));
}
