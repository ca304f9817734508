using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Silence;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Faults;

/// <summary>The server's own faults and those of gateways, on a page, in the log and in the metrics.</summary>
internal static class FaultPages
{
    /// <summary>Faults that are over and stand on the page.</summary>
    private const int PastShown = 50;

    /// <summary>Adds what watches for them.</summary>
    /// <param name="services">The services.</param>
    /// <param name="data">The server's data folder.</param>
    public static void AddFaults(this IServiceCollection services, string data)
    {
        services.AddSingleton(provider => RunRecord.Begin(data, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new FaultHistory(data));
        services.AddSingleton<FaultReporter>();
        services.AddSingleton<FaultWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<FaultWatch>());
    }

    /// <summary>Maps the page and the metric.</summary>
    public static void MapFaults(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var watch = app.ServiceProvider.GetRequiredService<FaultWatch>();
        app.ServiceProvider.GetRequiredService<MetricsText>().AddGauges("smartcity_faults", "What is wrong now, by kind; /faults says what is kept, what is not and what to do.", "kind",
            () => watch.Now.GroupBy(row => row.Kind).Select(kind => (kind.Key, (double)kind.Count())));
        app.MapGet("/faults", async (HttpContext context) =>
        {
            var view = context.OwnView();
            var shows = view.IsWhole ? null : await view.GatewaysAsync(context.RequestServices.GetRequiredService<SilenceConsumer>());
            return DashboardServices.Show<Dashboards.Pages.Faults>(context, new FaultsModel(PageContext.Of(context, zone), [.. watch.Now.Where(IsShown)], [.. watch.Past.Where(IsShown).Take(PastShown)]));

            bool IsShown(FaultRow row) => row.Gateway is null || shows is null || shows(row.Gateway);
        }).ExcludeFromDescription().Needs(Rights.Operate).ByArea();
    }
}
