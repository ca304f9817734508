using System.Text.Json.Serialization;
using Microsoft.OpenApi;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>The HTTP API, version 1.</summary>
internal static class ApiEndpoints
{
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddOpenApi();
        // Without this a body that cannot be read would be answered by a bare status.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow);
        // Without a store of readings there is nothing to ask.
        if (services.Any(service => service.ServiceType == typeof(IReadingQueries))) services.AddSingleton<LatestQueries>().AddSingleton<ILatestQueries>(provider => provider.GetRequiredService<LatestQueries>());
        return services;
    }

    public static void MapApi(this WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json").Public();
        app.MapLive();
        if (app.Services.GetService<ILatestQueries>() is null) return;
        var group = app.MapGroup("").Needs(Rights.Read).ByArea().AddEndpointFilter(async (context, next) =>
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

    /// <summary>Describes a query parameter; they are read by hand, so that all errors are answered together.</summary>
    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder route, string name, string description, bool isRequired = false) => route.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Description = description, Required = isRequired, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        return Task.CompletedTask;
    });

    /// <summary>Describes the media types of the answer.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder route, params string[] mediaTypes) => route.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.Responses ??= [];
        operation.Responses["200"] = new OpenApiResponse { Description = "What was asked for.", Content = mediaTypes.ToDictionary(type => type, _ => new OpenApiMediaType()) };
        operation.Responses["400"] = new OpenApiResponse { Description = "Parameters that cannot be used, a sentence each.", Content = new Dictionary<string, OpenApiMediaType> { ["application/problem+json"] = new() } };
        operation.Responses["422"] = new OpenApiResponse { Description = "More than is possible; maxima says how much is.", Content = new Dictionary<string, OpenApiMediaType> { ["application/problem+json"] = new() } };
        return Task.CompletedTask;
    });
}
