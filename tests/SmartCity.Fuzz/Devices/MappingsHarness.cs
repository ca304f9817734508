using System.Text;
using SmartCity.Devices;
using SmartCity.Devices.Mappings;
using SmartCity.Devices.Telemetry;
using SmartCity.Edge.Gateway.Mappings;
using SmartCity.Fuzz.Columns;
using SmartCity.Model;

namespace SmartCity.Fuzz.Devices;

/// <summary>
/// Other systems' messages by the mappings that come with the gateway and one with every kind of rule, and mappings and vectors themselves, which people write. The first byte chooses:
/// a mapping, whose topic is the first line of the rest; or 255 a mapping's file, 254 a file of vectors.
/// </summary>
internal sealed class MappingsHarness : IHarness, IDisposable
{
    private const long Now = 1_795_500_724_000_000;
    private const string Whole = """
        {"topic": "{a}/{b}/+", "device": "{b}-{/id}", "each": "/rows", "time": {"path": ["/d", "/t"], "format": ["rfc3339", "local", "ms", "dd.MM.yyyy HH:mm:ss"], "zone": "Europe/Berlin"},
         "metrics": [{"path": "/x/{k}", "when": {"/u": "F"}, "metric": "{a}.{k}.{/u}", "unit": "degF", "as": "Cel"}, {"path": "/l/*", "value": "./v/0", "metric": "{./n}", "scale": 0.1, "offset": 3},
                     {"path": "/s", "values": {"ON": true, "OFF": false}}, {"path": "/b", "type": "bool"}, {"path": "/n/**", "type": "number"}, {"path": "/no", "skip": true}, {"path": "/**"}],
         "rename": {"a.k.F": "renamed"}, "forward": ["f/{a}/#"]}
        """;

    private static readonly PayloadLimits _narrow = new() { DepthMax = 6, ValuesMax = 8, TextBytesMax = 20, NameBytesMax = 24 };
    private readonly Mapping[] _mappings = [.. MappingFolder.In(MappingFolder.Shipped).Select(static file => MappingFolder.Read(file, out _)!), MappingFile.Parse("whole", Encoding.UTF8.GetBytes(Whole), out _)!];
    private readonly MappingTranslator _wide = new(), _tight = new(_narrow);

    public string Name => "mappings";

    public IEnumerable<byte[]> Seeds =>
    [
        .. MappingFolder.In(MappingFolder.Shipped).Select(static file => (byte[])[255, .. File.ReadAllBytes(file)]),
        [255, .. Encoding.UTF8.GetBytes(Whole)],
        [254, .. """{"zone": "Asia/Tehran", "vectors": [{"topic": "a/b/c", "payload": {"id": 1, "rows": [{"t": 1, "n": {"x": "2"}}]}, "device": "b-1", "readings": [{"metric": "n.x", "time": "2026-01-01T00:00:00Z", "value": 2}], "rejected": ["json:"]}]}"""u8],
        .. new (string Topic, string Payload)[]
        {
            ("application/1/device/01/event/up", """{"time":"2026-11-24T06:12:03.823500+00:00","fCnt":4,"object":{"fill":64.5,"seq":1},"rxInfo":[{"rssi":-57,"snr":9.75}]}"""),
            ("csv/d", "time,level,flow\n2026-11-24T06:12:03Z,1.2 m,\"0.\"\"3\"\r\n2026-11-24T06:12:04,,1,\n"),
            ("airrohr/x", """{"esp8266id":"1","sensordatavalues":[{"value_type":"BME280_pressure","value":"88012.44"},{"value":"5"}]}"""),
            ("tele/p/SENSOR", """{"Time":"2026-11-24T09:42:03","BME280":{"Temperature":70.7},"TempUnit":"F","A":[1,{"\ud800":2}]}"""),
            ("v3/a@t/devices/d/up", """{"uplink_message":{"f_cnt":1,"decoded_payload":{"a":{"b":[1,true,"x"]}},"received_at":"2026-11-24T06:12:03.493817214Z"}}"""),
            ("zigbee2mqtt/d", """{"contact":false,"last_seen":1795500723412,"color":{"x":0.1}}"""),
            ("a/b/c", """{"id":7,"rows":[{"d":"24.11.2026","t":"09:42:03","x":{"k":70},"u":"F","l":[{"n":"m","v":[5]}],"s":"ON","b":"true","n":{"q":"1e3"}},3]}"""),
        }.SelectMany((message, i) => new[] { i, i + 64 }.Select(choice => (byte[])[(byte)choice, .. Encoding.UTF8.GetBytes($"{message.Topic}\n{message.Payload}")])),
    ];

    public IEnumerable<byte[]> Words => new[]
    {
        "\"topic\":", "\"device\":", "\"metrics\":", "\"path\":", "\"/**\"", "{./n}", "{/id}", "\"when\":", "\"scale\":", "\"unit\":", "\"as\":", "\"each\":", "\"csv\":", "~1", "1e400", "\ud800", "\"Time\":", "\"rows\":", "2026-03-29T02:30:00", "\"\"", "\r\n",
    }.Select(Encoding.UTF8.GetBytes);

    public void Dispose()
    {
        _wide.Dispose();
        _tight.Dispose();
    }

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        var choice = input[0];
        var rest = input[1..];
        var before = GC.GetAllocatedBytesForCurrentThread();
        if (choice == 255) RunFile(rest);
        else if (choice == 254)
            foreach (var result in MappingVectors.Run(_mappings[^1], rest, out _)) Must.Hold(result.Line >= 1, "a vector without a line");
        else RunMessage(_mappings[(choice & 63) % _mappings.Length], (choice & 64) != 0, rest);
        // A name may be made of what was sent as often as there are values; each is bounded, and so are they.
        Must.Allocate(before, (8 << 20) + 4_000L * input.Length, "a foreign message");
    }

    private static void RunFile(ReadOnlySpan<byte> json)
    {
        var mapping = MappingFile.Parse("fuzz", json, out var errors);
        Must.Equal(mapping is null, errors.Count > 0, "whether a file that is refused says why");
        foreach (var error in errors) Must.Hold(error.Line >= 1 && error.Line <= json.Count((byte)'\n') + 1 && error.Text.Length > 15, $"a mistake in line {error.Line} that says too little: {error.Text}");
        if (mapping is null) return;
        using var translator = new MappingTranslator(_narrow);
        translator.Translate(mapping, "a/b/c"u8, json, TimeZoneInfo.Utc);
        mapping.Forwards("a/b/c"u8, out _);
    }

    private void RunMessage(Mapping mapping, bool isTight, ReadOnlySpan<byte> rest)
    {
        var line = rest.IndexOf((byte)'\n');
        if (line < 0) return;
        var topic = rest[..line];
        var payload = rest[(line + 1)..].ToArray();
        mapping.Forwards(topic, out _);
        if (!mapping.IsOf(topic)) return;
        var (translator, limits) = isTight ? (_tight, _narrow) : (_wide, PayloadLimits.Default);
        translator.Translate(mapping, topic, payload, TimeZoneInfo.Utc);
        var telemetry = new TelemetryDecoder(new Numbering(limits.NameBytesMax, 10_000), limits);
        var batch = new ReadingBatch(16);
        batch.Add(0, Now, Now, 1.0, ReadingQuality.Good); // what was there must stay
        PayloadOutcome native = default;
        if (translator.IsWhole) Must.Equal((1, 0), (translator.Rejected, translator.Telemetry.Length), "what a message refused whole counts, and leaves");
        else
        {
            Must.Hold(DeviceId.IsValid(translator.Device!), $"{translator.Device} is no device");
            native = telemetry.Decode(new DeviceSeries(Encoding.ASCII.GetBytes(translator.Device!)), translator.Telemetry, batch, new Receipt(Now, true));
            Must.Hold(!native.IsWhole, "what was translated is no telemetry");
        }
        var reasons = translator.Describe(native.Rejected > 0 ? telemetry.Rejections : [], native.Rejected);
        Must.Equal(translator.Rejected + native.Rejected > 0, reasons.Length > 0, "whether there is a reason for the dead letter");
        Must.Hold(!reasons.Any(static letter => char.IsControl(letter) && letter != '\n'), "a reason that is no text");
        foreach (var one in translator.Rejections) Must.Hold(one.Offset >= 0 && one.Offset <= payload.Length, $"a refusal at byte {one.Offset} of {payload.Length}");
        for (var i = 1; i < batch.Count; i++)
            if (batch.Kind[i] == ValueKind.Double) Must.Hold(double.IsFinite(BitConverter.Int64BitsToDouble(batch.Bits[i])), "a number that is none");
        SameBatch.RoundTrip(batch);
    }
}
