using System.Globalization;
using SmartCity.FirmwareSim.City.Sensors;

namespace SmartCity.FirmwareSim.City;

/// <summary>Which devices a city has. The first so many are the same for any greater number.</summary>
internal static class CityPlan
{
    /// <summary>Lays out the devices.</summary>
    /// <param name="count">How many, 1–100,000.</param>
    /// <param name="seed">The same seed gives the same city.</param>
    /// <param name="faults">How often they go wrong.</param>
    /// <param name="begun">When the city begins.</param>
    public static IReadOnlyList<CityDevice> Devices(int count, int seed, CityFaults faults, DateTimeOffset begun)
    {
        var map = CityMap.Load();
        var city = new Noise(unchecked((ulong)seed * 0x9E3779B97F4A7C15 + 1));
        var made = new int[Sensor.All.Count];
        var devices = new CityDevice[count];
        for (var i = 0; i < count; i++)
        {
            // The kind that is furthest behind its share comes next, so that every part of the list is a city; the first nine are one of each.
            var kind = i < made.Length ? i : Enumerable.Range(0, made.Length).MaxBy(k => Sensor.All[k].Share * (i + 1) - made[k]);
            var sensor = Sensor.All[kind];
            devices[i] = new CityDevice($"{sensor.Kind}-{(++made[kind]).ToString("0000", CultureInfo.InvariantCulture)}", sensor, map, city, faults, begun);
        }
        return devices;
    }
}
