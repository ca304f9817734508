using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Who may do what in the running server: accounts, sessions, tokens, areas and the log of it.</summary>
public sealed class AccessTests
{
    private const string Password = "correct horse battery staple";
    private static readonly Actor _test = new("test", "test");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal static Task<CloudUnderTest> StartAsync(Action<ServerOptions>? change = null) => CloudUnderTest.StartAsync(options =>
    {
        options.Access.PasswordRounds = 1_000;
        change?.Invoke(options);
    });

    /// <summary>An account that has chosen its password.</summary>
    internal static async Task AddAsync(CloudUnderTest cloud, string name, string[] roles, params string[] areas)
    {
        var accounts = cloud.App.Services.GetRequiredService<Accounts>();
        var secret = accounts.Add(_test, name, roles, areas);
        await accounts.ChangePasswordAsync(_test, name, secret, Password, null, Stop);
    }

    internal static HttpClient Browser(CloudUnderTest cloud, string site = "same-origin")
    {
        // Cookies are kept by hand: the client's own jar sends none that is Secure without TLS, as browsers do to localhost.
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = cloud.Address };
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", site);
        return client;
    }

    private static void Keep(HttpClient browser, HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Set-Cookie", out var cookies)) return;
        browser.DefaultRequestHeaders.Remove("Cookie");
        browser.DefaultRequestHeaders.Add("Cookie", string.Join("; ", cookies.Select(cookie => cookie.Split(';')[0])));
    }

    internal static async Task<HttpClient> SignedInAsync(CloudUnderTest cloud, string name)
    {
        var browser = Browser(cloud);
        var answer = await browser.PostAsJsonAsync("/api/v1/session", new { name, password = Password }, Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Keep(browser, answer);
        return browser;
    }

    private static readonly string[] _samples = ["nobody", "1", "disable", new('0', 32), "2026-11", "1405-08", "2026-11-01", "close", "charge"];

    private static bool Fits(string? constraint, string sample) => constraint switch
    {
        null => true,
        "long" or "int" => sample == "1",
        _ when constraint.StartsWith("regex(", StringComparison.Ordinal) => System.Text.RegularExpressions.Regex.IsMatch(sample, constraint["regex(".Length..^1].Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal)),
        _ => true,
    };

    /// <summary>An address of a route: each parameter is something that its constraints take.</summary>
    internal static string PathOf(RouteEndpoint route) => "/" + string.Join('/', route.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        // What fits no constraint is shown as itself, and is no route.
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => Array.Find(_samples, sample => parameter.ParameterPolicies.All(policy => Fits(policy.Content, sample))) ?? $"no-sample-for-{parameter.Name}",
        _ => "",
    }))));

    [Fact]
    public async Task Section_6_row_6_the_first_administrator_s_secret_serves_for_one_sign_in_in_which_a_password_is_chosen()
    {
        await using var cloud = await StartAsync();
        var accounts = cloud.App.Services.GetRequiredService<Accounts>();
        var secret = accounts.MakeFirst()!;
        Assert.Null(accounts.MakeFirst());
        using var browser = Browser(cloud);
        var answer = await browser.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "admin", ["password"] = secret, ["return"] = "//evil.example" }), Stop);
        Assert.Equal("/account", answer.Headers.Location!.ToString());
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(one => one.StartsWith("__Host-session", StringComparison.Ordinal));
        foreach (var part in (string[])["secure", "httponly", "samesite=lax", "path=/"]) Assert.Contains(part, cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        Keep(browser, answer);
        // Until a password is chosen there is nothing else.
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync("/api/v1/users", Stop)).StatusCode);
        var weak = await browser.PostAsync("/account/password", new FormUrlEncodedContent(new Dictionary<string, string> { ["old"] = secret, ["new"] = "admin-admin-admin" }), Stop);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, weak.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await browser.PostAsync("/account/password", new FormUrlEncodedContent(new Dictionary<string, string> { ["old"] = secret, ["new"] = Password }), Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/api/v1/users", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Browser(cloud).PostAsJsonAsync("/api/v1/session", new { name = "admin", password = secret }, Stop)).StatusCode);
        Assert.Equal("/account", (await browser.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "admin", ["password"] = Password, ["return"] = "/account" }), Stop)).Headers.Location!.ToString());
    }

    [Fact]
    public async Task No_route_answers_a_role_that_has_not_its_right()
    {
        await using var cloud = await StartAsync(options => options.Access.PublicReadings = false);
        var routes = cloud.App.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => !CityAccess.IsUplink(endpoint) && endpoint.Metadata.GetMetadata<RequiredRight>() is { Right: not null, IsOpenOnLoopback: false }).ToList();
        Assert.True(routes.Count > 30, $"only {routes.Count} routes were found");
        var callers = new List<(string Name, HttpClient Client, Rights Rights)> { ("nobody", Browser(cloud), Rights.None) };
        foreach (var role in Roles.All)
        {
            await AddAsync(cloud, role.Replace(' ', '-'), [role]);
            callers.Add((role, await SignedInAsync(cloud, role.Replace(' ', '-')), Roles.RightsOf(role)));
        }
        var wrong = new List<string>();
        var refused = 0;
        foreach (var route in routes)
        {
            var right = route.Metadata.GetMetadata<RequiredRight>()!.Right!.Value;
            var path = PathOf(route);
            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                foreach (var (name, client, rights) in callers)
                {
                    // Whoever has the right would do it; that is other tests' matter.
                    if (name != "nobody" && (rights & right) == right) continue;
                    using var request = new HttpRequestMessage(new HttpMethod(method), path);
                    var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
                    refused++;
                    var expected = name == "nobody" ? HttpStatusCode.Unauthorized : HttpStatusCode.Forbidden;
                    if (answer.StatusCode != expected) wrong.Add($"{name} {method} {path}: {(int)answer.StatusCode}");
                }
            }
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(refused > 100, $"only {refused} were refused");
        foreach (var (_, client, _) in callers) client.Dispose();
    }

    [Fact]
    public async Task Every_route_that_answers_with_a_page_is_in_the_list_that_the_browser_walks()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "root", [Roles.Administrator, Roles.TollManager]);
        using var root = await SignedInAsync(cloud, "root");
        // A page of one value set aside needs one: the same series as a number and as a truth value.
        await cloud.SendAsync(("d", "t", 1.5, DateTimeOffset.UtcNow));
        await cloud.SendAsync([new Reading(new SeriesKey("d", "t"), 1, 1, ReadingValue.Of(true), ReadingQuality.Good)]);
        var pages = new List<string>();
        foreach (var route in cloud.App.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            var pattern = "/" + route.RoutePattern.RawText!.Trim('/');
            if (route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") != true || pattern.StartsWith("/ui/", StringComparison.Ordinal) || pattern.StartsWith("/api/", StringComparison.Ordinal)) continue;
            // The reference of the API is another's program in a frame of its own; it has a walk of its own.
            if (pattern.StartsWith("/reference", StringComparison.Ordinal)) continue;
            using var request = new HttpRequestMessage(HttpMethod.Get, PageList.All.GetValueOrDefault(pattern, PathOf(route))) { Headers = { { "Accept", "text/html" } } };
            using var answer = await root.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
            // A refusal is shown as a page wherever a browser asks for one.
            // A page of one thing is a page too where that thing is not there; the list names it then.
            var isKnown = answer.StatusCode == HttpStatusCode.NotFound && PageList.All.ContainsKey(pattern);
            if ((answer.IsSuccessStatusCode || isKnown) && answer.Content.Headers.ContentType?.MediaType == "text/html") pages.Add(pattern);
        }
        Assert.Equal(PageList.All.Keys.Order(StringComparer.Ordinal), pages.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_form_is_answered_by_a_page_that_can_be_opened()
    {
        await using var cloud = await StartAsync();
        var routes = cloud.App.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Where(route => !CityAccess.IsUplink(route)).ToList();
        var pages = routes.Where(route => MethodsOf(route).Contains("GET")).Select(route => "/" + route.RoutePattern.RawText!.Trim('/')).ToHashSet();
        var forms = routes.Where(route => MethodsOf(route).Contains("POST") && route.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is { ExcludeFromDescription: true }
            && !route.RoutePattern.RawText!.Trim('/').StartsWith("api/", StringComparison.Ordinal)).ToList();
        Assert.True(forms.Count > 12, $"only {forms.Count} forms");
        // Signing out shows nothing itself.
        Assert.Equal(["/sign-out"], forms.Select(route => route.Metadata.GetMetadata<PageAddress>()?.Path ?? "/" + route.RoutePattern.RawText!.Trim('/')).Where(page => !pages.Contains(page)).Distinct());

        static IReadOnlyList<string> MethodsOf(RouteEndpoint route) => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];
    }

    [Theory]
    [InlineData("POST /people/mina/reset", "/people?lang=fa")]
    [InlineData("POST /account/tokens", "/account?lang=fa")]
    [InlineData("POST /dead-letters/1/resubmit", "/dead-letters/1?lang=fa")]
    [InlineData("POST /dead-letters/1/discard", "/dead-letters?lang=fa")]
    [InlineData("GET /change-log?verify=true", "/change-log?verify=true&amp;lang=fa")]
    [InlineData("GET //evil.example/x", "/evil.example/x?lang=fa")]
    public async Task The_other_language_is_a_page_that_can_be_opened_wherever_a_form_was_sent(string request, string address)
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "root", [Roles.Administrator]);
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var root = await SignedInAsync(cloud, "root");
        await cloud.SendAsync(("d", "t", 1.5, DateTimeOffset.UtcNow));
        await cloud.SendAsync([new Reading(new SeriesKey("d", "t"), 1, 1, ReadingValue.Of(true), ReadingQuality.Good)]);
        using var message = new HttpRequestMessage(new HttpMethod(request.Split(' ')[0]), new Uri($"http://127.0.0.1:{cloud.Address.Port}{request.Split(' ')[1]}")) { Headers = { { "Accept", "text/html" } } };
        if (message.Method == HttpMethod.Post) message.Content = new FormUrlEncodedContent([new("token-name", "x"), new("right", "read")]);
        using var answer = await root.SendAsync(message, Stop);
        Assert.Contains($"<a href=\"{address}\" lang=\"fa\"", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_city_that_is_transparent_shows_readings_to_everybody_and_changes_nothing_for_nobody()
    {
        await using var cloud = await StartAsync();
        await Eventually.HoldsAsync("its stores are open", async () => (await cloud.Http.GetAsync("/health/ready", Stop)).IsSuccessStatusCode);
        foreach (var path in (string[])["/", "/api/v1/devices", "/api/v1/latest", "/audit", "/api/v1/registry", "/health/ready", "/metrics", "/sign-in"])
            Assert.Equal(HttpStatusCode.OK, (await cloud.Http.GetAsync(path, Stop)).StatusCode);
        foreach (var path in (string[])["/api/v1/users", "/api/v1/audit-log", "/api/v1/dead-letters", "/api/v1/sessions"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await cloud.Http.GetAsync(path, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await cloud.Http.PutAsJsonAsync("/api/v1/sites/s", new { id = "s" }, Stop)).StatusCode);
        using var page = new HttpRequestMessage(HttpMethod.Get, "/people") { Headers = { { "Accept", "text/html" } } };
        using var browser = Browser(cloud);
        Assert.Equal("/sign-in?return=%2Fpeople", (await browser.SendAsync(page, Stop)).Headers.Location!.ToString());
    }

    [Fact]
    public async Task Another_site_cannot_make_a_signed_in_browser_change_anything()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "root", [Roles.Administrator]);
        using var browser = await SignedInAsync(cloud, "root");
        foreach (var site in (string[])["cross-site", "same-site"])
        {
            using var forged = new HttpRequestMessage(HttpMethod.Post, "/people") { Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "eve", ["role"] = Roles.Administrator }) };
            forged.Headers.Add("Cookie", browser.DefaultRequestHeaders.GetValues("Cookie"));
            forged.Headers.Add("Sec-Fetch-Site", site);
            using var plain = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = cloud.Address };
            Assert.Equal(HttpStatusCode.Forbidden, (await plain.SendAsync(forged, Stop)).StatusCode);
            using var older = new HttpRequestMessage(HttpMethod.Post, "/api/v1/users") { Content = JsonContent.Create(new { name = "eve", roles = new[] { Roles.Administrator } }) };
            older.Headers.Add("Cookie", browser.DefaultRequestHeaders.GetValues("Cookie"));
            if (site == "same-site") older.Headers.Add("Origin", "http://evil.example");
            Assert.Equal(HttpStatusCode.Forbidden, (await plain.SendAsync(older, Stop)).StatusCode);
        }
        Assert.Null(cloud.App.Services.GetRequiredService<Accounts>().Find("eve"));
        Assert.Equal(HttpStatusCode.OK, (await browser.PostAsync("/people", new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "mina", ["role"] = Roles.Operator }), Stop)).StatusCode);
    }

    [Fact]
    public async Task A_session_ends_when_it_is_ended_and_when_its_account_is_disabled_or_reset()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "root", [Roles.Administrator]);
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var root = await SignedInAsync(cloud, "root");
        foreach (var end in (string[])["DELETE /api/v1/session", "POST /api/v1/users/mina/disable", "POST /api/v1/users/mina/reset"])
        {
            using var mina = await SignedInAsync(cloud, "mina");
            Assert.Equal(HttpStatusCode.OK, (await mina.GetAsync("/api/v1/dead-letters", Stop)).StatusCode);
            var (method, path) = (new HttpMethod(end.Split(' ')[0]), end.Split(' ')[1]);
            using var request = new HttpRequestMessage(method, path);
            var answer = await (path.EndsWith("session", StringComparison.Ordinal) ? mina : root).SendAsync(request, Stop);
            Assert.True(answer.IsSuccessStatusCode, $"{end}: {(int)answer.StatusCode}");
            Assert.Equal(HttpStatusCode.Unauthorized, (await mina.GetAsync("/api/v1/dead-letters", Stop)).StatusCode);
            if (path.EndsWith("disable", StringComparison.Ordinal))
            {
                Assert.Equal(HttpStatusCode.Unauthorized, (await Browser(cloud).PostAsJsonAsync("/api/v1/session", new { name = "mina", password = Password }, Stop)).StatusCode);
                await root.PostAsync("/api/v1/users/mina/enable", null, Stop);
            }
        }
        var last = await root.PostAsync("/api/v1/users/root/disable", null, Stop);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, last.StatusCode);
    }

    [Fact]
    public async Task A_token_does_what_its_rights_allow_until_it_is_revoked_and_never_more_than_its_account()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var mina = await SignedInAsync(cloud, "mina");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await mina.PostAsJsonAsync("/api/v1/account/tokens", new { name = "x", rights = new[] { "administer" } }, Stop)).StatusCode);
        var made = await (await mina.PostAsJsonAsync("/api/v1/account/tokens", new { name = "night job", rights = new[] { "operate" } }, Stop)).Content.ReadFromJsonAsync<JsonElement>(Stop);
        var token = made.GetProperty("token").GetString()!;
        Assert.StartsWith("sc_", token, StringComparison.Ordinal);
        using var program = new HttpClient { BaseAddress = cloud.Address };
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/api/v1/dead-letters", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await program.GetAsync("/api/v1/users", Stop)).StatusCode);
        // A token makes no token.
        Assert.Equal(HttpStatusCode.Forbidden, (await program.PostAsJsonAsync("/api/v1/account/tokens", new { name = "y", rights = new[] { "operate" } }, Stop)).StatusCode);
        cloud.App.Services.GetRequiredService<Accounts>().SetRoles(_test, "mina", [Roles.Installer], []);
        Assert.Equal(HttpStatusCode.Forbidden, (await program.GetAsync("/api/v1/dead-letters", Stop)).StatusCode);
        cloud.App.Services.GetRequiredService<Accounts>().SetRoles(_test, "mina", [Roles.Operator], []);
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/api/v1/dead-letters", Stop)).StatusCode);
        foreach (var forged in (string[])[token[..^1] + (token[^1] == 'A' ? 'B' : 'A'), "sc_" + new string('A', 38), "x"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/dead-letters") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", forged) } };
            using var plain = new HttpClient { BaseAddress = cloud.Address };
            Assert.Equal(HttpStatusCode.Unauthorized, (await plain.SendAsync(request, Stop)).StatusCode);
        }
        var grants = cloud.App.Services.GetRequiredService<AccessGrants>();
        grants.End(_test, grants.List("mina").Single(grant => grant.IsToken).Id, null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync("/api/v1/dead-letters", Stop)).StatusCode);
    }

    [Fact]
    public async Task Whoever_is_bound_to_an_area_changes_nothing_outside_of_it()
    {
        await using var cloud = await StartAsync();
        using var console = AdminSocket.Connect(AdminSocket.FileIn(cloud.Data));
        foreach (var area in (string[])["north", "south"]) Assert.True((await console.PutAsJsonAsync($"/api/v1/sites/{area}-1", new { id = $"{area}-1", area }, Stop)).IsSuccessStatusCode);
        Assert.True((await console.PutAsJsonAsync("/api/v1/registry/devices/theirs", new { id = "theirs", site = "south-1" }, Stop)).IsSuccessStatusCode);
        await AddAsync(cloud, "ali", [Roles.Installer], "north");
        using var ali = await SignedInAsync(cloud, "ali");
        async Task<HttpStatusCode> PutAsync(string path, object body) => (await ali.PutAsJsonAsync(path, body, Stop)).StatusCode;
        Assert.Equal(HttpStatusCode.OK, await PutAsync("/api/v1/registry/devices/mine", new { id = "mine", site = "north-1" }));
        Assert.Equal(HttpStatusCode.OK, await PutAsync("/api/v1/sites/north-2", new { id = "north-2", area = "north/12" }));
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync("/api/v1/sites/north-3", new { id = "north-3", area = "northern" }));
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync("/api/v1/registry/devices/other", new { id = "other", site = "south-1" }));
        // Neither out of another's area nor into it.
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync("/api/v1/registry/devices/theirs", new { id = "theirs", site = "north-1" }));
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync("/api/v1/registry/devices/mine", new { id = "mine", site = "south-1" }));
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync("/api/v1/models/air", new { id = "air", kind = "air", metrics = Array.Empty<object>() }));
    }

    [Fact]
    public async Task Every_change_stands_in_the_log_with_who_before_and_after_and_nothing_changes_when_it_cannot_be_written()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "ali", [Roles.Installer]);
        using var ali = await SignedInAsync(cloud, "ali");
        Assert.True((await ali.PutAsJsonAsync("/api/v1/sites/s", new { id = "s", name = "one" }, Stop)).IsSuccessStatusCode);
        Assert.True((await ali.ReplaceAsync("/api/v1/sites/s", new { id = "s", name = "two" }, Stop)).IsSuccessStatusCode);
        var log = cloud.App.Services.GetRequiredService<AuditLog>();
        var row = log.Read(null, 1)[0];
        Assert.Equal(("ali", "registry.change", "site s"), (row.Who, row.Action, row.Subject));
        Assert.Contains("\"one\"", row.Before);
        Assert.Contains("\"two\"", row.After);
        Assert.Null(log.Verify().FirstBroken);

        // Another program holds the file, as a full disk would.
        using var holder = new SqliteConnection($"Data Source={Path.Combine(cloud.Data, "identity", "identity.db")};Pooling=False");
        holder.Open();
        using (var command = holder.CreateCommand())
        {
            command.CommandText = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END";
            command.ExecuteNonQuery();
        }
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ali.ReplaceAsync("/api/v1/sites/s", new { id = "s", name = "three" }, Stop)).StatusCode);
        Assert.Equal("two", cloud.App.Services.GetRequiredService<IDeviceRegistry>().Sites.Single(site => site.Value.Id == "s").Value.Name);
        Assert.Contains("audit log", await (await cloud.Http.GetAsync("/health/ready", Stop)).Content.ReadAsStringAsync(Stop));
        // Everybody who has signed in sees it, on whatever page; nobody else does.
        Assert.Contains("data-alarm=\"alarm.auditlog\"", await ali.GetStringAsync(new Uri("/", UriKind.Relative), Stop), StringComparison.Ordinal);
        Assert.DoesNotContain("data-alarm", await cloud.Http.GetStringAsync(new Uri("/", UriKind.Relative), Stop), StringComparison.Ordinal);
        using (var command = holder.CreateCommand())
        {
            command.CommandText = "DROP TRIGGER full";
            command.ExecuteNonQuery();
        }
        Assert.True((await ali.ReplaceAsync("/api/v1/sites/s", new { id = "s", name = "three" }, Stop)).IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.OK, (await cloud.Http.GetAsync("/health/ready", Stop)).StatusCode);
        Assert.DoesNotContain("data-alarm", await ali.GetStringAsync(new Uri("/", UriKind.Relative), Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_40_a_hundred_wrong_passwords_slow_down_who_guesses_and_not_who_has_signed_in_before()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var mina = await SignedInAsync(cloud, "mina");
        using var guesser = Browser(cloud);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 100; i++) answers.Add((await guesser.PostAsJsonAsync("/api/v1/session", new { name = "mina", password = $"wrong {i} wrong" }, Stop)).StatusCode);
        Assert.InRange(answers.Count(answer => answer == HttpStatusCode.Unauthorized), 5, 10);
        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
        var own = await mina.PostAsJsonAsync("/api/v1/session", new { name = "mina", password = Password }, Stop);
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        // The same words for a name that nobody has.
        var (known, unknown) = (await guesser.PostAsJsonAsync("/api/v1/session", new { name = "nobody-1", password = "wrong" }, Stop), await guesser.PostAsJsonAsync("/api/v1/session", new { name = "nobody-2", password = new string('x', 100_000) }, Stop));
        Assert.Equal(known.StatusCode, unknown.StatusCode);
        Assert.Equal((await known.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("detail").GetString(), (await unknown.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("detail").GetString());
    }
}
