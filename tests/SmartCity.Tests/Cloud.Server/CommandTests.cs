using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Fleet.Commands;
using SmartCity.Cloud.Identity;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Model.Contracts;
using SmartCity.Tests.Edge.Gateway;
using SmartCity.Tests.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Commands over the API, by a real gateway, to a device and back.</summary>
public sealed class CommandTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_goes_to_its_device_and_the_answer_comes_back_through_restarts_of_the_gateway()
    {
        await using var cloud = await AccessTests.StartAsync();
        await AccessTests.AddAsync(cloud, "mina", [Roles.Operator]);
        using var mina = await AccessTests.SignedInAsync(cloud, "mina");
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder.Path, cloud.SettingsOf("g2"));
        await gateway.StartAsync();
        var device = await ListenAsync(gateway);

        // Nobody has heard the device yet, so nobody knows the way to it.
        Assert.Equal(HttpStatusCode.NotFound, (await mina.PostAsJsonAsync("/api/v1/devices/lamp-7/commands", new { payload = 1 }, Stop)).StatusCode);
        await device.SendAsync(Publish(V311, "city/v1/lamp-7/telemetry", 1, "{\"power\": 7}", 0x32), Stop);
        Assert.Equal(Acknowledge(0x40, 1), await device.ReceiveAsync(Stop));
        HttpResponseMessage given = null!;
        await Eventually.HoldsAsync("the device is known", async () => (given = await mina.PostAsJsonAsync("/api/v1/devices/lamp-7/commands", new { id = "r1", payload = new { dim = 40 } }, Stop)).IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.Accepted, given.StatusCode);
        Assert.Equal("/api/v1/devices/lamp-7/commands/r1", given.Headers.Location!.ToString());
        Assert.EndsWith("{\"dim\":40}", Encoding.UTF8.GetString(await device.ReceiveAsync(Stop)), StringComparison.Ordinal);
        await StateAsync(mina, "r1", "delivered");

        // The same again is the same command; another one under its id is refused.
        Assert.True((await mina.PostAsJsonAsync("/api/v1/devices/lamp-7/commands", new { id = "r1", payload = new { dim = 40 } }, Stop)).IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await mina.PostAsJsonAsync("/api/v1/devices/lamp-7/commands", new { id = "r1", payload = 2 }, Stop)).StatusCode);
        await device.HearsNothingAsync(Stop);

        // Acknowledged while the cloud is away, it comes when both are back.
        await gateway.StopAsync();
        await gateway.StartAsync();
        device.Dispose();
        device = await ListenAsync(gateway);
        await device.SendAsync(Publish(V311, "city/v1/lamp-7/cmd/r1/res", 2, "{\"ok\": true}", 0x32), Stop);
        Assert.Equal(Acknowledge(0x40, 2), await device.ReceiveAsync(Stop));
        await StateAsync(mina, "r1", "answered");
        var entry = await mina.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/devices/lamp-7/commands/r1", UriKind.Relative), Stop);
        Assert.True(entry.GetProperty("answer").GetProperty("ok").GetBoolean());
        Assert.Equal("mina", entry.GetProperty("by").GetString());
        await Eventually.HoldsAsync("the gateway has forgotten it", () => gateway.Get<CommandBook>().Count == 0);

        // Waited for: the answer comes with the request.
        var waited = mina.PostAsJsonAsync("/api/v1/devices/lamp-7/commands?wait=30", new { id = "r2", payload = "blink" }, Stop);
        Assert.EndsWith("\"blink\"", Encoding.UTF8.GetString(await device.ReceiveAsync(Stop)), StringComparison.Ordinal);
        await device.SendAsync(Publish(V311, "city/v1/lamp-7/cmd/r2/res", 3, "done", 0x32), Stop);
        using var answered = await waited;
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        Assert.Equal("done", (await answered.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("answer").GetString());

        // A device that does not answer in time, and one that is gone.
        using var late = await mina.PostAsJsonAsync("/api/v1/devices/lamp-7/commands?wait=30", new { id = "r3", payload = 3, timeoutSeconds = 1 }, Stop);
        Assert.Equal("expired", (await late.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("state").GetString());
        device.Dispose();
        await Eventually.HoldsAsync("the device is gone", () => gateway.Get<SmartCity.Mqtt.MqttHub>().ConnectionCount == 0);
        using var gone = await mina.PostAsJsonAsync("/api/v1/devices/lamp-7/commands?wait=30", new { id = "r4", payload = 4 }, Stop);
        Assert.Equal("unheard", (await gone.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("state").GetString());

        var list = await mina.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/devices/lamp-7/commands?limit=3", UriKind.Relative), Stop);
        Assert.Equal(["r4", "r3", "r2"], list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        list = await mina.GetFromJsonAsync<JsonElement>(new Uri(list.GetProperty("next").GetString()!, UriKind.Relative), Stop);
        Assert.Equal(["r1"], list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        Assert.Equal(["r4", "r3", "r2", "r1"], cloud.App.Services.GetRequiredService<AuditLog>().Read(null, 20).Where(row => row.Action == "device.command").Select(row => JsonDocument.Parse(row.After!).RootElement.GetProperty("request").GetString()));

        static async Task<RawClient> ListenAsync(GatewayUnderTest gateway)
        {
            var (client, _) = await RawClient.ConnectAsync(gateway.Port("mqtt"), Connect(V311, "lamp-7"), Stop);
            await client.SendAsync(Subscribe(V311, 1, null, ("city/v1/lamp-7/cmd/+", 0)), Stop);
            Assert.Equal(0x90, (await client.ReceiveAsync(Stop))[0]);
            return client;
        }
    }

    [Fact]
    public async Task What_cannot_be_given_is_refused_with_words_and_nothing_is_kept()
    {
        await using var cloud = await AccessTests.StartAsync();
        await AccessTests.AddAsync(cloud, "mina", [Roles.Operator]);
        using var mina = await AccessTests.SignedInAsync(cloud, "mina");
        await cloud.SendAsync(("d1", "x", 1, DateTimeOffset.UtcNow));
        await Eventually.HoldsAsync("the device is known", async () => (await PostAsync("""{"payload": 1, "id": "known"}""")).IsSuccessStatusCode);
        foreach (var (body, status) in new (string, HttpStatusCode)[]
        {
            ("", HttpStatusCode.BadRequest), ("{", HttpStatusCode.BadRequest), ("[]", HttpStatusCode.BadRequest), ("{}", HttpStatusCode.UnprocessableEntity), ("""{"payload": 1, "id": "a/b"}""", HttpStatusCode.UnprocessableEntity),
            ("""{"payload": 1, "id": ""}""", HttpStatusCode.UnprocessableEntity), ("""{"payload": 1, "timeoutSeconds": 0}""", HttpStatusCode.UnprocessableEntity), ("""{"payload": 1, "timeoutSeconds": 1e9}""", HttpStatusCode.UnprocessableEntity),
            ($$"""{"payload": "{{new string('x', 262_143)}}"}""", HttpStatusCode.UnprocessableEntity), ("""{"payload": 1, "unknown": 1}""", HttpStatusCode.BadRequest),
        })
            Assert.Equal((body.Length > 60 ? "long" : body, status), (body.Length > 60 ? "long" : body, (await PostAsync(body)).StatusCode));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync("""{"payload": 1}""", "?wait=61")).StatusCode);
        var store = cloud.App.Services.GetRequiredService<CommandStore>();
        Assert.Equal("known", Assert.Single(store.List("d1", null, 10)).Request);
        // The test's gateway says nothing of it: it stays sent, and is sent again.
        await Eventually.HoldsAsync("it is sent", () => store.Find("d1", "known")!.State == CommandState.Sent);

        async Task<HttpResponseMessage> PostAsync(string body, string query = "") =>
            await mina.PostAsync($"/api/v1/devices/d1/commands{query}", new StringContent(body, Encoding.UTF8, "application/json"), Stop);
    }

    private static Task StateAsync(HttpClient client, string request, string state) => Eventually.HoldsAsync($"command {request} is {state}", async () =>
        (await client.GetFromJsonAsync<JsonElement>(new Uri($"/api/v1/devices/lamp-7/commands/{request}", UriKind.Relative), Stop)).GetProperty("state").GetString() == state);
}
