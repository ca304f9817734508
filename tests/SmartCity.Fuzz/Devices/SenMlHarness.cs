using System.Text;
using SmartCity.Devices;
using SmartCity.Devices.SenMl;
using SmartCity.Devices.Telemetry;
using SmartCity.Fuzz.Columns;
using SmartCity.Model;

namespace SmartCity.Fuzz.Devices;

/// <summary>SenML packs. The first byte chooses: bit 0 the gateway's clock is not trusted, bit 1 CBOR, bit 2 narrow limits.</summary>
internal sealed class SenMlHarness : IHarness
{
    private const long Now = 1_795_500_724_000_000;
    private static readonly PayloadLimits _narrow = new() { DepthMax = 6, ValuesMax = 8, TextBytesMax = 20, NameBytesMax = 24 };

    public string Name => "senml";

    public IEnumerable<byte[]> Seeds =>
    [
        .. new[]
        {
            """@[{"bn":"urn:dev:ow:d1:","bt":1276020076.001,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},{"n":"current","t":-5,"v":1.2}]""",
            """D[{"bn":"d1/","bv":20,"bs":1,"n":"a","v":1e400},{"n":"b","s":7},{"n":"c","vb":true},{"n":"d","vs":"\ud800"},{"n":"e","vd":"AQID"},17,{"x_":1}]""",
        }.Select(Encoding.UTF8.GetBytes),
        [(byte)'B', .. Convert.FromHexString("82A5216364313A221A4C0E85EC00616102FB402900000000000005C48221196AB3A20061620443010203")],
        [(byte)'F', .. Convert.FromHexString("9FBF007F61616162FF02F94A40FFA200616302C48221196AB3A20061640843010203FF")],
    ];

    public IEnumerable<byte[]> Words =>
    [
        .. new[] { "\"bn\":", "\"bt\":", "\"bver\":", "\"n\":", "\"v\":", "\"s\":", "\"t\":", "268435456", "_\":", "1e308" }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0x9F], [0xBF], [0x5F], [0x7F], [0xC4, 0x82], [0xF9, 0x7C, 0x00], [0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        var (choice, pack) = (input[0], input[1..].ToArray());
        var limits = (choice & 4) != 0 ? _narrow : PayloadLimits.Default;
        using var decoder = new SenMlDecoder(new Numbering(limits.NameBytesMax, 64), limits);
        var batch = new ReadingBatch(16);
        batch.Add(0, Now, Now, 1.0, ReadingQuality.Good); // what was there must stay
        var outcome = decoder.Decode(new DeviceSeries("d1"u8), pack, (choice & 2) != 0 ? SenMlFormat.Cbor : SenMlFormat.Json, batch, new Receipt(Now, (choice & 1) == 0));
        Must.Equal(outcome.Kept + 1, batch.Count, "readings in the batch");
        Must.Equal(outcome.Rejected > 0, decoder.DescribeRejections().Length > 0, "whether there is a reason for the dead letter");
        if (outcome.IsWhole) Must.Equal((0, 1), (outcome.Kept, outcome.Rejected), "what a pack refused whole counts");
        foreach (var one in decoder.Rejections)
        {
            Must.Hold(one.Offset >= 0 && one.Offset <= pack.Length, $"a refusal at byte {one.Offset} of {pack.Length}");
            Must.Hold(one.Text.StartsWith(RejectReasons.CodeOf(one.Reason), StringComparison.Ordinal) && !one.Text.Any(char.IsControl), "a reason that is no line of text");
        }
        for (var i = 1; i < batch.Count; i++)
        {
            Must.Hold(batch.Time[i] >= UnixMicros.Min && batch.Time[i] <= UnixMicros.Max, "a time outside the years 1 to 9999");
            if (batch.Kind[i] == ValueKind.Double) Must.Hold(double.IsFinite(BitConverter.Int64BitsToDouble(batch.Bits[i])), "a number that is none");
        }
        SameBatch.RoundTrip(batch);
    }
}
