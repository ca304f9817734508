namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>A gauge on the river: level (m), discharge (m³/s), water temperature (°C).</summary>
internal sealed class WaterLevel : Sensor
{
    public override string Kind => "water";
    public override double Share => 0.02;
    public override TimeSpan Interval => TimeSpan.FromSeconds(15);

    public override Place Locate(CityMap map, Random random) => map.OnRiver(random);

    public override void Measure(Moment now, Noise city, Noise own, ref Measurement output)
    {
        var level = 1.3 + 0.4 * own.Constant(0) - 0.2 * now.Season + 0.35 * city.Wave(30, now.Seconds, 86_400) + 0.4 * WeatherStation.Rain(now, city) + 0.004 * own.White(1, now.Seconds);
        output.Number("level"u8, level, 3);
        output.Number("flow"u8, 6.5 * Math.Pow(Math.Max(0.05, level), 1.67), 2);
        output.Number("temp"u8, 12 + 7 * now.Season + 0.8 * now.Warmth, 1);
    }
}
