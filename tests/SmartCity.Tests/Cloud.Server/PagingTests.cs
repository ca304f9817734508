using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Api;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Every list of the API comes in pages by keys, with bounds and a tag; every entry with versions is changed only by who names the version.</summary>
public sealed class PagingTests(PagingTests.City city) : IClassFixture<PagingTests.City>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_list_walked_one_by_one_is_the_list_and_says_when_it_is_unchanged()
    {
        var lists = await ListsAsync();
        Assert.True(lists.Count >= 20, string.Join(", ", lists));
        foreach (var list in lists)
        {
            var path = list == "/api/v1/readings" ? $"{list}?device=air-1&from=2026-10-24&to=2026-10-25&" : $"{list.Replace("gateways/{id}", "gateways/g1", StringComparison.Ordinal)}?";
            var whole = (await JsonAsync($"{path}limit=1000")).GetProperty("items").EnumerateArray().Select(item => item.GetRawText()).ToList();
            Assert.True(whole.Count >= (list is "/api/v1/gateways" or "/api/v1/completeness" or "/api/v1/completeness/certificates" or "/api/v1/account/sessions" or "/api/v1/toll/charges" or "/api/v1/devices/{id}/commands" or "/api/v1/registry/gateways" or "/api/v1/fleet/gateways"
                or "/api/v1/fleet/gateways/{id}/twin/history" or "/api/v1/toll/claims" or "/api/v1/toll/disputes" or "/api/v1/toll/replays" ? 0 : 2), $"{list} has {whole.Count}");
            var walked = new List<string>();
            for (string? next = $"{path}limit=1"; next is not null;)
            {
                var page = await JsonAsync(next);
                walked.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetRawText()));
                next = page.TryGetProperty("next", out var link) ? link.GetString() : null;
                Assert.True(walked.Count <= whole.Count, list);
            }
            Assert.Equal(whole.Count, walked.Count);
            // A certificate is signed anew at each look.
            if (list == "/api/v1/completeness/certificates") continue;
            // The age of a value is another at each look.
            if (list != "/api/v1/latest") Assert.Equal(whole, walked);

            using var first = await city.Admin.GetAsync(path + "limit=1000", Stop);
            using var again = new HttpRequestMessage(HttpMethod.Get, path + "limit=1000") { Headers = { { "If-None-Match", first.Headers.ETag!.ToString() } } };
            using var unchanged = await city.Admin.SendAsync(again, Stop);
            Assert.Equal((list, HttpStatusCode.NotModified), (list, unchanged.StatusCode));
        }
    }

    [Fact]
    public async Task Every_list_refuses_what_is_no_limit_and_no_cursor_of_it()
    {
        foreach (var list in await ListsAsync())
        {
            var path = list == "/api/v1/readings" ? $"{list}?device=air-1&" : $"{list}?";
            Assert.Equal((list, HttpStatusCode.BadRequest), (list, await StatusAsync($"{path}limit=0")));
            Assert.Equal((list, HttpStatusCode.BadRequest), (list, await StatusAsync($"{path}limit=x")));
            Assert.Equal((list, HttpStatusCode.UnprocessableEntity), (list, await StatusAsync($"{path}limit=1000000000")));
            foreach (var cursor in (string[])["xyz", "%00", Paging.Write(), Paging.Write("a", "b", "c", "d", "e"), "bnVsbA"]) Assert.Equal((list, cursor, HttpStatusCode.BadRequest), (list, cursor, await StatusAsync($"{path}cursor={cursor}")));
        }
        async Task<HttpStatusCode> StatusAsync(string path)
        {
            using var answer = await city.Admin.GetAsync(path, Stop);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task What_is_entered_between_two_pages_neither_repeats_nor_hides_others()
    {
        foreach (var id in (string[])["p-b", "p-d", "p-f"]) (await city.Admin.PutAsJsonAsync($"/api/v1/models/{id}", new { id, kind = "k", metrics = Array.Empty<object>() }, Stop)).EnsureSuccessStatusCode();
        var seen = new List<string>();
        for (string? next = "/api/v1/models?limit=1"; next is not null;)
        {
            var page = await JsonAsync(next);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            next = page.TryGetProperty("next", out var link) ? link.GetString() : null;
            if (seen[^1] == "p-d") foreach (var id in (string[])["p-a", "p-e"]) (await city.Admin.PutAsJsonAsync($"/api/v1/models/{id}", new { id, kind = "k", metrics = Array.Empty<object>() }, Stop)).EnsureSuccessStatusCode();
        }
        Assert.Equal(["p-b", "p-d", "p-e", "p-f"], seen.Where(id => id.StartsWith("p-", StringComparison.Ordinal)));
        Assert.Equal(seen.Distinct(), seen);
    }

    [Theory]
    [InlineData("models", """{"id":"e","kind":"k","metrics":[]}""", """{"id":"e","kind":"other","metrics":[]}""")]
    [InlineData("sites", """{"id":"e","name":"one"}""", """{"id":"e","name":"two"}""")]
    [InlineData("registry/devices", """{"id":"e","name":"one"}""", """{"id":"e","name":"two"}""")]
    public async Task An_entry_is_replaced_only_by_who_names_its_version(string list, string one, string two)
    {
        var path = $"/api/v1/{list}/e";
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync(one, ("If-Match", "*")));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(one, ("If-None-Match", "*")));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync(two, ("If-None-Match", "*")));
        Assert.Equal((HttpStatusCode)428, await PutAsync(two, null));
        using var read = await city.Admin.GetAsync(path, Stop);
        var tag = read.Headers.ETag!.Tag;
        Assert.Equal(HttpStatusCode.OK, await PutAsync(two, ("If-Match", tag)));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync(one, ("If-Match", tag)));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync(one, ("If-Match", "W/\"2\"")));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await PutAsync(one, ("If-Match", "nonsense")));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(two, ("If-Match", "\"9\", \"2\"")));
        using var known = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "If-None-Match", "\"2\"" } } };
        Assert.Equal(HttpStatusCode.NotModified, (await city.Admin.SendAsync(known, Stop)).StatusCode);

        async Task<HttpStatusCode> PutAsync(string body, (string Name, string Value)? header)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
            if (header is { } condition) request.Headers.TryAddWithoutValidation(condition.Name, condition.Value);
            using var answer = await city.Admin.SendAsync(request, Stop);
            return answer.StatusCode;
        }
    }

    private async Task<List<string>> ListsAsync() =>
        [.. (await JsonAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject().Where(path => path.Value.TryGetProperty("get", out var get) && get.TryGetProperty("parameters", out var parameters)
            && parameters.EnumerateArray().Any(parameter => parameter.GetProperty("name").GetString() == Paging.Parameter)).Select(path => path.Name)];

    private async Task<JsonElement> JsonAsync(string path)
    {
        using var answer = await city.Admin.GetAsync(new Uri(path, UriKind.Relative), Stop);
        var text = await answer.Content.ReadAsStringAsync(Stop);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>A server with a few of everything, and an administrator by a token.</summary>
    public sealed class City : IAsyncLifetime
    {
        internal CloudUnderTest Cloud { get; private set; } = null!;
        public HttpClient Admin { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Cloud = await CloudUnderTest.StartAsync();
            var time = new DateTimeOffset(2026, 10, 24, 6, 0, 0, TimeSpan.Zero);
            await Cloud.SendAsync(("air-1", "pm25", 1.0, time), ("air-1", "temp", 2.0, time), ("air-2", "pm25", 3.0, time));
            // Two words where numbers are expected are set aside.
            for (var i = 1; i <= 2; i++) await Cloud.SendAsync([new Reading(new SeriesKey("air-1", "pm25"), UnixMicros.From(time.AddMinutes(i)), UnixMicros.From(time), ReadingValue.Of("n/a"), ReadingQuality.Good)]);
            await Cloud.StoredAsync();
            var (accounts, actor) = (Cloud.App.Services.GetRequiredService<Accounts>(), new Actor("test", "test"));
            foreach (var name in (string[])["root", "Ali", "mina"]) accounts.Add(actor, name, [Roles.Administrator, Roles.TollManager], []);
            await accounts.ChangePasswordAsync(actor, "root", accounts.Reset(actor, "root"), "correct horse battery staple", null, Stop);
            var grants = Cloud.App.Services.GetRequiredService<AccessGrants>();
            var tokens = Enumerable.Range(0, 3).Select(i => grants.MakeToken(actor, accounts.Find("root")!, $"token {i}", Rights.All, TimeSpan.FromDays(1))).ToList();
            Cloud.App.Services.GetRequiredService<IDeviceRegistry>().Apply([new(Site: new Site("s-1", null, null, null)), new(Site: new Site("s-2", null, null, null)), new(Device: new RegisteredDevice("d-1")), new(Device: new RegisteredDevice("d-2"))]);
            Admin = new HttpClient { BaseAddress = Cloud.Address, DefaultRequestHeaders = { { "Authorization", $"Bearer {tokens[0]}" } } };
            // Four runs of the rules of retention, which find nothing old enough; and two files of a bank that name no claim.
            (await Admin.PostAsync(new Uri("/api/v1/toll/retention/run", UriKind.Relative), null, Stop)).EnsureSuccessStatusCode();
            for (var i = 1; i <= 2; i++) (await Admin.PostAsync(new Uri("/api/v1/toll/files?kind=bank", UriKind.Relative), new ByteArrayContent(Camt(i)), Stop)).EnsureSuccessStatusCode();
            // Two alarms of now.
            var rules = new { rules = new[] { new { id = "high", when = "level > 5", cause = "c", consequence = "c", action = "a", respondWithin = "5m" } } };
            await Eventually.HoldsAsync("the rule is in force", async () => (await Admin.PostAsJsonAsync("/api/v1/alarms/settings", rules, Stop)).IsSuccessStatusCode);
            await Cloud.SendAsync(("well-1", "level", 9.0, DateTimeOffset.UtcNow), ("well-2", "level", 9.0, DateTimeOffset.UtcNow));
            await Eventually.HoldsAsync("there are two alarms", async () => (await Admin.GetFromJsonAsync<JsonElement>("/api/v1/alarms", Stop)).GetProperty("items").GetArrayLength() == 2);
            await Cloud.StoredAsync();
        }

        /// <summary>The shipped file of a bank, of an account of its own.</summary>
        private static byte[] Camt(int account) => System.Text.Encoding.UTF8.GetBytes(File.ReadAllText(Path.Combine(Repository.Root, "cloud", "SmartCity.Cloud.Tolling", "examples", "settlement", "bank.camt053.xml"))
            .Replace("0000000042</IBAN>", $"000000010{account}</IBAN>", StringComparison.Ordinal));

        public async ValueTask DisposeAsync()
        {
            Admin.Dispose();
            await Cloud.DisposeAsync();
        }
    }
}
