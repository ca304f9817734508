using System.Net;
using System.Security.Claims;
using Microsoft.Data.Sqlite;
using Microsoft.Net.Http.Headers;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access.Provider;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>
/// The one gate before all routes: who calls, by session cookie, token or the operator's socket; whether the route's <see cref="RequiredRight"/> is met; and
/// whether a browser was sent by another site.
/// </summary>
internal static class CityAccess
{
    /// <summary>Cookie of the session. The prefix makes browsers refuse it from another host and without TLS; they take localhost for safe.</summary>
    public const string SessionCookie = "__Host-session";
    private static readonly ClaimsPrincipal _nobody = new(new ClaimsIdentity());

    public static IServiceCollection AddAccess(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(options.Access);
        services.AddSingleton(_ =>
        {
            var database = new IdentityDatabase(Path.Combine(options.Data, "identity", "identity.db"));
            KeptOptions.Keep(database, options.Access);
            return database;
        });
        services.AddSingleton<AuditLog>().AddSingleton<IAuditLog>(provider => provider.GetRequiredService<AuditLog>());
        services.AddSingleton<AccessGrants>().AddSingleton<Accounts>().AddSingleton<SignInThrottle>().AddSingleton<KnownBrowsers>().AddSingleton<SignIn>().AddSingleton<RefusedCalls>();
        services.AddCityProvider(options.Access.Oidc);
        services.AddPasskeys(options.Access);
        return services.AddSingleton<AuditHealth>().AddSingleton<IHealthPart>(provider => provider.GetRequiredService<AuditHealth>()).AddSingleton<IPageAlarm>(provider => provider.GetRequiredService<AuditHealth>());
    }

    /// <summary>Puts the gate in front of all routes but the uplink's, which has its own: mutual TLS.</summary>
    public static void UseAccess(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<AccessOptions>();
        var grants = app.Services.GetRequiredService<AccessGrants>();
        var log = app.Services.GetRequiredService<AuditLog>();
        var refused = app.Services.GetRequiredService<RefusedCalls>();
        // Listens from the start.
        _ = app.Services.GetRequiredService<AuditHealth>();
        app.Use(async (context, next) =>
        {
            await next(context);
            refused.Note(context);
        });
        app.Use((context, next) =>
        {
            if (context.Items.ContainsKey(typeof(GatewaySenders))) return next(context);
            var caller = Identify(context, grants);
            context.User = PrincipalOf(caller);
            var endpoint = context.GetEndpoint();
            // What is no route of ours is the framework's word on a wrong method or media type.
            if (endpoint is not RouteEndpoint || IsPageFile(endpoint)) return next(context);
            // A route without a word is nobody's; the start refuses it, and so does this.
            if (endpoint.Metadata.GetMetadata<RequiredRight>() is not { } required) return Refuse(context, caller);
            if ((caller.ByCookie || context.Request.HasFormContentType) && ComesFromElsewhere(context.Request, caller.ByCookie)) return Problems.Of(ProblemKinds.CrossSite).ExecuteAsync(context);
            var isOpen = required.Right is null || (required.Right is Rights.Read && options.PublicReadings) || (required.IsOpenOnLoopback && context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address));
            if (!isOpen && (!caller.IsKnown || (caller.Rights & required.Right!.Value) != required.Right.Value)) return Refuse(context, caller);
            // What a route does not say it shows by area, it would show whole.
            if (!isOpen && required.Right is not Rights.None && caller.Areas.Count > 0 && endpoint.Metadata.GetMetadata<ByArea>() is null) return Problems.Of(ProblemKinds.Area).ExecuteAsync(context);
            return IsSafe(context.Request.Method) ? next(context) : ChangeAsync(context, next, log);
        });
    }

    /// <summary>What cannot be written down is not done: changes write their row in the audit log first, or with it.</summary>
    private static async Task ChangeAsync(HttpContext context, RequestDelegate next, AuditLog log)
    {
        if (context.Request.HasFormContentType)
        {
            try
            {
                await context.Request.ReadFormAsync(context.RequestAborted);
            }
            catch (Exception error) when (error is InvalidDataException or InvalidOperationException)
            {
                // No form, e.g. with a NUL in it or with ten thousand fields.
                await Problems.Of(ProblemKinds.Body).ExecuteAsync(context);
                return;
            }
        }
        try
        {
            await next(context);
        }
        catch (SqliteException) when (log.Trouble is not null && !context.Response.HasStarted)
        {
            await Problems.Of(ProblemKinds.Audit).ExecuteAsync(context);
        }
    }

    /// <summary>Fails where a route does not say what it asks of its caller.</summary>
    /// <exception cref="InvalidOperationException">Which do not.</exception>
    public static void CheckRoutes(this WebApplication app)
    {
        var open = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<RequiredRight>() is null && !IsUplink(endpoint) && !IsPageFile(endpoint)).Select(endpoint => endpoint.DisplayName ?? endpoint.RoutePattern.RawText).ToList();
        if (open.Count > 0) throw new InvalidOperationException($"These routes do not say which right they need (Public, Needs…): {string.Join("; ", open)}.");
    }

    /// <summary>Who calls, for the audit log.</summary>
    public static Actor ActorOf(this HttpContext context)
    {
        var caller = context.CallerOf();
        return new Actor(caller.Name ?? "nobody", AdminSocket.Brought(context) ? "console" : AddressOf(context));
    }

    /// <summary>Who calls.</summary>
    public static RequestCaller CallerOf(this HttpContext context) => context.Items[typeof(RequestCaller)] as RequestCaller ?? RequestCaller.Nobody;

    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    /// <summary>gRPC's own answers to calls it does not know are on the uplink's port alone too.</summary>
    public static bool IsUplink(Endpoint endpoint) => endpoint.DisplayName?.StartsWith("gRPC", StringComparison.Ordinal) == true;

    /// <summary>While developing, files that are newer than the manifest are found by a route that the framework adds by itself.</summary>
    private static bool IsPageFile(Endpoint endpoint) => endpoint.DisplayName == "Fallback {**path:file}";

    /// <summary>Whether the caller of a request that lasts may still see readings, of the areas that it came for: its session may have ended meanwhile.</summary>
    public static bool StillReads(this HttpContext context)
    {
        var services = context.RequestServices;
        if (services.GetRequiredService<AccessOptions>().PublicReadings) return true;
        var (came, now) = (context.CallerOf(), CallerBehind(context, services.GetRequiredService<AccessGrants>()));
        return now.IsKnown && now.Rights.HasFlag(Rights.Read) && now.Name == came.Name && now.Areas.SequenceEqual(came.Areas);
    }

    /// <summary>Whether the caller of a request that lasts still has a right, for the areas that it came for.</summary>
    public static bool StillMay(this HttpContext context, Rights right)
    {
        var (came, now) = (context.CallerOf(), CallerBehind(context, context.RequestServices.GetRequiredService<AccessGrants>()));
        return now.IsKnown && now.Rights.HasFlag(right) && now.Name == came.Name && now.Areas.SequenceEqual(came.Areas);
    }

    private static RequestCaller Identify(HttpContext context, AccessGrants grants)
    {
        var caller = CallerBehind(context, grants);
        context.Items[typeof(RequestCaller)] = caller;
        return caller;
    }

    private static RequestCaller CallerBehind(HttpContext context, AccessGrants grants)
    {
        if (AdminSocket.Brought(context)) return new RequestCaller("console", null, Rights.All, [], false);
        // A token that does not hold is no session either: the program that sends it must hear so.
        if (context.Request.Headers.Authorization is [{ } authorization] && authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return grants.Find(authorization["Bearer ".Length..].Trim(), AddressOf(context)) is { Grant.IsToken: true } found ? RequestCaller.Of(found, false) : RequestCaller.Nobody;
        return context.Request.Cookies[SessionCookie] is { } secret && grants.Find(secret, AddressOf(context)) is { Grant.IsToken: false } session ? RequestCaller.Of(session, true) : RequestCaller.Nobody;
    }

    private static ClaimsPrincipal PrincipalOf(RequestCaller caller) => caller.Access is not { } access ? _nobody : new ClaimsPrincipal(new ClaimsIdentity(
        access.Account.Roles.Select(role => new Claim(ClaimTypes.Role, role)).Prepend(new Claim(ClaimTypes.Name, access.Account.Name)), "city", ClaimTypes.Name, ClaimTypes.Role));

    /// <summary>Whether a browser says that another site made it ask for a change or a live link.</summary>
    /// <param name="request">The request.</param>
    /// <param name="unlessSaid">What is taken for true where the browser says nothing; every browser of today does.</param>
    private static bool ComesFromElsewhere(HttpRequest request, bool unlessSaid)
    {
        if (IsSafe(request.Method) && !request.HttpContext.WebSockets.IsWebSocketRequest) return false;
        if (request.Headers["Sec-Fetch-Site"] is [{ } site]) return site is not ("same-origin" or "none");
        if (request.Headers.Origin is not [{ } origin]) return unlessSaid;
        return !Uri.TryCreate(origin, UriKind.Absolute, out var from) || !from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private static Task Refuse(HttpContext context, RequestCaller caller)
    {
        if (caller.MustChoosePassword) return Seen("/account", ProblemKinds.Password);
        if (caller.IsKnown) return Problems.Of(ProblemKinds.Right).ExecuteAsync(context);
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"SmartCity\"";
        return Seen("/sign-in", ProblemKinds.SignIn);

        Task Seen(string page, ProblemKind kind)
        {
            var wantsPage = HttpMethods.IsGet(context.Request.Method) && !context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
                && context.Request.GetTypedHeaders().Accept.Any(accept => accept.MediaType == "text/html");
            if (!wantsPage) return Problems.Of(kind).ExecuteAsync(context);
            context.Response.Headers.Remove(HeaderNames.WWWAuthenticate);
            context.Response.Redirect($"{page}?return={Uri.EscapeDataString(context.Request.Path + context.Request.QueryString)}");
            return Task.CompletedTask;
        }
    }
}

/// <summary>Who a request is from.</summary>
/// <param name="Name">Account, <c>console</c>, or null for nobody.</param>
/// <param name="Access">Its session or token; null for the console and nobody.</param>
/// <param name="Rights">What it may do.</param>
/// <param name="Areas">Districts and corridors that it is bound to; empty = the whole city.</param>
/// <param name="ByCookie">Whether a browser sent it by itself, so that another site may have caused it.</param>
internal sealed record RequestCaller(string? Name, Caller? Access, Rights Rights, IReadOnlyList<string> Areas, bool ByCookie)
{
    public static RequestCaller Nobody { get; } = new(null, null, Rights.None, [], false);
    public bool IsKnown => Name is not null && !MustChoosePassword;
    public bool MustChoosePassword => Access?.Account.MustChangePassword == true;

    public static RequestCaller Of(Caller access, bool byCookie) => new(access.Account.Name, access, access.Rights, access.Account.Areas, byCookie);
}

/// <summary>The alarm of an audit log that cannot be written: in <c>/health/ready</c>, on every page, in the server's log.</summary>
internal sealed partial class AuditHealth : IHealthPart, IPageAlarm
{
    private readonly AuditLog _log;

    public AuditHealth(AuditLog log, ILogger<AuditHealth> logger)
    {
        _log = log;
        log.TroubleChanged += trouble =>
        {
            if (trouble is null) LogWritable(logger);
            else LogUnwritable(logger, trouble);
        };
    }

    public string Name => "audit log";
    public string? Trouble => _log.Trouble is { } trouble ? $"it cannot be written, so nothing can be changed: {trouble}" : null;
    public string? Word => _log.Trouble is null ? null : "alarm.auditlog";

    [LoggerMessage(95, LogLevel.Critical, "The audit log cannot be written, so nothing can be changed: {Trouble}")]
    private static partial void LogUnwritable(ILogger logger, string trouble);

    [LoggerMessage(96, LogLevel.Warning, "The audit log can be written again")]
    private static partial void LogWritable(ILogger logger);
}
