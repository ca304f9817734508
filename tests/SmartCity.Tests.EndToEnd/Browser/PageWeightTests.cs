using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Playwright;
using SmartCity.Model.Contracts;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd.Browser;

/// <summary>What a page costs whoever opens it for the first time. Bytes are the same on every machine; times are measured by <c>tests/bench pages</c>.</summary>
public sealed class PageWeightTests : BrowserTests
{
    /// <summary>Bytes of a page and all that it loads before its text and values are there, as they cross the wire.</summary>
    private const int BytesMax = 120 * 1024;

    [Fact]
    public async Task Every_page_is_within_its_bytes_without_the_font()
    {
        var passage = await TollRoad.GiveAsync(_city, Stop);
        var page = await SignedInAsync();
        await TollRoad.SetRolesAsync(_city, "admin", [Roles.Administrator, Roles.TollManager], Stop);
        var session = await page.Context.NewCDPSessionAsync(page);
        var addresses = new ConcurrentDictionary<string, string>();
        var bytes = new ConcurrentDictionary<string, double>();
        session.Event("Network.responseReceived").OnEvent += (_, said) => addresses[said!.Value.GetProperty("requestId").GetString()!] = said.Value.GetProperty("response").GetProperty("url").GetString()!;
        session.Event("Network.loadingFinished").OnEvent += (_, said) => bytes[said!.Value.GetProperty("requestId").GetString()!] = said.Value.GetProperty("encodedDataLength").GetDouble();
        await session.SendAsync("Network.enable");
        await session.SendAsync("Network.setCacheDisabled", new Dictionary<string, object> { ["cacheDisabled"] = true });
        var (heavy, table) = (new List<string>(), new List<string>());
        foreach (var (route, address) in PageList.All.Select(page => (page.Key, page.Value.Replace(PageList.PassageId, passage, StringComparison.Ordinal))))
        {
            addresses.Clear();
            bytes.Clear();
            await page.GotoAsync(_browser.AddressOf($"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}lang=fa"), new PageGotoOptions { WaitUntil = WaitUntilState.NetworkIdle });
            var parts = bytes.Where(one => addresses.ContainsKey(one.Key)).Select(one => (Address: new Uri(addresses[one.Key]).AbsolutePath, Bytes: (long)one.Value)).OrderByDescending(one => one.Bytes).ToList();
            Assert.Contains(parts, part => part.Address == address.Split('?')[0]);
            var sum = parts.Where(part => !part.Address.EndsWith(".woff2", StringComparison.Ordinal)).Sum(part => part.Bytes);
            table.Add($"{route}: {sum}");
            if (sum > BytesMax) heavy.Add(string.Create(CultureInfo.InvariantCulture, $"{route} takes {sum} bytes, {BytesMax} at most: {string.Join(", ", parts.Take(8).Select(part => $"{part.Address} {part.Bytes}"))}"));
        }
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join("\n", table));
        Assert.True(heavy.Count == 0, string.Join("\n", heavy));
    }
}
