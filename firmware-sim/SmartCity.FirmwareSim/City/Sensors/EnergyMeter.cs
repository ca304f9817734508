namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>An energy meter of a building: power (W), energy counter (kWh), voltage (V).</summary>
internal sealed class EnergyMeter : Sensor
{
    public override string Kind => "meter";
    public override double Share => 0.16;
    public override TimeSpan Interval => TimeSpan.FromSeconds(20);

    public override Place Locate(CityMap map, Random random) => map.InDistrict(random);

    public override void Measure(Moment now, Noise city, Noise own, ref Measurement output)
    {
        const double Day = 2 * Math.PI / 86_400;
        var mean = 800 + 5_000 * own.Constant(0);
        var swing = 0.3 + 0.3 * own.Constant(1);
        // The counter is the integral of the power's daily rhythm, so it never goes back.
        var peak = 20.5 * 3_600;
        var local = now.Days * 86_400;
        output.Number("power"u8, Math.Max(40, mean * (1 + swing * Math.Cos(Day * (local - peak)) + 0.08 * own.Wave(2, now.Seconds, 300))), 0);
        output.Number("energy"u8, mean * (local - 20_000 * 86_400.0 + swing / Day * Math.Sin(Day * (local - peak))) / 3.6e6, 2);
        output.Number("voltage"u8, 230 + 3 * city.Wave(70, now.Seconds, 900) + 0.8 * own.White(3, now.Seconds), 1);
    }
}
