namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>A waste bin: fill (%), temperature inside (°C), battery (V), state.</summary>
internal sealed class WasteBin : Sensor
{
    public override string Kind => "bin";
    public override double Share => 0.12;
    public override TimeSpan Interval => TimeSpan.FromSeconds(60);

    public override void Measure(Moment now, Noise city, Noise own, ref Measurement output)
    {
        var period = 1.5 + 3 * own.Constant(0);
        var since = (now.Days / period + own.Constant(1)) % 1;
        var fill = Math.Min(100, since * 112);
        output.Number("fill"u8, fill, 0);
        output.Number("temp"u8, WeatherStation.Temperature(now, city) + 3 + own.Wave(2, now.Seconds, 1_200), 1);
        output.Number("battery"u8, 3.6 - 0.3 * own.Constant(3) + 0.01 * own.White(4, now.Seconds), 2);
        output.Text("state"u8, fill >= 100 ? "overfull"u8 : fill > 85 ? "full"u8 : "ok"u8);
    }
}
