using System.Globalization;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>The pages of values set aside: a list, one of them, and what can be done with it.</summary>
internal static class DeadLetterPages
{
    private const int RowsOfPage = 100;

    public static void MapDeadLetterPages(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var pages = app.MapGroup("/dead-letters").ExcludeFromDescription().Needs(Rights.Operate).ByArea();
        pages.MapGet("", (HttpContext context, DurableLog log, long? after) => List(context, log, after ?? 0, null));
        pages.MapGet("/{id:long}", (HttpContext context, DurableLog log, long id) => One(context, log, id, null));
        var forms = pages.MapGroup("/{id:long}").AnsweredBy("/dead-letters");
        forms.MapPost("/resubmit", async (HttpContext context, DurableLog log, DeadLetters letters, long id, CancellationToken cancellationToken) =>
            await letters.ResubmitAsync(context, id, cancellationToken) switch
            {
                null => Missing(id),
                { Resubmitted: true } => List(context, log, 0, "letters.resubmitted", id),
                { Reason: var reason } => One(context, log, id, reason),
            });
        forms.MapPost("/discard", async (HttpContext context, DurableLog log, DeadLetters letters, long id, CancellationToken cancellationToken) =>
            await letters.DiscardAsync(context, id, cancellationToken) ? List(context, log, 0, "letters.discarded", id) : Missing(id));

        IResult List(HttpContext context, DurableLog log, long after, string? notice, long id = 0)
        {
            var page = PageContext.Of(context, zone);
            var letters = DeadLetters.Read(log, context.OwnView(), after, RowsOfPage + 1);
            var next = letters.Count > RowsOfPage ? string.Create(CultureInfo.InvariantCulture, $"/dead-letters?after={letters[RowsOfPage - 1].Id}") : null;
            return DashboardServices.Show<Dashboards.Pages.DeadLetters>(context, new DeadLettersModel(page, [.. letters.Take(RowsOfPage).Select(RowOf)], next, notice is null ? null : page.Words[notice, page.Text.Whole(id)]));
        }

        IResult One(HttpContext context, DurableLog log, long id, string? error) => DeadLetters.Find(log, context.OwnView(), id) is { } letter
            ? DashboardServices.Show<Dashboards.Pages.DeadLetter>(context, new DeadLetterModel(PageContext.Of(context, zone) with { Path = string.Create(CultureInfo.InvariantCulture, $"/dead-letters/{id}") }, RowOf(letter), error), error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity)
            : Missing(id);
    }

    private static ProblemAnswer Missing(long id) => Problems.Missing(new Sentence("say.dead-letter", id.ToString(CultureInfo.InvariantCulture)));

    private static DeadLetterRow RowOf(Log.DeadLetter letter) => new(letter.Id, letter.Gateway, Lanes.NameOf(letter.Lane), letter.Series, letter.Kind,
        Math.Clamp(letter.Time, UnixMicros.Min, UnixMicros.Max), Math.Clamp(letter.Received, UnixMicros.Min, UnixMicros.Max), letter.Value, letter.Reason, letter.Recorded, letter.IsDamaged);
}
