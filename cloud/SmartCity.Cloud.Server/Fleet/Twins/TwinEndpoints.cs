using System.Globalization;
using System.Text.Json;
using Microsoft.OpenApi;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Fleet.Commands;
using SmartCity.Cloud.Fleet.Twins;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Server.Commanding;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Devices.Twins;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Fleet.Twins;

/// <summary>
/// Twins over HTTP: what is desired of a gateway, what it reports, and what was desired before. A change names the version that it replaces (<c>If-Match</c>). Whoever may
/// see gateways sees their twins; administrators change them.
/// </summary>
internal static class TwinEndpoints
{
    private const int WaitMax = 60, BlinkUsual = 30, BlinkMax = 600;
    private static readonly TimeSpan _blinkWithin = TimeSpan.FromSeconds(10);

    public static void AddTwins(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(_ => FleetFiles.OpenTwins(options.Data));
        services.AddSingleton<TwinChanges>().AddSingleton<TwinDesk>();
        services.AddSingleton<IUplinkTwins>(provider => provider.GetRequiredService<TwinDesk>());
    }

    public static void MapTwins(this IEndpointRouteBuilder fleet)
    {
        var twin = fleet.MapGroup("/gateways/{id}/twin");
        twin.MapGet("", (HttpContext context, TwinStore store, string id) => Known(context, id) ?? Answer.Of(TwinViews.Of(store, id)))
            .Needs(Rights.Fleet).ByArea().WithName("GetTwin").WithSummary("What is desired of a gateway, what it has reported, and where the two differ.").Answers<TwinView>().MayFail(ProblemKinds.Missing);
        twin.MapGet("/desired", (HttpContext context, TwinStore store, string id) => Known(context, id) ?? DesiredOf(store.Desired(id)))
            .Needs(Rights.Fleet).ByArea().WithName("GetTwinDesired").WithSummary("The configuration that is desired of a gateway; its ETag is what a change names.").Answers<TwinVersion>().MayFail(ProblemKinds.Missing);
        twin.MapGet("/reported", (HttpContext context, TwinStore store, string id) => Known(context, id) ?? (TwinReportView.Of(store.Reported(id)) is { } reported ? Answer.Of(reported) : Problems.Missing(new Sentence("say.twin.silent", id))))
            .Needs(Rights.Fleet).ByArea().WithName("GetTwinReported").WithSummary("What a gateway has last reported of itself.").Answers<TwinReportView>().MayFail(ProblemKinds.Missing);
        twin.MapGet("/history", (HttpContext context, TwinStore store, string id) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (before, limit) = (parameters.Cursor(1), parameters.Limit(1_000, 100));
            if (parameters.Problem() is { } problem) return problem;
            if (Known(context, id) is { } unknown) return unknown;
            var from = before is [var version] && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
            return Answer.Of(Paging.Of(context.Request, store.History(id, from, limit + 1).Select(TwinVersion.Of), limit, one => [one.Version]));
        }).Needs(Rights.Fleet).ByArea().WithName("GetTwinHistory").WithSummary("The versions of what was desired of a gateway and what became of each, the newest first.").InPages(Paging.Write(7), 1_000, 100).Answers<Page<TwinVersion>>().MayFail(ProblemKinds.Missing);
        twin.MapGet("/history/{version:long}", (HttpContext context, TwinStore store, string id, long version) => Known(context, id) ?? (store.Find(id, version) is { } found ? Answer.Of(TwinVersion.Of(found)) : Problems.Missing(new Sentence("say.twin.version", id, version))))
            .Needs(Rights.Fleet).ByArea().WithName("GetTwinVersion").WithSummary("A version of what was desired of a gateway.").PathExample("version", "7").Answers<TwinVersion>().MayFail(ProblemKinds.Missing);
        Change("PATCH", "PatchTwinDesired", "Changes what is desired of a gateway by a JSON merge patch (RFC 7396).", (changes, id, expected, body, by, record) => changes.Patch(id, expected, body, by, record));
        Change("PUT", "PutTwinDesired", "Replaces what is desired of a gateway.", (changes, id, expected, body, by, record) => changes.Replace(id, expected, body, by, record));
        twin.MapPost("/undo", async (HttpContext context, UndoTwin undo, string id) => await ChangeAsync(context, id, (changes, expected, by, record) => changes.Undo(id, expected, undo.Version, by, record)))
            .Needs(Rights.Administer).Waits().WithName("UndoTwin").WithSummary("Makes a new version with what was desired before.").Answers<TwinView>().MayFail(ProblemKinds.Missing, ProblemKinds.Twin, ProblemKinds.Version, ProblemKinds.VersionNeeded);
        fleet.MapPost("/gateways/{id}/blink", BlinkAsync)
            .Needs(Rights.Fleet).ByArea().WithName("BlinkGateway").WithSummary("Makes the light of a gateway's box blink, so that whoever stands before several sees which it is.").Answers<CommandEntry>(StatusCodes.Status202Accepted).Answers<CommandEntry>().MayFail(ProblemKinds.Missing, ProblemKinds.Command, ProblemKinds.Busy);

        void Change(string method, string name, string summary, Func<TwinChanges, string, long, byte[], string, Action<string, string>, DesiredTwin> change) =>
            twin.MapMethods("/desired", [method], async (HttpContext context, string id, CancellationToken cancellationToken) =>
            {
                // What a form holds has been read by whoever looks at forms.
                if (context.Request.HasFormContentType) return Problems.Of(ProblemKinds.MediaType);
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, cancellationToken);
                return await ChangeAsync(context, id, (changes, expected, by, record) => change(changes, id, expected, body.ToArray(), by, record));
            }).Needs(Rights.Administer).Waits().WithName(name).WithSummary(summary).TakesBody<GatewayConfiguration>().Answers<TwinView>().MayFail(ProblemKinds.Missing, ProblemKinds.MediaType, ProblemKinds.Twin, ProblemKinds.Version, ProblemKinds.VersionNeeded);
    }

    /// <summary>What is answered where a change cannot be made.</summary>
    public static ProblemAnswer ProblemOf(TwinChangeException error) => error.IsOutdated ? Problems.Of(ProblemKinds.Version)
        : error.Faults.Count == 0 ? new ProblemAnswer(ProblemKinds.Twin) { Detail = new Sentence("say.twin.fault", error.Message) }
        : new ProblemAnswer(ProblemKinds.Twin) { Detail = new Sentence("say.twin.fault", error.Message), Errors = error.Faults.GroupBy(fault => fault.Pointer, StringComparer.Ordinal).ToDictionary(group => group.Key, group => new Sentence("say.twin.fault", string.Join(' ', group.Select(fault => fault.Text))), StringComparer.Ordinal) };

    /// <summary>Writes a change of a twin into the audit log.</summary>
    public static Action<string, string> Recorder(AuditLog audit, Actor actor, string gateway) => (before, after) => audit.Write(actor, "gateway.twin", gateway, before, after);

    private static RouteHandlerBuilder Waits(this RouteHandlerBuilder route) =>
        route.Takes("wait", string.Create(CultureInfo.InvariantCulture, $"Seconds to wait for what the gateway makes of it, 0 to {WaitMax}; 0 where left out."), "10", JsonSchemaType.Integer);

    private static async Task<IResult> ChangeAsync(HttpContext context, string id, Func<TwinChanges, long, string, Action<string, string>, DesiredTwin> change)
    {
        var parameters = new Parameters(context.Request.Query);
        var wait = parameters.Whole("wait", 0, WaitMax) ?? 0;
        if (parameters.Problem() is { } problem) return problem;
        if (Known(context, id) is { } unknown) return unknown;
        var (store, services) = (context.RequestServices.GetRequiredService<TwinStore>(), context.RequestServices);
        var present = store.Desired(id);
        var (expected, wrong) = Preconditions.Of(context.Request, present.Version == 0 && context.Request.Headers.IfMatch.Count == 0 ? null : present.Version);
        if (wrong is not null) return wrong;
        try
        {
            var next = change(services.GetRequiredService<TwinChanges>(), expected, context.CallerOf().Name ?? context.ActorOf().Name, Recorder(services.GetRequiredService<AuditLog>(), context.ActorOf(), id));
            if (wait > 0) await services.GetRequiredService<TwinDesk>().WaitAsync(id, next.Version, TimeSpan.FromSeconds(wait), context.RequestAborted);
            context.Response.GetTypedHeaders().ETag = Preconditions.TagOf(next.Version);
            return Results.Json(TwinViews.Of(store, id));
        }
        catch (TwinChangeException error)
        {
            return ProblemOf(error);
        }
    }

    private static async Task<IResult> BlinkAsync(HttpContext context, CommandDesk desk, CommandStore store, GatewayDirectory directory, AuditLog audit, TimeProvider clock, BlinkRequest blink, string id, CancellationToken cancellationToken)
    {
        if (Known(context, id) is { } unknown) return unknown;
        var seconds = blink.Seconds ?? BlinkUsual;
        if (seconds is < 0 or > BlinkMax) return Problems.Of(ProblemKinds.Command, new Sentence("say.blink.seconds", BlinkMax));
        // Kept for later it would blink before nobody.
        if (directory.Find(id)?.Connected != true) return Problems.Of(ProblemKinds.Command, new Sentence("say.blink.offline", id));
        if (store.OpenCount(id) >= CommandDesk.OpenMax) return new ProblemAnswer(ProblemKinds.Busy) { Detail = new Sentence("say.command.many", id, CommandDesk.OpenMax), RetryAfter = 5 };
        audit.Write(context.ActorOf(), "gateway.blink", id, null, JsonSerializer.Serialize(new { seconds }));
        return Shown(await OrderBlinkAsync(desk, clock, id, seconds, context.CallerOf().Name ?? context.ActorOf().Name, cancellationToken));

        static IResult Shown(DeviceCommand command) => Results.Json(CommandEntry.Of(command), statusCode: command.IsOpen ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }

    /// <summary>Gives a connected gateway the order to blink, and waits a while for its answer.</summary>
    public static async Task<DeviceCommand> OrderBlinkAsync(CommandDesk desk, TimeProvider clock, string gateway, int seconds, string by, CancellationToken cancellationToken)
    {
        var now = UnixMicros.Now(clock);
        var (command, _) = desk.Send(new DeviceCommand("", Guid.CreateVersion7().ToString("N"), gateway, by, JsonSerializer.SerializeToUtf8Bytes(new { command = "blink", seconds }), now, _blinkWithin, CommandState.Waiting, now));
        return await desk.WaitAsync("", command.Request, _blinkWithin, cancellationToken) ?? command;
    }

    private static IResult DesiredOf(DesiredTwin desired) => Answer.Of(TwinVersion.Of(desired), tag: Preconditions.TagOf(desired.Version));

    private static ProblemAnswer? Known(HttpContext context, string id) =>
        context.RequestServices.GetRequiredService<GatewayRoster>().Find(id, context.CallerOf().Areas) is null ? Problems.Missing(new Sentence("say.gateway", id)) : null;
}
