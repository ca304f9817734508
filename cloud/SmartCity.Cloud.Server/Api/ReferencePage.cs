using Scalar.AspNetCore;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Api;

/// <summary><c>/reference</c>: the API's document to read and to try. The package's scripts come from our own host; its page, which has a script inside, gives way to ours.</summary>
internal static class ReferencePage
{
    public static void MapReference(this WebApplication app)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(app.Services.GetRequiredService<ServerOptions>().DuckDb.CityZone);
        var routes = app.MapScalarApiReference("/reference").Public().ExcludeFromDescription();
        routes.Add(route =>
        {
            if (route is RouteEndpointBuilder { RoutePattern.Parameters.Count: > 0 }) route.RequestDelegate = context => ShowAsync(context, zone);
        });
    }

    private static Task ShowAsync(HttpContext context, TimeZoneInfo zone)
    {
        // The page's program asks for it once it runs, which takes a browser a second or two.
        context.RequestServices.GetRequiredService<ApiDocument>().Begin();
        var page = DashboardServices.Show<Reference>(context, PageContext.Of(context, zone));
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy.OfReference;
        return page.ExecuteAsync(context);
    }
}
