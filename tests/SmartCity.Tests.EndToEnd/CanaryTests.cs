using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using SmartCity.Tests.EndToEnd.Trunk;

namespace SmartCity.Tests.EndToEnd;

/// <summary>Secrets that are known are planted wherever secrets go, and looked for in all that server and gateway say while they log everything; past the one line of the first start there is none.</summary>
public sealed partial class CanaryTests : IDisposable
{
    private const string ClientSecret = "canary-client-secret-6f1d";
    private const string MailPassword = "canary-mail-password-c3e8";
    private const string BrokerPassword = "canary-broker-password-04ba";
    private const string Plate = "12ب34567";
    private readonly TrunkCity _city = new("--Logging:LogLevel:Default=Debug", "--Cloud:Access:PasswordRounds=1000", "--Cloud:Access:Oidc:Authority=https://127.0.0.1:9/", "--Cloud:Access:Oidc:ClientId=city",
        $"--Cloud:Access:Oidc:ClientSecret={ClientSecret}", "--Cloud:Access:Oidc:Roles:0:Value=staff", "--Cloud:Access:Oidc:Roles:0:Role=operator",
        "--Cloud:Alarms:Smtp:Host=127.0.0.1", "--Cloud:Alarms:Smtp:Port=9", "--Cloud:Alarms:Smtp:Security=none", "--Cloud:Alarms:Smtp:User=city", $"--Cloud:Alarms:Smtp:Password={MailPassword}",
        "--Cloud:Alarms:MqttAddress=mqtt://city@127.0.0.1:9", $"--Cloud:Alarms:MqttPassword={BrokerPassword}") { GatewayMore = ["--Logging:LogLevel:Default=Debug"] };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _city.Dispose();

    [Fact]
    public async Task No_password_token_cookie_or_client_secret_is_in_any_log()
    {
        await _city.StartAsync(Stop);
        var first = FirstSecret().Match(_city.Server.Words).Groups["secret"].Value;
        var canaries = new List<string> { ClientSecret, "canary-wrong-password-51aa", "canary-chosen-password-9c02", "canary-typed-as-name-77b3", "canary-password-of-device-20e4", TrunkCity.TlsPassword, MailPassword, BrokerPassword, Plate };
        using var browser = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://127.0.0.1:{_city.Server.Port("http")}") };
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");

        foreach (var (name, password) in new[] { ("admin", canaries[1]), (canaries[3], "x\r\nroot signed in"), (canaries[3] + "\r\nfaked line", canaries[1]) })
            await browser.PostAsync("/sign-in", Form(("name", name), ("password", password)), Stop);
        using var signedIn = await browser.PostAsync("/sign-in", Form(("name", "admin"), ("password", first)), Stop);
        Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
        var cookies = signedIn.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0]).ToList();
        canaries.AddRange(cookies.Select(cookie => cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..]));
        browser.DefaultRequestHeaders.Add("Cookie", string.Join("; ", cookies));
        await browser.PostAsync("/account/password", Form(("old", canaries[1]), ("new", canaries[2])), Stop);
        Assert.Equal(HttpStatusCode.Redirect, (await browser.PostAsync("/account/password", Form(("old", first), ("new", canaries[2])), Stop)).StatusCode);
        var made = await (await browser.PostAsJsonAsync("/api/v1/account/tokens", new { name = "canary job", rights = new[] { "operate" } }, Stop)).Content.ReadFromJsonAsync<JsonElement>(Stop);
        var token = made.GetProperty("token").GetString()!;
        canaries.Add(token);
        var added = await (await browser.PostAsJsonAsync("/api/v1/users", new { name = "mina", roles = new[] { "operator" } }, Stop)).Content.ReadFromJsonAsync<JsonElement>(Stop);
        canaries.Add(added.GetProperty("secret").GetString()!);
        // As programs do, right and wrong, and on a route that is none and one that fails.
        using var program = new HttpClient { BaseAddress = browser.BaseAddress };
        foreach (var bearer in new[] { token, token[..^1] + "~", canaries[2] })
        {
            program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
            foreach (var path in (string[])["/api/v1/dead-letters", "/no-such", "/api/v1/readings?device=none"]) await program.GetAsync(new Uri(path, UriKind.Relative), Stop);
        }
        await browser.PostAsJsonAsync("/api/v1/session", new { name = "admin", password = canaries[1], more = canaries[2] }, Stop);
        // Of a box: both its secrets, one of them guessed at and used with a request that is none.
        foreach (var kind in (string[])["enrol-code", "claim-secret"])
        {
            var secret = await (await browser.PostAsync(new Uri($"/api/v1/fleet/gateways/g9/{kind}", UriKind.Relative), null, Stop)).Content.ReadFromJsonAsync<JsonElement>(Stop);
            canaries.Add(secret.GetProperty("code").GetString()!);
            await program.PostAsJsonAsync("/enrol", new { code = canaries[^1], csr = "none" }, Stop);
            await browser.PostAsJsonAsync("/api/v1/fleet/gateways/g9/claim", new { secret = canaries[^1] }, Stop);
        }
        // People who are told of alarms by servers that do not answer.
        await browser.PostAsJsonAsync("/api/v1/alarms/settings", new { channels = new object[] { new { id = "mail", kind = "email", addresses = new[] { "a@city.example" } }, new { id = "bus", kind = "mqtt", topic = "alarms" } } }, Stop);
        foreach (var channel in (string[])["mail", "bus"]) await browser.PostAsync(new Uri($"/api/v1/alarms/channels/{channel}/test", UriKind.Relative), null, Stop);
        // A vehicle, whose plate stands in the event alone.
        foreach (var seq in (string[])["1", "none"])
            await MosquittoPub.RunAsync(_city.Gateway.Port("mqtt"), "-i", "lane-1", "-t", "city/v1/lane-1/toll", "-m", $$"""{"boot": 1, "seq": {{seq}}, "ts": "2026-11-27T08:00:00Z", "clock": "locked", "lane": "L1", "kind": "anpr", "side": "rear", "candidates": [{"text": "{{Plate}}", "country": "IR", "confidence": 0.93}]}""");
        // At the city's provider, which does not answer.
        await browser.GetAsync("/sign-in/provider", Stop);
        // And at the gateway: a right and a wrong password of a device.
        foreach (var (user, password) in new[] { (TrunkCity.TlsDevice, TrunkCity.TlsPassword), (TrunkCity.TlsDevice, canaries[4]) })
            await MosquittoPub.RunAsync(_city.Gateway.Port("mqttTls"), "-h", "localhost", "--cafile", _city.Authority, "-i", user, "-u", user, "-P", password, "-t", $"city/v1/{user}/telemetry", "-m", "{\"t\": 1}");
        // What people did is kept with its before and after, and is for others to read.
        var changes = await browser.GetStringAsync(new Uri("/api/v1/audit-log?limit=1000", UriKind.Relative), Stop);
        Assert.Contains("gateway.enrol-code", changes, StringComparison.Ordinal);
        Assert.DoesNotContain(canaries, canary => changes.Contains(canary, StringComparison.Ordinal));
        await _city.Gateway.StopAsync(Stop);
        await _city.Server.StopAsync(Stop);

        var (server, gateway) = (_city.Server.Words, _city.Gateway.Words);
        Assert.True(server.Length > 2_000 && gateway.Length > 500, "hardly anything was logged");
        Assert.Equal(1, server.Split(first).Length - 1);
        var found = canaries.Where(canary => server.Contains(canary, StringComparison.Ordinal) || gateway.Contains(canary, StringComparison.Ordinal)).ToList();
        Assert.True(found.Count == 0, $"in the logs: {string.Join(", ", found.Select(canary => $"{canary}: …{Around(server + gateway, canary)}…"))}");
        // What came with a line break makes no line of its own.
        Assert.DoesNotContain(server.Split('\n'), line => line.StartsWith("faked line", StringComparison.Ordinal) || line.StartsWith("root signed in", StringComparison.Ordinal));
    }

    private static string Around(string text, string part) => text.IndexOf(part, StringComparison.Ordinal) is var at && at < 0 ? "" : text[Math.Max(0, at - 200)..Math.Min(text.Length, at + part.Length + 50)];

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    [GeneratedRegex("name admin, secret (?<secret>[a-z0-9-]+)\\.")]
    private static partial Regex FirstSecret();
}
