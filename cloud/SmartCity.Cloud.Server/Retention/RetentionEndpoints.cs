using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Retention;

/// <summary>How the operator's command asks a running server for its retention and changes its holds; by its socket alone.</summary>
internal static class RetentionEndpoints
{
    private const int ReasonMax = 500;

    public static void MapRetention(this IEndpointRouteBuilder app)
    {
        var retention = app.MapGroup("/api/v1/retention").Needs(Rights.Administer).ExcludeFromDescription();
        retention.MapGet("", async (HttpContext context, CancellationToken cancellationToken) =>
            Store(context) is { } store ? Results.Json(RetentionAnswer.Of(await store.RetentionAsync(cancellationToken))) : Problems.Of(ProblemKinds.Address));
        retention.MapPost("/holds", async (HttpContext context, AuditLog audit, CancellationToken cancellationToken) =>
        {
            if (Store(context) is not { } store) return Problems.Of(ProblemKinds.Address);
            HoldRequest? asked;
            try
            {
                asked = await JsonSerializer.DeserializeAsync<HoldRequest>(context.Request.Body, JsonSerializerOptions.Web, cancellationToken);
            }
            catch (JsonException)
            {
                asked = null;
            }
            if (asked is null || asked.From >= asked.To || string.IsNullOrWhiteSpace(asked.Reason) || asked.Reason.Length > ReasonMax) return Problems.Of(ProblemKinds.Body);
            var actor = context.ActorOf();
            audit.Write(actor, "retention.hold", $"{asked.From:O}/{asked.To:O}", null, JsonSerializer.Serialize(asked, JsonSerializerOptions.Web));
            return Results.Json(new { number = await store.HoldAsync(UnixMicros.From(asked.From), UnixMicros.From(asked.To), asked.Reason, actor.Name, cancellationToken) });
        });
        retention.MapDelete("/holds/{number:long}", async (HttpContext context, AuditLog audit, long number, CancellationToken cancellationToken) =>
        {
            if (Store(context) is not { } store) return Problems.Of(ProblemKinds.Address);
            if ((await store.RetentionAsync(cancellationToken)).Holds.FirstOrDefault(hold => hold.Number == number) is not { } hold) return Problems.Of(ProblemKinds.Missing);
            audit.Write(context.ActorOf(), "retention.release", number.ToString(CultureInfo.InvariantCulture), JsonSerializer.Serialize(hold, JsonSerializerOptions.Web), null);
            await store.ReleaseAsync(number, cancellationToken);
            return Results.NoContent();
        });
    }

    private static IRetention? Store(HttpContext context) => AdminSocket.Brought(context) ? context.RequestServices.GetService<IReadingStore>() as IRetention : null;
}

/// <summary>A hold that is asked for.</summary>
/// <param name="From">Begin.</param>
/// <param name="To">The first instant after it.</param>
/// <param name="Reason">Why.</param>
internal sealed record HoldRequest(DateTimeOffset From, DateTimeOffset To, string Reason);

/// <summary>Retention as rows.</summary>
/// <param name="Items">A rule or a hold each.</param>
internal sealed record RetentionAnswer(IReadOnlyList<RetentionItem> Items)
{
    public static RetentionAnswer Of(RetentionState state) => new(
    [
        new("readings", state.KeepRaw is { } raw ? $"{raw.TotalDays.ToString("0.##", CultureInfo.InvariantCulture)} days" : "for ever", Time(state.RawFrom), null, state.Readings == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{state.Readings} readings in {state.Files} files have gone")),
        new("minutes", state.KeepMinutes is { } minutes ? $"{minutes.TotalDays.ToString("0.##", CultureInfo.InvariantCulture)} days" : "for ever", Time(state.MinutesFrom), null, null),
        new("hours and days", "for ever", null, null, null),
        .. state.Holds.Select(hold => new RetentionItem(string.Create(CultureInfo.InvariantCulture, $"hold {hold.Number}"), "until it is released", Time(hold.From), Time(hold.To), $"{hold.Reason} ({hold.By}, {UnixMicros.ToTime(hold.At):yyyy-MM-dd})")),
    ]);

    private static DateTimeOffset? Time(long? micros) => micros is { } at ? UnixMicros.ToTime(at) : null;
}

/// <summary>A rule or a hold.</summary>
/// <param name="What">Of what.</param>
/// <param name="Keep">How long.</param>
/// <param name="From">From then on it is complete, or held.</param>
/// <param name="To">The end of a hold.</param>
/// <param name="Note">What has gone, or why it is held.</param>
internal sealed record RetentionItem(string What, string Keep, DateTimeOffset? From, DateTimeOffset? To, string? Note);
