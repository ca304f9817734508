using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using SmartCity.Devices.Twins;

namespace SmartCity.Tests.Devices.Twins;

public sealed class TwinDocumentTests
{
    private const string Hash = "pbkdf2$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    [Fact]
    public void A_whole_document_is_read()
    {
        var twin = Parse($$$$"""
            {
              "uplink": {"address": "https://cloud.example:8443"},
              "listen": {"mqttPort": 1883, "webSocket": "off", "webSocketPort": 8085, "tlsAddress": "*", "tlsPort": 8884},
              "lanes": {"toll": {"quotaBytes": 1048576}, "alarm": {"quotaBytes": 2097152}, "telemetry": {"quotaBytes": 3145728, "whenFull": "expire-oldest"}},
              "limits": {"deadLetterBytes": 1048576, "sessionBytes": 1048576, "series": 1000, "deviceSeries": 10, "connections": 50},
              "mappings": {"zigbee2mqtt": true, "own": {"topic": "plant/{device}/state", "device": "{device}", "metrics": [{"path": "/**", "when": {"/kind": null}}]}},
              "devices": {"air-1": {"password": "{{{{Hash}}}}"}},
              "bridges": {"plant": {"password": "{{{{Hash}}}}", "topics": ["plant/+/state", "x/#"]}},
              "software": "1.4.0"
            }
            """);
        Assert.Equal(("https://cloud.example:8443", 1883, false, 8085, "*", 8884), (twin.UplinkAddress, twin.MqttPort, twin.WebSocket, twin.WebSocketPort, twin.TlsAddress, twin.TlsPort));
        Assert.Equal((1048576, 2097152, 3145728, true), (twin.TollBytes, twin.AlarmBytes, twin.TelemetryBytes, twin.ExpireOldest));
        Assert.Equal((1048576, 1048576, 1000, 10, 50), (twin.DeadLetterBytes, twin.SessionBytes, twin.Series, twin.DeviceSeries, twin.Connections));
        Assert.Equal([("own", false), ("zigbee2mqtt", true)], twin.Mappings.Select(one => (one.Name, one.Own is null)));
        Assert.Equal([("air-1", null), ("plant", "plant/+/state x/#")], twin.Credentials.Select(one => (one.User, one.Topics is null ? null : string.Join(' ', one.Topics))));
        Assert.Equal("1.4.0", twin.Software);
        Assert.Equivalent(TwinDocument.Empty, Parse("{}"));
    }

    [Theory]
    [InlineData("{\"uplnk\": {}}", "/uplnk")]
    [InlineData("{\"uplink\": {\"address\": \"http://x\"}}", "/uplink/address")]
    [InlineData("{\"uplink\": {\"address\": \"https://user:secret@x\"}}", "/uplink/address")]
    [InlineData("{\"uplink\": []}", "/uplink")]
    [InlineData("{\"listen\": {\"mqttPort\": 70000}}", "/listen/mqttPort")]
    [InlineData("{\"listen\": {\"mqttPort\": 1.5}}", "/listen/mqttPort")]
    [InlineData("{\"listen\": {\"mqttPort\": 1e400}}", "/listen/mqttPort")]
    [InlineData("{\"listen\": {\"mqttPort\": null}}", "/listen/mqttPort")]
    [InlineData("{\"listen\": {\"webSocket\": true}}", "/listen/webSocket")]
    [InlineData("{\"listen\": {\"webSocket\": \"of\"}}", "/listen/webSocket")]
    [InlineData("{\"listen\": {\"tlsAddress\": \"host.example\"}}", "/listen/tlsAddress")]
    [InlineData("{\"listen\": {\"mqttPort\": 1883, \"tlsPort\": 1883}}", "/listen/tlsPort")]
    [InlineData("{\"lanes\": {\"toll\": {\"quotaBytes\": 10}}}", "/lanes/toll/quotaBytes")]
    [InlineData("{\"lanes\": {\"toll\": {\"whenFull\": \"expire-oldest\"}}}", "/lanes/toll/whenFull")]
    [InlineData("{\"lanes\": {\"telemetry\": {\"whenFull\": \"drop\"}}}", "/lanes/telemetry/whenFull")]
    [InlineData("{\"limits\": {\"series\": 0}}", "/limits/series")]
    [InlineData("{\"mappings\": {\"../x\": true}}", "/mappings/..~1x")]
    [InlineData("{\"mappings\": {\"x\": false}}", "/mappings/x")]
    [InlineData("{\"mappings\": {\"x\": {\"topic\": \"a/{d}\", \"device\": \"{d}\", \"metrics\": [{\"path\": \"/a\"}, {\"path\": 7}]}}}", "/mappings/x/metrics/1/path")]
    [InlineData("{\"mappings\": {\"x\": {\"topic\": \"a/{d}\", \"device\": \"{d}\", \"metrics\": [{\"path\": \"/**\"}], \"tme\": {}}}}", "/mappings/x/tme")]
    [InlineData("{\"devices\": {\"a b\": {\"password\": \"" + Hash + "\"}}}", "/devices/a b")]
    [InlineData("{\"devices\": {\"a\": {\"password\": \"clear\"}}}", "/devices/a/password")]
    [InlineData("{\"devices\": {\"a\": {}}}", "/devices/a")]
    [InlineData("{\"bridges\": {\"a\": {\"password\": \"" + Hash + "\"}}}", "/bridges/a/topics")]
    [InlineData("{\"bridges\": {\"a\": {\"password\": \"" + Hash + "\", \"topics\": [\"x\", \"y/#/z\"]}}}", "/bridges/a/topics/1")]
    [InlineData("{\"devices\": {\"a\": {\"password\": \"" + Hash + "\"}}, \"bridges\": {\"a\": {\"password\": \"" + Hash + "\", \"topics\": [\"x\"]}}}", "/bridges/a")]
    [InlineData("{\"software\": \"\"}", "/software")]
    [InlineData("{\"software\": \"\\ud800\"}", "")]
    [InlineData("{\"listen\": {}, \"listen\": {}}", "")]
    [InlineData("[]", "")]
    [InlineData("{", "")]
    public void What_is_wrong_is_told_with_its_place(string json, string pointer)
    {
        Assert.Null(TwinDocument.Parse(Encoding.UTF8.GetBytes(json), out var faults));
        Assert.Equal(pointer, Assert.Single(faults).Pointer);
        // A secret that is typed in the wrong place is not said again.
        Assert.DoesNotContain("clear", faults[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_too_long_or_too_deep_is_refused()
    {
        Assert.Null(TwinDocument.Parse(Encoding.UTF8.GetBytes($"{{\"software\":\"{new string('x', TwinJson.BytesMax)}\"}}"), out var faults));
        Assert.Equal("", Assert.Single(faults).Pointer);
        Assert.Null(TwinDocument.Parse(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"mappings\":", 100_000))), out _));
    }

    [Fact]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        _ = TwinDocument.Parse(bytes, out var faults);
        return faults.Count > 0 || Encoding.UTF8.GetString(bytes).Trim() is "{}";
    });

    /// <summary>RFC 7396, appendix A, those of objects.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void A_merge_patch_does_what_the_standard_says(string document, string patch, string result) =>
        Assert.Equal(result, MergePatch.Apply((JsonObject)JsonNode.Parse(document)!, (JsonObject)JsonNode.Parse(patch)!).ToJsonString());

    [Fact]
    public void The_patch_between_two_documents_makes_one_of_the_other()
    {
        var leaf = Gen.OneOf(Gen.Int[0, 3].Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)), Gen.Const("[1]"), Gen.Const("\"x\""));
        var flat = Gen.Dictionary(Gen.Char['a', 'd'].Select(letter => letter.ToString()), leaf)[0, 4].Select(Text);
        var deep = Gen.Dictionary(Gen.Char['a', 'd'].Select(letter => letter.ToString()), Gen.OneOf(leaf, flat))[0, 4].Select(Text);
        Gen.Select(deep, deep).Sample((one, other) =>
        {
            var (from, to) = ((JsonObject)JsonNode.Parse(one)!, (JsonObject)JsonNode.Parse(other)!);
            Assert.True(JsonNode.DeepEquals(to, MergePatch.Apply(from, MergePatch.Between(from, to))), $"{one} → {other}: {MergePatch.Between(from, to)}");
        });

        static string Text(Dictionary<string, string> members) => $"{{{string.Join(',', members.Select(member => $"\"{member.Key}\":{member.Value}"))}}}";
    }

    [Fact]
    public void The_same_content_has_the_same_bytes_in_whatever_order_it_was_written()
    {
        static byte[] Canonical(string json) => TwinJson.Canonical(JsonNode.Parse(json)!);
        Assert.Equal(Canonical("""{ "b": [1, 2], "a": {"y": "ب", "x": 1.50} }"""), Canonical("""{"a":{"x":1.50,"y":"\u0628"},"b":[1,2]}"""));
        Assert.Equal("""{"a":{"x":1.50,"y":"ب"},"b":[1,2]}""", Encoding.UTF8.GetString(Canonical("""{"b":[1,2],"a":{"y":"ب","x":1.50}}""")));
    }

    private static TwinDocument Parse(string json)
    {
        var twin = TwinDocument.Parse(Encoding.UTF8.GetBytes(json), out var faults);
        Assert.True(twin is not null, string.Join('\n', faults));
        return twin;
    }
}
