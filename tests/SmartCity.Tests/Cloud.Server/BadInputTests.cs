using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;
using static SmartCity.Tests.Cloud.Server.AccessTests;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>What strangers send over HTTP, row by row: each is refused with its status and a reason, and no reply tells of the server's inside.</summary>
public sealed partial class BadInputTests
{
    private const string Password = "correct horse battery staple";
    private static readonly Actor _test = new("test", "test");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Row_26_a_body_over_the_limit_a_slow_one_a_wrong_type_and_two_lengths_are_refused()
    {
        await using var cloud = await StartAsync();
        var port = cloud.Address.Port;
        const string post = "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        // Without waiting for the body.
        Assert.Equal(413, await StatusAsync(port, $"{post}Content-Length: 99999999\r\n\r\n"));
        Assert.Equal(413, await StatusAsync(port, "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000000\r\n\r\n"));
        Assert.Equal(400, await StatusAsync(port, $"{post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"));
        Assert.Equal(400, await StatusAsync(port, $"{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"));
        Assert.Equal(415, await StatusAsync(port, "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"));
        // Begun and never ended: after the five seconds of grace.
        Assert.Equal(408, await StatusAsync(port, $"{post}Transfer-Encoding: chunked\r\n\r\n2\r\n{{"));
        // The next one is served as ever.
        Assert.Equal(HttpStatusCode.OK, (await cloud.Http.GetAsync("/health/live", Stop)).StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/devices?limt=5", 400)]
    [InlineData("/api/v1/devices?limit=many", 400)]
    [InlineData("/api/v1/devices?limit=1000000000", 422)]
    [InlineData("/api/v1/devices?limit=99999999999999999999", 422)]
    [InlineData("/api/v1/devices?bbox=1,2,3", 400)]
    [InlineData("/api/v1/devices/nobody-s", 404)]
    [InlineData("/api/v1/readings?device=d&from=2016-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&bucket=1s", 422)]
    [InlineData("/api/v1/readings?device=d&limit=1000000000", 422)]
    [InlineData("/api/v1/dead-letters?limit=1000000000", 422)]
    public async Task Row_27_what_is_unknown_of_a_wrong_type_or_too_much_is_refused_with_a_pointer(string path, int status)
    {
        await using var cloud = await StartAsync();
        await cloud.SendAsync(("d", "t", 1, DateTimeOffset.UtcNow));
        await cloud.StoredAsync();
        await AddAsync(cloud, "root", [Roles.Administrator]);
        using var root = await SignedInAsync(cloud, "root");
        using var answer = await root.GetAsync(new Uri(path, UriKind.Relative), Stop);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
        if (status != 404) Assert.StartsWith("/query/", problem.GetProperty("pointers")[0].GetString(), StringComparison.Ordinal);
        if (status == 422) Assert.True(problem.GetProperty("maxima").EnumerateObject().Single().Value.GetInt64() > 0);
    }

    [Fact]
    public async Task Row_27_a_body_with_an_unknown_field_or_a_wrong_type_is_refused_with_its_pointer_and_a_thing_of_another_area_is_not_there()
    {
        await using var cloud = await StartAsync(options => options.Access.PublicReadings = false);
        await cloud.SendAsync(("theirs", "t", 1, DateTimeOffset.UtcNow));
        await cloud.StoredAsync();
        cloud.App.Services.GetRequiredService<IDeviceRegistry>().Apply([new RegistryChange(Site: new Site("south-1", null, "south", null)), new RegistryChange(Device: new RegisteredDevice("theirs", Site: "south-1"))]);
        await AddAsync(cloud, "root", [Roles.Administrator, Roles.TollManager]);
        using var root = await SignedInAsync(cloud, "root");
        foreach (var (method, path, body, pointer) in new[]
        {
            ("PUT", "/api/v1/sites/s", """{"id":"s","colour":"red"}""", "/colour"), ("PUT", "/api/v1/models/m", """{"id":"m","kind":"k","metrics":[{"name":"x","min":"low"}]}""", "/metrics/0/min"),
            ("POST", "/api/v1/users", """{"name":"x","roles":"operator"}""", "/roles"), ("POST", "/api/v1/users", """{"name":"x","rights":["administer"]}""", "/rights"),
            ("POST", "/api/v1/toll/periods", """{"from":"2026-11-31","to":"2026-12-21"}""", "/from"), ("POST", "/api/v1/toll/periods", """{"from":"2026-11-22","to":"2026-12-21","state":"sealed"}""", "/state"),
            ("PUT", $"/api/v1/toll/items/{new string('0', 32)}", """{"state":4}""", "/state"), ("POST", "/api/v1/account/tokens", """{"name":"x","rights":["read"],"days":"many"}""", "/days"),
        })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            using var answer = await root.SendAsync(request, Stop);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
            Assert.Equal((body, 400, pointer), (body, (int)answer.StatusCode, problem.TryGetProperty("pointers", out var pointers) ? pointers[0].GetString() : problem.ToString()));
        }
        await AddAsync(cloud, "ali", [Roles.Operator], "north");
        using var ali = await SignedInAsync(cloud, "ali");
        foreach (var path in (string[])["/api/v1/devices/theirs", "/api/v1/registry/devices/theirs", "/api/v1/sites/south-1"]) Assert.Equal((path, 404), (path, (int)(await ali.GetAsync(new Uri(path, UriKind.Relative), Stop)).StatusCode));
    }

    [Fact]
    public async Task Row_28_texts_that_would_do_harm_elsewhere_are_data_or_refused_on_every_route_and_parameter_of_the_description()
    {
        await using var cloud = await StartAsync();
        await cloud.SendAsync(("d", "t", 1, DateTimeOffset.UtcNow));
        await cloud.StoredAsync();
        await AddAsync(cloud, "root", [Roles.Administrator, Roles.TollManager]);
        using var root = await SignedInAsync(cloud, "root");
        string[] hostile = ["' OR 1=1--", "../../etc/passwd", "\0", "{{7*7}}", "x\r\nX-Evil: 1", "${jndi:ldap://x}", "<svg onload=alert(1)>", "%2e%2e%2f", new('x', 3_000)];
        var (wrong, asked) = (new List<string>(), 0);
        using var description = JsonDocument.Parse(await root.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Stop));
        foreach (var path in description.RootElement.GetProperty("paths").EnumerateObject())
        {
            if (path.Name.Contains("live", StringComparison.Ordinal) || !path.Value.TryGetProperty("get", out var get)) continue;
            var parameters = (get.TryGetProperty("parameters", out var all) ? all.EnumerateArray() : []).Where(parameter => parameter.GetProperty("in").GetString() == "query").Select(parameter => parameter.GetProperty("name").GetString()!).ToList();
            foreach (var text in hostile)
            {
                var escaped = Uri.EscapeDataString(text);
                var addresses = parameters.Select(name => $"{Regex.Replace(path.Name, @"\{[^}]*\}", "d")}?{name}={escaped}").ToList();
                if (path.Name.Contains('{', StringComparison.Ordinal)) addresses.Add(Regex.Replace(path.Name, @"\{[^}]*\}", escaped));
                foreach (var address in addresses)
                {
                    asked++;
                    using var answer = await root.GetAsync(new Uri(address, UriKind.Relative), Stop);
                    var said = await answer.Content.ReadAsStringAsync(Stop);
                    // What answers gateways alone refuses a browser whatever it asks.
                    var isRefused = path.Name == FleetServices.SelfPath && answer.StatusCode == HttpStatusCode.Forbidden;
                    if (!isRefused && (int)answer.StatusCode is not (200 or 400 or 404 or 414 or 422) || answer.Headers.Contains("X-Evil") || Inside().IsMatch(said.Replace(text, "", StringComparison.Ordinal)) || (text.Contains('*') && said.Contains("49", StringComparison.Ordinal) && !said.Contains("7*7", StringComparison.Ordinal)))
                        wrong.Add($"{address}: {(int)answer.StatusCode} {said[..Math.Min(said.Length, 200)]}");
                }
            }
        }
        Assert.True(asked > 150, $"only {asked} were asked");
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        // A line break in a header's value, raw.
        Assert.Equal(400, await StatusAsync(cloud.Address.Port, "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-One: a\rX-Evil: 1\r\n\r\n"));
    }

    [Fact]
    public async Task Row_40_a_megabyte_of_password_a_session_from_before_and_a_long_password_with_spaces()
    {
        await using var cloud = await StartAsync();
        var accounts = cloud.App.Services.GetRequiredService<Accounts>();
        var longest = string.Join(' ', Enumerable.Repeat("چهار واژه four words", 6));
        Assert.InRange(longest.Length, 65, 256);
        await accounts.ChangePasswordAsync(_test, "mina", accounts.Add(_test, "mina", [Roles.Operator], []), longest, null, Stop);
        using var browser = Browser(cloud);
        // Planted before the sign-in, as somebody else at this browser would.
        browser.DefaultRequestHeaders.Add("Cookie", $"{CityAccess.SessionCookie}=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.PostAsJsonAsync("/api/v1/session", new { name = "mina", password = new string('x', 900_000) }, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await browser.PostAsJsonAsync("/api/v1/session", new { name = "mina", password = new string('x', 1 << 20) }, Stop)).StatusCode);
        var first = await SessionOfAsync(browser, longest);
        Assert.DoesNotContain("AAAAAAAAAAAA", first, StringComparison.Ordinal);
        // 256 bits, new at each sign-in; the one before is over.
        Assert.Equal(43, first.Split('=')[1].Length);
        using var same = Browser(cloud);
        same.DefaultRequestHeaders.Add("Cookie", first);
        Assert.Equal(HttpStatusCode.OK, (await same.GetAsync("/api/v1/account/sessions", Stop)).StatusCode);
        var second = await SessionOfAsync(same, longest);
        Assert.NotEqual(first, second);
        Assert.Equal(HttpStatusCode.Unauthorized, (await same.GetAsync("/api/v1/account/sessions", Stop)).StatusCode);
        Assert.Single(cloud.App.Services.GetRequiredService<AccessGrants>().List("mina"));

        async Task<string> SessionOfAsync(HttpClient client, string password)
        {
            var answer = await client.PostAsJsonAsync("/api/v1/session", new { name = "mina", password }, Stop);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return answer.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith(CityAccess.SessionCookie, StringComparison.Ordinal)).Split(';')[0];
        }
    }

    [Fact]
    public async Task Row_41_markup_in_names_values_browsers_and_addresses_is_text_on_every_page()
    {
        const string image = "<img src=x onerror=alert(1)>", vector = "\"><svg onload=alert(1)>", script = "javascript:alert(1)";
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "root", [Roles.Administrator, Roles.TollManager]);
        using var root = await SignedInAsync(cloud, "root");
        root.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", image);
        // A browser, a token and a series with a value set aside; a registry with such names, and what was entered before in the change log.
        Assert.True((await root.PostAsJsonAsync("/api/v1/session", new { name = "root", password = Password }, Stop)).IsSuccessStatusCode);
        using var again = await SignedInAsync(cloud, "root");
        Assert.True((await again.PostAsJsonAsync("/api/v1/account/tokens", new { name = image, rights = new[] { "read" } }, Stop)).IsSuccessStatusCode);
        var now = UnixMicros.From(DateTimeOffset.UtcNow);
        foreach (var metric in (string[])[image, vector, script])
        {
            await cloud.SendAsync([new Reading(new SeriesKey("d", metric), now, now, ReadingValue.Of(vector), ReadingQuality.Good)]);
            await cloud.SendAsync([new Reading(new SeriesKey("d", metric), now + 1, now, ReadingValue.Of(true), ReadingQuality.Good)]);
        }
        await cloud.StoredAsync();
        foreach (var name in (string[])[image, vector, script]) Assert.True((await again.ReplaceAsync("/api/v1/sites/s", new { id = "s", name }, Stop)).IsSuccessStatusCode || (await again.PutAsJsonAsync("/api/v1/sites/s", new { id = "s", name }, Stop)).IsSuccessStatusCode);
        Assert.True((await again.PutAsJsonAsync("/api/v1/registry/devices/d", new { id = "d", site = "s", name = image }, Stop)).IsSuccessStatusCode);
        var (shown, wrong) = (0, new List<string>());
        var hostile = Uri.EscapeDataString(image);
        foreach (var address in PageList.All.Values.Concat([
            "/?device=d", $"/?device={hostile}", $"/tolls/charges?point={hostile}&outcome={hostile}", $"/tolls/items?class={hostile}", $"/change-log?from={hostile}", $"/sign-in?return={script}&trouble={hostile}", $"/problems/{hostile}",
            $"/no-such/{hostile}", $"/dead-letters/{hostile}", $"/tolls/passages/{hostile}", $"/?lang={hostile}&theme={hostile}&digits={hostile}"]))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept", "text/html" } } };
            using var answer = await again.SendAsync(request, Stop);
            var html = await answer.Content.ReadAsStringAsync(Stop);
            if (WebUtility.HtmlDecode(html).Contains("alert(1)", StringComparison.Ordinal)) shown++;
            if (html.Contains("<img src=x", StringComparison.OrdinalIgnoreCase) || html.Contains("<svg onload", StringComparison.OrdinalIgnoreCase) || AddressOfScript().IsMatch(html)) wrong.Add(address);
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(shown >= 6, $"only {shown} pages have shown it");
        // Problems and data are never taken for a page.
        foreach (var address in (string[])[$"/api/v1/devices/{hostile}", "/api/v1/latest?device=d", $"/api/v1/devices?{hostile}=1"])
        {
            using var answer = await again.GetAsync(new Uri(address, UriKind.Relative), Stop);
            Assert.EndsWith("json", answer.Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        }
    }

    [Fact]
    public async Task Row_42_no_route_changes_anything_for_another_site_or_by_a_method_that_only_reads_and_no_page_is_framed()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "root", [Roles.Administrator]);
        using var root = await SignedInAsync(cloud, "root");
        var cookie = root.DefaultRequestHeaders.GetValues("Cookie");
        using var plain = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = cloud.Address };
        var routes = cloud.App.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Where(route => !CityAccess.IsUplink(route)).ToList();
        var (wrong, asked) = (new List<string>(), 0);
        var rows = cloud.App.Services.GetRequiredService<AuditLog>().Read(null, 1)[0].Number;
        foreach (var route in routes)
        {
            var path = PathOf(route);
            var methods = route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];
            foreach (var method in methods.Where(method => method is not ("GET" or "HEAD" or "OPTIONS")))
            {
                foreach (var (header, value) in new[] { ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "https://evil.example"), ("Origin", "null"), ("X-Nothing", "said") })
                {
                    asked++;
                    using var forged = new HttpRequestMessage(new HttpMethod(method), path) { Content = new FormUrlEncodedContent([new("name", "eve")]) };
                    forged.Headers.Add("Cookie", cookie);
                    forged.Headers.Add(header, value);
                    var status = (int)(await plain.SendAsync(forged, Stop)).StatusCode;
                    // A route that reads JSON alone is none for a form.
                    if (status is not (403 or 415)) wrong.Add($"{method} {path} with {header}: {value}: {status}");
                }
            }
        }
        // What reads changes nothing.
        foreach (var path in routes.Where(route => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true).Select(PathOf).Distinct())
        {
            if (path.Contains("live", StringComparison.Ordinal)) continue;
            using var answer = await root.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Stop);
        }
        // A live link of another site carries what its browser may see.
        using (var socket = new System.Net.WebSockets.ClientWebSocket())
        {
            socket.Options.SetRequestHeader("Cookie", cookie.Single());
            socket.Options.SetRequestHeader("Origin", "https://evil.example");
            await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://127.0.0.1:{cloud.Address.Port}/api/v1/live"), Stop));
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(asked > 60, $"only {asked} were asked");
        // But that it was refused.
        Assert.DoesNotContain(cloud.App.Services.GetRequiredService<AuditLog>().Read(null, 1_000), row => row.Number > rows && row.Action != "access.refused");
        foreach (var address in PageList.All.Values)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept", "text/html" } } };
            using var answer = await root.SendAsync(request, Stop);
            Assert.Contains("frame-ancestors 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Section_6_row_6_no_password_is_there_from_the_factory_and_two_installations_have_different_secrets()
    {
        var secrets = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            await using var cloud = await StartAsync();
            var accounts = cloud.App.Services.GetRequiredService<Accounts>();
            foreach (var (name, password) in new[] { ("admin", ""), ("admin", "admin"), ("admin", "password"), ("admin", "123456"), ("root", "root"), ("smartcity", "smartcity"), ("admin", "changeme"), ("operator", "operator") })
                Assert.Null(await accounts.CheckAsync(name, password, Stop));
            secrets.Add(accounts.MakeFirst()!);
            foreach (var password in (string[])["", "admin", "password", "123456", "changeme", "smartcity", "123456789", "qwerty", "admin123", "letmein", "1qaz2wsx3edc", "qazwsxedcrfv", "winniethepooh"]) Assert.Null(await accounts.CheckAsync("admin", password, Stop));
        }
        Assert.NotEqual(secrets[0], secrets[1]);
        Assert.All(secrets, secret => Assert.True(secret.Replace("-", "", StringComparison.Ordinal).Length >= 16));
    }

    [Fact]
    public async Task Section_6_row_8_passwords_are_kept_as_slow_hashes_alone()
    {
        Assert.InRange(new AccessOptions().PasswordRounds, 210_000, int.MaxValue);
        await using var cloud = await CloudUnderTest.StartAsync(options => options.Access.PasswordRounds = 2_000);
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var database = new SqliteConnection($"Data Source={Path.Combine(cloud.Data, "identity", "identity.db")};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = "SELECT password FROM account WHERE name = 'mina'";
        var hash = Convert.FromBase64String((string)command.ExecuteScalar()!);
        // PBKDF2 with HMAC-SHA-512, the rounds, 128 bits of salt.
        Assert.Equal((1, 2u, 2_000u, 16u), (hash[0], Number(hash, 1), Number(hash, 5), Number(hash, 9)));

        static uint Number(byte[] bytes, int at) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
    }

    [Fact]
    public async Task Section_6_row_10_every_answer_has_its_headers()
    {
        await using var cloud = await StartAsync();
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = cloud.Address };
        foreach (var path in (string[])["/", "/sign-in", "/people", "/api/v1/devices", "/api/v1/users", "/no-such", "/ui/css/shell.css", "/openapi/v1.json", "/health/live", "/api/v1/devices?limit=0"])
        {
            using var answer = await browser.GetAsync(new Uri(path, UriKind.Relative), Stop);
            foreach (var (name, value) in SecurityHeaders.All) Assert.Equal((path, name, value), (path, name, Assert.Single(answer.Headers.GetValues(name))));
            var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.False(answer.Headers.Contains("Server") || answer.Headers.Contains("X-Powered-By"), $"{path} names its server");
            Assert.False(answer.Headers.Contains("Strict-Transport-Security"), "there is no TLS here");
        }
        // By TLS, under a name: a year at least.
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null } };
        using var secure = new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{SmartCity.Cloud.Server.CloudServer.PortOf(cloud.App, "https")}") };
        using var named = new HttpRequestMessage(HttpMethod.Get, "/health/live") { Headers = { Host = "city.example" } };
        Assert.Equal("max-age=31536000; includeSubDomains", Assert.Single((await secure.SendAsync(named, Stop)).Headers.GetValues("Strict-Transport-Security")));
        Assert.False((await secure.GetAsync("/health/live", Stop)).Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Section_6_row_15_refused_sign_ins_are_in_the_audit_log_with_neither_secret_nor_line_break()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var browser = Browser(cloud);
        foreach (var (name, password) in new[] { ("mina", "canary-one\r\nfaked row"), ("canary-two\r\nroot signed in", "x"), ("<script>canary-three</script>", "y") })
            Assert.Equal(HttpStatusCode.Unauthorized, (await browser.PostAsJsonAsync("/api/v1/session", new { name, password }, Stop)).StatusCode);
        var log = cloud.App.Services.GetRequiredService<AuditLog>();
        var rows = log.Read(null, 3);
        Assert.Equal(["(no such account)", "(no such account)", "mina"], rows.Select(row => row.Subject));
        Assert.All(rows, row => Assert.Equal(("nobody", "sign-in.refused", "127.0.0.1"), (row.Who, row.Action, row.From)));
        Assert.DoesNotContain("canary", string.Join(' ', rows.Select(row => row.ToString())), StringComparison.Ordinal);
        Assert.Null(log.Verify().FirstBroken);
    }

    [Fact]
    public async Task Section_6_row_16_no_refusal_tells_of_the_inside()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "root", [Roles.Administrator]);
        using var root = await SignedInAsync(cloud, "root");
        var wrong = new List<string>();
        foreach (var (method, path, type, body) in new[]
        {
            ("POST", "/api/v1/session", "application/json", "{"), ("POST", "/api/v1/session", "application/json", "[]"), ("POST", "/api/v1/session", "application/json", "{\"name\":{}}"),
            ("POST", "/api/v1/users", "application/json", "{\"name\":\"x\",\"roles\":[\"king\"]}"), ("POST", "/api/v1/users", "application/json", "{\"name\":1e400}"), ("POST", "/api/v1/registry", "application/json", "{\"devices\":[{\"id\":\"'; DROP TABLE device;--\"}]}"),
            ("POST", "/api/v1/registry", "text/csv", "id;name\n1;2"), ("PUT", "/api/v1/sites/s", "application/json", "null"), ("PUT", "/api/v1/models/m", "application/json", "{\"id\":\"m\",\"kind\":\"k\",\"metrics\":[{\"name\":\"a\",\"unit\":\"furlong\"}]}"),
            ("POST", "/people", "application/x-www-form-urlencoded", "name=%00&role=x"), ("POST", "/account/password", "application/x-www-form-urlencoded", "old=&new="), ("POST", "/people/none/disable", "text/plain", ""), ("DELETE", "/api/v1/sessions/99999", "text/plain", ""),
            ("PATCH", "/api/v1/users", "text/plain", ""), ("GET", "/api/v1/dead-letters/9223372036854775807", "text/plain", ""), ("GET", "/people/..%2f..%2fetc", "text/plain", ""), ("GET", "/change-log?before=x", "text/plain", ""), ("GET", "/dead-letters?after=x", "text/plain", ""),
        })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "GET" ? null : new StringContent(body, MediaTypeHeaderValue.Parse(type)) };
            using var answer = await root.SendAsync(request, Stop);
            var text = WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(Stop));
            if ((int)answer.StatusCode is < 400 or >= 500 || Inside().IsMatch(text)) wrong.Add($"{method} {path}: {(int)answer.StatusCode} {text[..Math.Min(text.Length, 300)]}");
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    /// <summary>Traces, types, statements and folders of this program.</summary>
    [GeneratedRegex(@"\bat [A-Z]\w+\.|Exception|SELECT |INSERT |SQLite|System\.|Microsoft\.|/tmp/|\.cs:line")]
    private static partial Regex Inside();

    [GeneratedRegex("(href|src|action|formaction)=[\"']?\\s*javascript:", RegexOptions.IgnoreCase)]
    private static partial Regex AddressOfScript();

    /// <summary>Sends bytes as they are and reads the status of the answer.</summary>
    private static async Task<int> StatusAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Stop);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), Stop);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        var line = await reader.ReadLineAsync(Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(15), Stop) ?? "HTTP/1.1 0 closed without a word";
        return int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
