namespace SmartCity.FirmwareSim.City.Sensors;

/// <summary>What a kind of device measures. Without state: the same device says the same at the same moment.</summary>
internal abstract class Sensor
{
    /// <summary>Kind, first part of the device's id.</summary>
    public abstract string Kind { get; }
    /// <summary>Share among the city's devices.</summary>
    public abstract double Share { get; }
    /// <summary>Time between two messages.</summary>
    public abstract TimeSpan Interval { get; }

    /// <summary>Where a device of the kind stands.</summary>
    public virtual Place Locate(CityMap map, Random random) => map.OnRoad(random);

    /// <summary>Measures.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="city">Chance that all devices share, such as the weather.</param>
    /// <param name="own">Chance of the device.</param>
    /// <param name="output">Where the values go.</param>
    public abstract void Measure(Moment now, Noise city, Noise own, ref Measurement output);

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<Sensor> All { get; } =
        [new TrafficLoop(), new StreetLight(), new EnergyMeter(), new ParkingLot(), new WasteBin(), new AirQuality(), new NoiseLevel(), new WaterLevel(), new WeatherStation()];
}
