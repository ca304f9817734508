using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Fleet.Commands;
using SmartCity.Cloud.Fleet.Twins;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Commanding;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Devices.Twins;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Fleet.Twins;

/// <summary>A gateway's configuration on its page: shown, changed, undone; and its light.</summary>
internal static class TwinPages
{
    private const int HistoryMax = 20, FaultsMax = 50, BlinkSeconds = 30;

    /// <summary>Maps the forms of the page.</summary>
    /// <param name="forms">Group of the gateways' forms.</param>
    /// <param name="page">Shows the page of a gateway, changed.</param>
    public static void MapTwinForms(this IEndpointRouteBuilder forms, Func<HttpContext, string, Func<GatewayModel, GatewayModel>, int, IResult> page)
    {
        forms.MapPost("/{id}/twin", async (HttpContext context, TwinChanges changes, AuditLog audit, string id) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            // A browser ends the lines of a text area as mail does.
            var typed = form["document"].ToString().ReplaceLineEndings("\n");
            return Try(context, id, page, typed, () => changes.Replace(id, Number(form["version"]), Encoding.UTF8.GetBytes(string.IsNullOrWhiteSpace(typed) ? "{}" : typed), context.CallerOf().Name ?? context.ActorOf().Name, TwinEndpoints.Recorder(audit, context.ActorOf(), id)), Number(form["version"]));
        }).Needs(Rights.Administer);
        forms.MapPost("/{id}/twin/undo", async (HttpContext context, TwinChanges changes, AuditLog audit, string id) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return Try(context, id, page, null, () => changes.Undo(id, Number(form["expected"]), Number(form["back"]), context.CallerOf().Name ?? context.ActorOf().Name, TwinEndpoints.Recorder(audit, context.ActorOf(), id)), Number(form["expected"]));
        }).Needs(Rights.Administer);
        forms.MapPost("/{id}/blink", async (HttpContext context, CommandDesk desk, GatewayDirectory directory, GatewayRoster roster, AuditLog audit, TimeProvider clock, string id, CancellationToken cancellationToken) =>
        {
            if (roster.Find(id, context.CallerOf().Areas) is null || directory.Find(id)?.Connected != true) return page(context, id, model => model with { Error = model.Page.Words["twin.blinks.not", id] }, StatusCodes.Status422UnprocessableEntity);
            audit.Write(context.ActorOf(), "gateway.blink", id, null, JsonSerializer.Serialize(new { seconds = BlinkSeconds }));
            var command = await TwinEndpoints.OrderBlinkAsync(desk, clock, id, BlinkSeconds, context.CallerOf().Name ?? context.ActorOf().Name, cancellationToken);
            return command.State == CommandState.Answered ? page(context, id, model => model with { Notice = model.Page.Words["twin.blinks", id, model.Page.Text.Whole(BlinkSeconds)] }, StatusCodes.Status200OK)
                : page(context, id, model => model with { Error = model.Page.Words["twin.blinks.not", id] }, StatusCodes.Status422UnprocessableEntity);
        }).Needs(Rights.Fleet).ByArea();
    }

    /// <summary>A gateway's twin as its page shows it.</summary>
    public static TwinModel ModelOf(TwinStore store, string gateway, bool isConnected)
    {
        var view = TwinViews.Of(store, gateway);
        var report = view.Reported?.Document;
        var history = store.History(gateway, null, HistoryMax + 1);
        var speaksOfIt = view.Reported is { } reported && reported.Version == view.Desired.Version && view.Desired.Version > 0;
        return new TwinModel(
            view.Desired.Version, Indented(view.Desired.Document!.Value), speaksOfIt ? view.Reported!.State : null, view.Reported?.Version ?? 0, view.Reported is { } at ? UnixMicros.From(at.At) : null, speaksOfIt ? view.Reported!.Reason : null,
            speaksOfIt ? FaultsOf(report) : [], TimeOf(report, "trialEnds"), InForceOf(report), report is { } document ? Indented(document) : null,
            [.. view.Drift.Select(one => new TwinDriftRow(one.Pointer, one.Desired, one.Reported, one.HeldHere))], [.. history.Take(HistoryMax).Select(RowOf)], history.Count > HistoryMax, isConnected);
    }

    private static IResult Try(HttpContext context, string id, Func<HttpContext, string, Func<GatewayModel, GatewayModel>, int, IResult> page, string? typed, Func<DesiredTwin> change, long expected)
    {
        if (context.RequestServices.GetRequiredService<GatewayRoster>().Find(id, context.CallerOf().Areas) is null) return page(context, id, static model => model, StatusCodes.Status200OK);
        try
        {
            var next = change();
            return page(context, id, model => model with { Notice = next.Version == expected ? model.Page.Words["twin.unchanged"] : model.Page.Words["twin.saved", model.Page.Text.Whole(next.Version)] }, StatusCodes.Status200OK);
        }
        catch (TwinChangeException error) when (error.IsOutdated)
        {
            return page(context, id, model => model with { Error = model.Page.Words["twin.outdated"] }, StatusCodes.Status412PreconditionFailed);
        }
        catch (TwinChangeException error)
        {
            TwinFaultRow[] faults = error.Faults.Count == 0 ? [new TwinFaultRow("", error.Message)] : [.. error.Faults.Take(FaultsMax).Select(fault => new TwinFaultRow(fault.Pointer, fault.Text))];
            return page(context, id, model => model with { Twin = model.Twin! with { Typed = typed is null ? null : WithoutPasswords(typed), TypedFaults = faults } }, StatusCodes.Status422UnprocessableEntity);
        }
    }

    /// <summary>What was typed, to be corrected; but a password that stood in it is typed again, and not sent back.</summary>
    private static string WithoutPasswords(string typed)
    {
        try
        {
            var document = TwinJson.ReadObject(Encoding.UTF8.GetBytes(typed));
            foreach (var group in new[] { "devices", "bridges" })
                foreach (var (_, holder) in document[group] as JsonObject ?? new JsonObject())
                    if (holder is JsonObject credential && credential["password"] is JsonValue password && !(password.GetValueKind() == JsonValueKind.String && password.GetValue<string>().StartsWith("(hidden ", StringComparison.Ordinal))) credential["password"] = "";
            return document.ToJsonString(TwinText.Indented);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // It is no JSON; where its passwords stand cannot be told.
            return typed.Contains("password", StringComparison.OrdinalIgnoreCase) ? "" : typed;
        }
    }

    private static TwinVersionRow RowOf(DesiredTwin one)
    {
        var (how, back) = one.How.Split(' ') is [var word, var version] ? (word, Number(version)) : (one.How, (long?)null);
        return new TwinVersionRow(one.Version, one.Made, one.By, how, back, one.State, one.Reason);
    }

    private static IReadOnlyList<TwinFaultRow> FaultsOf(JsonElement? report) =>
        report is { } document && document.TryGetProperty("faults", out var faults) && faults.ValueKind == JsonValueKind.Array
            ? [.. faults.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object).Take(FaultsMax).Select(one => new TwinFaultRow(TextOf(one, "pointer"), TextOf(one, "text")))] : [];

    private static string TextOf(JsonElement holder, string name) => holder.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static long? TimeOf(JsonElement? report, string name) =>
        report is { } document && document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) ? UnixMicros.From(time) : null;

    private static long InForceOf(JsonElement? report) =>
        report is { } document && document.TryGetProperty("inForce", out var inForce) && inForce.ValueKind == JsonValueKind.Object && inForce.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.Number && version.TryGetInt64(out var number) ? number : 0;

    private static long Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private static string Indented(JsonElement document) => JsonSerializer.Serialize(document, TwinText.Indented);
}
