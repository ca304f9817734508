using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Model;
using SmartCity.Model.Contracts;
using static SmartCity.Tests.Cloud.Server.AccessTests;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>What somebody would try who wants in, or wants more: around rights, areas, tokens, signing in, forged requests and the log of all that.</summary>
public sealed class HostileTests
{
    private const string Password = "correct horse battery staple";
    private static readonly Actor _test = new("test", "test");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "//api/v1/users")]
    [InlineData("GET", "/API/V1/USERS")]
    [InlineData("GET", "/api/v1/users/")]
    [InlineData("GET", "/api/v1/./users")]
    [InlineData("GET", "/api/v1/devices/../users")]
    [InlineData("GET", "/api/v1/devices/%2e%2e/users")]
    [InlineData("GET", "/api/v1/devices/..%2fusers")]
    [InlineData("GET", "/api/v1/users%00")]
    [InlineData("GET", "/api/v1/users;.css")]
    [InlineData("GET", "/ui/../api/v1/users")]
    [InlineData("HEAD", "/api/v1/users")]
    [InlineData("OPTIONS", "/api/v1/users")]
    [InlineData("POST", "/people")]
    [InlineData("GET", "/People/")]
    public async Task Rights_are_not_gone_around_by_another_spelling_of_an_address_or_a_method(string method, string path)
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "ali", [Roles.Operator]);
        using var ali = await SignedInAsync(cloud, "ali");
        foreach (var (header, value) in new[] { ("X-Original-URL", "/api/v1/users"), ("X-Rewrite-URL", "/api/v1/users"), ("X-HTTP-Method-Override", "GET"), ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Prefix", "/api/v1/users") })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"http://127.0.0.1:{cloud.Address.Port}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })) { Headers = { { header, value } } };
            using var answer = await ali.SendAsync(request, Stop);
            var text = await answer.Content.ReadAsStringAsync(Stop);
            Assert.False(answer.IsSuccessStatusCode && text.Contains("roles", StringComparison.Ordinal), $"{method} {path}: {text}");
            Assert.True((int)answer.StatusCode is 400 or 401 or 403 or 404 or 405 or 414 || (method is "HEAD" or "OPTIONS" && text.Length == 0), $"{method} {path}: {(int)answer.StatusCode}");
        }
    }

    [Fact]
    public async Task Rights_once_given_are_not_kept_by_a_token_a_session_or_a_second_account_of_the_same_name()
    {
        await using var cloud = await StartAsync();
        var (accounts, grants) = (cloud.App.Services.GetRequiredService<Accounts>(), cloud.App.Services.GetRequiredService<AccessGrants>());
        await AddAsync(cloud, "root", [Roles.Administrator]);
        await AddAsync(cloud, "ali", [Roles.Administrator]);
        using var ali = await SignedInAsync(cloud, "ali");
        using var program = new HttpClient { BaseAddress = cloud.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", grants.MakeToken(_test, accounts.Find("ali")!, "x", Rights.Administer, TimeSpan.FromDays(1))) } };
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/api/v1/users", Stop)).StatusCode);
        accounts.SetRoles(_test, "ali", [Roles.Installer], ["north"]);
        foreach (var client in (HttpClient[])[ali, program])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/users", Stop)).StatusCode);
            // Nor does it give itself back what it had.
            Assert.Equal(HttpStatusCode.Forbidden, (await client.PutAsJsonAsync("/api/v1/users/ali", new { roles = new[] { Roles.Administrator } }, Stop)).StatusCode);
        }
        using var root = await SignedInAsync(cloud, "root");
        foreach (var name in (string[])["ALI", "Ali", "ali ", " ali", "ali\0", "ali\u200b", "a\u202eli"])
            Assert.False((await root.PostAsJsonAsync("/api/v1/users", new { name, roles = new[] { Roles.Operator } }, Stop)).IsSuccessStatusCode, $"a second account {name}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await root.PutAsJsonAsync("/api/v1/users/root", new { roles = new[] { Roles.Operator } }, Stop)).StatusCode);
    }

    [Fact]
    public async Task An_area_is_not_left_by_a_longer_name_a_path_a_dry_run_or_a_list_of_both()
    {
        await using var cloud = await StartAsync(options => options.Access.PublicReadings = false);
        cloud.App.Services.GetRequiredService<IDeviceRegistry>().Apply(
        [
            new RegistryChange(Site: new Site("n", null, "north", null)), new RegistryChange(Site: new Site("s", null, "south", null)), new RegistryChange(Site: new Site("x", null, "northern", null)),
            new RegistryChange(Device: new RegisteredDevice("mine", Site: "n")), new RegistryChange(Device: new RegisteredDevice("theirs", Site: "s")), new RegistryChange(Device: new RegisteredDevice("near", Site: "x")),
        ]);
        await cloud.SendAsync(("mine", "t", 1, DateTimeOffset.UtcNow), ("theirs", "t", 2, DateTimeOffset.UtcNow), ("near", "t", 3, DateTimeOffset.UtcNow), ("nobody-s", "t", 4, DateTimeOffset.UtcNow));
        await cloud.StoredAsync();
        await AddAsync(cloud, "ali", [Roles.Installer], "north");
        using var ali = await SignedInAsync(cloud, "ali");
        foreach (var device in (string[])["theirs", "near", "nobody-s"])
        {
            foreach (var path in (string[])[$"/api/v1/devices/{device}", $"/api/v1/readings?device=mine&device={device}", $"/api/v1/readings?device=mine,{device}", $"/api/v1/registry/devices/{device}"])
                Assert.DoesNotContain($"\"{device}\"", (await ali.GetAsync(new Uri(path, UriKind.Relative), Stop)) is { IsSuccessStatusCode: true } answer ? await answer.Content.ReadAsStringAsync(Stop) : "", StringComparison.Ordinal);
            Assert.DoesNotContain(device, await ali.GetStringAsync(new Uri("/api/v1/devices", UriKind.Relative), Stop), StringComparison.Ordinal);
        }
        // To look at what a change would do is to ask for it.
        Assert.Equal(HttpStatusCode.Forbidden, (await ali.PostAsJsonAsync("/api/v1/registry?dryRun=true", new { devices = new[] { new { id = "theirs", site = "n" } } }, Stop)).StatusCode);
        foreach (var area in (string[])["northern", "north ", "NORTH", "", "/north"])
            Assert.False((await ali.PutAsJsonAsync("/api/v1/sites/new", new { id = "new", area }, Stop)).IsSuccessStatusCode, $"a site in {area}");
        // Nor by a site of one's own that is then moved, nor by taking its devices' area away.
        using var moved = new HttpRequestMessage(HttpMethod.Put, "/api/v1/sites/n") { Content = JsonContent.Create(new { id = "n", area = "south" }), Headers = { { "If-Match", "*" } } };
        Assert.Equal(HttpStatusCode.Forbidden, (await ali.SendAsync(moved, Stop)).StatusCode);
        using var freed = new HttpRequestMessage(HttpMethod.Put, "/api/v1/registry/devices/mine") { Content = JsonContent.Create(new { id = "mine" }), Headers = { { "If-Match", "*" } } };
        Assert.Equal(HttpStatusCode.Forbidden, (await ali.SendAsync(freed, Stop)).StatusCode);
    }

    [Theory]
    [InlineData("""{"name":"x","rights":["read"],"days":2147483647}""")]
    [InlineData("""{"name":"x","rights":["read"],"days":-1}""")]
    [InlineData("""{"name":"x","rights":["read"],"days":0}""")]
    [InlineData("""{"name":"x","rights":[]}""")]
    [InlineData("""{"name":"x","rights":["READ"]}""")]
    [InlineData("""{"name":"x","rights":["read","administer"]}""")]
    [InlineData("""{"name":"x","rights":["read",null]}""")]
    [InlineData("""{"name":"x\u0000y","rights":["read"]}""")]
    [InlineData("""{"name":"x\r\nroot signed in","rights":["read"]}""")]
    [InlineData("""{"name":"  ","rights":["read"]}""")]
    public async Task A_token_that_should_not_be_is_refused_and_nothing_of_it_breaks_the_log(string body)
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "ali", [Roles.Operator]);
        using var ali = await SignedInAsync(cloud, "ali");
        using var answer = await ali.PostAsync("/api/v1/account/tokens", new StringContent(body, Encoding.UTF8, "application/json"), Stop);
        Assert.True((int)answer.StatusCode is 400 or 422, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Stop)}");
        Assert.Null(cloud.App.Services.GetRequiredService<AuditLog>().Verify().FirstBroken);
    }

    [Fact]
    public async Task A_token_is_read_from_one_header_alone_and_never_from_an_address_or_a_form()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "ali", [Roles.Operator]);
        var token = cloud.App.Services.GetRequiredService<AccessGrants>().MakeToken(_test, cloud.App.Services.GetRequiredService<Accounts>().Find("ali")!, "x", Rights.Operate, TimeSpan.FromDays(1));
        using var plain = new HttpClient { BaseAddress = cloud.Address };
        foreach (var path in (string[])[$"/api/v1/dead-letters?access_token={token}", $"/api/v1/dead-letters?token={token}"]) Assert.False((await plain.GetAsync(new Uri(path, UriKind.Relative), Stop)).IsSuccessStatusCode);
        foreach (var (name, value) in new[] { ("Authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"ali:{token}"))}"), ("X-Api-Key", token), ("Authorization", token), ("Authorization", $"Bearer {token} {token}"), ("Authorization", $"Bearer {token.ToUpperInvariant()}") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/dead-letters");
            request.Headers.TryAddWithoutValidation(name, value);
            Assert.Equal(HttpStatusCode.Unauthorized, (await plain.SendAsync(request, Stop)).StatusCode);
        }
        // Tokens and hashes are in no file as they are sent.
        foreach (var file in Directory.EnumerateFiles(cloud.Data, "*", SearchOption.AllDirectories).Where(file => file.Contains("identity", StringComparison.Ordinal)))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, Stop);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(token)) < 0, file);
        }
    }

    [Fact]
    public async Task Signing_in_does_not_tell_names_apart_lead_elsewhere_or_take_a_name_for_another()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "mina", [Roles.Operator]);
        await AddAsync(cloud, "out", [Roles.Operator]);
        cloud.App.Services.GetRequiredService<Accounts>().SetDisabled(_test, "out", true);
        var said = new HashSet<string>();
        foreach (var (name, password) in new[] { ("mina", "wrong"), ("nobody", "wrong"), ("out", Password), ("mina\0", Password), ("mina\0x", Password), (" mina", Password), ("mina'--", Password), ("mina\ud800", Password), ("", Password) })
        {
            using var browser = Browser(cloud);
            using var answer = await browser.PostAsync("/api/v1/session", new StringContent(JsonSerializer.Serialize(new { name, password }), Encoding.UTF8, "application/json"), Stop);
            Assert.Equal((name, HttpStatusCode.Unauthorized), (name, answer.StatusCode));
            Assert.False(answer.Headers.Contains("Set-Cookie"), name);
            var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop)).RootElement;
            said.Add($"{problem.GetProperty("type")} {problem.GetProperty("detail")}");
        }
        Assert.Single(said);
        foreach (var target in (string[])["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "javascript:alert(1)", "\\evil.example", "%2f%2fevil.example", "/%0d%0aSet-Cookie: x=1"])
        {
            using var browser = Browser(cloud);
            using var answer = await browser.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "mina", ["password"] = Password, ["return"] = target }), Stop);
            var location = answer.Headers.Location!.OriginalString;
            Assert.True(location.StartsWith('/') && !location.StartsWith("//", StringComparison.Ordinal) && !location.Contains('\\', StringComparison.Ordinal), $"{target} leads to {location}");
            Assert.DoesNotContain(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith("x=", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_forged_request_is_refused_however_it_hides_where_it_comes_from()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "root", [Roles.Administrator]);
        using var root = await SignedInAsync(cloud, "root");
        var cookie = root.DefaultRequestHeaders.GetValues("Cookie").Single();
        using var plain = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = cloud.Address };
        var own = $"http://127.0.0.1:{cloud.Address.Port}";
        foreach (var headers in new (string, string)[][]
        {
            [], [("Origin", "null")], [("Origin", $"{own}.evil.example")], [("Origin", $"http://127.0.0.1:{cloud.Address.Port + 1}")], [("Origin", $"{own}@evil.example")], [("Origin", $"{own} https://evil.example")], [("Referer", $"{own}/people")],
            [("Sec-Fetch-Site", "cross-site"), ("Origin", own)], [("Sec-Fetch-Site", "Same-Origin, cross-site")], [("Sec-Fetch-Site", "")], [("Origin", "https://evil.example"), ("X-Forwarded-Host", "evil.example")],
        })
            foreach (var type in (string[])["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/json"])
            {
                using var forged = new HttpRequestMessage(HttpMethod.Post, "/people") { Content = new ByteArrayContent("name=eve&role=administrator"u8.ToArray()) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } } };
                forged.Headers.Add("Cookie", cookie);
                foreach (var (name, value) in headers) forged.Headers.TryAddWithoutValidation(name, value);
                Assert.Equal((string.Join(' ', headers), type, HttpStatusCode.Forbidden), (string.Join(' ', headers), type, (await plain.SendAsync(forged, Stop)).StatusCode));
            }
        Assert.Null(cloud.App.Services.GetRequiredService<Accounts>().Find("eve"));
    }

    [Fact]
    public async Task The_log_stays_whole_whatever_names_and_texts_come_and_says_nothing_that_nobody_did()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "root", [Roles.Administrator, Roles.TollManager]);
        using var root = await SignedInAsync(cloud, "root");
        foreach (var text in (string[])["a\0b", "\ud800", "a\r\n4712 root account.disable mina", "\u202etxt", new string('x', 40_000), "'); DELETE FROM audit;--"])
        {
            using var site = new HttpRequestMessage(HttpMethod.Put, "/api/v1/sites/s") { Content = new StringContent(JsonSerializer.Serialize(new { id = "s", name = text }), Encoding.UTF8, "application/json"), Headers = { { "If-Match", "*" } } };
            await root.SendAsync(site, Stop);
            await root.PutAsync($"/api/v1/toll/items/{new string('0', 32)}", new StringContent(JsonSerializer.Serialize(new { state = "explained", owner = text, explanation = text }), Encoding.UTF8, "application/json"), Stop);
            using var browser = Browser(cloud);
            await browser.PostAsync("/api/v1/session", new StringContent(JsonSerializer.Serialize(new { name = text, password = text }), Encoding.UTF8, "application/json"), Stop);
        }
        var log = cloud.App.Services.GetRequiredService<AuditLog>();
        var check = log.Verify();
        Assert.True(check.FirstBroken is null, check.Reason);
        Assert.DoesNotContain(log.Read(null, 1_000), row => row.Action == "account.disable");
    }
}
