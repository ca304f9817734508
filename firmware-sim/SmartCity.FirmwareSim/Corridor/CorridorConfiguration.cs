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
                        id = point.Id, directions = CorridorLayout.Directions,
                        lanes = point.Lanes.Select(lane => new { id = lane.Id, direction = lane.Direction, devices = lane.Devices.Select(device => device.Id) }),
                    }),
                    distances = layout.Points.SelectMany(from => layout.Points.Where(to => to.Number > from.Number).Select(to => new { from = from.Id, to = to.Id, km = (to.Number - from.Number) * options.PointsApartKm })),
                },
            },
            calendars = new[] { new { id = calendar, version = 1, validFrom = "2000-01-01", defaultBand = "always" } },
            tariffs = new[]
            {
                new
                {
                    id = options.Name, version = 1, validFrom = "2000-01-01", corridor = options.Name, calendar, currency = "IRR", scale = 0, basis = "point",
                    prices = layout.Points.SelectMany(point => VehicleClass.All.Select(type => new { point = point.Id, @class = type.Name, amount = point.PriceOf(type) })),
                    rounding = new { mode = "halfAwayFromZero", unit = 1, stage = "line" },
                },
            },
            issuers = new[] { new { issuer = Fleet.HomeIssuer, name = "Home", domestic = true }, new { issuer = Fleet.AwayIssuer, name = "Away", domestic = false } },
        };
        return JsonSerializer.SerializeToUtf8Bytes(file, _json);
    }

    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
