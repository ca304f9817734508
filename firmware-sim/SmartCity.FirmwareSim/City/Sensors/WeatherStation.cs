namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>A weather station: air temperature (°C), humidity (%), pressure (hPa), rain (mm/h), wind speed (m/s) and direction (°).</summary>
internal sealed class WeatherStation : Sensor
{
    public override string Kind => "weather";
    public override double Share => 0.02;
    public override TimeSpan Interval => TimeSpan.FromSeconds(20);

    public override Place Locate(CityMap map, Random random) => map.InDistrict(random);

    /// <summary>The city's air temperature, °C.</summary>
    public static double Temperature(Moment now, Noise city) => 17 + 13 * now.Season + 6 * now.Warmth + 4 * city.Wave(10, now.Seconds, 2 * 86_400);

    /// <summary>The city's relative humidity, %.</summary>
    public static double Humidity(Moment now, Noise city) => Math.Clamp(42 - 14 * now.Season - 12 * now.Warmth + 15 * city.Wave(11, now.Seconds, 86_400), 8, 98);

    /// <summary>The city's rain, mm/h; mostly none.</summary>
    public static double Rain(Moment now, Noise city) => Math.Max(0, 8 * (city.Wave(12, now.Seconds, 5 * 3_600) - 0.6 - 0.2 * now.Season));

    public override void Measure(Moment now, Noise city, Noise own, ref Measurement output)
    {
        output.Number("temp"u8, Temperature(now, city) + own.Constant(0) - 0.5 + 0.3 * own.Wave(1, now.Seconds, 600), 1);
        output.Number("rh"u8, Humidity(now, city) + own.Wave(2, now.Seconds, 600), 1);
        output.Number("pressure"u8, 1_013 + 9 * city.Wave(13, now.Seconds, 3 * 86_400) + 0.1 * own.White(3, now.Seconds), 1);
        output.Number("rain"u8, Rain(now, city), 1);
        output.Number("wind.speed"u8, Math.Max(0, 3 + 2.5 * city.Wave(14, now.Seconds, 7_200) + 0.8 * own.White(4, now.Seconds)), 1);
        output.Number("wind.direction"u8, (300 + 80 * city.Wave(15, now.Seconds, 14_400) + 12 * own.White(5, now.Seconds) + 360) % 360, 0);
    }
}
