using System.Text;
using System.Text.Json;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Tolling;
using SmartCity.Fuzz.Columns;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Fuzz.Devices;

/// <summary>Toll events. The first byte chooses: bit 0 the gateway's clock is not trusted, bit 1 repeats are judged, bit 2 narrow limits.</summary>
internal sealed class TollHarness : IHarness
{
    private const long Now = 1_795_500_724_000_000;
    private const string Common = "\"boot\":7,\"seq\":184467,\"ts\":\"2026-11-24T06:12:03.412Z\",\"clock\":\"locked\",\"lane\":\"THN-1-L2\"";
    private static readonly PayloadLimits _narrow = new() { DepthMax = 6, ValuesMax = 8, TextBytesMax = 20, NameBytesMax = 24 };

    public string Name => "toll";

    public IEnumerable<byte[]> Seeds => new[]
    {
        $$"""@{{{Common}},"kind":"avc","axles":2,"length_cm":431,"height_cm":152,"dual_tyre":false,"speed_kmh":42.5,"class":1,"count":88121}""",
        $$"""@{{{Common}},"kind":"tag","issuer":17,"tag":"A1B2C3","rssi_dbm":-61,"reads":4,"status":"ok","class":2}""",
        $$"""@{{{Common}},"kind":"anpr","side":"front","candidates":[{"text":"12ب34567","country":"IR","confidence":0.93},{"text":"12\u062834561"}],"image":"sha256:00ff"}""",
        $$"""B[{{{Common}},"kind":"loop","occupied_ms":412},{{{Common}},"kind":"loop","occupied_ms":412},17,null]""",
        $$"""D[{{{Common}},"kind":"counter","counts":{"avc":88121,"tag":80102} },{"kind":"health"},{}]""",
        $$"""E{{{Common}},"kind":"health","cpu_c":51.5,"disk":{"free":12},"state":"ok","b":1e400,"b":2}""",
        """@{"boot":1,"seq":0,"ts":1e400,"clock":"free","lane":"","kind":"none"}""",
    }.Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Words => new[]
    {
        "\"boot\":", "\"seq\":", "\"ts\":", "\"clock\":", "\"lane\":", "\"kind\":", "\"locked\"", "\"holdover\"", "\"free\"", "\"avc\"", "\"tag\"", "\"anpr\"", "\"loop\"", "\"counter\"", "\"health\"",
        "\"candidates\":[", "\"counts\":{", "null", "\\u006b", "\\ud800", "},{", "18446744073709551615",
    }.Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        var (choice, json) = (input[0], input[1..].ToArray());
        var limits = (choice & 4) != 0 ? _narrow : PayloadLimits.Default;
        var decoder = new TollDecoder(new Numbering(limits.NameBytesMax, 64), limits);
        var events = new List<TollEvent>();
        var health = new ReadingBatch(16);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = decoder.Decode(new DeviceSeries("lane-1"u8), json, events, health, new Receipt(Now, (choice & 1) == 0), (choice & 2) != 0 ? new Repeats() : null);
        var reasons = decoder.DescribeRejections();
        var healthReasons = decoder.DescribeHealthRejections();
        Must.Allocate(before, 400_000 + 600L * json.Length, "decoding");

        var elements = Elements(json, limits);
        Must.Equal(elements is null, outcome.IsWhole, "whether it is refused whole");
        Must.Equal(elements ?? 1, outcome.Kept + outcome.Repeated + outcome.Rejected, "events kept, repeated and refused together");
        Must.Equal(outcome.Kept, events.Count, "events kept");
        Must.Equal(outcome.Rejected > 0, reasons.Length > 0, "whether there is a reason for the dead letter");
        foreach (var one in decoder.Rejections)
        {
            Must.Hold(one.Offset >= 0 && one.Offset <= json.Length, $"a refusal at byte {one.Offset} of {json.Length}");
            Must.Hold(one.Text.StartsWith(RejectReasons.CodeOf(one.Reason), StringComparison.Ordinal) && !one.Text.Any(char.IsControl), "a reason that is no line of text");
        }
        Must.Equal(health.Count, decoder.Health.Kept, "readings of health events");
        Must.Equal(decoder.Health.Rejected > 0, healthReasons.Length > 0, "whether there is a reason for the readings' dead letter");
        foreach (var one in events) Check(one, json);
        ColumnsHarness.RoundTrip(events);
        SameBatch.RoundTrip(health);
    }

    private static void Check(TollEvent one, byte[] json)
    {
        Must.Hold(json.AsSpan().IndexOf(one.Json.Span) >= 0, "an event that is not in the payload byte for byte");
        using var document = JsonDocument.Parse(one.Json);
        Must.Equal(one.Boot, document.RootElement.EnumerateObject().Single(member => Is(member, "boot") && member.Value.ValueKind != JsonValueKind.Null).Value.GetUInt64(), "boot");
        Must.Equal(one.Sequence, document.RootElement.EnumerateObject().Single(member => Is(member, "seq") && member.Value.ValueKind != JsonValueKind.Null).Value.GetUInt64(), "seq");
        Must.Hold(one.Sequence > 0, "number 0");
        Must.Hold(Encoding.UTF8.GetByteCount(one.Lane) is >= 1 and <= 128, "a lane of no or too many bytes");
        Must.Hold(Enum.IsDefined(one.Kind) && Enum.IsDefined(one.Clock), "a kind or clock that is none");
        Must.Hold(one.Time >= UnixMicros.Min && one.Time <= UnixMicros.Max, "a time outside the years 1 to 9999");
    }

    private static bool Is(JsonProperty member, string name)
    {
        try
        {
            return member.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Elements of the payload; null where it is to be refused whole.</summary>
    private static int? Elements(byte[] json, PayloadLimits limits)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = limits.DepthMax });
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Object => 1,
                JsonValueKind.Array when document.RootElement.GetArrayLength() <= limits.ValuesMax => document.RootElement.GetArrayLength(),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class Repeats : IRepeatFilter
    {
        private readonly HashSet<(ulong, ulong)> _seen = [];

        public RepeatVerdict Judge(DeviceSeries device, ulong boot, ulong sequence) => boot == 2 ? RepeatVerdict.Flag : _seen.Add((boot, sequence)) ? RepeatVerdict.Keep : RepeatVerdict.Drop;
    }
}
