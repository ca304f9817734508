using System.Text;
using CsCheck;
using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

public sealed class TollPayloadTests
{
    [Fact]
    public void A_classifier_is_read_whole()
    {
        var malformed = new List<string>();
        var avc = TollPayload.ReadAvc("""{"boot":7,"axles":3,"length_cm":1120.5,"height_cm":380,"dual_tyre":true,"speed_kmh":-83.2,"class":4,"count":18446744073709551615,"more":[{"axles":9}]}"""u8, malformed);
        Assert.Equal(new AvcPayload { Axles = 3, LengthCm = 1120.5, HeightCm = 380, DualTyre = true, SpeedKmh = -83.2, Class = "4", Count = ulong.MaxValue }, avc);
        Assert.Empty(malformed);
    }

    [Fact]
    public void An_antenna_is_read_whole()
    {
        var tag = TollPayload.ReadTag("""{"issuer":22,"tag":"0012","rssi_dbm":-61.5,"reads":14,"status":"V","class":"bus"}"""u8);
        Assert.Equal(new TagPayload { Issuer = 22, Tag = "0012", RssiDbm = -61.5, Reads = 14, Status = "V", Class = "bus" }, tag);
        Assert.Equal(new TagId(22, "0012"), tag.Id);
    }

    [Fact]
    public void A_camera_is_read_best_first()
    {
        var anpr = TollPayload.ReadAnpr("""{"side":"rear","candidates":[{"text":"12ب34567","country":"IR","confidence":0.93,"colour":"white"},{"text":"12پ34567"}],"image":"sha256:00"}"""u8);
        Assert.Equal(("rear", "sha256:00"), (anpr.Side, anpr.Image));
        Assert.Equal([new AnprCandidate("12ب34567", "IR", 0.93), new AnprCandidate("12پ34567", null, null)], anpr.Candidates);
    }

    [Fact]
    public void A_loop_and_counters_are_read()
    {
        Assert.Equal(420.5, TollPayload.ReadLoop("""{"occupied_ms":420.5}"""u8).OccupiedMs);
        Assert.Equal(new Dictionary<string, ulong> { ["avc"] = 88121, ["tag"] = 5 }, TollPayload.ReadCounter("""{"counts":{"avc":88121,"tag":5}}"""u8).Counts);
    }

    [Theory]
    [InlineData("""{"axles":-1}""", "axles")]
    [InlineData("""{"axles":100}""", "axles")]
    [InlineData("""{"axles":2.5}""", "axles")]
    [InlineData("""{"axles":"two"}""", "axles")]
    [InlineData("""{"axles":{"n":2}}""", "axles")]
    [InlineData("""{"length_cm":1e999}""", "length_cm")]
    [InlineData("""{"dual_tyre":1}""", "dual_tyre")]
    [InlineData("""{"count":-1}""", "count")]
    [InlineData("""{"count":18446744073709551616}""", "count")]
    [InlineData("""{"class":["4"]}""", "class")]
    [InlineData("""{"class":""}""", "class")]
    [InlineData("""{"class":"\ud800"}""", "class")]
    public void A_malformed_member_costs_itself_alone(string json, string member)
    {
        var malformed = new List<string>();
        var avc = TollPayload.ReadAvc(Encoding.UTF8.GetBytes(json[..^1] + ""","speed_kmh":50}"""), malformed);
        Assert.Equal([member], malformed);
        Assert.Equal(new AvcPayload { SpeedKmh = 50 }, avc);
    }

    [Theory]
    [InlineData("""{"candidates":[{"text":"12ب34567"},{"text":""},7,{"confidence":0.5}]}""", 1)]
    [InlineData("""{"candidates":[{"text":"12ب34567","confidence":1.5},{"text":"12ب34568","confidence":-0.1}]}""", 0)]
    [InlineData("""{"candidates":{"text":"12ب34567"}}""", 0)]
    [InlineData("""{"candidates":"12ب34567"}""", 0)]
    public void A_malformed_reading_costs_itself_alone(string json, int left)
    {
        var malformed = new List<string>();
        var anpr = TollPayload.ReadAnpr(Encoding.UTF8.GetBytes(json[..^1] + ""","side":"front"}"""), malformed);
        Assert.Equal(("front", left), (anpr.Side, anpr.Candidates.Count));
        Assert.Equal(["candidates"], malformed);
    }

    [Theory]
    [InlineData("""{"issuer":-1,"tag":"7"}""", "issuer")]
    [InlineData("""{"issuer":"1","tag":"7"}""", "issuer")]
    [InlineData("""{"issuer":1,"tag":7}""", "tag")]
    [InlineData("""{"issuer":1,"tag":""}""", "tag")]
    public void A_tag_without_issuer_or_text_names_nobody(string json, string member)
    {
        var malformed = new List<string>();
        Assert.Null(TollPayload.ReadTag(Encoding.UTF8.GetBytes(json), malformed).Id);
        Assert.Equal([member], malformed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("""{"axles":3,"length_cm":""")]
    [InlineData("""{"axles":3}{""")]
    [InlineData("""{"axles":3,}""")]
    public void What_is_no_object_is_malformed_from_where_it_ends(string json)
    {
        var malformed = new List<string>();
        TollPayload.ReadAvc(Encoding.UTF8.GetBytes(json), malformed);
        Assert.Equal(json.StartsWith("""{"axles":3}""", StringComparison.Ordinal) ? [] : ["json"], malformed);
    }

    [Fact]
    public void Null_is_absent() => Assert.Equal(new TagPayload(), TollPayload.ReadTag("""{"issuer":null,"tag":null,"reads":null}"""u8));

    [Theory]
    [InlineData("4", "4")]
    [InlineData("4.0", "4")]
    [InlineData("4e0", "4")]
    [InlineData("-1.50", "-1.5")]
    [InlineData("\"4\"", "4")]
    [InlineData("1e400", "1e400")]
    public void A_class_that_is_a_number_has_one_writing(string json, string vehicleClass) =>
        Assert.Equal(vehicleClass, TollPayload.ReadAvc(Encoding.UTF8.GetBytes($"{{\"class\":{json}}}")).Class);

    [Fact]
    public void No_bytes_make_a_reader_throw() =>
        Gen.OneOf(Gen.Byte.Array[0, 60], Gen.String[Gen.Char["{}[]\":,\\u d8axlestgissuerconde0123456789.-+eE\u00A0ب"], 0, 60].Select(Encoding.UTF8.GetBytes)).Sample(bytes =>
        {
            var malformed = new List<string>();
            TollPayload.ReadAvc(bytes, malformed);
            TollPayload.ReadTag(bytes, malformed);
            TollPayload.ReadAnpr(bytes, malformed);
            TollPayload.ReadLoop(bytes, malformed);
            TollPayload.ReadCounter(bytes, malformed);
        });
}
