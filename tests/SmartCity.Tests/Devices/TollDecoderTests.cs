using System.Text;
using CsCheck;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Tolling;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Devices;

public sealed class TollDecoderTests
{
    private const string Common = "\"boot\": 7, \"seq\": 184467, \"ts\": \"2026-11-24T06:12:03.412Z\", \"clock\": \"locked\", \"lane\": \"THN-1-L2\"";

    private readonly TestNumbering _numbering = new();
    private readonly TollDecoder _decoder;
    private readonly List<TollEvent> _events = [];
    private readonly ReadingBatch _health = new();

    public TollDecoderTests() => _decoder = new TollDecoder(_numbering);

    /// <summary>One event of each row of the contract's table.</summary>
    public static TheoryData<TollEventKind, string> Examples => new()
    {
        { TollEventKind.Avc, """ "kind": "avc", "axles": 2, "length_cm": 431, "height_cm": 152, "dual_tyre": false, "speed_kmh": 42.5, "class": 1, "count": 88121 """ },
        { TollEventKind.Avc, """ "kind": "avc", "class": "car", "axles": null, "vendor": {"free": ["text"]} """ },
        { TollEventKind.Tag, """ "kind": "tag", "issuer": 17, "tag": "A1B2C3", "rssi_dbm": -61, "reads": 4, "status": "ok", "class": 2 """ },
        { TollEventKind.Anpr, """ "kind": "anpr", "side": "front", "candidates": [{"text": "12ب34567", "country": "IR", "confidence": 0.93}, {"text": "12\u062834561"}], "image": "sha256:00ff" """ },
        { TollEventKind.Anpr, """ "kind": "anpr", "candidates": [] """ },
        { TollEventKind.Loop, """ "kind": "loop", "occupied_ms": 412 """ },
        { TollEventKind.Counter, """ "kind": "counter", "counts": {"avc": 88121, "tag": 80102, "anpr": 87999} """ },
        { TollEventKind.Health, """ "kind": "health", "cpu_c": 51.5, "disk": {"free": 12}, "state": "ok" """ },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_event_is_kept_byte_for_byte(TollEventKind kind, string members)
    {
        var json = $"{{{Common},{members}}}";
        foreach (var payload in new[] { json, $" [ {json} ] ", $"{{{members}, {Common}}}" })
        {
            _events.Clear();
            Assert.Equal(new PayloadOutcome(1, 0, 0, false), Decode(payload));
            var one = Assert.Single(_events);
            Assert.Equal(("d1", 7ul, 184_467ul, kind, TollClock.Locked, "THN-1-L2"), (one.Device, one.Boot, one.Sequence, one.Kind, one.Clock, one.Lane));
            Assert.Equal((1_795_500_723_412_000, Decoding.Now, ReadingQuality.Good), (one.Time, one.Received, one.Quality));
            Assert.Equal(payload.Trim(' ', '[', ']') is var text && text.EndsWith('}') ? text : json, Encoding.UTF8.GetString(one.Json.Span));
        }
    }

    [Fact]
    public void Health_is_also_readings()
    {
        Decode($$"""[{{{Common}}, "kind": "health", "cpu_c": 51.5, "disk": {"free": 12}, "state": "ok", "bad": 1e400}, {{{Common}}, "kind": "loop", "occupied_ms": 3}]""");
        Assert.Equal(2, _events.Count);
        Assert.Equal(["cpu_c", "disk.free", "state"], _health.Series[.._health.Count].Select(number => _numbering.Names[number].Key.Metric));
        Assert.All(_health.Time[..3], time => Assert.Equal(1_795_500_723_412_000, time));
        Assert.Equal(new PayloadOutcome(3, 0, 1, false), _decoder.Health);
        Assert.Contains("value:overflow", _decoder.DescribeHealthRejections(), StringComparison.Ordinal);
    }

    /// <summary>Each costs its event, and nothing else.</summary>
    public static TheoryData<string, string> BadEvents => new()
    {
        { "17", "json:shape" },
        { "{}", "toll:missing" },
        { $"{{{Common}}}", "toll:missing" },
        { $"{{{Common}, \"kind\": \"boat\"}}", "toll:member" },
        { $"{{{Common}, \"kind\": 1}}", "toll:member" },
        { Without("boot"), "toll:missing" },
        { Without("seq"), "toll:missing" },
        { Without("ts"), "toll:missing" },
        { Without("clock"), "toll:missing" },
        { Without("lane"), "toll:missing" },
        { With("\"boot\": 7", "\"boot\": -7"), "toll:member" },
        { With("\"boot\": 7", "\"boot\": \"7\""), "toll:member" },
        { With("184467", "0"), "toll:member" },
        { With("184467", "1.5"), "toll:member" },
        { With("184467", "18446744073709551616"), "toll:member" },
        { With("locked", "right"), "toll:member" },
        { With("THN-1-L2", ""), "toll:member" },
        { With("THN-1-L2", "\\ud800"), "toll:member" },
        { With("THN-1-L2", new string('x', 129)), "toll:member" },
        { With("2026-11-24T06:12:03.412Z", "2026-11-24T06:12:03"), "time:format" },
        { With("2026-11-24T06:12:03.412Z", "0000-01-01T00:00:00Z"), "time:range" },
        { With("\"2026-11-24T06:12:03.412Z\"", "1795500723412000"), "time:range" },
        { With("\"boot\": 7", "\"boot\": 7, \"boot\": 7"), "value:duplicate" },
        { With("\"boot\": 7", "\"boot\": 7, \"b\\u006fot\": 8"), "value:duplicate" },
        { Of("\"kind\": \"loop\""), "toll:missing" },
        { Of("\"kind\": \"loop\", \"occupied_ms\": null"), "toll:missing" },
        { Of("\"kind\": \"loop\", \"occupied_ms\": -1"), "toll:member" },
        { Of("\"kind\": \"loop\", \"occupied_ms\": 1, \"occupied_ms\": 1"), "value:duplicate" },
        { Of("\"kind\": \"tag\", \"issuer\": 17"), "toll:missing" },
        { Of("\"kind\": \"tag\", \"tag\": \"A\""), "toll:missing" },
        { Of("\"kind\": \"tag\", \"issuer\": \"17\", \"tag\": \"A\""), "toll:member" },
        { Of("\"kind\": \"avc\", \"axles\": 2.5"), "toll:member" },
        { Of("\"kind\": \"avc\", \"dual_tyre\": 1"), "toll:member" },
        { Of("\"kind\": \"avc\", \"speed_kmh\": 1e400"), "toll:member" },
        { Of("\"kind\": \"anpr\""), "toll:missing" },
        { Of("\"kind\": \"anpr\", \"candidates\": [{\"country\": \"IR\"}]"), "toll:member" },
        { Of("\"kind\": \"anpr\", \"candidates\": [{\"text\": \"A\", \"confidence\": 1.01}]"), "toll:member" },
        { Of("\"kind\": \"anpr\", \"candidates\": {}"), "toll:member" },
        { Of("\"kind\": \"anpr\", \"candidates\": [], \"side\": \"left\""), "toll:member" },
        { Of("\"kind\": \"anpr\", \"candidates\": [], \"image\": \"md5:00\""), "toll:member" },
        { Of("\"kind\": \"counter\", \"counts\": {\"avc\": -1}"), "toll:member" },
    };

    [Theory]
    [MemberData(nameof(BadEvents))]
    public void A_bad_event_costs_itself_only(string bad, string code)
    {
        Assert.Equal(new PayloadOutcome(2, 0, 1, false), Decode($"[{Good}, {bad}, {Good}]"));
        Assert.Equal(2, _events.Count);
        Assert.StartsWith(code + "@byte ", _decoder.DescribeRejections(), StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(_decoder.Rejections).Element);
    }

    [Fact]
    public void An_event_that_is_not_utf8_costs_itself_only()
    {
        byte[] payload = [.. Encoding.UTF8.GetBytes($"[{Good}, "), .. "{\"x\": \""u8, 0xFF, .. "\"}, "u8, .. Encoding.UTF8.GetBytes($"{Good}]")];
        Assert.Equal(new PayloadOutcome(2, 0, 1, false), Decode(payload));
        Assert.Equal(RejectReason.ValueEncoding, Assert.Single(_decoder.Rejections).Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("7")]
    [InlineData("[{\"boot\": 1},]")]
    public void A_payload_that_is_no_json_goes_whole(string tail)
    {
        Assert.Equal(new PayloadOutcome(0, 0, 1, true), Decode(tail));
        Assert.Equal(new PayloadOutcome(0, 0, 1, true), Decode($"[{Good}, {Good} {tail}"));
        Assert.Empty(_events);
        Assert.Equal(0, _health.Count);
    }

    [Fact]
    public void An_impossible_time_is_replaced_while_the_clock_is_trusted()
    {
        Decode(With("\"2026-11-24T06:12:03.412Z\"", "5000"));
        Decode(With("\"2026-11-24T06:12:03.412Z\"", "5000"), trusted: false);
        Assert.Equal([(Decoding.Now, ReadingQuality.TimeReplaced), (5_000_000L, ReadingQuality.ClockNotTrusted)], _events.Select(one => (one.Time, one.Quality)));
    }

    [Fact]
    public void Repeats_are_dropped_with_their_readings()
    {
        var health = $$"""{{{Common}}, "kind": "health", "t": 1}""";
        var outcome = _decoder.Decode(new DeviceSeries("d1"u8), Decoding.Pieces(Encoding.UTF8.GetBytes($"[{health}, {health}]"), 7), _events, _health, new Receipt(Decoding.Now, true), new Twice());
        Assert.Equal(new PayloadOutcome(1, 1, 0, false), outcome);
        Assert.Equal(1, _health.Count);
    }

    [Fact]
    public void No_change_of_a_byte_makes_it_throw() => Gen.Select(Gen.Int[0, 7], Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 3]).Sample((example, changes) =>
    {
        var bytes = Encoding.UTF8.GetBytes($"[{Good}, {{{Common},{Examples.ElementAt(example).Data.Item2}}}]");
        foreach (var (at, change) in changes) bytes[at % bytes.Length] = change;
        var events = new List<TollEvent>();
        var outcome = new TollDecoder(new TestNumbering()).Decode(new DeviceSeries("d1"u8), Decoding.Pieces(bytes, int.MaxValue), events, new ReadingBatch(), new Receipt(Decoding.Now, true));
        return outcome.Kept == events.Count && (outcome.IsWhole ? outcome.Kept == 0 : outcome.Kept + outcome.Rejected >= 1);
    }, iter: 3_000);

    private static string Good => Of("\"kind\": \"loop\", \"occupied_ms\": 412");

    private static string Of(string members) => $"{{{Common}, {members}}}";

    private static string With(string text, string other) => Good.Replace(text, other, StringComparison.Ordinal);

    private static string Without(string member) => Good.Replace($"\"{member}\"", "\"other\"", StringComparison.Ordinal);

    private PayloadOutcome Decode(string json, bool trusted = true) => Decode(Encoding.UTF8.GetBytes(json), trusted);

    private PayloadOutcome Decode(byte[] json, bool trusted = true) =>
        _decoder.Decode(new DeviceSeries("d1"u8), Decoding.Pieces(json, int.MaxValue), _events, _health, new Receipt(Decoding.Now, trusted));

    private sealed class Twice : IRepeatFilter
    {
        private readonly HashSet<(ulong, ulong)> _seen = [];

        public RepeatVerdict Judge(DeviceSeries device, ulong boot, ulong sequence) => _seen.Add((boot, sequence)) ? RepeatVerdict.Keep : RepeatVerdict.Drop;
    }
}
