using SmartCity.Hosting.Operations;

namespace SmartCity.Edge.Gateway.Status;

/// <summary>The spool and its dead letters over HTTP; what changes something goes by the operator's socket alone.</summary>
internal static class OperatorEndpoints
{
    /// <summary>Maps <c>/api/v1/spool</c> and <c>/api/v1/dead-letters</c>.</summary>
    public static void MapOperator(this WebApplication app)
    {
        app.MapGet("/api/v1/spool", (Edge.Spool.Spool spool) => Results.Json(new { items = LaneStat.Of(spool) }));
        app.MapGet("/api/v1/dead-letters", (DeadLetterOffice office, long? before, int? limit) => limit is < 1 or > DeadLetterOffice.PageMax
            ? Results.Problem($"limit must be 1 to {DeadLetterOffice.PageMax}.", statusCode: StatusCodes.Status400BadRequest)
            : Results.Json(new { items = office.List(before, limit ?? 100) }));
        app.MapGet("/api/v1/dead-letters/{id:long}", (DeadLetterOffice office, long id) => office.Show(id) is { } letter ? Results.Json(letter) : None(id));
        app.MapPost("/api/v1/dead-letters/{id:long}/resubmit", async (HttpContext context, DeadLetterOffice office, long id) =>
            !AdminSocket.Brought(context) ? OnlyByCommand("resubmit") : await office.ResubmitAsync(id) is { } outcome ? Results.Json(outcome) : None(id));
        app.MapDelete("/api/v1/dead-letters/{id:long}", (HttpContext context, DeadLetterOffice office, long id) =>
            !AdminSocket.Brought(context) ? OnlyByCommand("discard") : office.Discard(id) ? Results.NoContent() : None(id));
    }

    /// <summary>What is said of a number that stands for no letter.</summary>
    public static string NoneOf(long id) => $"There is no dead letter {id}; it may have been resubmitted or discarded.";

    private static IResult None(long id) => Results.Problem(NoneOf(id), statusCode: StatusCodes.Status404NotFound);

    private static IResult OnlyByCommand(string command) => Results.Problem($"Only by the operator's command: smartcity-gateway dead-letter {command}.", statusCode: StatusCodes.Status403Forbidden);
}
