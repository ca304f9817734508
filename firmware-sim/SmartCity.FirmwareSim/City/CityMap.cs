using System.Reflection;
using System.Text.Json;

namespace SmartCity.FirmwareSim.City;

/// <summary>The map of the invented city (<c>city.geojson</c>), as far as devices are placed by it. Places are (longitude, latitude), WGS 84.</summary>
internal sealed class CityMap
{
    private readonly Dictionary<string, List<Place[]>> _lines = [];

    private CityMap(JsonElement collection)
    {
        foreach (var feature in collection.GetProperty("features").EnumerateArray())
        {
            var geometry = feature.GetProperty("geometry");
            var coordinates = geometry.GetProperty("coordinates");
            var line = geometry.GetProperty("type").GetString() == "Polygon" ? coordinates[0] : coordinates;
            var kind = feature.GetProperty("properties").GetProperty("kind").GetString()!;
            if (!_lines.TryGetValue(kind, out var lines)) _lines[kind] = lines = [];
            lines.Add([.. line.EnumerateArray().Select(point => new Place(point[0].GetDouble(), point[1].GetDouble()))]);
        }
    }

    /// <summary>Reads the map that comes with the program.</summary>
    public static CityMap Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("city.geojson")!;
        using var document = JsonDocument.Parse(stream);
        return new CityMap(document.RootElement);
    }

    /// <summary>A place on a road, 1 to 12 m off its middle.</summary>
    public Place OnRoad(Random random) => Beside(Along(_lines["road"], random), random, 0.00012);

    /// <summary>A place on the river.</summary>
    public Place OnRiver(Random random) => Along(_lines["river"], random);

    /// <summary>A place inside a district.</summary>
    public Place InDistrict(Random random)
    {
        var ring = _lines["district"][random.Next(_lines["district"].Count)];
        var (west, east) = (ring.Min(place => place.Longitude), ring.Max(place => place.Longitude));
        var (south, north) = (ring.Min(place => place.Latitude), ring.Max(place => place.Latitude));
        while (true)
        {
            var place = new Place(west + (east - west) * random.NextDouble(), south + (north - south) * random.NextDouble());
            if (Contains(ring, place)) return place;
        }
    }

    /// <summary>Whether a place lies inside a ring (the even-odd rule).</summary>
    internal static bool Contains(Place[] ring, Place place)
    {
        var inside = false;
        for (int i = 0, j = ring.Length - 1; i < ring.Length; j = i++)
        {
            if (ring[i].Latitude > place.Latitude == ring[j].Latitude > place.Latitude) continue;
            var crossing = ring[i].Longitude + (place.Latitude - ring[i].Latitude) / (ring[j].Latitude - ring[i].Latitude) * (ring[j].Longitude - ring[i].Longitude);
            if (place.Longitude < crossing) inside = !inside;
        }
        return inside;
    }

    private static Place Along(List<Place[]> lines, Random random)
    {
        // Every piece of a line is about as long as the next, so a piece is drawn among all of them.
        var piece = random.Next(lines.Sum(line => line.Length - 1));
        foreach (var line in lines)
        {
            if (piece < line.Length - 1)
            {
                var share = random.NextDouble();
                var (from, to) = (line[piece], line[piece + 1]);
                return new Place(from.Longitude + share * (to.Longitude - from.Longitude), from.Latitude + share * (to.Latitude - from.Latitude));
            }
            piece -= line.Length - 1;
        }
        throw new InvalidOperationException("The map has no such line.");
    }

    private static Place Beside(Place place, Random random, double degrees) =>
        new(place.Longitude + (random.NextDouble() - 0.5) * 2 * degrees, place.Latitude + (random.NextDouble() - 0.5) * 2 * degrees);
}

/// <summary>A place on earth, WGS 84, degrees.</summary>
/// <param name="Longitude">East is positive.</param>
/// <param name="Latitude">North is positive.</param>
internal readonly record struct Place(double Longitude, double Latitude);
