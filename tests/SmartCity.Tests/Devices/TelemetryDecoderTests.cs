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
}
