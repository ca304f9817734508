using System.Text.Json.Serialization;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>The HTTP API, version 1.</summary>
internal static class ApiEndpoints
{
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddApiDescription();
        services.AddSingleton<ProblemCounts>();
        // Without this a body that cannot be read would be answered by a bare status.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.Encoder = ApiJson.Encoder;
            foreach (var converter in ApiJson.Converters) options.SerializerOptions.Converters.Add(converter);
        });
        // Without a store of readings there is nothing to ask.
        if (services.Any(service => service.ServiceType == typeof(IReadingQueries))) services.AddSingleton<LatestQueries>().AddSingleton<ILatestQueries>(provider => provider.GetRequiredService<LatestQueries>());
        return services;
    }

    public static void MapApi(this WebApplication app)
    {
        app.MapGet($"/openapi/{ApiDocument.Name}.json", (ApiDocument document, CancellationToken stop) => document.AnswerAsync(stop)).Public().ExcludeFromDescription();
        app.MapReference();
        app.MapLive();
        if (app.Services.GetService<ILatestQueries>() is null) return;
        var group = app.MapGroup("").WithTags("Readings").Needs(Rights.Read).ByArea().AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context);
            }
            catch (StoreUnavailableException error)
            {
                // Its message names addresses and folders; who runs the server reads it in /health/ready.
                return new ProblemAnswer(ProblemKinds.Unavailable) { RetryAfter = (int)Math.Ceiling((error.RetryAfter ?? TimeSpan.FromSeconds(5)).TotalSeconds) };
            }
        });
        group.MapLatest();
        group.MapReadings();
    }
}
