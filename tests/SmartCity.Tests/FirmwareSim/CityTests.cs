using System.Text;
using System.Text.Json;
using SmartCity.Devices.Telemetry;
using SmartCity.FirmwareSim;
using SmartCity.FirmwareSim.City;
using SmartCity.FirmwareSim.City.Sensors;
using SmartCity.Hosting.Commands;

namespace SmartCity.Tests.FirmwareSim;

public sealed class CityTests
{
    private static readonly DateTimeOffset _begun = new(2026, 11, 24, 6, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_same_seed_says_the_same_and_another_one_does_not()
    {
        Assert.Equal(Said(1), Said(1));
        Assert.NotEqual(Said(1), Said(2));

        static string Said(int seed)
        {
            using var writer = new TelemetryWriter();
            var devices = CityPlan.Devices(50, seed, new CityFaults { Clock = 0.3, Drift = 0.3, Outage = 20, Duplicate = 0.2 }, _begun);
            var said = new StringBuilder();
            for (var i = 0; i < 20; i++)
            {
                foreach (var device in devices)
                {
                    var now = _begun.AddSeconds(10 * i + device.Phase);
                    var link = device.DecideLink(now, TimeSpan.FromSeconds(10), out var until);
                    writer.Clear();
                    var values = device.Speak(now, writer);
                    said.Append(device.Id).Append(link).Append(until.Ticks).Append(values).Append(Encoding.UTF8.GetString(writer.Written.Span)).Append(device.Repeats()).AppendLine();
                }
            }
            return said.ToString();
        }
    }

    [Fact]
    public void A_larger_city_begins_with_the_smaller_one_and_has_every_kind()
    {
        var large = CityPlan.Devices(1_000, 7, CityFaults.None, _begun);
        var small = CityPlan.Devices(9, 7, CityFaults.None, _begun);
        Assert.Equal(small.Select(device => (device.Id, device.Place)), large.Take(9).Select(device => (device.Id, device.Place)));
        Assert.Equal(9, small.Select(device => device.Sensor.Kind).Distinct().Count());
        Assert.Equal(1_000, large.Select(device => device.Id).Distinct().Count());
        Assert.All(Sensor.All, sensor => Assert.InRange(large.Count(device => device.Sensor == sensor), 1_000 * sensor.Share - 2, 1_000 * sensor.Share + 2));
        Assert.Equal(1, Sensor.All.Sum(sensor => sensor.Share), 9);
    }

    [Fact]
    public void Every_device_stands_on_the_map()
    {
        using var map = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "firmware-sim/SmartCity.FirmwareSim/City/city.geojson")));
        var bounds = map.RootElement.GetProperty("bbox").EnumerateArray().Select(edge => edge.GetDouble()).ToArray();
        var districts = map.RootElement.GetProperty("features").EnumerateArray().Where(feature => feature.GetProperty("properties").GetProperty("kind").GetString() == "district")
            .Select(feature => feature.GetProperty("geometry").GetProperty("coordinates")[0].EnumerateArray().Select(point => new Place(point[0].GetDouble(), point[1].GetDouble())).ToArray()).ToList();
        var devices = CityPlan.Devices(500, 1, CityFaults.None, _begun);
        Assert.All(devices, device =>
        {
            Assert.InRange(device.Place.Longitude, bounds[0] - 0.001, bounds[2] + 0.001);
            Assert.InRange(device.Place.Latitude, bounds[1] - 0.001, bounds[3] + 0.001);
            if (device.Sensor is AirQuality or EnergyMeter or WeatherStation) Assert.Contains(districts, ring => CityMap.Contains(ring, device.Place));
        });
        Assert.InRange(devices.Select(device => device.Place).Distinct().Count(), 495, 500);
    }

    [Fact]
    public void Values_are_plausible_at_every_hour_of_a_year_and_have_a_daily_rhythm()
    {
        var ranges = new Dictionary<string, (double Min, double Max)>
        {
            ["flow"] = (0, 80), ["speed"] = (3, 130), ["occupancy"] = (0, 100), ["power"] = (0, 20_000), ["energy"] = (0, 1e6), ["level"] = (0, 100), ["voltage"] = (215, 245), ["free"] = (0, 200),
            ["fill"] = (0, 100), ["temp"] = (-25, 60), ["battery"] = (3, 4), ["pm25"] = (1, 250), ["pm10"] = (1, 600), ["no2"] = (2, 300), ["o3"] = (2, 200), ["co"] = (0.1, 10), ["rh"] = (0, 105),
            ["laeq"] = (40, 90), ["lamax"] = (45, 130), ["pressure"] = (990, 1_040), ["rain"] = (0, 20), ["wind.speed"] = (0, 30), ["wind.direction"] = (0, 360), ["lat"] = (35, 36), ["lon"] = (51, 52),
        };
        using var writer = new TelemetryWriter();
        var devices = CityPlan.Devices(60, 3, CityFaults.None, _begun);
        var flows = new double[24];
        var energy = new Dictionary<string, double>();
        for (var hour = 0; hour < 24 * 365; hour += 7)
        {
            foreach (var device in devices)
            {
                writer.Clear();
                var values = device.Speak(_begun.AddHours(hour), writer);
                using var json = JsonDocument.Parse(writer.Written);
                var members = json.RootElement.EnumerateObject().Skip(3).ToList();
                Assert.Equal(values, members.Count);
                foreach (var member in members.Where(member => member.Value.ValueKind == JsonValueKind.Number))
                {
                    // A river's level is metres, a light's per cent.
                    Assert.True(member.Value.GetDouble() >= ranges[member.Name].Min && member.Value.GetDouble() <= ranges[member.Name].Max, $"{device.Id} {member.Name} {member.Value} at {hour}");
                    if (device.Sensor is TrafficLoop && member.Name == "flow") flows[(int)new Moment((_begun.AddHours(hour) - DateTimeOffset.UnixEpoch).TotalSeconds).Hour] += member.Value.GetDouble();
                    if (member.Name != "energy") continue;
                    Assert.True(member.Value.GetDouble() >= energy.GetValueOrDefault(device.Id), $"{device.Id}'s counter goes back.");
                    energy[device.Id] = member.Value.GetDouble();
                }
            }
        }
        Assert.True(flows[8] > 3 * flows[3] && flows[18] > 3 * flows[3], "The rush is no rush.");
    }

    [Fact]
    public void Clocks_go_wrong_in_four_ways_and_drift_moves_the_first_number()
    {
        var devices = CityPlan.Devices(400, 5, new CityFaults { Clock = 1, Drift = 0, Outage = 0, Duplicate = 0 }, _begun);
        Assert.Equal([ClockFault.Ahead, ClockFault.Epoch, ClockFault.Late, ClockFault.Missing], devices.Select(device => device.Clock).Distinct().Order());
        using var writer = new TelemetryWriter();
        var now = _begun.AddMinutes(5);
        foreach (var device in devices)
        {
            writer.Clear();
            device.Speak(now, writer);
            using var json = JsonDocument.Parse(writer.Written);
            long? expected = device.Clock switch { ClockFault.Ahead => now.AddHours(2).ToUnixTimeMilliseconds(), ClockFault.Epoch => 300_000, ClockFault.Late => now.AddSeconds(-40).ToUnixTimeMilliseconds(), _ => null };
            Assert.Equal(expected, json.RootElement.TryGetProperty("ts", out var ts) ? ts.GetInt64() : null);
        }

        var drifting = CityPlan.Devices(50, 5, CityFaults.None with { Drift = 1 }, _begun).First(device => device.Sensor is AirQuality && Math.Abs(device.DriftPerHour) > 0.01);
        var steady = CityPlan.Devices(50, 5, CityFaults.None, _begun).First(device => device.Id == drifting.Id);
        Assert.Equal(1 + 20 * drifting.DriftPerHour, FirstOf(drifting) / FirstOf(steady), 1);

        double FirstOf(CityDevice device)
        {
            writer.Clear();
            device.Speak(_begun.AddHours(20), writer);
            using var json = JsonDocument.Parse(writer.Written);
            return json.RootElement.GetProperty("pm25").GetDouble();
        }
    }

    [Fact]
    public async Task The_truth_file_says_what_a_broker_was_told()
    {
        await using var broker = await MosquittoBroker.StartNewAsync();
        await using var listener = await Listener.ConnectAsync(broker);
        using var folder = new TemporaryFolder();
        var (exit, _, talk) = await Simulator.RunAsync("city", "--devices", "45", "--seed", "4", "--rate", "400", "--duration", "3s", "--broker", $"mqtt://127.0.0.1:{broker.Port}",
            "--faults", "duplicate=0.1,clock=0.2,outage=60,drift=0.1", "--truth", folder["truth.json"]);
        Assert.True(exit == ExitCode.Done, talk);
        var truth = CityTruth.Load(folder["truth.json"]);
        await Eventually.HoldsAsync("all has arrived", () => listener.See(one => one.Payloads.Distinct().Count()) >= truth.Totals.AcknowledgedMessages);
        // Each has said goodbye, or its Will has.
        await Eventually.HoldsAsync("all are offline", () => listener.See(one => truth.Devices.All(device => one.Statuses.Last(status => status.Device == device.Id).Status == "offline")));

        Assert.InRange(truth.Totals.Messages, 400, 2_000);
        Assert.Equal(truth.Totals.Messages, truth.Devices.Sum(device => device.Count.Messages));
        Assert.InRange(truth.Totals.AcknowledgedMessages, 1, truth.Totals.Messages - truth.Totals.DroppedMessages);
        Assert.Equal(45, truth.Devices.Count);
        var outages = truth.Faults.Where(fault => fault.Fault == "outage").ToList();
        Assert.Equal(truth.Totals.RepeatedMessages, truth.Faults.Count(fault => fault.Fault == "duplicate"));
        Assert.True(truth.Totals.RepeatedMessages > 10);
        Assert.NotEmpty(outages);

        Assert.Empty(listener.Rejections);
        var heard = listener.See(one => one.Payloads.ToList());
        foreach (var device in truth.Devices)
        {
            // What was in flight when a link broke may have been heard without the device knowing.
            var distinct = heard.Where(one => one.Device == device.Id).Select(one => one.Payload).Distinct().Count();
            Assert.InRange(distinct, device.Count.AcknowledgedMessages, outages.Any(fault => fault.Device == device.Id) ? device.Count.Messages : device.Count.AcknowledgedMessages);
            // Said again on purpose, or because a link broke; but a device that is dark at the end still has some to say.
            Assert.True(heard.Count(one => one.Device == device.Id) - distinct <= device.Count.RepeatedMessages + device.Count.Resent);
            Assert.Contains(listener.Readings, one => one.Series.Device == device.Id && one.Series.Metric == "lat" && one.Value.AsNumber() == Math.Round(device.Latitude, 6));
            Assert.Contains(listener.Readings, one => one.Series.Device == device.Id && one.Series.Metric == "kind" && one.Value.Text == device.Kind);
            Assert.Equal("online", listener.See(one => one.Statuses.First(status => status.Device == device.Id).Status));
        }
        Assert.All(truth.Faults.Where(fault => fault.Clock == ClockFault.Missing), fault => Assert.Contains(heard, one => one.Device == fault.Device && !one.Payload.Contains("\"ts\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_broker_that_comes_late_gets_everything_that_was_measured()
    {
        await using var broker = await MosquittoBroker.StartNewAsync();
        await broker.KillAsync();
        using var folder = new TemporaryFolder();
        var running = Simulator.RunAsync("city", "--devices", "20", "--rate", "100", "--duration", "4s", "--broker", $"mqtt://127.0.0.1:{broker.Port}", "--faults", "none", "--truth", folder["truth.json"]);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await broker.StartAsync();
        var (exit, _, talk) = await running;
        Assert.True(exit == ExitCode.Done, talk);
        var totals = CityTruth.Load(folder["truth.json"]).Totals;
        Assert.Equal((totals.Messages, totals.Values, 0L), (totals.AcknowledgedMessages, totals.AcknowledgedValues, totals.DroppedMessages));
        Assert.InRange(totals.Messages, 200, 500);
    }

    [Theory]
    [InlineData("--devices", "0", "--devices 0: 1 to 100,000")]
    [InlineData("--devices", "many", "many")]
    [InlineData("--rate", "0", "--rate 0")]
    [InlineData("--duration", "5d", "--duration 5d: a time is needed")]
    [InlineData("--duration", "-5s", "--duration")]
    [InlineData("--faults", "clock=2", "clock=2: write clock=X with X from 0 to 1")]
    [InlineData("--faults", "fire=1", "fire is no fault")]
    [InlineData("--broker", "127.0.0.1", "mqtt://host:1883")]
    [InlineData("--colour", "red", "--colour")]
    public async Task Wrong_use_is_exit_2_with_what_is_needed(string option, string value, string message)
    {
        var (exit, output, talk) = await Simulator.RunAsync("city", option, value);
        Assert.Equal(ExitCode.WrongUse, exit);
        Assert.Contains(message, talk, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Fact]
    public async Task A_truth_file_that_cannot_be_written_is_said_before_anything_is_connected() =>
        Assert.Equal(ExitCode.NotFound, (await Simulator.RunAsync("city", "--truth", "/nowhere/at/all.json")).Exit);

    [Fact]
    public async Task A_broker_that_refuses_every_device_for_good_ends_the_city_with_exit_5()
    {
        await using var broker = await MosquittoBroker.StartNewAsync("allow_anonymous false");
        var (exit, _, talk) = await Simulator.RunAsync("city", "--devices", "5", "--broker", $"mqtt://127.0.0.1:{broker.Port}");
        Assert.Equal(ExitCode.NotAllowed, exit);
        Assert.Contains("not authorised", talk, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30.0)]
    [InlineData("1.5m", 90.0)]
    [InlineData("2h", 7_200.0)]
    [InlineData("01:02:03", 3_723.0)]
    [InlineData("5", 5.0)]
    [InlineData("s", null)]
    [InlineData("5 s", null)]
    [InlineData("5d", null)]
    [InlineData("-5s", null)]
    [InlineData("1e9h", null)]
    [InlineData("", null)]
    public void A_span_has_its_unit(string text, double? seconds) => Assert.Equal(seconds, Durations.Parse(text)?.TotalSeconds);
}
