using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>Writes what the platform has to know of a played corridor, as it imports configuration: lanes and prices in JSON; accounts, tags and plates in CSV.</summary>
internal static class CorridorConfiguration
{
    /// <summary>Writes the files into a folder that is there.</summary>
    public static void Write(CorridorOptions options, CorridorLayout layout, Fleet fleet, string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, options.Name + ".json"), Roads(options, layout));
        using var accounts = Table("accounts", "account,payment");
        using var tags = Table("tags", "issuer,tag,account,plate,country");
        using var plates = Table("plates", "plate,country,account");
        for (var number = 0; number < fleet.Count; number++)
        {
            var vehicle = fleet[number];
            if (vehicle.IsRegistered) plates.Write($"{vehicle.Plate.Text},{vehicle.Plate.Country},{vehicle.Account}\n");
            if (vehicle.IsRegistered && vehicle.Tags.Count == 0) accounts.Write($"{vehicle.Account},postpaid\n");
            for (var i = 0; i < vehicle.Tags.Count; i++)
            {
                var tag = vehicle.Tags[i];
                if (tag.Account is not null) accounts.Write($"{tag.Account},prepaid\n");
                // Of a second tag nobody has said what vehicle it is for.
                tags.Write(string.Create(CultureInfo.InvariantCulture, $"{tag.Issuer},{tag.Id},{tag.Account},{(i == 0 ? $"{vehicle.Plate.Text},{vehicle.Plate.Country}" : ",")}\n"));
            }
        }

        StreamWriter Table(string name, string header)
        {
            var writer = new StreamWriter(Path.Combine(folder, $"{options.Name}-{name}.csv"), false, new UTF8Encoding(false), 1 << 16);
            writer.Write(header + "\n");
            return writer;
        }
    }

    private static byte[] Roads(CorridorOptions options, CorridorLayout layout)
    {
        var calendar = options.Name + "-always";
        var file = new
        {
            corridors = new[]
            {
                new
                {
                    id = options.Name, version = 1, validFrom = "2000-01-01", name = $"Simulated corridor {options.Name}", zone = options.Zone.Id,
                    classes = VehicleClass.All.Select(type => type.Name),
                    points = layout.Points.Select(point => new
                    {
                        id = point.Id, role = point.Part == TollPointPart.Barrier ? null : point.Part.ToString().ToLowerInvariant(), directions = CorridorLayout.Directions,
                        lanes = point.Lanes.Select(lane => new { id = lane.Id, direction = lane.Direction, devices = lane.Devices.Select(device => device.Id) }),
                    }),
                    distances = Ways(layout).Where(way => options.IsClosed || way.To.Number > way.From.Number)
                        .Select(way => new { from = way.From.Id, to = way.To.Id, km = Math.Abs(way.To.Number - way.From.Number) * options.PointsApartKm }),
                },
            },
            calendars = new[] { new { id = calendar, version = 1, validFrom = "2000-01-01", defaultBand = "always" } },
            tariffs = new[]
            {
                new
                {
                    id = options.Name, version = 1, validFrom = "2000-01-01", corridor = options.Name, calendar, currency = "IRR", scale = 0, basis = options.IsClosed ? "entryExit" : "point",
                    prices = (options.IsClosed ? Ways(layout).Select(way => (Entry: (TollPoint?)way.From, Point: way.To)) : layout.Points.Select(point => (Entry: (TollPoint?)null, Point: point)))
                        .SelectMany(cell => VehicleClass.All.Select(type => new { entry = cell.Entry?.Id, point = cell.Point.Id, @class = type.Name, amount = cell.Point.PriceOf(type, cell.Entry) })),
                    rounding = new { mode = "halfAwayFromZero", unit = 1, stage = "line" },
                },
            },
            issuers = new[] { new { issuer = Fleet.HomeIssuer, name = "Home", domestic = true }, new { issuer = Fleet.AwayIssuer, name = "Away", domestic = false } },
        };
        return JsonSerializer.SerializeToUtf8Bytes(file, _json);
    }

    /// <summary>From one toll point to another; closed, from an entry to the exit of another junction.</summary>
    private static IEnumerable<(TollPoint From, TollPoint To)> Ways(CorridorLayout layout) =>
        from start in layout.Points where start.Part != TollPointPart.Exit
        from end in layout.Points where end.Number != start.Number && end.Part != TollPointPart.Entry
        select (start, end);

    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
