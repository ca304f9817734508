using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Dashboards;

/// <summary>Adds the pages to a host.</summary>
public static class DashboardServices
{
    /// <summary>Adds what the pages need.</summary>
    public static IServiceCollection AddDashboards(this IServiceCollection services)
    {
        services.AddRazorComponents();
        return services;
    }

    /// <summary>Maps the pages. The host serves their files at <c>/ui</c>.</summary>
    /// <param name="app">The routes.</param>
    /// <param name="cityZone">IANA zone of the city, in which times are shown.</param>
    /// <param name="shows">Which devices whoever asks may see.</param>
    /// <returns>The routes, for what the host demands of whoever asks for them.</returns>
    public static IEndpointConventionBuilder MapDashboards(this IEndpointRouteBuilder app, string cityZone, Func<HttpContext, Func<string, bool>> shows)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        return app.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], async (HttpContext context, string? device, IServiceProvider services, CancellationToken cancellationToken) =>
        {
            Guard(context.Response.Headers);
            var model = await LoadAsync(PageContext.Of(context, zone), device, services.GetService<ILatestQueries>(), shows(context), cancellationToken);
            return new RazorComponentResult<City>(new { Model = model });
        }).ExcludeFromDescription();
    }

    /// <summary>Answers with a page.</summary>
    /// <typeparam name="TPage">Its component, which takes <paramref name="model"/> as <c>Model</c>.</typeparam>
    /// <param name="context">The request.</param>
    /// <param name="model">What to show.</param>
    /// <param name="status">HTTP status, e.g. 422 for a form that was refused.</param>
    public static IResult Show<TPage>(HttpContext context, object model, int status = StatusCodes.Status200OK) where TPage : IComponent
    {
        Guard(context.Response.Headers);
        return new RazorComponentResult<TPage>(new { Model = model }) { StatusCode = status };
    }

    /// <summary>The page of the books, at the address whose JSON is the contract: the host asks <see cref="WantsPage"/> which of both is meant.</summary>
    /// <param name="context">The request.</param>
    /// <param name="cityZone">IANA zone of the city.</param>
    /// <param name="shows">Which gateways whoever asks may see; null = all, with what was noted of the whole.</param>
    public static async Task<IResult> AuditPageAsync(HttpContext context, string cityZone, Func<string, bool>? shows)
    {
        Guard(context.Response.Headers);
        var page = PageContext.Of(context, TimeZoneInfo.FindSystemTimeZoneById(cityZone));
        var view = await context.RequestServices.GetRequiredService<IAuditQueries>().LookAsync(shows, context.RequestAborted);
        return new RazorComponentResult<Audit>(new { Model = new AuditModel(page, view) });
    }

    /// <summary>Whether a request names HTML among what it accepts, as browsers do and programs do not.</summary>
    public static bool WantsPage(HttpRequest request) =>
        request.Headers.Accept.Any(accept => accept is not null && accept.Contains("text/html", StringComparison.OrdinalIgnoreCase) && !accept.StartsWith("application/json", StringComparison.OrdinalIgnoreCase));

    /// <summary>The headers of every page.</summary>
    private static void Guard(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy.Value;
        // Every look is a new one; nothing of it is to be kept by anyone.
        headers.CacheControl = "no-store";
    }

    private static async Task<CityModel> LoadAsync(PageContext page, string? asked, ILatestQueries? latest, Func<string, bool> shows, CancellationToken cancellationToken)
    {
        var model = new CityModel(page, [], null, asked, [], "error.nostore");
        if (latest is null) return model;
        try
        {
            var devices = await latest.DevicesAsync(new LatestFilter(Shows: shows), cancellationToken);
            // Whoever asks for none sees one that lives.
            var device = devices.FirstOrDefault(one => asked is { Length: > 0 } ? one.Id == asked : one.State == DataState.Live);
            if (device is null && string.IsNullOrEmpty(asked)) device = devices is [var first, ..] ? first : null;
            var values = device is null ? [] : await latest.LatestAsync(new LatestFilter(device.Id, Shows: shows), cancellationToken);
            return model with { Devices = devices, Device = device, Missing = device is null ? asked : null, Values = values, Trouble = null };
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The store says what is wrong in the log and in /health/ready; the page still shows live values.
            return model with { Trouble = "error.store" };
        }
    }
}
