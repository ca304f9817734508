using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Import;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Registry;

/// <summary>
/// The registry as a file: JSON with everything (<c>{"models": […], "sites": […], "devices": […], "gateways": […]}</c>), or the devices alone as CSV or GeoJSON.
/// What is written is read again without a difference.
/// </summary>
internal static class RegistryFile
{
    private static readonly string[] _columns = ["id", "model", "name", "site", "area", "lat", "lon", "standing"];
    private static readonly JsonSerializerOptions _written = new(RegistryJson.Options) { WriteIndented = true };

    /// <summary>Reads a file; what it is, is told by how it begins.</summary>
    /// <param name="content">Its bytes.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <exception cref="RegistryException">It cannot be read; with line and what is needed.</exception>
    public static IReadOnlyList<RegistryChange> Read(ReadOnlyMemory<byte> content, string name)
    {
        var first = content.Span.TrimStart(" \t\r\n"u8);
        if (first.IsEmpty) throw new RegistryException($"{name} is empty. A JSON object, GeoJSON, or CSV with the columns {string.Join(", ", _columns)} is needed.");
        try
        {
            return first[0] == '{' ? ReadJson(content, name) : ReadCsv(content, name);
        }
        catch (JsonException error)
        {
            throw new RegistryException($"{name}, line {error.LineNumber + 1}, {error.Path ?? "$"}: {error.Message.Split(" Path:")[0]}", error);
        }
        catch (ImportStructureException error)
        {
            throw new RegistryException($"{name}, {error.Message}", error);
        }
    }

    /// <summary>Everything as JSON.</summary>
    public static string Json(IDeviceRegistry registry) =>
        JsonSerializer.Serialize(new Whole([.. registry.Models.Select(one => one.Value)], [.. registry.Sites.Select(one => one.Value)], [.. registry.Devices.Select(one => one.Value)], registry.Gateways.Count == 0 ? null : [.. registry.Gateways.Select(one => one.Value)]), _written) + "\n";

    /// <summary>The devices as CSV.</summary>
    public static string Csv(IDeviceRegistry registry)
    {
        var text = new StringBuilder(string.Join(',', _columns)).Append("\r\n");
        foreach (var (device, _) in registry.Devices.Select(one => (one.Value, one.Version)))
            text.Append(string.Join(',', new[]
            {
                device.Id, device.Model, device.Name, device.Site, device.Area, Degrees(device.Position?.Latitude), Degrees(device.Position?.Longitude), device.Standing == DeviceStanding.Active ? null : "retired",
            }.Select((cell, i) => i is 5 or 6 ? cell : CsvText.Guarded(cell)))).Append("\r\n");
        return text.ToString();

        static string? Degrees(double? degrees) => degrees?.ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>The devices as GeoJSON; those without a position have no geometry.</summary>
    public static string GeoJson(IDeviceRegistry registry)
    {
        var features = new JsonArray();
        foreach (var device in registry.Devices.Select(one => one.Value))
        {
            var properties = JsonSerializer.SerializeToNode(device with { Position = null }, RegistryJson.Options)!;
            var geometry = device.Position is { } at ? new JsonObject { ["type"] = "Point", ["coordinates"] = new JsonArray(at.Longitude, at.Latitude) } : null;
            features.Add((JsonNode)new JsonObject { ["type"] = "Feature", ["geometry"] = geometry, ["properties"] = properties });
        }
        return new JsonObject { ["type"] = "FeatureCollection", ["features"] = features }.ToJsonString() + "\n";
    }

    private static List<RegistryChange> ReadJson(ReadOnlyMemory<byte> content, string name)
    {
        using var json = JsonDocument.Parse(content, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        if (json.RootElement.TryGetProperty("type", out var type) && type.ValueEquals("FeatureCollection"u8)) return ReadFeatures(json.RootElement, name);
        var whole = JsonSerializer.Deserialize<Whole>(content.Span, RegistryJson.Options)!;
        return
        [
            .. (whole.Models ?? []).Select((model, i) => new RegistryChange(model, Place: $"{name}, models[{i}]")),
            .. (whole.Sites ?? []).Select((site, i) => new RegistryChange(Site: site, Place: $"{name}, sites[{i}]")),
            .. (whole.Devices ?? []).Select((device, i) => new RegistryChange(Device: device, Place: $"{name}, devices[{i}]")),
            .. (whole.Gateways ?? []).Select((gateway, i) => new RegistryChange(Gateway: gateway, Place: $"{name}, gateways[{i}]")),
        ];
    }

    private static List<RegistryChange> ReadFeatures(JsonElement root, string name)
    {
        var changes = new List<RegistryChange>();
        var features = root.TryGetProperty("features", out var list) && list.ValueKind == JsonValueKind.Array ? list : throw new RegistryException($"{name}: a FeatureCollection has an array of features.");
        foreach (var (feature, i) in features.EnumerateArray().Select((feature, i) => (feature, i)))
        {
            var place = $"{name}, features[{i}]";
            if (feature.ValueKind != JsonValueKind.Object || !feature.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object) throw new RegistryException($"{place}: a feature with properties is needed, with an id among them.");
            RegisteredDevice device;
            try
            {
                device = properties.Deserialize<RegisteredDevice>(RegistryJson.Options)!;
            }
            catch (JsonException error)
            {
                throw new RegistryException($"{place}, {error.Path ?? "$"}: {error.Message.Split(" Path:")[0]}", error);
            }
            if (feature.TryGetProperty("geometry", out var geometry) && geometry.ValueKind == JsonValueKind.Object) device = device with { Position = PointIn(geometry, place) };
            changes.Add(new RegistryChange(Device: device, Place: place));
        }
        return changes;
    }

    private static DevicePosition PointIn(JsonElement geometry, string place) =>
        geometry.TryGetProperty("type", out var type) && type.ValueEquals("Point"u8) && geometry.TryGetProperty("coordinates", out var at) && at.ValueKind == JsonValueKind.Array && at.GetArrayLength() is 2 or 3
            && at[0].ValueKind == JsonValueKind.Number && at[1].ValueKind == JsonValueKind.Number
            ? new DevicePosition(at[1].GetDouble(), at[0].GetDouble())
            : throw new RegistryException($"{place}: a device stands at a Point of two coordinates, longitude first.");

    private static List<RegistryChange> ReadCsv(ReadOnlyMemory<byte> content, string name)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        var lines = new CsvLines(stream);
        lines.Read();
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Count; i++)
        {
            var column = Encoding.UTF8.GetString(lines[i]);
            if (!_columns.Contains(column)) throw new RegistryException($"{name}, line 1: there is no column \"{column}\".{(column.Contains(';') || column.Contains('\t') ? " The columns are separated by commas." : "")} Known: {string.Join(", ", _columns)}.");
            if (!columns.TryAdd(column, i)) throw new RegistryException($"{name}, line 1: the column {column} stands there twice.");
        }
        if (!columns.ContainsKey("id")) throw new RegistryException($"{name}, line 1: the column id is missing.");
        var changes = new List<RegistryChange>();
        var faults = new List<string>();
        while (lines.Read())
        {
            var place = $"{name}, line {lines.Line}";
            if (lines.Count != columns.Count)
            {
                faults.Add($"{place}: {lines.Count} cells, {columns.Count} are needed.");
                continue;
            }
            var (latitude, longitude) = (Degrees("lat"), Degrees("lon"));
            if (latitude is null != longitude is null) faults.Add($"{place}: lat and lon are given both or not at all.");
            var standing = Cell("standing") switch { null or "active" => DeviceStanding.Active, "retired" => DeviceStanding.Retired, var other => Wrong($"\"{other}\" is no standing; active or retired is needed.") };
            changes.Add(new RegistryChange(Device: new RegisteredDevice(Cell("id") ?? "", Cell("model"), Cell("name"), Cell("site"), Cell("area"),
                latitude is { } lat && longitude is { } lon ? new DevicePosition(lat, lon) : null, standing), Place: place));

            string? Cell(string column) => columns.TryGetValue(column, out var i) && lines[i].Length > 0 ? CsvText.Unguarded(Encoding.UTF8.GetString(lines[i])) : null;

            double? Degrees(string column)
            {
                if (Cell(column) is not { } text) return null;
                if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var degrees)) return degrees;
                faults.Add($"{place}: {column} \"{text}\" is no number, e.g. 35.6892.");
                return null;
            }

            DeviceStanding Wrong(string fault)
            {
                faults.Add($"{place}: {fault}");
                return DeviceStanding.Active;
            }
        }
        return faults.Count == 0 ? changes : throw new RegistryException(string.Join('\n', faults.Take(100)) + (faults.Count > 100 ? $"\nand {faults.Count - 100} more." : ""));
    }

    private sealed record Whole(IReadOnlyList<DeviceModel>? Models, IReadOnlyList<Site>? Sites, IReadOnlyList<RegisteredDevice>? Devices, IReadOnlyList<RegisteredGateway>? Gateways = null);
}
