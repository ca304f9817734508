using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Server.Alarms;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;
using static SmartCity.Tests.Cloud.Server.AccessTests;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Alarms in the running server: from a reading by the uplink to the operator, and through a restart.</summary>
public sealed class AlarmTests
{
    private static readonly object _high = new { id = "high", name = "Particles", when = "pm25 > 75", clear = "pm25 < 60", priority = "high", cause = "fire", consequence = "harm", action = "look", respondWithin = "10m" };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reading_raises_an_alarm_within_a_second_and_an_operator_takes_note_of_it()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var mina = await SignedInAsync(cloud, "mina");
        await ImportAsync(mina, new { rules = new[] { _high } }, "1 added");
        using var socket = await ListenAsync(cloud, mina);
        await HearAsync(socket, summary => summary.GetProperty("unacknowledged").GetProperty("high").GetInt32() == 0);
        await cloud.SendAsync(("air-1", "pm25", 80, DateTimeOffset.UtcNow));
        var heard = await HearAsync(socket, summary => summary.GetProperty("unacknowledged").GetProperty("high").GetInt32() == 1);
        Assert.Equal(("Particles", "air-1"), (heard.GetProperty("newest").GetProperty("name").GetString(), heard.GetProperty("newest").GetProperty("device").GetString()));
        var alarm = (await GetAsync(mina, "/api/v1/alarms?open=true")).GetProperty("items")[0];
        Assert.Equal("unacknowledged", alarm.GetProperty("state").GetString());
        var history = (await GetAsync(mina, $"/api/v1/alarms/{alarm.GetProperty("id")}/history")).GetProperty("items")[0];
        var decided = history.GetProperty("recorded").GetDateTimeOffset() - history.GetProperty("at").GetDateTimeOffset();
        Assert.True(decided < TimeSpan.FromSeconds(10), $"decided after {decided}");

        Assert.Equal((1, 0), await OrderAsync(mina, "acknowledge", new { alarms = new[] { 1 }, reason = "on it" }));
        Assert.Equal((0, 1), await OrderAsync(mina, "acknowledge", new { alarms = new[] { 1 } }));
        await HearAsync(socket, summary => summary.GetProperty("acknowledged").GetProperty("high").GetInt32() == 1);
        var row = cloud.App.Services.GetRequiredService<AuditLog>().Read(null, 1).Single();
        Assert.Equal(("mina", "alarm.acknowledge", "high air-1"), (row.Who, row.Action, row.Subject));

        // Through a restart it is as it was, and ends by the next reading.
        await cloud.RestartAsync(() => { });
        using var again = await SignedInAsync(cloud, "mina");
        await Eventually.HoldsAsync("it is as it was", async () => (await again.GetAsync("/api/v1/alarms/1", Stop)) is { IsSuccessStatusCode: true } found && (await found.Content.ReadAsStringAsync(Stop)).Contains("\"acknowledgedBy\":\"mina\"", StringComparison.Ordinal));
        await cloud.ResendNamesAsync();
        await cloud.SendAsync(("air-1", "pm25", 40, DateTimeOffset.UtcNow));
        await Eventually.HoldsAsync("it is over", async () => (await GetAsync(again, "/api/v1/alarms?open=false")).GetProperty("items").GetArrayLength() == 1);
        Assert.Equal(["raised", "acknowledged", "closed"], (await GetAsync(again, "/api/v1/alarms/1/history")).GetProperty("items").EnumerateArray().Select(one => one.GetProperty("change").GetString()));
    }

    [Fact]
    public async Task A_shift_ends_with_a_report_that_says_what_was()
    {
        await using var cloud = await StartAsync(options => options.GatewaySilentAfter = TimeSpan.FromSeconds(4));
        cloud.App.Services.GetRequiredService<IDeviceRegistry>().Apply(
        [
            new RegistryChange(new DeviceModel("air", "air", null, [new MetricModel("pm25", Max: 500)])), .. Enumerable.Range(0, 5).Select(i => new RegistryChange(Device: new RegisteredDevice($"air-{i}", "air", Area: "north"))),
        ]);
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var mina = await SignedInAsync(cloud, "mina");
        var began = DateTimeOffset.UtcNow;
        await ImportAsync(mina, new { rules = new[] { new { id = "drift", when = "flagged(pm25)", priority = "low", cause = "drift", consequence = "wrong figures", action = "calibrate", respondWithin = "8h" } } }, "1 added");
        await SendAllAsync(cloud, 10);

        // The gateway is pulled: one alarm within two of its intervals, and no others.
        await Eventually.HoldsAsync("the gateway is missed", async () => (await GetAsync(mina, "/api/v1/alarms")).GetProperty("items").GetArrayLength() > 0, seconds: 12);
        await Task.Delay(1_500, Stop);
        var alone = Assert.Single((await GetAsync(mina, "/api/v1/alarms")).GetProperty("items").EnumerateArray());
        Assert.Equal(("gateway-silent", "g1", "high"), (alone.GetProperty("rule").GetString(), alone.GetProperty("gateway").GetString(), alone.GetProperty("priority").GetString()));
        await SendAllAsync(cloud, 60);
        await Eventually.HoldsAsync("it is back", async () => (await GetAsync(mina, "/api/v1/alarms/1")).GetProperty("state").GetString() == "returned");

        // A sensor drifts: its readings are flagged, then there is an alarm.
        await cloud.SendAsync(("air-3", "pm25", 999, DateTimeOffset.UtcNow));
        await Eventually.HoldsAsync("the drift is an alarm", async () => (await GetAsync(mina, "/api/v1/alarms?rule=drift")).GetProperty("items").GetArrayLength() == 1);
        await cloud.StoredAsync();
        using var done = new CancellationTokenSource();
        var beating = BeatAsync(cloud, done.Token);
        Assert.Equal(4, (await GetAsync(mina, "/api/v1/latest?device=air-3&metric=pm25")).GetProperty("items")[0].GetProperty("quality").GetInt32());

        // By the page, as an operator does.
        Assert.Contains("1 alarms acknowledged", await PostAsync(mina, "/alarms", ("alarm", "1"), ("do", "acknowledge"), ("reason", "crew was there")), StringComparison.Ordinal);
        Assert.Contains("A reason is needed", await PostAsync(mina, "/alarms", ("alarm", "2"), ("do", "shelve"), ("for", "1h")), StringComparison.Ordinal);
        Assert.Contains("1 alarms shelved", await PostAsync(mina, "/alarms", ("alarm", "2"), ("do", "shelve"), ("for", "1h"), ("reason", "is being calibrated")), StringComparison.Ordinal);
        await PostAsync(mina, "/alarms/2", ("do", "comment"), ("reason", "part is ordered"));

        var report = await GetAsync(mina, $"/api/v1/alarms/shift-report?from={Uri.EscapeDataString(began.ToString("O"))}");
        Assert.Equal(2, report.GetProperty("statistics").GetProperty("alarms").GetInt32());
        var open = Assert.Single(report.GetProperty("open").EnumerateArray());
        Assert.Equal(("drift", "shelved"), (open.GetProperty("rule").GetString(), open.GetProperty("state").GetString()));
        var aside = Assert.Single(report.GetProperty("setAside").EnumerateArray());
        Assert.Equal(("air-3", "mina", "is being calibrated"), (aside.GetProperty("source").GetString(), aside.GetProperty("by").GetString(), aside.GetProperty("reason").GetString()));
        Assert.Equal(["acknowledged crew was there", "shelved is being calibrated", "commented part is ordered"], report.GetProperty("changes").EnumerateArray().Select(one => $"{one.GetProperty("change")} {one.GetProperty("note")}"));
        Assert.Contains(report.GetProperty("ruleChanges").EnumerateArray(), one => one.GetProperty("id").GetString() == "drift" && one.GetProperty("by").GetString() == "mina");
        var page = await mina.GetStringAsync(new Uri("/alarms/report?lang=en", UriKind.Relative), Stop);
        Assert.All(new[] { "crew was there", "is being calibrated", "part is ordered", "drift" }, said => Assert.Contains(said, page, StringComparison.Ordinal));

        await done.CancelAsync();
        await beating;

        // What-if over the same readings says what live did.
        var whatIf = await (await mina.PostAsJsonAsync("/api/v1/alarms/what-if", new { id = "quick", when = "pm25 > 500" }, Stop)).Content.ReadFromJsonAsync<JsonElement>(Stop);
        Assert.Equal("air-3", Assert.Single(whatIf.GetProperty("alarms").EnumerateArray()).GetProperty("source").GetString());
    }

    [Fact]
    public async Task What_if_over_the_store_finds_the_alarms_that_live_raised()
    {
        await using var cloud = await StartAsync();
        using var console = AdminSocket.Connect(AdminSocket.FileIn(cloud.Data));
        await ImportAsync(console, new { rules = new[] { _high } }, "1 added");
        foreach (var value in new[] { 10, 80, 70, 50, 90, 40, 30, 99 })
        {
            await cloud.SendAsync(("air-1", "pm25", value, DateTimeOffset.UtcNow), ("air-2", "pm25", value / 2, DateTimeOffset.UtcNow));
            await Task.Delay(30, Stop);
        }
        await cloud.StoredAsync();
        await Eventually.HoldsAsync("live has raised it", async () => await console.GetAsync("/api/v1/alarms/1", Stop) is { IsSuccessStatusCode: true } answer && (await answer.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("times").GetInt32() == 3);
        var rule = await console.GetStringAsync(new Uri("/api/v1/alarms/rules/high", UriKind.Relative), Stop);
        var asked = await (await console.PostAsync("/api/v1/alarms/what-if", new StringContent(rule, Encoding.UTF8, "application/json"), Stop)).Content.ReadFromJsonAsync<JsonElement>(Stop);
        var alarms = asked.GetProperty("alarms").EnumerateArray().ToList();
        Assert.Equal(3, alarms.Count);
        var live = (await GetAsync(console, "/api/v1/alarms/1/history")).GetProperty("items").EnumerateArray().Where(one => one.GetProperty("change").GetString() is "raised" or "reactivated").Select(one => one.GetProperty("at").GetDateTimeOffset());
        Assert.Equal(live, alarms.Select(one => one.GetProperty("raised").GetDateTimeOffset()));
        Assert.Equal(1, alarms[0].GetProperty("live").GetInt64());
        var silent = await console.PostAsJsonAsync("/api/v1/alarms/what-if", new { id = "s", when = "silent()" }, Stop);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, silent.StatusCode);
        Assert.Contains("nodata", await silent.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_a_thousand_is_grouped_and_every_alarm_is_kept()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var mina = await SignedInAsync(cloud, "mina");
        await ImportAsync(mina, new { rules = new[] { _high } }, "1 added");
        for (var part = 0; part < 10; part++)
            await cloud.SendAsync([.. Enumerable.Range(part * 100, 100).Select(i => ($"air-{i}", "pm25", 90.0, DateTimeOffset.UtcNow))]);
        await Eventually.HoldsAsync("all are there", async () => (await GetAsync(mina, "/api/v1/alarms/summary")).GetProperty("unacknowledged").GetProperty("high").GetInt32() == 1_000, seconds: 10);
        Assert.True((await GetAsync(mina, "/api/v1/alarms/summary")).GetProperty("isFlood").GetBoolean());
        var page = await mina.GetStringAsync(new Uri("/alarms?lang=en", UriKind.Relative), Stop);
        Assert.Contains("A flood: 1,000 alarms", page, StringComparison.Ordinal);
        Assert.True(page.Length < 200_000, $"the page has {page.Length} characters");
        Assert.Equal((200, 0), await OrderAsync(mina, "acknowledge", new { alarms = Enumerable.Range(1, 200) }));
        var refused = await mina.PostAsJsonAsync("/api/v1/alarms/acknowledge", new { alarms = Enumerable.Range(1, 201) }, Stop);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
    }

    [Fact]
    public async Task Rules_that_cannot_be_are_refused_whole_with_all_that_is_wrong()
    {
        await using var cloud = await StartAsync();
        using var console = AdminSocket.Connect(AdminSocket.FileIn(cloud.Data));
        var before = await console.GetStringAsync(new Uri("/api/v1/alarms/settings", UriKind.Relative), Stop);
        foreach (var (body, expected) in new[]
        {
            ("", "is empty"), ("[]", "line 1"), ("{\"rules\": null}", "$.rules"), ("{\"rules\": [null]}", "null is no entry"), ("{\"rules\": [{\"id\": null, \"when\": \"x\"}]}", "$.rules[0].id"), ("{\"rules\": [{\"id\": \"a\", \"when\": \"x\", \"notify\": [null]}]}", "null is no step"), ("{\"rules\": [{\"id\": \"a\", \"when\": \"x >\"}, {\"id\": \"ok\", \"when\": \"x > 1\"}]}", "character 4"),
            ("{\"rulez\": []}", "rulez"), ("{\"rules\": [{\"id\": \"a\", \"when\": \"x\", \"onDelay\": \"5\"}]}", "no span of time"), ("{\"rules\": [{\"id\": \"a\", \"when\": \"x\", \"priority\": \"urgent\"}]}", "priority"),
        })
        {
            var answer = await console.PostAsync("/api/v1/alarms/settings?name=my.json", new StringContent(body), Stop);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
            Assert.Contains(expected, await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }
        Assert.Equal(before, await console.GetStringAsync(new Uri("/api/v1/alarms/settings", UriKind.Relative), Stop));
        // What is exported is imported without a difference.
        var same = await console.PostAsync("/api/v1/alarms/settings", new StringContent(before), Stop);
        Assert.Contains("\"added\":0,\"changed\":0", await same.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backfilled_readings_raise_nothing_and_imports_neither()
    {
        await using var cloud = await StartAsync();
        using var console = AdminSocket.Connect(AdminSocket.FileIn(cloud.Data));
        await ImportAsync(console, new { rules = new[] { _high } }, "1 added");
        var (now, old) = (UnixMicros.From(DateTimeOffset.UtcNow), UnixMicros.From(DateTimeOffset.UtcNow.AddHours(-5)));
        await cloud.SendAsync([new Reading(new SeriesKey("air-1", "pm25"), now, now, ReadingValue.Of(500.0), ReadingQuality.Backfilled), new Reading(new SeriesKey("air-2", "pm25"), old, old, ReadingValue.Of(500.0), ReadingQuality.Good)]);
        await cloud.SendAsync(("air-3", "pm25", 80, DateTimeOffset.UtcNow));
        await Eventually.HoldsAsync("the live one is there", async () => (await GetAsync(console, "/api/v1/alarms")).GetProperty("items").GetArrayLength() > 0);
        Assert.Equal("air-3", Assert.Single((await GetAsync(console, "/api/v1/alarms")).GetProperty("items").EnumerateArray()).GetProperty("device").GetString());
    }

    /// <summary>The gateway is heard until it is done.</summary>
    private static async Task BeatAsync(CloudUnderTest cloud, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            await cloud.SendAsync(("air-0", "pm25", 11, DateTimeOffset.UtcNow));
            await Task.Delay(300, CancellationToken.None);
        }
    }

    private static async Task SendAllAsync(CloudUnderTest cloud, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await cloud.SendAsync([.. Enumerable.Range(0, 5).Select(device => ($"air-{device}", "pm25", 10.0 + (i % 3), DateTimeOffset.UtcNow))]);
            await Task.Delay(50, Stop);
        }
    }

    private static async Task ImportAsync(HttpClient client, object settings, string expected)
    {
        var answer = await client.PostAsJsonAsync("/api/v1/alarms/settings", settings, Stop);
        var text = await answer.Content.ReadAsStringAsync(Stop);
        Assert.True(answer.IsSuccessStatusCode, text);
        Assert.Contains($"\"added\":{expected.Split(' ')[0]}", text, StringComparison.Ordinal);
    }

    private static async Task<(int Done, int Skipped)> OrderAsync(HttpClient client, string order, object body)
    {
        var answer = await client.PostAsJsonAsync($"/api/v1/alarms/{order}", body, Stop);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Stop));
        var result = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
        return (result.GetProperty("done").GetInt32(), result.GetProperty("skipped").GetInt32());
    }

    private static async Task<string> PostAsync(HttpClient client, string path, params (string, string)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Item1, field.Item2)));
        return WebUtility.HtmlDecode(await (await client.PostAsync(path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "lang=en", form, Stop)).Content.ReadAsStringAsync(Stop));
    }

    private static Task<JsonElement> GetAsync(HttpClient client, string path) => client.GetFromJsonAsync<JsonElement>(path, Stop);

    private static async Task<ClientWebSocket> ListenAsync(CloudUnderTest cloud, HttpClient client)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", client.DefaultRequestHeaders.GetValues("Cookie").Single());
        socket.Options.SetRequestHeader("Sec-Fetch-Site", "same-origin");
        await socket.ConnectAsync(new Uri(cloud.Address.ToString().Replace("http", "ws", StringComparison.Ordinal) + "api/v1/alarms/live"), Stop);
        return socket;
    }

    private static async Task<JsonElement> HearAsync(ClientWebSocket socket, Func<JsonElement, bool> isIt)
    {
        var buffer = new byte[65_536];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer, limit.Token);
            var said = JsonSerializer.Deserialize<JsonElement>(buffer.AsSpan(0, got.Count));
            if (said.TryGetProperty("summary", out var summary) && isIt(summary)) return summary;
        }
    }
}
