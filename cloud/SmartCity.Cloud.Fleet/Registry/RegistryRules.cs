using System.Text.RegularExpressions;
using SmartCity.Devices;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Fleet.Registry;

/// <summary>What entries must be like. Every fault is said, with what is needed.</summary>
internal static partial class RegistryRules
{
    private const int NameMax = 200;
    private const int MetricsMax = 500;
    private const int NoteMax = 2_000;

    /// <summary>Faults of a change as it stands by itself.</summary>
    public static IEnumerable<string> Faults(RegistryChange change)
    {
        if ((change.Model is null ? 0 : 1) + (change.Site is null ? 0 : 1) + (change.Device is null ? 0 : 1) + (change.Gateway is null ? 0 : 1) != 1) return ["a change holds one model, one site, one device or one gateway."];
        return change switch { { Model: { } model } => Of(model), { Site: { } site } => Of(site), { Device: { } device } => Of(device), { Gateway: { } gateway } => Of(gateway), _ => [] };
    }

    private static IEnumerable<string> Of(DeviceModel model)
    {
        if (Id("model", model.Id) is { } id) yield return id;
        if (model.Kind is not { Length: > 0 and <= 64 } || !Word().IsMatch(model.Kind)) yield return $"model {model.Id}: \"{model.Kind}\" is no kind; 1–64 of a-z 0-9 . _ - are needed.";
        if (Name(model.Name) is { } name) yield return $"model {model.Id}: {name}";
        var metrics = model.Metrics ?? [];
        if (metrics.Count > MetricsMax) yield return $"model {model.Id}: {metrics.Count} metrics; at most {MetricsMax}.";
        foreach (var twice in metrics.GroupBy(metric => metric.Name, StringComparer.Ordinal).Where(group => group.Count() > 1)) yield return $"model {model.Id}: metric {twice.Key} stands there {twice.Count()} times.";
        foreach (var metric in metrics)
            foreach (var fault in Of(metric)) yield return $"model {model.Id}, metric {metric.Name}: {fault}";
    }

    private static IEnumerable<string> Of(MetricModel metric)
    {
        if (metric.Name is not { Length: > 0 and <= 256 }) yield return "a metric needs a name of 1–256 characters.";
        if (metric.Unit is { } unit && !Ucum.IsUnit(unit)) yield return $"\"{unit}\" is no UCUM unit, e.g. Cel, ug/m3, m/s, %, 1.";
        if (metric.Min is { } min && !double.IsFinite(min)) yield return "min is no number.";
        if (metric.Max is { } max && !double.IsFinite(max)) yield return "max is no number.";
        if (metric.Min > metric.Max) yield return $"min {metric.Min} is greater than max {metric.Max}.";
        if (metric.RateMax is { } rate && !(rate > 0 && double.IsFinite(rate))) yield return $"rateMax {metric.RateMax} is not greater than 0.";
        if (metric.StuckAfter <= TimeSpan.Zero) yield return "stuckAfter is not greater than 0.";
        if (metric.ExpectedInterval <= TimeSpan.Zero) yield return "expectedInterval is not greater than 0.";
        if (metric.Kind is Model.ValueKind.Text or Model.ValueKind.Bool && (metric.Min ?? metric.Max ?? metric.RateMax) is not null) yield return "only numbers have min, max and rateMax.";
    }

    private static IEnumerable<string> Of(Site site)
    {
        if (Id("site", site.Id) is { } id) yield return id;
        if (Name(site.Name) is { } name) yield return $"site {site.Id}: {name}";
        if (Name(site.Area) is { } area) yield return $"site {site.Id}: area: {area}";
        if (Position(site.Position) is { } position) yield return $"site {site.Id}: {position}";
    }

    private static IEnumerable<string> Of(RegisteredDevice device)
    {
        if (Id("device", device.Id) is { } id) yield return id;
        if (Name(device.Name) is { } name) yield return $"device {device.Id}: {name}";
        if (Name(device.Area) is { } area) yield return $"device {device.Id}: area: {area}";
        if (Position(device.Position) is { } position) yield return $"device {device.Id}: {position}";
    }

    private static IEnumerable<string> Of(RegisteredGateway gateway)
    {
        if (Id("gateway", gateway.Id) is { } id) yield return id;
        if (Name(gateway.Name) is { } name) yield return $"gateway {gateway.Id}: {name}";
        if (Name(gateway.Area) is { } area) yield return $"gateway {gateway.Id}: area: {area}";
        if (gateway.Note is { Length: > NoteMax } note) yield return $"gateway {gateway.Id}: a note has at most {NoteMax} characters, this one {note.Length}.";
        if (Position(gateway.Position) is { } position) yield return $"gateway {gateway.Id}: {position}";
    }

    private static string? Id(string what, string? id) => id is not null && DeviceId.IsValid(id) ? null : $"\"{id}\" is no id of a {what}; 1–{DeviceId.LengthMax} of A-Za-z0-9 . _ : - are needed.";

    private static string? Name(string? name) =>
        name is null ? null : name.Length is 0 or > NameMax ? $"a name has 1–{NameMax} characters, this one {name.Length}." : name.Any(char.IsControl) ? "a name holds no control characters." : null;

    private static string? Position(DevicePosition? position) =>
        position is not { } at || (Math.Abs(at.Latitude) <= 90 && Math.Abs(at.Longitude) <= 180) ? null : $"{at.Latitude}, {at.Longitude} is no position; latitude -90 to 90, longitude -180 to 180.";

    [GeneratedRegex("^[a-z0-9._-]+$")]
    private static partial Regex Word();
}
