namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>A noise meter: equivalent and greatest level of the last interval, dB(A).</summary>
internal sealed class NoiseLevel : Sensor
{
    public override string Kind => "noise";
    public override double Share => 0.05;
    public override TimeSpan Interval => TimeSpan.FromSeconds(5);

    public override void Measure(Moment now, Noise city, Noise own, ref Measurement output)
    {
        var level = 47 + 8 * own.Constant(0) + 14 * Math.Log10(1 + 9 * now.Traffic) + 1.2 * own.White(1, now.Seconds);
        output.Number("laeq"u8, level, 1);
        output.Number("lamax"u8, level + 6 + 5 * Math.Abs(own.White(2, now.Seconds)), 1);
    }
}
