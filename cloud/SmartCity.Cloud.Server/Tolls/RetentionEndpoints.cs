using System.Text.Json;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Tolling.Retention;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Where a plate can stand and what the rules of retention do there; their runs; and reads of the vault. <c>/api/v1/toll/retention</c>, <c>/api/v1/toll/vault</c>, <c>/tolls/retention</c>.</summary>
internal static class RetentionEndpoints
{
    private const int RunsOfPage = 40;

    /// <summary>Every place that a plate can stand; each has its words.</summary>
    private static readonly string[] _places = ["spool", "log", "letters", "events", "passages", "charges", "ledger", "vault", "receipts", "disputes", "runs", "registers", "audit", "files", "backups"];

    public static void MapRetention(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var api = app.MapGroup("/api/v1/toll").ExcludeFromDescription();
        api.MapGet("/retention", (HttpContext context, RetentionDesk desk, string? lang, CancellationToken stop) =>
        {
            var language = Language.All.FirstOrDefault(one => one.Code == lang) ?? Language.Accepted(context);
            return Results.Json(new { desk.Rules, places = Places(language).Select(place => new { place.Place, place.Holds, place.Rule }), due = desk.Preview(stop).Select(Shape), items = desk.Runs(RunsOfPage).Select(Shape) }, TollJson.Options);
        }).WithSummary("Every place that a plate can stand, what the rules do there, what a run would erase now, and the runs there were.").Needs(Rights.TollRead);
        api.MapPost("/retention/run", (HttpContext context, RetentionDesk desk, CancellationToken stop) => Results.Json(new { items = desk.Run(context.ActorOf(), stop).Select(Shape) }, TollJson.Options)).WithSummary("Runs the rules of retention now.").Needs(Rights.TollManage);
        api.MapPost("/vault/read", (HttpContext context, RetentionDesk desk, CancellationToken stop) => ReadAsync(context, request =>
            request.Account is { Length: > 0 } account ? Results.Json(new { account, plate = desk.PlateOf(context, account, request.Reason!) }, TollJson.Options) : null, stop)).WithSummary("The plate behind an account, with a reason that is written down.").Needs(Rights.TollManage);
        api.MapPost("/vault/find", (HttpContext context, RetentionDesk desk, CancellationToken stop) => ReadAsync(context, request =>
            request.Plate is { Length: > 0 } plate ? Results.Json(new { plate, accounts = desk.AccountsOf(context, plate, request.Reason!) }, TollJson.Options) : null, stop)).WithSummary("The accounts that a plate had in each month, with a reason that is written down.").Needs(Rights.TollManage);

        var pages = app.MapGroup("/tolls").ExcludeFromDescription();
        pages.MapGet("/retention", (HttpContext context, RetentionDesk desk, CancellationToken stop) => Page(context, desk, zone, null, null, stop)).Needs(Rights.TollRead);
        pages.MapPost("/retention/run", (HttpContext context, RetentionDesk desk, CancellationToken stop) =>
        {
            var page = PageContext.Of(context, zone);
            return Page(context, desk, zone, page.Words["toll.retention.ran", page.Text.Whole(desk.Run(context.ActorOf(), stop).Sum(run => run.Erased))], null, stop);
        }).Needs(Rights.TollManage).AnsweredBy("/tolls/retention");
        pages.MapPost("/vault", async (HttpContext context, RetentionDesk desk, CancellationToken stop) =>
        {
            var (form, page) = (await context.Request.ReadFormAsync(stop), PageContext.Of(context, zone));
            var (account, reason) = (form["account"].ToString().Trim(), form["why"].ToString().Trim());
            if (!IsReason(reason)) return Page(context, desk, zone, null, page.Words["toll.vault.reason.needed"], stop);
            try
            {
                return desk.PlateOf(context, account, reason) is { } plate ? Page(context, desk, zone, page.Words["toll.vault.is", plate], null, stop) : Page(context, desk, zone, null, page.Words["toll.vault.nobody"], stop);
            }
            catch (ArgumentException)
            {
                return Page(context, desk, zone, null, page.Words["toll.vault.none"], stop);
            }
            catch (InvalidOperationException)
            {
                return Page(context, desk, zone, null, page.Words["toll.vault.erased"], stop);
            }
        }).Needs(Rights.TollManage).AnsweredBy("/tolls/retention");
    }

    private static IResult Page(HttpContext context, RetentionDesk desk, TimeZoneInfo zone, string? notice, string? error, CancellationToken stop)
    {
        var page = PageContext.Of(context, zone);
        var (rules, due) = (desk.Rules, desk.Preview(stop));
        var days = new Dictionary<RetentionClass, int> { [RetentionClass.Images] = rules.ImagesDays, [RetentionClass.Plates] = rules.PlatesDays, [RetentionClass.Receipts] = rules.KeysDays, [RetentionClass.Keys] = rules.KeysDays };
        return DashboardServices.Show<TollRetention>(context, new TollRetentionModel(page, [.. Places(page.Language)], [.. due.Select(run => RowOf(run, days[run.Class]))], [.. desk.Runs(RunsOfPage).Select(run => RowOf(run, days[run.Class]))],
            context.CallerOf().Rights.HasFlag(Rights.TollManage), notice, error), error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, Func<VaultRequest, IResult?> read, CancellationToken stop)
    {
        var request = await JsonSerializer.DeserializeAsync<VaultRequest>(context.Request.Body, TollJson.Options, stop);
        if (request?.Reason is null || !IsReason(request.Reason)) return Problems.Of(ProblemKinds.Body, new Sentence("say.toll.reason"));
        try
        {
            return read(request) ?? Problems.Of(ProblemKinds.Body);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
    }

    private static bool IsReason(string reason) => reason.Trim().Length is >= RetentionDesk.ReasonMin and <= RetentionDesk.ReasonMax;

    private static IEnumerable<PlacePlate> Places(Language language) => _places.Select(place => new PlacePlate(language.Words[$"toll.place.{place}"], language.Words[$"toll.place.{place}.holds"], language.Words[$"toll.place.{place}.rule"]));

    private static RetentionRow RowOf(RetentionRun run, int days) => new(TollEndpoints.Word(run.Class), days, run.Through, run.Erased, run.Kept, run.Number == 0 ? null : run.At, run.By);

    private static object Shape(RetentionRun run) => new { run.Number, at = UnixMicros.ToTime(run.At), run.By, @class = TollEndpoints.Word(run.Class), run.Through, run.Erased, run.Kept };
}

/// <summary>A read of the vault.</summary>
/// <param name="Account">Account whose plate is asked for.</param>
/// <param name="Plate">Plate whose accounts are asked for.</param>
/// <param name="Reason">Why.</param>
internal sealed record VaultRequest(string? Account, string? Plate, string? Reason);
