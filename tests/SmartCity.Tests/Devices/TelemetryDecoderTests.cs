using System.Text;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;

namespace SmartCity.Tests.Devices;

public sealed class TelemetryDecoderTests
{
    [Fact]
    public void An_object_becomes_readings()
    {
        var decoding = new Decoding();
        Assert.Equal(new PayloadOutcome(3, 0, 0, false), decoding.Decode("""{"ts": 1795500723412, "boot": 3, "seq": 17, "pm25": 12.5, "door": true, "state": "ok", "spare": null}"""));
        Assert.Equal(["pm25=12.5", "door=true", "state=ok"], decoding.Readings());
        Assert.All(Enumerable.Range(0, 3), i =>
        {
            Assert.Equal(1_795_500_723_412_000, decoding.Batch.Time[i]);
            Assert.Equal(Decoding.Now, decoding.Batch.Received[i]);
            Assert.Equal(ReadingQuality.Good, decoding.Batch.Quality[i]);
        });
    }

    [Fact]
    public void Nested_members_and_items_join_with_dots()
    {
        var decoding = new Decoding();
        decoding.Decode("""[{"wind": {"speed": 3, "gust": {"max": 7}}, "bins": [1, null, [2, {"x": "y"}]], "ts": "2026-11-24T06:12:03.412Z"}, {"\u0061.b": 1}]""");
        Assert.Equal(["wind.speed=3", "wind.gust.max=7", "bins.0=1", "bins.2.0=2", "bins.2.1.x=y", "a.b=1"], decoding.Readings());
        Assert.Equal(1_795_500_723_412_000, decoding.Batch.Time[4]);
        Assert.Equal(ReadingQuality.GatewayTime, decoding.Batch.Quality[5]);
        Assert.Equal(Decoding.Now, decoding.Batch.Time[5]);
    }

    [Fact]
    public void A_message_like_the_last_one_asks_for_no_number()
    {
        var decoding = new Decoding();
        decoding.Decode("""{"a": 1, "b": {"c": 2}, "d": "x"}""");
        Assert.Equal(3, decoding.Numbering.Asked);
        decoding.Decode("""{"a": 3, "b": {"c": 4}, "d": "y"}""");
        decoding.Decode("""{"d": "z", "b": {"c": 5}, "a": 6}""");
        Assert.Equal(3, decoding.Numbering.Asked);
        decoding.Numbering.Generation++;
        decoding.Decode("""{"d": "z", "b": {"c": 5}, "a": 6}""");
        Assert.Equal(6, decoding.Numbering.Asked);
        Assert.Equal(12, decoding.Batch.Count);
    }

    /// <summary>Payloads that are no JSON, and elements of no use: rows 13 and 14 of the bad-input matrix.</summary>
    public static TheoryData<string, string> Undecodable => new()
    {
        { "", "json:empty@byte 0" },
        { "   ", "json:truncated@byte 3" },
        { """{"a": 1""", "json:truncated@byte 7" },
        { """[{"a": 1}""", "json:truncated@byte 9" },
        { """{"a": 1,}""", "json:syntax@byte 8" },
        { """{"a": NaN}""", "json:syntax@byte 6" },
        { """{"a": -Infinity}""", "json:syntax@byte 7" },
        { """{"a": 01}""", "json:syntax@byte 7" },
        { """{"a": 1} {"a": 2}""", "json:syntax@byte 9" },
        { "{\"a\": 1,\n \"b\": x}", "json:syntax@byte 15" },
        { "{\"a\": \"x\u0001\"}", "json:syntax@byte 8" },
        { """{"a": "\ud8"}""", "json:syntax" },
        { "{'a': 1}", "json:syntax@byte 1" },
        { "{\"a\": 1} // done", "json:syntax@byte 9" },
        { "\uFEFF{\"a\": 1}", "json:syntax@byte 0" },
        { "12.5", "json:shape@byte 0" },
        { "\"on\"", "json:shape@byte 0" },
        { "null", "json:shape@byte 0" },
        { new string('[', 100_000), "json:depth@byte 16" },
        { string.Concat(Enumerable.Repeat("{\"a\":", 17)), "json:depth@byte 80" },
        { "[" + string.Join(',', Enumerable.Repeat("{\"a\":1}", 10_001)) + "]", "json:limit@byte 80006" },
    };

    [Theory]
    [MemberData(nameof(Undecodable))]
    public void A_payload_that_is_no_json_goes_whole_and_says_where(string json, string reason)
    {
        var decoding = new Decoding();
        Assert.Equal(new PayloadOutcome(0, 0, 1, true), decoding.Decode(json));
        Assert.Equal(0, decoding.Batch.Count);
        Assert.StartsWith(reason, decoding.Decoder.DescribeRejections(), StringComparison.Ordinal);
        Assert.DoesNotContain(decoding.Decoder.DescribeRejections(), char.IsControl);
    }

    /// <summary>Values that cost themselves only: rows 14 and 15.</summary>
    public static TheoryData<string, string, string> BadValues => new()
    {
        { "\"x\": 1e400", "value:overflow@byte 15 x: 1e400 is beyond the range of a double", "" },
        { "\"x\": -1e309", "value:overflow@byte 15 x", "" },
        { "\"x\": \"\\ud800\"", "value:encoding@byte 15 x", "" },
        { "\"x\": \"\\udc00\\ud800\"", "value:encoding@byte 15 x", "" },
        { "\"\\ud800\": 1", "value:name@byte 10", "" },
        { "\"\": 1", "value:name@byte 10", "" },
        { "\"\": {\"a\": [1, 2]}", "value:name@byte 10", "" },
        { "\"x\": {\"\": 1}", "value:name@byte 16", "" },
        { "\"ok\": 2", "value:duplicate@byte 16 ok", "" },
        { "\"\\u006fk\": 2", "value:duplicate@byte 21 ok", "" },
        { "\"n\": {\"o\": 1}, \"n.o\": 2", "value:duplicate@byte 32 n.o", "n.o=1" },
        { "\"seq\": -1", "value:reserved@byte 17 seq: -1", "" },
        { "\"boot\": 1.5", "value:reserved@byte 18 boot: 1.5", "" },
        { "\"boot\": 18446744073709551616", "value:reserved@byte 18 boot", "" },
        { "\"seq\": {\"a\": 1}", "value:reserved@byte 17 seq", "" },
        { "\"seq\": 1, \"seq\": 2", "value:duplicate@byte 27 seq", "" },
        { "\"ts\": 1795500723412, \"ts\": 5", "value:duplicate@byte 37 ts", "" },
    };

    [Theory]
    [MemberData(nameof(BadValues))]
    public void A_bad_value_costs_itself_only(string member, string reason, string more)
    {
        var decoding = new Decoding();
        var outcome = decoding.Decode($"{{\"ok\": 1, {member}, \"z\": true}}");
        Assert.Equal(1, outcome.Rejected);
        Assert.StartsWith(reason, decoding.Decoder.DescribeRejections(), StringComparison.Ordinal);
        Assert.Equal(more.Length == 0 ? ["ok=1", "z=true"] : ["ok=1", more, "z=true"], decoding.Readings());
        Assert.Equal(decoding.Batch.Count, outcome.Kept);
    }

    [Theory]
    [InlineData("\"21,5\"", "21,5")]
    [InlineData("\"21.5 °C\"", "21.5 °C")]
    [InlineData("\"\\ud83d\\ude00\\n\\u0000\"", "😀\n\0")]
    [InlineData("true", "true")]
    [InlineData("-0", "-0")]
    [InlineData("9223372036854775808", "9.223372036854776E+18")]
    [InlineData("1E-400", "0")]
    [InlineData("0.1", "0.1")]
    [InlineData("123456789012345.678", "123456789012345.67")]
    [InlineData("-12.5e1", "-125")]
    public void Values_are_taken_as_they_are_and_nothing_is_guessed(string json, string value)
    {
        var decoding = new Decoding();
        decoding.Decode($"{{\"x\": {json}}}");
        Assert.Equal($"x={value}", Assert.Single(decoding.Readings()));
    }

    [Fact]
    public void What_is_too_long_costs_itself_only()
    {
        var decoding = new Decoding();
        string[] good = [new('x', 256), string.Concat(Enumerable.Repeat("é", 128))];
        foreach (var text in good) Assert.Equal(1, decoding.Decode($"{{\"t\": \"{text}\"}}").Kept);
        Assert.Equal(1, decoding.Decode($"{{\"t\": \"{string.Concat(Enumerable.Repeat("\\u0041", 256))}\"}}").Kept);
        Assert.Equal(1, decoding.Decode($"{{\"{new string('n', 256)}\": 1}}").Kept);
        string[] bad =
        [
            $"\"t\": \"{new string('x', 257)}\"", $"\"t\": \"{string.Concat(Enumerable.Repeat("\\u00e9", 129))}\"", $"\"t\": \"{new string('x', 1_000_000)}\"",
            $"\"{new string('n', 257)}\": 1", $"\"{new string('n', 200)}\": {{\"{new string('m', 56)}\": 1}}", $"\"{new string('n', 255)}\": [1]",
        ];
        foreach (var member in bad)
        {
            Assert.Equal(new PayloadOutcome(1, 0, 1, false), decoding.Decode($"{{{member}, \"ok\": 1}}"));
            Assert.InRange(decoding.Decoder.DescribeRejections().Length, 20, 300);
        }
    }

    [Fact]
    public void A_value_that_is_not_utf8_costs_itself_only()
    {
        var decoding = new Decoding();
        Assert.Equal(new PayloadOutcome(1, 0, 3, false), decoding.Decode([.. "{\"a\": \"x"u8, 0xC3, 0x28, .. "\", \"b"u8, 0xFF, .. "\": 1, \"c"u8, 0xED, 0xA0, 0x80, .. "\": {\"d\": 1}, \"ok\": 1}"u8]));
        Assert.Equal(["ok=1"], decoding.Readings());
        Assert.Equal([RejectReason.ValueEncoding, RejectReason.ValueName, RejectReason.ValueName], decoding.Decoder.Rejections.Select(one => one.Reason));
    }

    [Fact]
    public void A_value_that_changes_its_kind_costs_itself_only()
    {
        var decoding = new Decoding();
        decoding.Decode("""{"a": 1, "b": "x"}""");
        Assert.Equal(new PayloadOutcome(2, 0, 2, false), decoding.Decode("""{"a": "1", "a": 2, "b": false, "c": true}"""));
        Assert.Equal(["a=1", "b=x", "a=2", "c=true"], decoding.Readings());
        Assert.All(decoding.Decoder.Rejections, one => Assert.Equal(RejectReason.ValueKind, one.Reason));
        Assert.Equal(2, decoding.Decode("""{"a": 3, "b": "y"}""").Kept);
    }

    [Fact]
    public void One_series_too_many_costs_itself_only()
    {
        var decoding = new Decoding(seriesMax: 2);
        Assert.Equal(new PayloadOutcome(2, 0, 1, false), decoding.Decode("""{"a": 1, "b": 2, "c": 3}"""));
        Assert.Equal(RejectReason.ValueSeries, Assert.Single(decoding.Decoder.Rejections).Reason);
        Assert.Equal(2, decoding.Decode("""{"c": 1, "b": 2, "a": 3}""").Kept);
    }

    /// <summary>Row 16: what a time may be. The received time is 2026-11-24T06:12:04Z.</summary>
    [Theory]
    [InlineData("1795500723412", "2026-11-24T06:12:03.412Z", "Good")]
    [InlineData("1795500723412.5", "2026-11-24T06:12:03.4125Z", "Good")]
    [InlineData("1.795500723412e12", "2026-11-24T06:12:03.412Z", "Good")]
    [InlineData("\"2026-11-24T06:12:03.412Z\"", "2026-11-24T06:12:03.412Z", "Good")]
    [InlineData("\"2026-11-24t09:42:03.41234567+03:30\"", "2026-11-24T06:12:03.412345Z", "Good")]
    [InlineData("\"2026-11-24 06:12:03z\"", "2026-11-24T06:12:03Z", "Good")]
    [InlineData("\"2026\\u002d11-24T06:12:03Z\"", "2026-11-24T06:12:03Z", "Good")]
    [InlineData("\"2016-12-31T23:59:60Z\"", "2017-01-01T00:00:00Z", "Good")]
    [InlineData("\"2000-01-01T00:00:00Z\"", "2000-01-01T00:00:00Z", "Good")]
    [InlineData("\"2024-02-29T12:00:00-00:00\"", "2024-02-29T12:00:00Z", "Good")]
    [InlineData("1795501024000", "2026-11-24T06:17:04Z", "Good")]
    [InlineData("1795501024001", "2026-11-24T06:12:04Z", "TimeReplaced")]
    [InlineData("1795500723", "2026-11-24T06:12:04Z", "TimeReplaced")]
    [InlineData("-1", "2026-11-24T06:12:04Z", "TimeReplaced")]
    [InlineData("0", "2026-11-24T06:12:04Z", "TimeReplaced")]
    [InlineData("\"1999-12-31T23:59:59.999999Z\"", "2026-11-24T06:12:04Z", "TimeReplaced")]
    [InlineData("\"0001-01-01T00:00:00Z\"", "2026-11-24T06:12:04Z", "TimeReplaced")]
    [InlineData("253402300799999", "2026-11-24T06:12:04Z", "TimeReplaced")]
    [InlineData("null", "2026-11-24T06:12:04Z", "GatewayTime")]
    [InlineData("253402300800000", null, "time:range")]
    [InlineData("1795500723412000", null, "time:range")]
    [InlineData("1795500723412000000", null, "time:range")]
    [InlineData("-62135596800001", null, "time:range")]
    [InlineData("1e400", null, "time:range")]
    [InlineData("\"0000-01-01T00:00:00Z\"", null, "time:range")]
    [InlineData("\"9999-12-31T23:59:59-01:00\"", null, "time:range")]
    [InlineData("\"10000-01-01T00:00:00Z\"", null, "time:format")]
    [InlineData("\"2026-11-24T06:12:03\"", null, "time:format")]
    [InlineData("\"2026-11-24\"", null, "time:format")]
    [InlineData("\"2026-02-29T06:12:03Z\"", null, "time:format")]
    [InlineData("\"2026-11-24T24:12:03Z\"", null, "time:format")]
    [InlineData("\"2026-11-24T06:12:03.Z\"", null, "time:format")]
    [InlineData("\"2026-11-24T06:12:03+0330\"", null, "time:format")]
    [InlineData("\"2026-11-24T06:12:03Z \"", null, "time:format")]
    [InlineData("\"1795500723412\"", null, "time:format")]
    [InlineData("\"\"", null, "time:format")]
    [InlineData("\"\\ud800\"", null, "time:format")]
    [InlineData("true", null, "time:format")]
    [InlineData("{\"a\": [1]}", null, "time:format")]
    public void A_time_is_kept_replaced_or_costs_its_element(string ts, string? expected, string verdict)
    {
        foreach (var order in new[] { "\"ts\": {0}, \"v\": 1", "\"v\": 1, \"ts\": {0}" })
        {
            var decoding = new Decoding();
            var element = order.Replace("{0}", ts, StringComparison.Ordinal);
            var outcome = decoding.Decode($$"""[{"ts": 1795500723000, "n": 1}, {{{element}}}, {"ts": 1795500724000, "n": 2}]""");
            var readings = decoding.Readings();
            Assert.Equal(["n=1", "n=2"], readings.Where(one => one[0] == 'n'));
            if (expected is null)
            {
                Assert.Equal(new PayloadOutcome(2, 0, 1, false), outcome);
                Assert.StartsWith(verdict + "@byte ", decoding.Decoder.DescribeRejections(), StringComparison.Ordinal);
                continue;
            }
            Assert.Equal(new PayloadOutcome(3, 0, 0, false), outcome);
            Assert.Equal(UnixMicros.From(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture)), decoding.Batch.Time[1]);
            Assert.Equal(Enum.Parse<ReadingQuality>(verdict), decoding.Batch.Quality[1]);
            Assert.Equal(verdict == "TimeReplaced" ? 1 : 0, decoding.Batch.TimeRepairs.Count);
        }
    }

    [Fact]
    public void A_replaced_time_is_kept_beside_each_of_its_readings()
    {
        var decoding = new Decoding();
        decoding.Decode("""[{"ok": 1}, {"a": 1, "ts": 5000, "b": 2}]""");
        Assert.Equal([new TimeRepair(1, 5_000_000), new TimeRepair(2, 5_000_000)], decoding.Batch.TimeRepairs);
    }

    [Fact]
    public void An_untrusted_gateway_clock_replaces_no_time()
    {
        var decoding = new Decoding { Receipt = new Receipt(Decoding.Now, false) };
        decoding.Decode("""[{"ts": 4102444800000, "a": 1}, {"ts": 5000, "a": 1}, {"a": 1}]""");
        Assert.Equal([4_102_444_800_000_000, 5_000_000, Decoding.Now], decoding.Batch.Time[..3]);
        Assert.Equal([ReadingQuality.ClockNotTrusted, ReadingQuality.ClockNotTrusted, ReadingQuality.ClockNotTrusted | ReadingQuality.GatewayTime], decoding.Batch.Quality[..3]);
        Assert.Empty(decoding.Batch.TimeRepairs);
    }

    [Fact]
    public void What_may_be_a_repeat_is_flagged_where_it_has_neither_time_nor_number()
    {
        var decoding = new Decoding { Receipt = new Receipt(Decoding.Now, true, MayBeRepeat: true) };
        decoding.Decode("""[{"a": 1}, {"a": 1, "ts": 1795485689980}, {"a": 1, "boot": 1, "seq": 1}, {"a": 1, "seq": 1}]""");
        Assert.Equal([true, false, false, true], decoding.Batch.Quality[..4].Select(quality => (quality & ReadingQuality.RepeatedSequence) != 0));
    }

    [Fact]
    public void Repeats_are_dropped_or_flagged_and_their_neighbours_stay()
    {
        var decoding = new Decoding { Repeats = new Repeats((1, 1, RepeatVerdict.Drop), (1, 2, RepeatVerdict.Flag), (1, 4, RepeatVerdict.Drop)) };
        var outcome = decoding.Decode("""
            [{"boot": 1, "seq": 1, "a": 1, "b": 1e400}, {"boot": 1, "seq": 2, "a": 2, "ts": 5}, {"seq": 1, "a": 3}, {"boot": 1, "seq": 4, "a": 4, "b": 4, "ts": 6}, {"boot": 1, "seq": 5, "a": 5, "ts": 7, "b": 1e500}]
            """);
        Assert.Equal(new PayloadOutcome(3, 4, 1, false), outcome);
        Assert.Equal(["a=2", "a=3", "a=5"], decoding.Readings());
        Assert.Equal([ReadingQuality.TimeReplaced | ReadingQuality.RepeatedSequence, ReadingQuality.GatewayTime, ReadingQuality.TimeReplaced], decoding.Batch.Quality[..3]);
        Assert.Equal([new TimeRepair(0, 5_000), new TimeRepair(2, 7_000)], decoding.Batch.TimeRepairs);
        Assert.Contains("1e500", Assert.Single(decoding.Decoder.Rejections).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_element_of_a_payload_that_is_no_json_is_judged()
    {
        var repeats = new Repeats();
        var decoding = new Decoding { Repeats = repeats };
        decoding.Decode("""[{"boot": 1, "seq": 1, "a": 1}, {"boot": 1, "seq": 2, "a": 1}""");
        Assert.Equal(0, repeats.Asked);
    }

    [Fact]
    public void A_hostile_payload_costs_few_words()
    {
        var decoding = new Decoding();
        var outcome = decoding.Decode("{" + string.Join(',', Enumerable.Repeat("\"\\ud800\":1", 9_999)) + ", \"ok\": 1}");
        Assert.Equal(new PayloadOutcome(1, 0, 9_999, false), outcome);
        Assert.InRange(decoding.Decoder.DescribeRejections().Length, 100, 10_000);
        Assert.EndsWith("and 9967 more", decoding.Decoder.DescribeRejections(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_known_message_allocates_nothing()
    {
        var decoding = new Decoding();
        var json = Encoding.UTF8.GetBytes("""{"ts": 1795500723412, "boot": 3, "seq": 17, "pm25": 12.5, "temp": -3.25, "door": true, "state": "o\u006b", "wind": {"speed": [1.5, 2.5]}}""");
        for (var i = 0; i < 3; i++) Decode();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Decode();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Decode()
        {
            decoding.Batch.Clear();
            decoding.Decode(json);
        }
    }

    private sealed class Repeats(params (ulong Boot, ulong Sequence, RepeatVerdict Verdict)[] verdicts) : IRepeatFilter
    {
        public int Asked { get; private set; }

        public RepeatVerdict Judge(DeviceSeries device, ulong boot, ulong sequence)
        {
            Asked++;
            return verdicts.FirstOrDefault(one => one.Boot == boot && one.Sequence == sequence).Verdict;
        }
    }
}
