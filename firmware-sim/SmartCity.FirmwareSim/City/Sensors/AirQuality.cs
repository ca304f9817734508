namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>An air-quality station: PM2.5, PM10, NO₂, O₃ (µg/m³), CO (mg/m³), relative humidity (%).</summary>
internal sealed class AirQuality : Sensor
{
    public override string Kind => "air";
    public override double Share => 0.07;
    public override TimeSpan Interval => TimeSpan.FromSeconds(10);

    public override Place Locate(CityMap map, Random random) => map.InDistrict(random);

    public override void Measure(Moment now, Noise city, Noise own, ref Measurement output)
    {
        var place = 0.7 + 0.6 * own.Constant(0);
        // Winter's inversion holds the city's breath near the ground.
        var held = 1 - 0.35 * now.Season + 0.35 * city.Wave(20, now.Seconds, 3 * 86_400);
        var traffic = 0.5 + now.Traffic;
        var fine = Math.Max(1, place * held * (14 + 16 * traffic) + 2 * own.Wave(1, now.Seconds, 900) + 0.6 * own.White(2, now.Seconds));
        output.Number("pm25"u8, fine, 1);
        output.Number("pm10"u8, fine * (1.7 + 0.2 * own.Wave(3, now.Seconds, 1_800)) + 3, 1);
        output.Number("no2"u8, Math.Max(2, place * held * 34 * traffic + 2 * own.White(4, now.Seconds)), 1);
        output.Number("o3"u8, Math.Max(2, 50 + 45 * now.Warmth - 18 * traffic + 3 * own.Wave(5, now.Seconds, 1_200)), 1);
        output.Number("co"u8, Math.Max(0.1, place * held * 0.9 * traffic + 0.04 * own.White(6, now.Seconds)), 2);
        output.Number("rh"u8, WeatherStation.Humidity(now, city) + 2 * own.Wave(7, now.Seconds, 1_800), 1);
    }
}
