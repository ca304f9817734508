using System.Text;
using CsCheck;
using SmartCity.Devices;
using SmartCity.Devices.Mappings;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;

namespace SmartCity.Tests.Devices.Mappings;

public sealed class MappingTranslatorTests : IDisposable
{
    private static readonly TimeZoneInfo _tehran = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran");
    private readonly MappingTranslator _translator = new();

    public void Dispose() => _translator.Dispose();

    private static Mapping Read(string json)
    {
        var mapping = MappingFile.Parse("m", Encoding.UTF8.GetBytes(json), out var errors);
        Assert.Empty(errors);
        return mapping!;
    }

    private string Translate(string mapping, string payload, string topic = "t/d1", TimeZoneInfo? zone = null)
    {
        _translator.Translate(Read(mapping), Encoding.UTF8.GetBytes(topic), Encoding.UTF8.GetBytes(payload), zone ?? TimeZoneInfo.Utc);
        return Encoding.UTF8.GetString(_translator.Telemetry);
    }

    private static string Rules(string rules, string more = "") => $$"""{"topic": "t/{device}", "device": "{device}", "metrics": [{{rules}}]{{more}}}""";

    [Theory]
    [InlineData("""{"path": "/a/**"}""", """{"a": {"b": 1, "c": [true, "x"]}, "d": 2}""", """[{"b":1,"c.0":true,"c.1":"x"}]""")]
    [InlineData("""{"path": "/{s}/T", "metric": "{s}_t"}""", """{"A": {"T": 1.50}, "B": {"T": null}, "C": {"H": 3}}""", """[{"A_t":1.50}]""")]
    [InlineData("""{"path": "/a", "skip": true}, {"path": "/**"}""", """{"a": {"b": 1}, "c": 2}""", """[{"c":2}]""")]
    [InlineData("""{"path": "/v", "scale": 0.1}""", """{"v": 214}""", """[{"v":21.4}]""")]
    [InlineData("""{"path": "/v", "scale": 2, "offset": -40, "unit": "degF", "as": "Cel"}""", """{"v": 36}""", """[{"v":0}]""")]
    [InlineData("""{"path": "/v", "type": "number"}""", """{"v": "-.5e1"}""", """[{"v":-5}]""")]
    [InlineData("""{"path": "/v", "type": "text"}""", """{"v": 7.0}""", """[{"v":"7.0"}]""")]
    [InlineData("""{"path": "/v", "type": "bool"}""", """{"v": "true"}""", """[{"v":true}]""")]
    [InlineData("""{"path": "/v", "values": {"ON": true, "OFF": false}}""", """{"v": "OFF"}""", """[{"v":false}]""")]
    [InlineData("""{"path": "/v", "values": {"low": 1, "high": 2}, "scale": 10}""", """{"v": "high"}""", """[{"v":20}]""")]
    [InlineData("""{"path": "/v", "when": {"/u": null}}""", """{"v": 1}""", """[{"v":1}]""")]
    [InlineData("""{"path": "/v", "when": {"/u": null}}""", """{"v": 1, "u": "x"}""", "[{}]")]
    [InlineData("""{"path": "/l/*", "value": "./x/0", "metric": "{./n}.{/unit}"}""", """{"unit": "c", "l": [{"n": "p", "x": [4]}, {"n": "q", "x": []}]}""", """[{"p.c":4}]""")]
    [InlineData("""{"path": "/a~1b/~0"}""", """{"a/b": {"~": 1}}""", """[{"~":1}]""")]
    public void Rules_say_what_becomes_of_values(string rules, string payload, string telemetry)
    {
        Assert.Equal(telemetry, Translate(Rules(rules), payload));
        Assert.Equal((0, "d1"), (_translator.Rejected, _translator.Device));
    }

    [Theory]
    [InlineData("""{"path": "/v", "type": "number"}""", """{"v": "21,5", "w": 1}""", "mapping:value@byte 6 v: 21,5 is no number")]
    [InlineData("""{"path": "/v", "type": "number"}""", """{"v": "21.5 °C"}""", "mapping:value@byte 6 v: 21.5 °C is no number")]
    [InlineData("""{"path": "/v", "type": "number"}""", """{"v": true}""", "mapping:value@byte 6 v: true is no number")]
    [InlineData("""{"path": "/v", "type": "number"}""", """{"v": "NaN"}""", "mapping:value@byte 6 v: NaN is no number")]
    [InlineData("""{"path": "/v", "scale": 2}""", """{"v": 1e308}""", "value:overflow@byte 6 v")]
    [InlineData("""{"path": "/v", "type": "bool"}""", """{"v": "ON"}""", "mapping:value@byte 6 v: ON is neither true nor false")]
    [InlineData("""{"path": "/v", "values": {"ON": true}}""", """{"v": "off"}""", "mapping:value@byte 6 v: off stands for nothing")]
    [InlineData("""{"path": "/v"}""", """{"v": [1]}""", "mapping:value@byte 6 v: holds others")]
    [InlineData("""{"path": "/v", "metric": "seq"}""", """{"v": 1}""", "value:name@byte 6 seq")]
    [InlineData("""{"path": "/v", "metric": "{/n}"}""", """{"v": 1}""", "value:name@byte 6")]
    [InlineData("""{"path": "/**"}""", """{"v": "\ud800"}""", "value:encoding@byte 6 v")]
    [InlineData("""{"path": "/**"}""", """{"\ud800": 1}""", "value:name@byte 11")]
    public void A_bad_value_costs_only_itself_and_says_where_it_stands(string rules, string payload, string said)
    {
        Translate(Rules(rules + """, {"path": "/w"}"""), payload);
        Assert.Equal((1, false), (_translator.Rejected, _translator.IsWhole));
        Assert.StartsWith(said, _translator.Describe([], 0), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\": 1,}")]
    [InlineData("{\"a\": NaN}")]
    [InlineData("\uFEFF{}")]
    [InlineData("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]")]
    public void What_is_no_JSON_goes_whole_and_the_device_is_known_all_the_same(string payload)
    {
        Assert.Equal("", Translate(Rules("""{"path": "/**"}"""), payload));
        Assert.Equal((1, true, "d1"), (_translator.Rejected, _translator.IsWhole, _translator.Device));
        Assert.StartsWith("json:", _translator.Describe([], 0), StringComparison.Ordinal);
    }

    [Fact]
    public void More_values_than_a_message_may_have_go_whole()
    {
        Translate(Rules("""{"path": "/**"}"""), $"[{string.Join(',', Enumerable.Repeat("[1,2,3]", 4_000))}]");
        Assert.Equal((1, true), (_translator.Rejected, _translator.IsWhole));
        Assert.StartsWith("json:limit", _translator.Describe([], 0), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rfc3339", "\"2026-11-24T09:42:03+03:30\"", 1_795_500_723_000)]
    [InlineData("local", "\"2026-11-24T09:42:03\"", 1_795_500_723_000)]
    [InlineData("local", "\"2026-11-24 09:42:03.5\"", 1_795_500_723_500)]
    [InlineData("s", "1795500723.25", 1_795_500_723_250)]
    [InlineData("s", "\"1795500723\"", 1_795_500_723_000)]
    [InlineData("ms", "1795500723001", 1_795_500_723_001)]
    [InlineData("us", "1795500723001000", 1_795_500_723_001)]
    [InlineData("ns", "1795500723001000999", 1_795_500_723_001)]
    [InlineData("dd.MM.yyyy HH:mm:ss", "\"24.11.2026 09:42:03\"", 1_795_500_723_000)]
    [InlineData("dd.MM.yyyy HH:mm:ss zzz", "\"24.11.2026 08:12:03 +02:00\"", 1_795_500_723_000)]
    public void Times_are_read_as_the_mapping_says(string format, string time, long millis) =>
        Assert.Equal($$"""[{"ts":{{millis}},"v":1}]""", Translate(Rules("""{"path": "/**"}""", $$""", "time": {"path": "/t", "format": "{{format}}"}"""), $$"""{"t": {{time}}, "v": 1}""", zone: _tehran));

    [Theory]
    [InlineData("rfc3339", "\"2026-11-24T09:42:03\"", "time:format@byte 6")]
    [InlineData("rfc3339", "1795500723", "time:format")]
    [InlineData("local", "\"2026-11-24T09:42:03Z\"", "time:format")]
    [InlineData("s", "1795500723000000", "time:range")]
    [InlineData("ms", "1e300", "time:range")]
    [InlineData("s", "\"\"", "time:format")]
    [InlineData("s", "{}", "time:format")]
    [InlineData("local", "\"10000-01-01T00:00:00\"", "time:format")]
    [InlineData("local", "\"0001-01-01T00:00:00\"", "time:range")]
    public void A_time_that_is_none_costs_its_element(string format, string time, string said)
    {
        Assert.Equal("[]", Translate(Rules("""{"path": "/**"}""", $$""", "time": {"path": "/t", "format": "{{format}}"}"""), $$"""{"t": {{time}}, "v": 1}""", zone: _tehran));
        Assert.StartsWith(said, _translator.Describe([], 0), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-10-25T02:30:00", "2026-10-25T00:30:00Z")] // comes twice: the first
    [InlineData("2026-03-29T02:30:00", null)] // is left out
    public void The_hours_at_which_clocks_change_are_not_guessed(string local, string? utc)
    {
        var telemetry = Translate(Rules("""{"path": "/v"}""", """, "time": {"path": "/t", "format": "local", "zone": "Europe/Berlin"}"""), $$"""{"t": "{{local}}", "v": 1}""");
        Assert.Equal(utc is null ? "[]" : $$"""[{"ts":{{DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds()}},"v":1}]""", telemetry);
    }

    [Fact]
    public void Each_element_has_its_own_time_and_a_bad_one_does_not_cost_its_neighbours()
    {
        var telemetry = Translate(Rules("""{"path": "/v"}""", """, "each": "/rows", "time": {"path": "/t", "format": "s"}"""), """{"rows": [{"t": 1, "v": 1}, {"t": "x", "v": 2}, 7, {"v": 3}]}""");
        Assert.Equal("""[{"ts":1000,"v":1},{"v":3}]""", telemetry);
        Assert.Equal([1, 2], _translator.Rejections.Select(one => one.Element));
    }

    [Theory]
    [InlineData("{device}", "t/d 1", "{}", "d%201")]
    [InlineData("x-{/id}", "t/any", """{"id": 17}""", "x-17")]
    [InlineData("{/id}", "t/any", """{"id": {"a": 1}}""", null)]
    [InlineData("{/id}", "t/any", """{"id": ""}""", null)]
    [InlineData("{/id}", "t/any", "{}", null)]
    public void The_device_stands_in_the_topic_or_in_the_payload(string device, string topic, string payload, string? id)
    {
        Translate($$"""{"topic": "t/{device}", "device": "{{device}}", "metrics": [{"path": "/**"}]}""", payload, topic);
        Assert.Equal(id, _translator.Device);
        Assert.Equal(id is null, _translator.Describe([], 0).StartsWith("mapping:device", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"separator": ";", "decimal": ","}""", "t;v;w\n1;1,5;\r2;\"2,\"\"5\";7", """[{"ts":1000,"v":1.5},{"ts":2000,"w":7}]""", "mapping:value@byte 15 v")]
    [InlineData("""{"columns": ["t", "v"]}""", "\uFEFF1, 2 \r\n\r\n3,4,5\r\n4,+5", """[{"ts":1000,"v":2},{"ts":4000,"v":5}]""", "csv:row@byte 12: 3 cells in a row of 2 columns")]
    [InlineData("""{"separator": "\t"}""", "t\tv\n1\t2", """[{"ts":1000,"v":2}]""", "")]
    [InlineData("{}", "t,v,v\n1,2,3", "", "csv:syntax@byte 0")]
    [InlineData("{}", "t,v\n\"1,2\n3,4", "", "csv:syntax@byte 4")]
    [InlineData("{}", "t\0,\0v\0", "", "csv:syntax@byte 1")]
    [InlineData("{}", "", "", "csv:syntax@byte 0")]
    public void CSV_is_read_as_the_mapping_says(string csv, string payload, string telemetry, string said)
    {
        Assert.Equal(telemetry, Translate(Rules("""{"path": "/*"}""", $$""", "payload": "csv", "csv": {{csv}}, "time": {"path": "/t", "format": "s"}"""), payload));
        Assert.StartsWith(said, _translator.Describe([], 0), StringComparison.Ordinal);
        Assert.Equal(said.Length == 0 ? 0 : 1, _translator.Rejected);
    }

    [Fact]
    public void What_native_rules_refuse_is_told_with_its_place_in_the_message()
    {
        const string Payload = """{"a": 1, "long": {"name": "0123456789"}}""";
        Translate(Rules("""{"path": "/**"}"""), Payload);
        var decoder = new TelemetryDecoder(new TestNumbering(), new PayloadLimits { TextBytesMax = 5 });
        var outcome = decoder.Decode(new DeviceSeries("d1"u8), _translator.Telemetry, new ReadingBatch(), new Receipt(0, true));
        Assert.StartsWith($"value:too-long@byte {Payload.IndexOf("\"0123", StringComparison.Ordinal)} long.name: ", _translator.Describe(decoder.Rejections, outcome.Rejected), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_come_through_as_they_were_sent()
    {
        var mapping = Read(Rules("""{"path": "/**"}"""));
        Gen.Double.Where(double.IsFinite).List[1, 20].Sample(values =>
        {
            using var translator = new MappingTranslator();
            translator.Translate(mapping, "t/d"u8, Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(values.Select((value, i) => (value, i)).ToDictionary(pair => $"m{pair.i}", pair => pair.value))), TimeZoneInfo.Utc);
            var batch = new ReadingBatch();
            var outcome = new TelemetryDecoder(new TestNumbering()).Decode(new DeviceSeries("d"u8), translator.Telemetry, batch, new Receipt(0, true));
            Assert.Equal((values.Count, 0), (outcome.Kept, outcome.Rejected));
            Assert.Equal(values, batch.Bits.Take(batch.Count).Select(BitConverter.Int64BitsToDouble));
        }, iter: 200);
    }
}
