using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Identity;

namespace SmartCity.Cloud.Server.Access;

/// <summary>What the pages of the account and of signing in do with passkeys; making one and signing in by one is the browser's, see <see cref="PasskeyEndpoints"/>.</summary>
internal static class PasskeyPages
{
    public static void MapPasskeyPages(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        app.MapPost("/account/password/remove", (HttpContext context, OwnPassword password) => Try(context, zone, owner => password.Remove(context, owner))).ExcludeFromDescription().NeedsSignIn().AnsweredBy("/account");
        var pages = app.MapGroup("/account/passkeys/{id:long}").ExcludeFromDescription().NeedsSignIn().AnsweredBy("/account");
        pages.MapPost("/rename", async (HttpContext context, Passkeys passkeys, long id) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return Try(context, zone, owner => passkeys.Rename(context.ActorOf(), owner.Account.Name, id, form["passkey-name"].ToString()));
        });
        pages.MapPost("/remove", (HttpContext context, PasskeyCeremonies ceremonies, Passkeys passkeys, long id) => Try(context, zone, owner =>
        {
            ceremonies.CheckRecent(owner.Grant);
            passkeys.Remove(context.ActorOf(), owner.Account.Name, id);
        }));
    }

    /// <summary>Somebody's passkeys; null for whom they are not: a provider's people, and who must choose a password first.</summary>
    public static PasskeysModel? ModelOf(HttpContext context, Caller owner)
    {
        var services = context.RequestServices;
        var passkeys = services.GetRequiredService<Passkeys>();
        if (owner.Account.MustChangePassword || passkeys.IsForeign(owner.Account.Name)) return null;
        return new PasskeysModel(passkeys.List(owner.Account.Name), services.GetRequiredService<PasskeyCeremonies>().IsRecent(owner.Grant), passkeys.AreOnlyWay(owner.Account.Name), OriginOf(context), BrowserName.Of(context.Request.Headers.UserAgent.ToString()));
    }

    /// <summary>Where passkeys work; null where they do nowhere.</summary>
    public static string? OriginOf(HttpContext context) => PasskeyOrigins.Of(context, context.RequestServices.GetRequiredService<AccessOptions>());

    private static IResult Try(HttpContext context, TimeZoneInfo zone, Action<Caller> change)
    {
        if (context.CallerOf() is not { ByCookie: true, Access: { } owner }) return Results.Redirect("/sign-in?return=/account");
        return AccessPages.Try(context, () => change(owner), error => AccessPages.Own(context, zone, model => model with { Error = error }, StatusCodes.Status422UnprocessableEntity), () => Results.Redirect("/account#passkeys"));
    }
}
