using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Tolling.Retention;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Where a plate can stand and what the rules of retention do there; their runs; and reads of the vault. <c>/api/v1/toll/retention</c>, <c>/api/v1/toll/vault</c>, <c>/tolls/retention</c>.</summary>
internal static class RetentionEndpoints
{
    private const int RunsOfPage = 40, LimitMax = 1_000, LimitUsual = 100;

    /// <summary>Every place that a plate can stand; each has its words.</summary>
    private static readonly string[] _places = ["spool", "log", "letters", "events", "passages", "charges", "ledger", "vault", "receipts", "disputes", "runs", "registers", "audit", "files", "backups"];

    public static void MapRetention(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var api = app.MapGroup("/api/v1/toll").WithTags("Tolls");
        var (read, manage) = (api.MapGroup("").Needs(Rights.TollRead), api.MapGroup("").Needs(Rights.TollManage));
        read.MapGet("/retention", Show).WithName("GetTollRetention").WithSummary("Every place where a plate can stand, what the rules do there, and what a run would erase now.")
            .Takes("lang", "Language of the words: en or fa; that of Accept-Language where left out.", "fa").Answers<TollRetentionView>();
        read.MapGet("/retention/runs", Runs).WithName("GetTollRetentionRuns").WithSummary("Runs of the rules of retention, the newest first.").InPages(Paging.Write(7), LimitMax, LimitUsual).Answers<Page<TollRetentionRun>>();
        manage.MapPost("/retention/run", (HttpContext context, RetentionDesk desk, CancellationToken stop) => Results.Json(new Whole<TollRetentionRun>([.. desk.Run(context.ActorOf(), stop).Select(Entry)])))
            .WithName("RunTollRetention").WithSummary("Runs the rules of retention now; what is erased cannot be had back.").Answers<Whole<TollRetentionRun>>();
        manage.MapPost("/vault/read", (HttpContext context, RetentionDesk desk, VaultRead wanted) => WithReason(wanted.Reason, wanted.Account, (account, reason) => Results.Json(new VaultPlate(account, desk.PlateOf(context, account, reason)))))
            .WithName("ReadTollVault").WithSummary("The plate behind an account, with a reason that is written down.").Answers<VaultPlate>().MayFail(ProblemKinds.Toll);
        manage.MapPost("/vault/find", (HttpContext context, RetentionDesk desk, VaultSearch wanted) => WithReason(wanted.Reason, wanted.Plate, (plate, reason) => Results.Json(new VaultAccounts(plate, desk.AccountsOf(context, plate, reason)))))
            .WithName("FindInTollVault").WithSummary("The accounts that a plate had in each month, with a reason that is written down.").Answers<VaultAccounts>().MayFail(ProblemKinds.Toll);

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

    private static IResult Show(HttpContext context, RetentionDesk desk, CancellationToken stop)
    {
        var parameters = new Parameters(context.Request.Query);
        var language = parameters.Language("lang", Language.Accepted(context));
        if (parameters.Problem() is { } wrong) return wrong;
        var rules = desk.Rules;
        return Answer.Of(new TollRetentionView(new TollRetentionRules(rules.ImagesDays, rules.PlatesDays, rules.KeysDays),
            [.. Places(language).Select(place => new TollPlatePlace(place.Place, place.Holds, place.Rule))], [.. desk.Preview(stop).Select(Entry)]));
    }

    private static IResult Runs(HttpContext context, RetentionDesk desk)
    {
        var parameters = new Parameters(context.Request.Query);
        var (limit, before) = (parameters.Limit(LimitMax, LimitUsual), parameters.CursorWhole());
        return parameters.Problem() ?? Answer.Of(Paging.Of(context.Request, desk.Runs(limit + 1, before).Select(Entry), limit, run => [run.Number]));
    }

    private static IResult WithReason(string? reason, string? subject, Func<string, string, IResult> read)
    {
        if (reason is null || !IsReason(reason)) return Problems.Of(ProblemKinds.Body, new Sentence("say.toll.reason"));
        if (string.IsNullOrEmpty(subject)) return Problems.Of(ProblemKinds.Body);
        try
        {
            return read(subject, reason);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
    }

    private static bool IsReason(string reason) => reason.Trim().Length is >= RetentionDesk.ReasonMin and <= RetentionDesk.ReasonMax;

    private static IEnumerable<PlacePlate> Places(Language language) => _places.Select(place => new PlacePlate(language.Words[$"toll.place.{place}"], language.Words[$"toll.place.{place}.holds"], language.Words[$"toll.place.{place}.rule"]));

    private static RetentionRow RowOf(RetentionRun run, int days) => new(TollEndpoints.Word(run.Class), days, run.Through, run.Erased, run.Kept, run.Number == 0 ? null : run.At, run.By);

    private static TollRetentionRun Entry(RetentionRun run) => new(run.Number, UnixMicros.ToTime(run.At), run.By, TollEndpoints.Word(run.Class), run.Through, run.Erased, run.Kept);
}
