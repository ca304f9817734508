namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>A street light: whether it burns, dimming (%), power (W), energy counter (kWh).</summary>
internal sealed class StreetLight : Sensor
{
    public override string Kind => "light";
    public override double Share => 0.18;
    public override TimeSpan Interval => TimeSpan.FromSeconds(30);

    public override void Measure(Moment now, Noise city, Noise own, ref Measurement output)
    {
        var rated = 60 + 90 * Math.Floor(own.Constant(0) * 2);
        var level = !now.IsDark ? 0 : now.Hour is >= 23 or < 5 ? 50 : 100;
        output.Number("power"u8, level == 0 ? 0.6 : rated * level / 100 * (1 + 0.01 * own.White(1, now.Seconds)), 1);
        output.Number("energy"u8, rated * 0.75 * now.DarkSeconds / 3.6e6, 2);
        output.Number("level"u8, level, 0);
        output.Flag("on"u8, level > 0);
    }
}
