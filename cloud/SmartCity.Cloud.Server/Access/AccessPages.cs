using System.Globalization;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access.Provider;
using SmartCity.Cloud.Server.Api;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>The pages of signing in, of one's account, of people and rights, and of the audit log. Forms post to their page and are answered with it.</summary>
internal static class AccessPages
{
    private const int RowsOfPage = 100;
    /// <summary>How long a token holds where no last day was typed.</summary>
    private static readonly TimeSpan _tokenUsual = TimeSpan.FromDays(90);

    public static void MapAccessPages(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var pages = app.MapGroup("").ExcludeFromDescription();
        MapSignIn(pages.MapGroup("").Public(), zone);
        MapAccount(pages.MapGroup("").Public().AnsweredBy("/account"), zone);
        MapPeople(pages.MapGroup("/people").Needs(Rights.Administer).AnsweredBy("/people"), zone);
        pages.MapGet("/change-log", (HttpContext context, IAuditLog log, long? before, string? from, string? to, bool? verify) =>
        {
            var dates = DateRange.Of(from, to);
            IReadOnlyList<AuditEntry> entries = dates.IsWrong ? [] : log.Read(before, RowsOfPage, dates.Begin(zone), dates.End(zone));
            var next = entries.Count == RowsOfPage && entries[^1].Number > 1 ? Paging.With(context.Request, "before", entries[^1].Number.ToString(CultureInfo.InvariantCulture)) : null;
            return DashboardServices.Show<AuditLogPage>(context, new AuditLogModel(PageContext.Of(context, zone), entries, next, verify == true ? log.Verify() : null, dates), dates.IsWrong ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
        }).Needs(Rights.Administer);
    }

    private static void MapSignIn(RouteGroupBuilder pages, TimeZoneInfo zone)
    {
        pages.MapGet("/sign-in", (HttpContext context, string? @return, string? trouble) =>
        {
            var (page, target) = (PageContext.Of(context, zone), Local(@return));
            return DashboardServices.Show<Dashboards.Pages.SignIn>(context, new SignInModel(page, null, target, ProviderTrouble.Say(page.Words, trouble), CityProvider.ModelOf(context, target), PasskeyPages.OriginOf(context)));
        });
        pages.MapPost("/sign-in", async (HttpContext context, SignIn signIn) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            var (page, name, password, target) = (PageContext.Of(context, zone), form["name"].ToString().Trim(), form["password"].ToString(), Local(form["return"]));
            try
            {
                var outcome = await signIn.InAsync(context, name, password);
                if (outcome.Account is { } account) return Results.Redirect(account.MustChangePassword ? "/account" : target ?? "/");
                if (outcome.Wait == TimeSpan.Zero) return Again(page.Words["signin.wrong"], StatusCodes.Status401Unauthorized);
                var seconds = (long)Math.Ceiling(outcome.Wait.TotalSeconds);
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
                return Again(page.Words["signin.wait", page.Text.Whole(seconds)], StatusCodes.Status429TooManyRequests);
            }
            catch (AccessException error) when (error.Fault == AccessFault.Busy)
            {
                return Again(page.Words["signin.busy"], StatusCodes.Status503ServiceUnavailable);
            }

            IResult Again(string error, int status) => DashboardServices.Show<Dashboards.Pages.SignIn>(context, new SignInModel(page, name, target, error, CityProvider.ModelOf(context, target), PasskeyPages.OriginOf(context)), status);
        }).DisableAntiforgery();
        pages.MapPost("/sign-out", (HttpContext context, SignIn signIn) =>
        {
            var account = context.CallerOf().Access?.Account.Name;
            signIn.Out(context);
            return Results.Redirect(CityProvider.AfterSignOut(context, account));
        });
    }

    private static void MapAccount(RouteGroupBuilder pages, TimeZoneInfo zone)
    {
        pages.MapGet("/account", (HttpContext context, string? passkey) => Own(context, zone, model => passkey == "added" ? model with { Notice = model.Page.Words["passkey.added"] } : model));
        pages.MapPost("/account/password", async (HttpContext context, OwnPassword password) =>
        {
            if (context.CallerOf() is not { ByCookie: true, Access: { } access }) return Results.Redirect("/sign-in");
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            var words = PageContext.Of(context, zone).Words;
            try
            {
                await password.ChangeAsync(context, access, form["old"].ToString(), form["new"].ToString());
            }
            catch (AccessException error)
            {
                var text = words.Keys.Contains($"password.{error.Fault}") ? words[$"password.{error.Fault}"] : AccessEndpoints.SentenceOf(error)?.In(Language.Accepted(context)) ?? error.Message;
                return Own(context, zone, model => error.Fault == AccessFault.PasswordWrong ? model with { OldError = text } : model with { NewError = text }, StatusCodes.Status422UnprocessableEntity);
            }
            return access.Account.MustChangePassword ? Results.Redirect("/") : Own(context, zone, model => model with { Notice = words["account.changed"] });
        });
        pages.MapPost("/account/sessions/{id:long}/end", (HttpContext context, AccessGrants grants, long id) =>
            Try(context, () => grants.End(context.ActorOf(), id, context.CallerOf().Access?.Account.Name ?? ""), error => Own(context, zone, model => model with { Error = error }, StatusCodes.Status422UnprocessableEntity), () => Results.Redirect("/account")));
        pages.MapPost("/account/tokens", async (HttpContext context, AccessGrants grants, TimeProvider clock) =>
        {
            if (context.CallerOf() is not { ByCookie: true, IsKnown: true, Access: { } access }) return Results.Redirect("/sign-in");
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            var (token, until) = ("", DateInput.Of(form["until"]));
            if (until.IsWrong) return Own(context, zone, model => model with { Until = until }, StatusCodes.Status422UnprocessableEntity);
            return Try(context,
                () => token = grants.MakeToken(context.ActorOf(), access.Account, form["token-name"].ToString(), AccessEndpoints.RightsOf([.. form["right"].OfType<string>()]), until.Date is { } date ? UnixMicros.ToTime(ZonedDates.EndOf(date, zone)) - clock.GetUtcNow() : _tokenUsual),
                error => Own(context, zone, model => model with { Error = error }, StatusCodes.Status422UnprocessableEntity),
                () => Own(context, zone, model => model with { Notice = PageContext.Of(context, zone).Words["token.made", token] }));
        });
    }

    private static void MapPeople(RouteGroupBuilder people, TimeZoneInfo zone)
    {
        people.MapGet("", (HttpContext context) => People(context, zone));
        people.MapPost("", async (HttpContext context, Accounts accounts) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            var (name, secret) = (form["name"].ToString().Trim(), "");
            var areas = form["areas"].ToString().Split([',', '،'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return Try(context, () => secret = accounts.Add(context.ActorOf(), name, [.. form["role"].OfType<string>()], areas), error => Refused(context, zone, error),
                () => People(context, zone, model => model with { Notice = model.Page.Words["access.added", name, secret] }));
        });
        people.MapPost("/{name}/{change:regex(^(disable|enable|reset)$)}", (HttpContext context, Accounts accounts, string name, string change) =>
        {
            string? secret = null;
            return Try(context, () =>
            {
                if (change == "reset") secret = accounts.Reset(context.ActorOf(), name);
                else accounts.SetDisabled(context.ActorOf(), name, change == "disable");
            }, error => Refused(context, zone, error), () => secret is null ? Results.Redirect("/people") : People(context, zone, model => model with { Notice = model.Page.Words["access.added", name, secret] }));
        });
        people.MapPost("/sessions/{id:long}/end", (HttpContext context, AccessGrants grants, long id) =>
            Try(context, () => grants.End(context.ActorOf(), id, null), error => Refused(context, zone, error), () => Results.Redirect("/people")));
    }

    /// <summary>The page of one's account.</summary>
    internal static IResult Own(HttpContext context, TimeZoneInfo zone, Func<AccountModel, AccountModel>? change = null, int status = StatusCodes.Status200OK)
    {
        if (context.CallerOf() is not { ByCookie: true, Access: { } access }) return Results.Redirect("/sign-in?return=/account");
        var model = new AccountModel(PageContext.Of(context, zone), access.Account, context.RequestServices.GetRequiredService<AccessGrants>().List(access.Account.Name), access.Grant.Id, Roles.RightsOf(access.Account.Roles), Passkeys: PasskeyPages.ModelOf(context, access),
            IsExternal: context.RequestServices.GetRequiredService<ExternalLogins>().Has(access.Account.Name));
        return DashboardServices.Show<AccountPage>(context, change?.Invoke(model) ?? model, status);
    }

    private static IResult People(HttpContext context, TimeZoneInfo zone, Func<PeopleModel, PeopleModel>? change = null, int status = StatusCodes.Status200OK)
    {
        var services = context.RequestServices;
        var model = new PeopleModel(PageContext.Of(context, zone), services.GetRequiredService<Accounts>().All, services.GetRequiredService<ExternalLogins>().All, services.GetRequiredService<AccessGrants>().List(null));
        return DashboardServices.Show<People>(context, change?.Invoke(model) ?? model, status);
    }

    private static IResult Refused(HttpContext context, TimeZoneInfo zone, string error) => People(context, zone, model => model with { Error = error }, StatusCodes.Status422UnprocessableEntity);

    /// <summary>Does something and answers with one page or the other.</summary>
    internal static IResult Try(HttpContext context, Action action, Func<string, IResult> refused, Func<IResult> done)
    {
        try
        {
            action();
            return done();
        }
        catch (AccessException error)
        {
            return refused(AccessEndpoints.SentenceOf(error)?.In(Language.Accepted(context)) ?? error.Message);
        }
    }

    /// <summary>A path of this server, or null for anything that a browser might take for another.</summary>
    internal static string? Local(string? path) => path is ['/', ..] && !path.StartsWith("//", StringComparison.Ordinal) && !path.Contains('\\', StringComparison.Ordinal) && !path.Any(char.IsControl) ? path : null;
}
