using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Model;
using SmartCity.Model.Contracts;
using static SmartCity.Tests.Cloud.Server.AccessTests;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Where readings are not everybody's, whoever is bound to areas sees and changes those alone: on each route, page and stream.</summary>
public sealed class AreaTests
{
    private const string Foreign = "theirs";
    private const string Own = "mine";

    /// <summary>What each route that shows its things by area is asked of the foreign device, site, gateway or letter; a route that is not here fails the test.</summary>
    private static readonly Dictionary<string, (string Path, object? Body)> _asked = new()
    {
        ["GET /"] = ($"/?device={Foreign}", null),
        ["HEAD /"] = ($"/?device={Foreign}", null),
        ["GET /audit"] = ("/audit", null),
        ["GET /dead-letters"] = ("/dead-letters", null),
        ["GET /dead-letters/{id:long}"] = ("/dead-letters/1", null),
        ["POST /dead-letters/{id:long}/resubmit"] = ("/dead-letters/1/resubmit", null),
        ["POST /dead-letters/{id:long}/discard"] = ("/dead-letters/1/discard", null),
        ["GET /api/v1/completeness"] = ("/api/v1/completeness", null),
        ["GET /api/v1/completeness/certificates"] = ("/api/v1/completeness/certificates", null),
        ["GET /api/v1/gateways"] = ("/api/v1/gateways", null),
        ["GET /api/v1/dead-letters"] = ("/api/v1/dead-letters", null),
        ["GET /api/v1/dead-letters/{id:long}"] = ("/api/v1/dead-letters/1", null),
        ["POST /api/v1/dead-letters/{id:long}/resubmit"] = ("/api/v1/dead-letters/1/resubmit", null),
        ["DELETE /api/v1/dead-letters/{id:long}"] = ("/api/v1/dead-letters/1", null),
        ["GET /api/v1/registry"] = ("/api/v1/registry", null),
        ["POST /api/v1/registry"] = ("/api/v1/registry", new { devices = new[] { new { id = Foreign, site = "south-1", name = "taken" } } }),
        ["GET /api/v1/models"] = ("/api/v1/models?limit=1", null),
        ["GET /api/v1/models/{id}"] = ("/api/v1/models/none", null),
        ["PUT /api/v1/models/{id}"] = ("/api/v1/models/air", new { id = "air", kind = "air", metrics = Array.Empty<object>() }),
        ["GET /api/v1/sites"] = ("/api/v1/sites", null),
        ["GET /api/v1/sites/{id}"] = ("/api/v1/sites/south-1", null),
        ["PUT /api/v1/sites/{id}"] = ("/api/v1/sites/south-1", new { id = "south-1", area = "north" }),
        ["GET /api/v1/registry/devices"] = ("/api/v1/registry/devices", null),
        ["GET /api/v1/registry/devices/{id}"] = ($"/api/v1/registry/devices/{Foreign}", null),
        ["PUT /api/v1/registry/devices/{id}"] = ($"/api/v1/registry/devices/{Foreign}", new { id = Foreign, site = "north-1" }),
        ["GET /api/v1/registry/gateways"] = ("/api/v1/registry/gateways", null),
        ["GET /api/v1/registry/gateways/{id}"] = ($"/api/v1/registry/gateways/{Foreign}", null),
        ["PUT /api/v1/registry/gateways/{id}"] = ($"/api/v1/registry/gateways/{Foreign}", new { id = Foreign, site = "north-1" }),
        ["GET /api/v1/fleet/gateways"] = ("/api/v1/fleet/gateways", null),
        ["GET /api/v1/fleet/gateways/{id}"] = ($"/api/v1/fleet/gateways/{Foreign}", null),
        ["POST /api/v1/fleet/gateways/{id}/claim"] = ($"/api/v1/fleet/gateways/{Foreign}/claim", new { secret = "AAAA-BBBB-CCCC-DDDD" }),
        ["DELETE /api/v1/fleet/gateways/{id}/claim"] = ($"/api/v1/fleet/gateways/{Foreign}/claim", null),
        ["POST /api/v1/fleet/gateways/{id}/blink"] = ($"/api/v1/fleet/gateways/{Foreign}/blink", new { seconds = 5 }),
        ["GET /api/v1/fleet/gateways/{id}/twin"] = ($"/api/v1/fleet/gateways/{Foreign}/twin", null),
        ["GET /api/v1/fleet/gateways/{id}/twin/desired"] = ($"/api/v1/fleet/gateways/{Foreign}/twin/desired", null),
        ["GET /api/v1/fleet/gateways/{id}/twin/reported"] = ($"/api/v1/fleet/gateways/{Foreign}/twin/reported", null),
        ["GET /api/v1/fleet/gateways/{id}/twin/history"] = ($"/api/v1/fleet/gateways/{Foreign}/twin/history", null),
        ["GET /api/v1/fleet/gateways/{id}/twin/history/{version:long}"] = ($"/api/v1/fleet/gateways/{Foreign}/twin/history/1", null),
        ["POST /gateways/{id}/blink"] = ($"/gateways/{Foreign}/blink", null),
        ["GET /gateways"] = ("/gateways", null),
        ["GET /gateways/{id}"] = ($"/gateways/{Foreign}", null),
        ["POST /gateways/claim"] = ("/gateways/claim", null),
        ["POST /gateways/{id}/claim-back"] = ($"/gateways/{Foreign}/claim-back", null),
        ["POST /api/v1/devices/{id}/commands"] = ($"/api/v1/devices/{Foreign}/commands", new { name = "reboot" }),
        ["GET /api/v1/devices/{id}/commands"] = ($"/api/v1/devices/{Foreign}/commands", null),
        ["GET /api/v1/devices/{id}/commands/{request}"] = ($"/api/v1/devices/{Foreign}/commands/r1", null),
        ["GET /faults"] = ("/faults", null),
        ["GET /api/v1/latest"] = ("/api/v1/latest", null),
        ["GET /api/v1/devices"] = ("/api/v1/devices", null),
        ["GET /api/v1/devices/{id}"] = ($"/api/v1/devices/{Foreign}", null),
        ["GET /api/v1/readings"] = ($"/api/v1/readings?device={Foreign}", null),
        ["GET /api/v1/series"] = ("/api/v1/series", null),
        ["GET /alarms"] = ("/alarms", null),
        ["POST /alarms"] = ("/alarms", null),
        ["GET /alarms/{id:long}"] = ("/alarms/1", null),
        ["POST /alarms/{id:long}"] = ("/alarms/1", null),
        ["GET /alarms/history"] = ("/alarms/history", null),
        ["GET /alarms/statistics"] = ("/alarms/statistics", null),
        ["GET /alarms/report"] = ("/alarms/report", null),
        ["GET /api/v1/alarms"] = ("/api/v1/alarms", null),
        ["GET /api/v1/alarms/live"] = ("/api/v1/alarms/live", null),
        ["GET /api/v1/alarms/summary"] = ("/api/v1/alarms/summary", null),
        ["GET /api/v1/alarms/set-aside"] = ("/api/v1/alarms/set-aside", null),
        ["GET /api/v1/alarms/history"] = ("/api/v1/alarms/history", null),
        ["GET /api/v1/alarms/statistics"] = ("/api/v1/alarms/statistics", null),
        ["GET /api/v1/alarms/shift-report"] = ("/api/v1/alarms/shift-report", null),
        ["GET /api/v1/alarms/{id:long}"] = ("/api/v1/alarms/1", null),
        ["GET /api/v1/alarms/{id:long}/history"] = ("/api/v1/alarms/1/history", null),
        ["POST /api/v1/alarms/acknowledge"] = ("/api/v1/alarms/acknowledge", new { alarms = new[] { 1 } }),
        ["POST /api/v1/alarms/shelve"] = ("/api/v1/alarms/shelve", new { alarms = new[] { 1 }, reason = "why" }),
        ["POST /api/v1/alarms/unshelve"] = ("/api/v1/alarms/unshelve", new { alarms = new[] { 1 } }),
        ["POST /api/v1/alarms/out-of-service"] = ("/api/v1/alarms/out-of-service", new { points = new[] { new { rule = "high", source = Foreign } }, reason = "why" }),
        ["POST /api/v1/alarms/in-service"] = ("/api/v1/alarms/in-service", new { alarms = new[] { 1 } }),
        ["POST /api/v1/alarms/comment"] = ("/api/v1/alarms/comment", new { alarms = new[] { 1 }, reason = "why" }),
        // Streams do not end; they have a test of their own.
        ["GET /api/v1/live"] = ("/api/v1/live", null),
        ["GET /api/v1/live.sse"] = ("", null),
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_route_shows_or_changes_what_lies_outside_of_an_account_s_areas_whatever_its_role()
    {
        await using var cloud = await CityAsync();
        var wrong = new List<string>();
        var (asked, whole) = (new HashSet<string>(), 0);
        foreach (var role in Roles.All)
        {
            await AddAsync(cloud, role.Replace(' ', '-'), [role], "west");
            using var caller = await SignedInAsync(cloud, role.Replace(' ', '-'));
            foreach (var route in cloud.App.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
            {
                if (CityAccess.IsUplink(route) || route.Metadata.GetMetadata<RequiredRight>() is not { Right: not (null or Rights.None), IsOpenOnLoopback: false } required) continue;
                var pattern = "/" + route.RoutePattern.RawText!.Trim('/');
                foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                {
                    var isByArea = route.Metadata.GetMetadata<ByArea>() is not null;
                    (string Path, object? Body) ask = (PathOf(route), null);
                    if (isByArea && !_asked.TryGetValue($"{method} {pattern}", out ask)) wrong.Add($"{method} {pattern} is not in the list of what is asked");
                    if (ask.Path is null or "") continue;
                    using var request = new HttpRequestMessage(new HttpMethod(method), ask.Path) { Content = ask.Body is null ? null : JsonContent.Create(ask.Body) };
                    using var answer = await caller.SendAsync(request, Stop);
                    var text = await answer.Content.ReadAsStringAsync(Stop);
                    var (status, has) = ((int)answer.StatusCode, (Roles.RightsOf(role) & required.Right.Value) == required.Right.Value);
                    if (!isByArea || !has)
                    {
                        whole++;
                        if (status != 403) wrong.Add($"{role} {method} {ask.Path}: {status}, 403 was expected");
                        continue;
                    }
                    asked.Add($"{method} {pattern}");
                    // What is asked by name is not there; in lists there is nothing of it.
                    var isNamed = ask.Path.Contains(Foreign, StringComparison.Ordinal) || ask.Path.Contains("south", StringComparison.Ordinal) || ask.Path.Contains("/1", StringComparison.Ordinal);
                    if (answer.IsSuccessStatusCode && (method is not ("GET" or "HEAD") || (isNamed && !pattern.Equals("/", StringComparison.Ordinal)))) wrong.Add($"{role} {method} {ask.Path}: {status}");
                    if (answer.IsSuccessStatusCode && (text.Replace($"device={Foreign}", "", StringComparison.Ordinal).Contains("41.25", StringComparison.Ordinal) || text.Contains("south-1", StringComparison.Ordinal) || text.Contains("\"g1\"", StringComparison.Ordinal) || text.Contains(">g1<", StringComparison.Ordinal)
                        || (!pattern.Equals("/", StringComparison.Ordinal) && text.Contains(Foreign, StringComparison.Ordinal)))) wrong.Add($"{role} {method} {ask.Path} shows something of another area: {text[..Math.Min(text.Length, 300)]}");
                }
            }
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(asked.Count > 20 && whole > 100, $"only {asked.Count} and {whole} were asked");
        // Nothing of the foreign device has changed.
        var device = cloud.App.Services.GetRequiredService<IDeviceRegistry>().Device(Foreign)!.Value;
        Assert.Equal(("south-1", null), (device.Site, device.Name));
        Assert.Single(cloud.App.Services.GetRequiredService<DurableLog>().DeadLetters());
    }

    [Fact]
    public async Task Whoever_is_bound_to_an_area_sees_its_devices_readings_gaps_and_letters()
    {
        await using var cloud = await CityAsync();
        await AddAsync(cloud, "ali", [Roles.Operator], "north");
        using var ali = await SignedInAsync(cloud, "ali");
        foreach (var path in (string[])["/api/v1/devices", "/api/v1/latest", "/api/v1/series", "/api/v1/registry", "/api/v1/registry/devices", $"/api/v1/readings?device={Own}", "/"])
        {
            var text = await ali.GetStringAsync(new Uri(path, UriKind.Relative), Stop);
            Assert.True(text.Contains(Own, StringComparison.Ordinal), $"{path} does not show {Own}");
            Assert.False(text.Contains(Foreign, StringComparison.Ordinal), $"{path} shows {Foreign}");
        }
        // Its gateway's books are its own, though others are heard by it too.
        foreach (var path in (string[])["/api/v1/gateways", "/audit", "/api/v1/completeness"]) Assert.Contains("\"g1\"", await ali.GetStringAsync(new Uri(path, UriKind.Relative), Stop), StringComparison.Ordinal);
        // As exports.
        foreach (var type in (string[])["text/csv", "application/vnd.apache.parquet", "application/x-ndjson"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/readings?device={Own}&device={Foreign}") { Headers = { { "Accept", type } } };
            Assert.Equal(HttpStatusCode.BadRequest, (await ali.SendAsync(request, Stop)).StatusCode);
        }
        // A device that is moved is seen or not from then on.
        using var console = SmartCity.Hosting.Operations.AdminSocket.Connect(SmartCity.Hosting.Operations.AdminSocket.FileIn(cloud.Data));
        Assert.True((await console.ReplaceAsync($"/api/v1/registry/devices/{Foreign}", new { id = Foreign, site = "north-1" }, Stop)).IsSuccessStatusCode);
        Assert.Contains(Foreign, await ali.GetStringAsync(new Uri("/api/v1/devices", UriKind.Relative), Stop), StringComparison.Ordinal);
        Assert.Equal(1, (await ali.GetFromJsonAsync<JsonElement>("/api/v1/dead-letters", Stop)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_live_stream_carries_the_values_of_one_s_areas_and_ends_with_one_s_session()
    {
        await using var cloud = await CityAsync();
        await AddAsync(cloud, "ali", [Roles.Operator], "north");
        using var ali = await SignedInAsync(cloud, "ali");
        using var response = await ali.GetAsync("/api/v1/live.sse", HttpCompletionOption.ResponseHeadersRead, Stop);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Stop));
        await cloud.SendAsync((Foreign, "pm25", 41.25, DateTimeOffset.UtcNow), (Own, "pm25", 7.5, DateTimeOffset.UtcNow));
        var seen = new List<string>();
        while (!seen.Exists(line => line.Contains("7.5", StringComparison.Ordinal))) seen.Add(await reader.ReadLineAsync(Stop) ?? throw new InvalidOperationException("The stream ended."));
        Assert.DoesNotContain(seen, line => line.Contains(Foreign, StringComparison.Ordinal));
        cloud.App.Services.GetRequiredService<Accounts>().SetDisabled(new Actor("test", "test"), "ali", true);
        while (await reader.ReadLineAsync(Stop) is not null) { }
    }

    [Fact]
    public async Task Where_readings_are_everybody_s_an_area_binds_what_needs_a_right()
    {
        await using var cloud = await CityAsync(isPublic: true);
        await AddAsync(cloud, "ali", [Roles.Operator], "north");
        using var ali = await SignedInAsync(cloud, "ali");
        Assert.Contains(Foreign, await ali.GetStringAsync(new Uri("/api/v1/devices", UriKind.Relative), Stop), StringComparison.Ordinal);
        Assert.Equal(0, (await ali.GetFromJsonAsync<JsonElement>("/api/v1/dead-letters", Stop)).GetProperty("items").GetArrayLength());
        Assert.Equal(HttpStatusCode.NotFound, (await ali.DeleteAsync("/api/v1/dead-letters/1", Stop)).StatusCode);
    }

    /// <summary>Two devices of two areas behind one gateway, a value of each, and a dead letter of the foreign one.</summary>
    private static async Task<CloudUnderTest> CityAsync(bool isPublic = false)
    {
        var cloud = await StartAsync(options => (options.Access.PublicReadings, options.Live.TickInterval) = (isPublic, TimeSpan.FromMilliseconds(100)));
        cloud.App.Services.GetRequiredService<IDeviceRegistry>().Apply(
        [
            new RegistryChange(Site: new Site("north-1", null, "north/3", null)), new RegistryChange(Site: new Site("south-1", null, "south", null)),
            new RegistryChange(Device: new RegisteredDevice(Own, Site: "north-1")), new RegistryChange(Device: new RegisteredDevice(Foreign, Site: "south-1")),
            new RegistryChange(Gateway: new RegisteredGateway(Foreign, Site: "south-1")),
        ]);
        // A rule that the foreign device breaks, in force before its value comes.
        using var console = SmartCity.Hosting.Operations.AdminSocket.Connect(SmartCity.Hosting.Operations.AdminSocket.FileIn(cloud.Data));
        var rules = new { rules = new[] { new { id = "high", when = "pm25 > 40", cause = "c", consequence = "c", action = "a", respondWithin = "5m" } } };
        await Eventually.HoldsAsync("the rule is in force", async () => (await console.PostAsJsonAsync("/api/v1/alarms/settings", rules, Stop)).IsSuccessStatusCode);
        var time = DateTimeOffset.UtcNow.AddMinutes(-1);
        await cloud.SendAsync((Own, "pm25", 12.5, time), (Foreign, "pm25", 41.25, time));
        // Another kind of value than before, which the log sets aside.
        await cloud.SendAsync([new Reading(new SeriesKey(Foreign, "pm25"), UnixMicros.From(time.AddSeconds(1)), UnixMicros.From(time), ReadingValue.Of(true), ReadingQuality.Good)]);
        await cloud.StoredAsync();
        Assert.Single(cloud.App.Services.GetRequiredService<DurableLog>().DeadLetters());
        await Eventually.HoldsAsync("the foreign device has an alarm", async () => (await console.GetStringAsync(new Uri("/api/v1/alarms", UriKind.Relative), Stop)).Contains(Foreign, StringComparison.Ordinal));
        var silence = cloud.App.Services.GetRequiredService<SmartCity.Cloud.Server.Silence.SilenceConsumer>();
        await Eventually.HoldsAsync("the gateway is known by both devices", async () => (await silence.DevicesAsync()).Count == 2);
        return cloud;
    }
}
