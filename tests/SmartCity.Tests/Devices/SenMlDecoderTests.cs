using System.Globalization;
using System.Text;
using CsCheck;
using SmartCity.Devices;
using SmartCity.Devices.SenMl;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;

namespace SmartCity.Tests.Devices;

/// <summary>SenML packs as readings of the topic's device (RFC 8428).</summary>
public sealed class SenMlDecoderTests : IDisposable
{
    private readonly TestNumbering _numbering = new();
    private readonly SenMlDecoder _decoder;
    private readonly ReadingBatch _batch = new(16);

    public SenMlDecoderTests() => _decoder = new SenMlDecoder(_numbering);

    public void Dispose() => _decoder.Dispose();

    [Theory]
    // The shapes of the RFC's own examples: one datum, several data, times relative to a base time.
    [InlineData("""[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]""", "value=23.1")]
    [InlineData("""[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]""", "voltage=120.1 current=1.2")]
    [InlineData("""[{"bn":"10e2073a01080063/","bv":20,"bs":100},{"n":"t","v":1.5,"s":7},{"n":"open","vb":true},{"n":"state","vs":"ok"},{"n":"raw","vd":"AQID"}]""", "t=21.5 t.sum=107 open=true state=ok raw=AQID")]
    [InlineData("""[{"n":"other-name","v":1,"free":{"a":[1]}}]""", "other-name=1")]
    public void A_pack_becomes_readings(string pack, string expected)
    {
        var outcome = Decode(pack);
        Assert.Equal("", _decoder.DescribeRejections());
        Assert.Equal(0, outcome.Rejected);
        Assert.Equal(expected, Readings());
    }

    [Fact]
    public void Times_are_absolute_from_2_to_the_28_and_relative_below()
    {
        Decode("""[{"bt":1276020076.001,"n":"a","v":1},{"n":"a","t":-5,"v":2}]""");
        Decode("""[{"n":"a","t":-10.5,"v":3},{"n":"a","v":4},{"n":"a","t":268435455,"v":5}]""");
        Assert.Equal([1_276_020_076_001_000, 1_276_020_071_001_000, Decoding.Now - 10_500_000, Decoding.Now, Decoding.Now], _batch.Time.AsSpan(0, 5).ToArray());
        Assert.Equal([ReadingQuality.Good, ReadingQuality.Good, ReadingQuality.GatewayTime, ReadingQuality.GatewayTime, ReadingQuality.GatewayTime | ReadingQuality.TimeReplaced], _batch.Quality.AsSpan(0, 5).ToArray());
    }

    [Theory]
    [InlineData("""[{"n":"a","v":1,"must_":1}]""", RejectReason.SenMlField)]
    [InlineData("""[{"bver":11,"n":"a","v":1}]""", RejectReason.SenMlVersion)]
    [InlineData("""[{"bver":5,"n":"a","v":1},{"bver":6,"n":"a","v":1}]""", RejectReason.SenMlVersion)]
    [InlineData("""{"n":"a","v":1}""", RejectReason.JsonShape)]
    [InlineData("""[{"n":"a","v":1}""", RejectReason.JsonTruncated)]
    [InlineData("", RejectReason.JsonEmpty)]
    [InlineData("[[[[[[[[[[[[[[[[[[[[", RejectReason.JsonDepth)]
    public void A_pack_that_cannot_be_understood_is_refused_whole(string pack, RejectReason reason)
    {
        Assert.Equal(new PayloadOutcome(0, 0, 1, true), Decode(pack));
        Assert.Equal(reason, Assert.Single(_decoder.Rejections).Reason);
        Assert.Equal(0, _batch.Count);
    }

    [Theory]
    [InlineData("""{"n":"a","v":1e400}""", RejectReason.ValueOverflow)]
    [InlineData("""{"bv":1.7e308,"n":"a","v":1.7e308}""", RejectReason.ValueOverflow)]
    [InlineData("""{"n":"a","v":"1"}""", RejectReason.SenMlField)]
    [InlineData("""{"n":"a"}""", RejectReason.SenMlField)]
    [InlineData("""{"n":"a","v":1,"vb":true}""", RejectReason.ValueDuplicate)]
    [InlineData("""{"n":"a","v":1,"v":2}""", RejectReason.ValueDuplicate)]
    [InlineData("""{"n":"_a","v":1}""", RejectReason.ValueName)]
    [InlineData("""{"n":"ts","v":1}""", RejectReason.ValueName)]
    [InlineData("""{"v":1}""", RejectReason.ValueName)]
    [InlineData("""{"n":"a","t":1e300,"v":1}""", RejectReason.TimeRange)]
    [InlineData("""{"n":"good","vs":"text"}""", RejectReason.ValueKind)]
    [InlineData("17", RejectReason.JsonShape)]
    public void A_bad_record_costs_only_itself(string record, RejectReason reason)
    {
        var outcome = Decode($$"""[{"n":"good","v":1},{{record}},{"bv":0,"n":"good","t":-1,"v":2}]""");
        Assert.Equal(new PayloadOutcome(2, 0, 1, false), outcome);
        Assert.Equal((reason, 1), (_decoder.Rejections[0].Reason, _decoder.Rejections[0].Element));
        Assert.Equal("good=1 good=2", Readings());
    }

    [Theory]
    // [{-2: "d1:", -3: 1276020076, 0: "a", 2: 12.5}, {0: "b", 4: true}]: lengths given.
    [InlineData("82A421 6364313A 22 1A4C0E85EC 00 6161 02 FB4029000000000000 A2 00 6162 04 F5", "a=12.5 b=true")]
    // The same kinds with open lengths, a text in two pieces, half floats, a decimal fraction, octets.
    [InlineData("9F BF 00 7F 6161 6162 FF 02 F94A40 FF A2 00 6163 02 C4 82 21 19 6AB3 A2 00 6164 08 43 010203 FF", "ab=12.5 c=273.15 d=AQID")]
    public void Cbor_is_read(string hex, string expected)
    {
        var outcome = Decode(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), SenMlFormat.Cbor);
        Assert.Equal("", _decoder.DescribeRejections());
        Assert.Equal((0, expected), (outcome.Rejected, Readings()));
    }

    [Fact]
    public void The_cbor_pack_of_section_6_gives_its_seven_readings()
    {
        var pack = Convert.FromHexString("87A721781B75726E3A6465763A6F773A3130653230373361303130383030363A22FB41D303A15B00106223614120050067766F6C7461676501615602FB405E066666666666"
            + "A3006763757272656E74062402FB3FF3333333333333A3006763757272656E74062302FB3FF4CCCCCCCCCCCDA3006763757272656E74062202FB3FF6666666666666"
            + "A3006763757272656E74062102F93E00A3006763757272656E74062002FB3FF999999999999AA3006763757272656E74060002FB3FFB333333333333");
        var outcome = _decoder.Decode(new DeviceSeries("10e2073a0108006"u8), pack, SenMlFormat.Cbor, _batch, new Receipt(Decoding.Now, true));
        Assert.Equal((new PayloadOutcome(7, 0, 0, false), "voltage=120.1 current=1.2 current=1.3 current=1.4 current=1.5 current=1.6 current=1.7"), (outcome, Readings()));
        const long Base = 1_276_020_076_001_000;
        Assert.Equal([Base, .. Enumerable.Range(-5, 6).Select(t => Base + t * UnixMicros.PerSecond)], _batch.Time.AsSpan(0, 7).ToArray());
    }

    [Theory]
    [InlineData("", RejectReason.CborTruncated)]
    [InlineData("A0", RejectReason.CborSyntax)]
    [InlineData("81A1", RejectReason.CborTruncated)]
    [InlineData("9BFFFFFFFFFFFFFFFF", RejectReason.CborTruncated)]
    [InlineData("8181818181818181818181818181818181818100", RejectReason.CborDepth)]
    [InlineData("8000", RejectReason.CborSyntax)]
    [InlineData("81A1627A5F01", RejectReason.SenMlField)]
    public void Cbor_that_is_none_is_refused_whole(string hex, RejectReason reason)
    {
        Assert.True(Decode(Convert.FromHexString(hex), SenMlFormat.Cbor).IsWhole);
        Assert.Equal(reason, Assert.Single(_decoder.Rejections).Reason);
    }

    [Fact]
    public void A_number_that_is_none_costs_its_record() =>
        Assert.Equal(new PayloadOutcome(0, 0, 1, false), Decode(Convert.FromHexString("81A200616102F97E00"), SenMlFormat.Cbor));

    [Fact]
    public void Decode_never_throws_on_any_bytes() => Gen.Select(Gen.Byte.Array[0, 200], Gen.Bool).Sample((bytes, isJson) =>
    {
        using var decoder = new SenMlDecoder(new TestNumbering());
        var batch = new ReadingBatch(16);
        var outcome = decoder.Decode(new DeviceSeries("d1"u8), bytes, isJson ? SenMlFormat.Json : SenMlFormat.Cbor, batch, new Receipt(Decoding.Now, true));
        return outcome.Kept == batch.Count && (outcome.Rejected > 0) == (decoder.DescribeRejections().Length > 0);
    });

    [Fact]
    public void Decode_never_throws_on_a_pack_with_changed_bytes() => Gen.Select(Gen.Int[0, 44], Gen.Byte, Gen.Int[0, 44], Gen.Byte).Sample((first, one, second, two) =>
    {
        var pack = Convert.FromHexString("82A5216364313A221A4C0E85EC00616102FB402900000000000005C48221196AB3A20061620443010203");
        pack[first % pack.Length] = one;
        pack[second % pack.Length] = two;
        using var decoder = new SenMlDecoder(new TestNumbering());
        var batch = new ReadingBatch(16);
        return decoder.Decode(new DeviceSeries("d1"u8), pack, SenMlFormat.Cbor, batch, new Receipt(Decoding.Now, true)).Kept == batch.Count;
    });

    private PayloadOutcome Decode(string pack) => Decode(Encoding.UTF8.GetBytes(pack), SenMlFormat.Json);

    private PayloadOutcome Decode(byte[] pack, SenMlFormat format) =>
        _decoder.Decode(new DeviceSeries(format == SenMlFormat.Json ? "10e2073a01080063"u8 : "d1"u8), pack, format, _batch, new Receipt(Decoding.Now, true));

    private string Readings() => string.Join(' ', Enumerable.Range(0, _batch.Count).Select(i =>
        $"{_numbering.Names[_batch.Series[i]].Key.Metric}={_batch.ValueAt(i).ToString().ToString(CultureInfo.InvariantCulture)}"));
}
