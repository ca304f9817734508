using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;

namespace SmartCity.Cloud.Server.Api;

/// <summary><c>/problems</c> and <c>/problems/{code}</c>: what each type of problem means and what to do.</summary>
internal static class ProblemPages
{
    public static void MapProblemPages(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var pages = app.MapGroup("/problems").Public().ExcludeFromDescription();
        pages.MapGet("", (HttpContext context) => Show(context, ProblemKinds.All));
        pages.MapGet("/{code}", (HttpContext context, string code) => ProblemKinds.Find(code) is { } kind ? Show(context, [kind]) : Problems.Missing(new Sentence("say.problem", code)));

        IResult Show(HttpContext context, IReadOnlyList<ProblemKind> kinds) =>
            DashboardServices.Show<ProblemPage>(context, new ProblemPageModel(PageContext.Of(context, zone), kinds));
    }
}
