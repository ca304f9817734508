using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Edge.Gateway.Twins;
using SmartCity.Model.Contracts;
using SmartCity.Tests.Edge.Gateway;
using SmartCity.Tests.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Configurations over the API, to a real gateway and back.</summary>
public sealed class TwinTests
{
    private const string Twin = "/api/v1/fleet/gateways/g2/twin";
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_configuration_goes_to_its_gateway_and_what_became_of_it_comes_back()
    {
        await using var cloud = await AccessTests.StartAsync();
        await AccessTests.AddAsync(cloud, "mina", [Roles.Administrator]);
        using var mina = await AccessTests.SignedInAsync(cloud, "mina");
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder.Path, cloud.SettingsOf("g2"));
        await gateway.StartAsync();
        await Eventually.HoldsAsync("the gateway has reported", async () => (await mina.GetAsync($"{Twin}/reported", Stop)).IsSuccessStatusCode);
        var before = await mina.GetFromJsonAsync<JsonElement>(Twin, Stop);
        Assert.Equal((0, "applied", 0), (before.GetProperty("desired").GetProperty("version").GetInt32(), before.GetProperty("reported").GetProperty("state").GetString(), before.GetProperty("drift").GetArrayLength()));
        var document = before.GetProperty("reported").GetProperty("document");
        Assert.Equal(TwinReporter.Software, document.GetProperty("software").GetString());
        Assert.True(document.GetProperty("uptimeSeconds").GetInt64() >= 0);
        Assert.Equal(1 << 30, document.GetProperty("lanes").GetProperty("toll").GetProperty("quotaBytes").GetInt64());

        // Credentials, a mapping and a quota, in force without a device losing its connection.
        var (device, _) = await RawClient.ConnectAsync(gateway.Port("mqtt"), Connect(V311, "lamp-7"), Stop);
        using (device)
        {
            using var patched = await ChangeAsync(mina, HttpMethod.Patch, "/desired?wait=20", 0, """
                {"devices": {"air-1": {"password": "canary-secret"}}, "lanes": {"toll": {"quotaBytes": 2097152}}, "software": "9.9.9",
                 "mappings": {"plant": {"topic": "plant/{device}/state", "device": "{device}", "metrics": [{"path": "/**"}]}}, "uplink": {"address": "https://elsewhere.example:8443"}}
                """);
            Assert.True(patched.IsSuccessStatusCode, await patched.Content.ReadAsStringAsync(Stop));
            Assert.Equal("\"1\"", patched.Headers.ETag!.Tag);
            var view = await patched.Content.ReadFromJsonAsync<JsonElement>(Stop);
            Assert.Equal((1, "trial"), (view.GetProperty("reported").GetProperty("version").GetInt32(), view.GetProperty("reported").GetProperty("state").GetString()));
            // What its own settings hold, and the software, which nobody installs, differ.
            Assert.Equal(["/software", "/uplink/address"], view.GetProperty("drift").EnumerateArray().Select(one => one.GetProperty("pointer").GetString()).Order());
            Assert.True(view.GetProperty("drift").EnumerateArray().Single(one => one.GetProperty("pointer").GetString() == "/uplink/address").GetProperty("heldHere").GetBoolean());
            Assert.Equal(2097152, view.GetProperty("reported").GetProperty("document").GetProperty("lanes").GetProperty("toll").GetProperty("quotaBytes").GetInt64());
            Assert.DoesNotContain("canary", view.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("pbkdf2", view.ToString(), StringComparison.Ordinal);
            await device.SendAsync(Publish(V311, "plant/lamp-7/state", 1, "{\"power\": 7}", 0x32), Stop);
            Assert.Equal(Acknowledge(0x40, 1), await device.ReceiveAsync(Stop));
        }
        using (var refused = await RawClient.OpenAsync(gateway.Port("mqtt"), Stop))
        {
            await refused.SendAsync(Connect(V311, "air-1"), Stop);
            Assert.NotEqual(0, (await refused.ReceiveAsync(Stop))[3]);
        }

        // Wrong ones are refused before they leave, whoever has another version is told, and nothing of either is made.
        using var wrong = await ChangeAsync(mina, HttpMethod.Patch, "/desired", 1, """{"listen": {"mqttPort": 70000}, "x": 1}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.Equal(["/listen/mqttPort", "/x"], (await wrong.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("pointers").EnumerateArray().Select(one => one.GetString()).Order());
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await ChangeAsync(mina, HttpMethod.Patch, "/desired", 7, """{"software": "1"}""")).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionRequired, (await ChangeAsync(mina, HttpMethod.Patch, "/desired", null, """{"software": "1"}""")).StatusCode);
        using var form = new HttpRequestMessage(HttpMethod.Patch, $"{Twin}/desired") { Content = new FormUrlEncodedContent([KeyValuePair.Create("software", "1")]), Headers = { { "If-Match", "*" } } };
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await mina.SendAsync(form, Stop)).StatusCode);
        using var unknown = new HttpRequestMessage(HttpMethod.Patch, "/api/v1/fleet/gateways/g9/twin/desired") { Content = new StringContent("{}", Encoding.UTF8, "application/merge-patch+json") };
        Assert.Equal(HttpStatusCode.NotFound, (await mina.SendAsync(unknown, Stop)).StatusCode);

        // What the gateway alone can know is wrong is refused there, with its place.
        using var lacking = await ChangeAsync(mina, HttpMethod.Patch, "/desired?wait=20", 1, """{"mappings": {"zigbe2mqtt": true}}""");
        var report = (await lacking.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("reported");
        Assert.Equal(("refused", "/mappings/zigbe2mqtt"), (report.GetProperty("state").GetString(), report.GetProperty("document").GetProperty("faults")[0].GetProperty("pointer").GetString()));

        // Back, and the history says what became of each.
        using var undone = await ChangeAsync(mina, HttpMethod.Post, "/undo?wait=20", 2, "{}");
        Assert.Equal(("trial", 3), ((await undone.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("reported").GetProperty("state").GetString(), gateway.Get<TwinAgent>().Standing.InForce.Version is 3 ? 3 : 0));
        var history = (await mina.GetFromJsonAsync<JsonElement>($"{Twin}/history?limit=2", Stop)).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([(3, "undo 1", "trial"), (2, "patch", "refused")], history.Select(one => (one.GetProperty("version").GetInt32(), one.GetProperty("how").GetString()!, one.GetProperty("state").GetString()!)));

        var rows = cloud.App.Services.GetRequiredService<AuditLog>().Read(null, 50).Where(row => row.Action == "gateway.twin").ToList();
        Assert.Equal((3, "mina", "g2"), (rows.Count, rows[0].Who, rows[0].Subject));
        Assert.Contains("zigbe2mqtt", rows[1].After, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", string.Join(' ', rows), StringComparison.Ordinal);

        // It comes again on the next stream, where it is nothing to do.
        await gateway.StopAsync();
        await gateway.StartAsync();
        await Eventually.HoldsAsync("it is connected again", async () => (await mina.GetFromJsonAsync<JsonElement>(Twin, Stop)).GetProperty("reported").GetProperty("document").GetProperty("inForce").GetProperty("version").GetInt32() == 3);
        foreach (var file in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is not (".sock" or ".lock")))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            Assert.DoesNotContain("canary-secret", await reader.ReadToEndAsync(Stop), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_gateway_s_light_blinks_when_somebody_asks_for_it()
    {
        await using var cloud = await AccessTests.StartAsync();
        await AccessTests.AddAsync(cloud, "ali", [Roles.Installer]);
        using var ali = await AccessTests.SignedInAsync(cloud, "ali");
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder.Path, cloud.SettingsOf("g2"));
        await gateway.StartAsync();
        await Eventually.HoldsAsync("the light shows that it is connected", () => Led() == "online");
        using var answer = await ali.PostAsJsonAsync("/api/v1/fleet/gateways/g2/blink", new { seconds = 600 }, Stop);
        Assert.Equal((HttpStatusCode.OK, "answered"), (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("state").GetString()));
        Assert.Equal("blink", Led());
        using var ended = await ali.PostAsJsonAsync("/api/v1/fleet/gateways/g2/blink", new { seconds = 0 }, Stop);
        Assert.Equal("online", Led());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await ali.PostAsJsonAsync("/api/v1/fleet/gateways/g2/blink", new { seconds = 601 }, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await ali.PostAsJsonAsync("/api/v1/fleet/gateways/g9/blink", new { }, Stop)).StatusCode);
        await gateway.StopAsync();
        Assert.Equal("offline", Led());

        string Led() => File.Exists(folder["led"]) ? File.ReadAllText(folder["led"]).Trim() : "";
    }

    private static Task<HttpResponseMessage> ChangeAsync(HttpClient client, HttpMethod method, string path, long? version, string body)
    {
        var request = new HttpRequestMessage(method, Twin + path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (version is { } present) request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{present}\""));
        return client.SendAsync(request, Stop);
    }
}
