using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Server.Registry;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The registry in the running server: what it says of a device is seen in the flags and the coverage of its readings.</summary>
public sealed class RegistryTests
{
    private static readonly DateTimeOffset _begin = new(2026, 11, 24, 6, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_model_says_is_seen_in_the_flags_and_the_coverage_of_readings()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var registry = cloud.App.Services.GetRequiredService<IDeviceRegistry>();
        registry.Apply([new(new DeviceModel("probe", "probe", null, [new MetricModel("x", "Cel", Min: 0, Max: 50, ExpectedInterval: TimeSpan.FromMinutes(10))])), new(Device: new RegisteredDevice("p", "probe"))]);
        await cloud.SendAsync(("p", "x", 20.0, _begin), ("p", "x", 51.0, _begin.AddMinutes(10)), ("p", "x", 21.0, _begin.AddMinutes(20)));
        await cloud.StoredAsync();

        using var raw = JsonDocument.Parse(await cloud.Http.GetStringAsync("/api/v1/readings?device=p&metric=x&from=2026-11-24T06:00:00Z&to=2026-11-24T07:00:00Z", Stop));
        Assert.Equal([0, 4, 0], raw.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("quality").GetInt32()));
        using var hour = JsonDocument.Parse(await cloud.Http.GetStringAsync("/api/v1/readings?device=p&metric=x&from=2026-11-24T06:00:00Z&to=2026-11-24T07:00:00Z&bucket=1h&tz=UTC", Stop));
        Assert.Equal(0.5, hour.RootElement.GetProperty("series")[0].GetProperty("buckets")[0].GetProperty("coverage").GetDouble());
    }

    [Fact]
    public async Task A_device_that_is_heard_is_entered_with_the_model_of_its_kind_and_a_person_s_entry_is_left_alone()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var registry = cloud.App.Services.GetRequiredService<IDeviceRegistry>();
        registry.Apply([new(Device: new RegisteredDevice("mine", Name: "by hand"))]);
        var now = UnixMicros.From(DateTimeOffset.UtcNow);
        await cloud.SendAsync([.. new[] { "air-1", "mine" }.Select(device => new Reading(new SeriesKey(device, "kind"), now, now, ReadingValue.Of("air"), ReadingQuality.Good))]);
        await cloud.StoredAsync();
        await cloud.App.Services.GetRequiredService<DeviceDiscovery>().LookAsync(Stop);
        Assert.Equal(new RegisteredDevice("air-1", "air", IsDiscovered: true), registry.Device("air-1")!.Value);
        Assert.Equal(new RegisteredDevice("mine", Name: "by hand"), registry.Device("mine")!.Value);
    }

    [Fact]
    public async Task The_registry_is_read_by_anyone_and_changed_by_those_with_the_right_alone()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var body = new { id = "gate-1", model = "air", position = new { latitude = 35.7, longitude = 51.4 } };
        Assert.Equal(HttpStatusCode.Unauthorized, (await cloud.Http.PutAsJsonAsync("/api/v1/registry/devices/gate-1", body, Stop)).StatusCode);
        using var admin = AdminSocket.Connect(AdminSocket.FileIn(cloud.Data));
        Assert.Equal(HttpStatusCode.OK, (await admin.PutAsJsonAsync("/api/v1/registry/devices/gate-1", body, Stop)).StatusCode);

        var answer = await cloud.Http.GetAsync("/api/v1/registry/devices/gate-1", Stop);
        Assert.Equal("\"1\"", answer.Headers.ETag!.Tag);
        using var stale = new HttpRequestMessage(HttpMethod.Put, "/api/v1/registry/devices/gate-1") { Content = JsonContent.Create(new { id = "gate-1" }) };
        stale.Headers.IfMatch.Add(new EntityTagHeaderValue("\"7\""));
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await admin.SendAsync(stale, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await admin.PutAsJsonAsync("/api/v1/models/m", new { id = "m", kind = "k", metrics = new[] { new { name = "x", unit = "furlong" } } }, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await cloud.Http.GetAsync("/api/v1/registry/devices/none", Stop)).StatusCode);

        foreach (var (mediaType, part) in new[] { ("application/json", "\"gate-1\""), ("text/csv", "gate-1,air,,,,35.7,51.4"), ("application/geo+json", "\"coordinates\":[51.4,35.7]") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/registry") { Headers = { { "Accept", mediaType } } };
            Assert.Contains(part, await (await cloud.Http.SendAsync(request, Stop)).Content.ReadAsStringAsync(Stop));
        }
        using var page = JsonDocument.Parse(await cloud.Http.GetStringAsync("/api/v1/models?limit=2", Stop));
        Assert.Equal(2, page.RootElement.GetProperty("items").GetArrayLength());
        Assert.Contains("cursor=", page.RootElement.GetProperty("next").GetString());
    }
}
