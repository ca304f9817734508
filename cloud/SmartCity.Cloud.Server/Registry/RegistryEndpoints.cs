using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Registry;

/// <summary>
/// The registry over HTTP: <c>/api/v1/registry</c> whole, and its models, sites, devices and gateways one by one. A change names the version that it replaces
/// (<c>If-Match</c>), or that there is to be none (<c>If-None-Match: *</c>).
/// </summary>
internal static class RegistryEndpoints
{
    private const int BodyBytesMax = 50 << 20;

    public static IServiceCollection AddRegistry(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton<IDeviceRegistry>(provider => new SqliteDeviceRegistry(Path.Combine(options.Data, "registry", "registry.db"), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new DeviceDiscovery(
            provider.GetRequiredService<IDeviceRegistry>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<DeviceDiscovery>>(), provider.GetService<ILatestQueries>()));
        return services.AddHostedService(provider => provider.GetRequiredService<DeviceDiscovery>());
    }

    public static void MapRegistry(this IEndpointRouteBuilder app)
    {
        app = app.MapGroup("").WithTags("Registry");
        app.MapGet("/api/v1/registry", (HttpContext context) => Answer.Negotiate(context.Request, Answer.Json, CsvText.MediaType, Answer.GeoJson) switch
        {
            Answer.Json => Answer.Text(RegistryFile.Json(AreaRegistry.Of(context)), Answer.Json),
            CsvText.MediaType => Answer.Text(RegistryFile.Csv(AreaRegistry.Of(context)), CsvText.MediaType),
            Answer.GeoJson => Answer.Text(RegistryFile.GeoJson(AreaRegistry.Of(context)), Answer.GeoJson),
            _ => Problems.NotAcceptable([Answer.Json, CsvText.MediaType, Answer.GeoJson]),
        }).WithName("GetRegistry").WithSummary("Models, sites and devices as JSON; the devices alone as CSV or GeoJSON.").Needs(Rights.Read).ByArea()
            .Answers<RegistryContent>().AlsoAnswers(CsvText.MediaType, Examples.RegistryCsv).AlsoAnswers(Answer.GeoJson, Examples.Features);
        app.MapPost("/api/v1/registry", ImportAsync).WithName("ImportRegistry").WithSummary("Takes a file that GET gives, all or nothing.")
            .Takes("dryRun", "true: says only what it would do.", "true").Takes("name", "Name of the file, for what is said of its faults.", "devices.csv")
            .TakesBody<RegistryContent>().Answers<RegistryResult>().MayFail(ProblemKinds.Registry, ProblemKinds.Area)
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(BodyBytesMax)).Needs(Rights.Fleet).ByArea();
        app.MapEntries<DeviceModel>("models", "Models", "Model", registry => registry.Models, model => model.Id, model => new RegistryChange(model));
        app.MapEntries<Site>("sites", "Sites", "Site", registry => registry.Sites, site => site.Id, site => new RegistryChange(Site: site));
        app.MapEntries<RegisteredDevice>("registry/devices", "RegisteredDevices", "RegisteredDevice", registry => registry.Devices, device => device.Id, device => new RegistryChange(Device: device));
        app.MapEntries<RegisteredGateway>("registry/gateways", "RegisteredGateways", "RegisteredGateway", registry => registry.Gateways, gateway => gateway.Id, gateway => new RegistryChange(Gateway: gateway));
    }

    /// <summary>A list in pages, each entry with its version as its tag, and its replacement.</summary>
    private static void MapEntries<T>(
        this IEndpointRouteBuilder app, string path, string names, string name, Func<IDeviceRegistry, IReadOnlyList<Versioned<T>>> all, Func<T, string> idOf, Func<T, RegistryChange> change) where T : class
    {
        app.MapGet($"/api/v1/{path}", (HttpContext context) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (after, limit) = (parameters.Cursor(1)?[0], parameters.Limit(10_000, 1_000));
            if (parameters.Problem() is { } problem) return problem;
            var following = all(AreaRegistry.Of(context)).Select(entry => entry.Value).Where(entry => after is null || string.CompareOrdinal(idOf(entry), after) > 0);
            return Answer.Of(Paging.Of(context.Request, following, limit, entry => [idOf(entry)]), RegistryJson.Options);
        }).WithName($"Get{names}").WithSummary($"The {path} of the registry, a page at a time.").Needs(Rights.Read).ByArea().InPages(Paging.Write("air-001"), 10_000, 1_000).Answers<Page<T>>();
        app.MapGet($"/api/v1/{path}/{{id}}", (HttpContext context, string id) => Find(AreaRegistry.Of(context), id) is { } entry
            ? Answer.Of(entry.Value, RegistryJson.Options, Preconditions.TagOf(entry.Version))
            : Problems.Missing(new Sentence("say.entry", path, id)))
            .WithName($"Get{name}").WithSummary("One entry; its ETag is what a change names.").Needs(Rights.Read).ByArea().Answers<T>().MayFail(ProblemKinds.Missing);
        app.MapPut($"/api/v1/{path}/{{id}}", async (HttpContext context, IDeviceRegistry registry, string id, CancellationToken cancellationToken) =>
        {
            T? entry;
            try
            {
                entry = await JsonSerializer.DeserializeAsync<T>(context.Request.Body, RegistryJson.Options, cancellationToken);
            }
            catch (JsonException error)
            {
                return Problems.Body(error);
            }
            if (entry is null || idOf(entry) != id) return Problems.Of(ProblemKinds.Registry, new Sentence("say.registry.id", entry is null ? "–" : idOf(entry), id));
            // Whoever may not change an entry does not hear of its version.
            if (Beyond(context, registry, [change(entry)]) is { } beyond) return beyond;
            var (expected, wrong) = Preconditions.Of(context.Request, Find(registry, id)?.Version);
            if (wrong is not null) return wrong;
            var answer = Apply(context, registry, [change(entry) with { ExpectedVersion = expected }], false);
            if (Find(registry, id) is { } now) context.Response.GetTypedHeaders().ETag = Preconditions.TagOf(now.Version);
            return answer;
        }).WithName($"Put{name}").WithSummary("Enters an entry, or replaces the version of it that If-Match names.").Needs(Rights.Fleet).ByArea()
            .TakesBody<T>().Answers<RegistryResult>().MayFail(ProblemKinds.Registry, ProblemKinds.Area, ProblemKinds.Version, ProblemKinds.VersionNeeded);

        Versioned<T>? Find(IDeviceRegistry registry, string id) => all(registry).FirstOrDefault(entry => idOf(entry.Value) == id);
    }

    private static async Task<IResult> ImportAsync(HttpContext context, IDeviceRegistry registry, CancellationToken cancellationToken)
    {
        var isDryRun = context.Request.Query["dryRun"] == "true";
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancellationToken);
        try
        {
            return Apply(context, registry, RegistryFile.Read(body.ToArray(), context.Request.Query["name"] is [{ Length: > 0 } name] ? name : "the file"), isDryRun);
        }
        catch (RegistryException error)
        {
            return Wrong(error);
        }
    }

    private static IResult Apply(HttpContext context, IDeviceRegistry registry, IReadOnlyList<RegistryChange> changes, bool isDryRun)
    {
        try
        {
            if (Beyond(context, registry, changes) is { } beyond) return beyond;
            if (!isDryRun)
            {
                // What will be refused is refused before it is written down; what is written down is then done.
                var planned = registry.Apply(changes, isDryRun: true);
                if (planned.Added + planned.Changed > 0) context.RequestServices.GetRequiredService<AuditLog>().Write(context.ActorOf(), "registry.change", Subject(changes), Json(changes.Select(change => Before(registry, change))), Json(changes));
            }
            return Results.Json(registry.Apply(changes, isDryRun), RegistryJson.Options);
        }
        catch (RegistryException error)
        {
            return Wrong(error);
        }
    }

    private static string Subject(IReadOnlyList<RegistryChange> changes) => changes is [var one]
        ? one.Model is { } model ? $"model {model.Id}" : one.Site is { } site ? $"site {site.Id}" : one.Gateway is { } gateway ? $"gateway {gateway.Id}" : $"device {one.Device!.Id}"
        : string.Create(CultureInfo.InvariantCulture, $"{changes.Count} entries");

    private static object? Before(IDeviceRegistry registry, RegistryChange change) =>
        change.Model is { } model ? registry.Models.FirstOrDefault(one => one.Value.Id == model.Id)?.Value
        : change.Site is { } site ? registry.Sites.FirstOrDefault(one => one.Value.Id == site.Id)?.Value
        : change.Gateway is { } gateway ? registry.Gateways.FirstOrDefault(one => one.Value.Id == gateway.Id)?.Value
        : registry.Device(change.Device!.Id)?.Value;

    private static string Json(object value) => JsonSerializer.Serialize(value, RegistryJson.Options);

    private static ProblemAnswer? Beyond(HttpContext context, IDeviceRegistry registry, IReadOnlyList<RegistryChange> changes) =>
        AreaFaults(context.CallerOf().Areas, registry, changes) is [var first, .. var more] ? Problems.Of(ProblemKinds.Area, more.Aggregate(first, (all, next) => all.Then(next))) : null;

    /// <summary>What a caller who is bound to some areas would change outside of them. Models are the whole city's.</summary>
    private static List<Sentence> AreaFaults(IReadOnlyList<string> areas, IDeviceRegistry registry, IReadOnlyList<RegistryChange> changes)
    {
        if (areas.Count == 0) return [];
        var (faults, bound) = (new List<Sentence>(), string.Join(", ", areas));
        foreach (var change in changes)
        {
            if (change.Model is { } model) faults.Add(new Sentence("say.area.model", model.Id, bound));
            else if (change.Site is { } site && !(Areas.Hold(areas, site.Area) && (registry.Sites.FirstOrDefault(one => one.Value.Id == site.Id) is not { } known || Areas.Hold(areas, known.Value.Area)))) faults.Add(new Sentence("say.area.site", site.Id, bound));
            else if (change.Device is { } device && !(Areas.Hold(areas, Areas.Of(device, registry)) && (registry.Device(device.Id) is not { } before || Areas.Hold(areas, Areas.Of(before.Value, registry)))))
                faults.Add(new Sentence("say.area.device", device.Id, bound));
            else if (change.Gateway is { } gateway && !(Areas.Hold(areas, Areas.Of(gateway, registry)) && (registry.Gateways.FirstOrDefault(one => one.Value.Id == gateway.Id) is not { } there || Areas.Hold(areas, Areas.Of(there.Value, registry)))))
                faults.Add(new Sentence("say.area.gateway", gateway.Id, bound));
        }
        return faults;
    }

    private static ProblemAnswer Wrong(RegistryException error) => new(error.IsConflict ? ProblemKinds.Version : ProblemKinds.Registry) { Faults = error.Message.Split('\n') };
}
