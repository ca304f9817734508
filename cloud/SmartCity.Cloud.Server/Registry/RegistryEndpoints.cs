using System.Globalization;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Registry;

/// <summary>
/// The registry over HTTP: <c>/api/v1/registry</c> whole, and its models, sites and devices one by one. A change names the version that it replaces
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
        app.MapGet("/api/v1/registry", (HttpContext context) => Answer.Negotiate(context.Request, Answer.Json, CsvText.MediaType, Answer.GeoJson) switch
        {
            Answer.Json => Results.Text(RegistryFile.Json(AreaRegistry.Of(context)), Answer.Json),
            CsvText.MediaType => Results.Text(RegistryFile.Csv(AreaRegistry.Of(context)), CsvText.MediaType),
            Answer.GeoJson => Results.Text(RegistryFile.GeoJson(AreaRegistry.Of(context)), Answer.GeoJson),
            _ => Problems.NotAcceptable([Answer.Json, CsvText.MediaType, Answer.GeoJson]),
        }).WithSummary("Models, sites and devices as JSON; the devices alone as CSV or GeoJSON.").Needs(Rights.Read).ByArea();
        app.MapPost("/api/v1/registry", ImportAsync).WithSummary("Takes a file that GET gives, all or nothing; with dryRun=true says only what it would do.")
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(BodyBytesMax)).Needs(Rights.Fleet).ByArea();
        app.MapEntries<DeviceModel>("models", registry => registry.Models, model => model.Id, model => new RegistryChange(model));
        app.MapEntries<Site>("sites", registry => registry.Sites, site => site.Id, site => new RegistryChange(Site: site));
        app.MapEntries<RegisteredDevice>("registry/devices", registry => registry.Devices, device => device.Id, device => new RegistryChange(Device: device));
    }

    /// <summary>A list in pages, each entry with its version as its tag, and its replacement.</summary>
    private static void MapEntries<T>(this IEndpointRouteBuilder app, string name, Func<IDeviceRegistry, IReadOnlyList<Versioned<T>>> all, Func<T, string> idOf, Func<T, RegistryChange> change)
    {
        app.MapGet($"/api/v1/{name}", (HttpContext context) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (after, limit) = (parameters.Text("after"), parameters.Whole("limit", 1, 10_000) ?? 1_000);
            if (parameters.Problem() is { } problem) return problem;
            var found = all(AreaRegistry.Of(context)).Where(entry => after is null || string.CompareOrdinal(idOf(entry.Value), after) > 0).Take(limit + 1).ToList();
            var next = found.Count > limit ? Paging.Next(context.Request, "after", idOf(found[limit - 1].Value)) : null;
            return Results.Json(new { items = found.Take(limit).Select(entry => entry.Value), next }, RegistryJson.Options);
        }).WithSummary($"The {name} of the registry, a page at a time.").Needs(Rights.Read).ByArea();
        app.MapGet($"/api/v1/{name}/{{id}}", (HttpContext context, string id) =>
        {
            if (all(AreaRegistry.Of(context)).FirstOrDefault(entry => idOf(entry.Value) == id) is not { } entry) return Problems.Missing(new Sentence("say.entry", name, id));
            context.Response.GetTypedHeaders().ETag = TagOf(entry.Version);
            return Results.Json(entry.Value, RegistryJson.Options);
        }).WithSummary("One entry; its ETag is what a change names.").Needs(Rights.Read).ByArea();
        app.MapPut($"/api/v1/{name}/{{id}}", async (HttpContext context, IDeviceRegistry registry, string id, CancellationToken cancellationToken) =>
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
            return Apply(context, registry, [change(entry) with { ExpectedVersion = ExpectedOf(context.Request) }], false);
        }).WithSummary("Enters or replaces one entry.").Needs(Rights.Fleet).ByArea();
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
            if (AreaFaults(context.CallerOf().Areas, registry, changes) is [_, ..] beyond) return Problems.Of(ProblemKinds.Area, beyond[1..].Aggregate(beyond[0], (all, next) => all.Then(next)));
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
        ? one.Model is { } model ? $"model {model.Id}" : one.Site is { } site ? $"site {site.Id}" : $"device {one.Device!.Id}"
        : string.Create(CultureInfo.InvariantCulture, $"{changes.Count} entries");

    private static object? Before(IDeviceRegistry registry, RegistryChange change) =>
        change.Model is { } model ? registry.Models.FirstOrDefault(one => one.Value.Id == model.Id)?.Value
        : change.Site is { } site ? registry.Sites.FirstOrDefault(one => one.Value.Id == site.Id)?.Value
        : registry.Device(change.Device!.Id)?.Value;

    private static string Json(object value) => JsonSerializer.Serialize(value, RegistryJson.Options);

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
        }
        return faults;
    }

    private static ProblemAnswer Wrong(RegistryException error) => new(error.IsConflict ? ProblemKinds.Version : ProblemKinds.Registry) { Faults = error.Message.Split('\n') };

    private static EntityTagHeaderValue TagOf(long version) => new(string.Create(CultureInfo.InvariantCulture, $"\"{version}\""));

    private static long? ExpectedOf(HttpRequest request)
    {
        var headers = request.GetTypedHeaders();
        if (headers.IfNoneMatch is [var none] && none.Equals(EntityTagHeaderValue.Any)) return 0;
        return headers.IfMatch is [var match] && long.TryParse(match.Tag.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;
    }
}
