using System.Globalization;
using Google.Protobuf;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Model.Contracts;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Cloud.Server.Import;

/// <summary>How the operator's command hands an import to a running server; by its socket alone.</summary>
internal static class ImportEndpoints
{
    private const int BatchBytesMax = 4 << 20;

    public static void MapImports(this IEndpointRouteBuilder app)
    {
        var imports = app.MapGroup("/api/v1/imports/{epoch}").Needs(Rights.Operate).ExcludeFromDescription();
        imports.MapGet("", (DurableLog log, TimeProvider clock, string epoch) =>
        {
            if (!TryEpoch(epoch, out var number)) return WrongEpoch(epoch);
            using var importer = new LogImporter(log, number, clock);
            return Results.Json(new ImportOutcome(AppendStatus.Appended, importer.Through, 0));
        });
        imports.MapPost("/batches", TakeAsync).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(BatchBytesMax));
    }

    private static async Task<IResult> TakeAsync(HttpContext context, DurableLog log, TimeProvider clock, string epoch, CancellationToken cancellationToken)
    {
        if (!TryEpoch(epoch, out var number)) return WrongEpoch(epoch);
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, cancellationToken);
            using var importer = new LogImporter(log, number, clock);
            return Results.Json(await importer.TakeAsync(Batch.Parser.ParseFrom(body.GetBuffer(), 0, (int)body.Length), cancellationToken));
        }
        catch (Exception error) when (error is UplinkRefusal or InvalidProtocolBufferException)
        {
            return Results.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    private static bool TryEpoch(string text, out ulong epoch) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out epoch) && epoch > 0;

    private static IResult WrongEpoch(string epoch) => Results.Problem($"\"{epoch}\" is no epoch: a whole number from 1 on.", statusCode: StatusCodes.Status400BadRequest);
}
