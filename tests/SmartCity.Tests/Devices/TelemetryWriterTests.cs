using System.Text;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;

namespace SmartCity.Tests.Devices;

public sealed class TelemetryWriterTests
{
    [Fact]
    public void What_it_writes_decodes()
    {
        using var writer = new TelemetryWriter();
        for (var round = 0; round < 2; round++)
        {
            writer.Clear();
            writer.BeginArray();
            writer.Begin(1_795_500_723_412, 1, 2);
            writer.Add("pm25"u8, 12.5);
            writer.AddDigits("speed"u8, "64.375000000000001"u8);
            writer.End();
            writer.Begin(null);
            writer.Add("door"u8, true);
            writer.Add("st\"ate"u8, "o\"k\n"u8);
            writer.AddNull("spare"u8);
            writer.End();
            writer.EndArray();
        }
        Assert.Equal("""[{"ts":1795500723412,"boot":1,"seq":2,"pm25":12.5,"speed":64.375000000000001},{"door":true,"st\u0022ate":"o\u0022k\n","spare":null}]""", Encoding.UTF8.GetString(writer.Written.Span));
        var decoding = new Decoding();
        Assert.Equal(new PayloadOutcome(4, 0, 0, false), decoding.Decode(writer.Written.ToArray()));
        Assert.Equal(["pm25=12.5", "speed=64.375", "door=true", "st\"ate=o\"k\n"], decoding.Readings());
    }
}
