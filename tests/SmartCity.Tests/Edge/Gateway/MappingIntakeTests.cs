using System.Text;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Hosting.Commands;
using SmartCity.Tests.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Edge.Gateway;

/// <summary>Other systems' messages through the real gateway: kept like native telemetry, by whoever may speak for the device.</summary>
public sealed class MappingIntakeTests : IAsyncDisposable
{
    private const string Sensor = """{"Time": "2026-11-24T09:42:03", "DS18B20": {"Id": "0118", "Temperature": 21.4}, "Broken": 1e400, "TempUnit": "C"}""";
    private readonly TemporaryFolder _folder = new();
    private readonly GatewayUnderTest _gateway;
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    public MappingIntakeTests() => _gateway = new GatewayUnderTest(_folder.Path, "--Edge:Mappings:0=tasmota", "--Edge:Mappings:1=sensor-community");

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<RawClient> ConnectAsync(string client) => (await RawClient.ConnectAsync(_gateway.Port("mqtt"), Connect(V311, client), _stop)).Client;

    [Fact]
    public async Task A_foreign_message_is_kept_under_its_own_time_and_its_bad_value_set_aside()
    {
        await _gateway.StartAsync();
        using (var plug = await ConnectAsync("plug"))
        {
            await plug.SendAsync(Publish(V311, "tele/plug/SENSOR", 1, Sensor, 0x32), _stop);
            Assert.Equal(Acknowledge(0x40, 1), await plug.ReceiveAsync(_stop));
        }
        Assert.Equal((2, 1, 1), (await _gateway.AuditAsync("accepted"), await _gateway.AuditAsync("queued"), await _gateway.AuditAsync("deadLettered")));
        var letter = Assert.Single(_gateway.Get<DeadLetterOffice>().List(long.MaxValue, 10));
        Assert.StartsWith($"value:overflow@byte {Sensor.IndexOf("1e400", StringComparison.Ordinal)} Broken", letter.Reason, StringComparison.Ordinal);
        await _gateway.StopAsync();
        var (series, time, value) = Assert.Single(GatewayUnderTest.Kept(_folder.Path));
        Assert.Equal(("plug/DS18B20.Temperature", 1_795_500_723_000_000, 21.4), (series, time, value));
    }

    [Fact]
    public async Task A_device_speaks_for_itself_only_whether_its_id_stands_in_the_topic_or_in_the_payload()
    {
        await _gateway.StartAsync();
        foreach (var (topic, payload) in new[] { ("tele/other/SENSOR", Sensor), ("airrohr/x", """{"esp8266id": "7", "sensordatavalues": []}"""), ("stat/other/RESULT", "{}") })
        {
            using var plug = await ConnectAsync("plug");
            await plug.SendAsync(Publish(V311, topic, 1, payload, 0x32), _stop);
            // 3.1.1 knows no reason: the connection is closed without an acknowledgement.
            await Assert.ThrowsAsync<EndOfStreamException>(() => plug.ReceiveAsync(_stop));
        }
        Assert.Equal(0, await _gateway.AuditAsync("accepted"));
    }

    [Fact]
    public async Task A_message_that_does_not_say_whose_it_is_is_set_aside_and_kept_once_it_does()
    {
        await _gateway.StartAsync();
        using (var dust = await ConnectAsync("esp8266-7"))
        {
            await dust.SendAsync(Publish(V311, "airrohr/roof", 1, """{"sensordatavalues": [{"value_type": "SDS_P1", "value": "4.5"}]}""", 0x32), _stop);
            Assert.Equal(Acknowledge(0x40, 1), await dust.ReceiveAsync(_stop));
        }
        var office = _gateway.Get<DeadLetterOffice>();
        var letter = Assert.Single(office.List(long.MaxValue, 10));
        Assert.StartsWith("mapping:device", letter.Reason, StringComparison.Ordinal);
        await _gateway.StopAsync();

        // One's own mapping goes before the one that comes with the gateway.
        Directory.CreateDirectory(_folder["mappings"]);
        await File.WriteAllTextAsync(_folder["mappings/sensor-community.json"], """{"topic": "airrohr/{device}", "device": "{device}", "metrics": [{"path": "/sensordatavalues/*", "value": "./value", "metric": "{./value_type}", "type": "number"}]}""", _stop);
        await _gateway.StartAsync();
        var outcome = await _gateway.Get<DeadLetterOffice>().ResubmitAsync(letter.Id);
        Assert.Equal((1, 0), (outcome!.Kept, outcome.Rejected));
        await _gateway.StopAsync();
        Assert.Equal("roof/SDS_P1", Assert.Single(GatewayUnderTest.Kept(_folder.Path)).Series);
    }

    [Fact]
    public async Task A_device_with_a_Will_and_commands_of_its_own_system_connects_and_hears_them()
    {
        await _gateway.StartAsync();
        // flags: Will of QoS 1, retained, clean start.
        var (plug, _) = await RawClient.ConnectAsync(_gateway.Port("mqtt"), Connect(V311, "plug", flags: 0x2E, rest: [.. Text("tele/plug/LWT"), .. Text("Offline")]), _stop);
        using var connected = plug;
        await plug.SendAsync(Subscribe(V311, 1, null, ("cmnd/plug/#", 0)), _stop);
        Assert.Equal(0, (await plug.ReceiveAsync(_stop))[^1]);
        await plug.SendAsync(Subscribe(V311, 2, null, ("cmnd/other/#", 0)), _stop);
        Assert.Equal(0x80, (await plug.ReceiveAsync(_stop))[^1]);
        // What its firmware says of itself elsewhere does not cost it its connection.
        await plug.SendAsync(Publish(V311, "tasmota/discovery/A1B2C3D4E5F6/config", 7, "{}", 0x33), _stop);
        Assert.Equal(Acknowledge(0x40, 7), await plug.ReceiveAsync(_stop));
        await plug.SendAsync(Publish(V311, "cmnd/plug/POWER", 0, "ON", 0x30), _stop);
        Assert.Contains("cmnd/plug/POWER", Encoding.UTF8.GetString(await plug.ReceiveAsync(_stop)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_mapping_a_foreign_topic_is_refused_as_before()
    {
        await using var plain = new GatewayUnderTest(_folder["plain"]);
        await plain.StartAsync();
        var (device, _) = await RawClient.ConnectAsync(plain.Port("mqtt"), Connect(V311, "plug"), _stop);
        using (device)
        {
            await device.SendAsync(Publish(V311, "tele/plug/SENSOR", 1, Sensor, 0x32), _stop);
            await Assert.ThrowsAsync<EndOfStreamException>(() => device.ReceiveAsync(_stop));
        }
    }

    [Fact]
    public async Task A_mapping_that_is_missing_or_wrong_ends_the_start_with_its_file_and_line()
    {
        Directory.CreateDirectory(_folder["mappings"]);
        await File.WriteAllTextAsync(_folder["mappings/own.json"], "{\n\"topic\": \"a\",\n\"device\": \"{x}\", \"metrics\": [{\"path\": \"/**\"}]}", _stop);
        await using var gateway = new GatewayUnderTest(_folder.Path, "--Edge:Mappings:0=tasmotta", "--Edge:Mappings:1=own");
        var refused = await Assert.ThrowsAsync<CommandException>(gateway.StartAsync);
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("Did you mean tasmota?", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{_folder["mappings/own.json"]}:3: there is no {{x}}", refused.Message, StringComparison.Ordinal);
    }
}
