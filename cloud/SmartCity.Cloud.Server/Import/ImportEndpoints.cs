using System.Globalization;
using Google.Protobuf;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Model;
using SmartCity.Model.Contracts;
using SmartCity.Protos.Uplink.V1;
using Lane = SmartCity.Model.Lane;

namespace SmartCity.Cloud.Server.Import;

/// <summary>How the operator's command hands an import to a running server; by its socket alone.</summary>
internal static class ImportEndpoints
{
    private const int BatchBytesMax = 4 << 20;

    public static void MapImports(this IEndpointRouteBuilder app)
    {
        var imports = app.MapGroup("/api/v1/imports/{epoch}/{lane}").Needs(Rights.Operate).ExcludeFromDescription();
        imports.MapGet("", (DurableLog log, TimeProvider clock, string epoch, string lane) =>
        {
            if (Wrong(epoch, lane, out var number, out var of) is { } wrong) return wrong;
            using var importer = new LogImporter(log, number, of, clock);
            return Results.Json(new ImportOutcome(AppendStatus.Appended, importer.Through, 0));
        });
        imports.MapPost("/batches", TakeAsync).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(BatchBytesMax));
    }

    private static async Task<IResult> TakeAsync(HttpContext context, DurableLog log, TimeProvider clock, string epoch, string lane, CancellationToken cancellationToken)
    {
        if (Wrong(epoch, lane, out var number, out var of) is { } wrong) return wrong;
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, cancellationToken);
            using var importer = new LogImporter(log, number, of, clock);
            return Results.Json(await importer.TakeAsync(Batch.Parser.ParseFrom(body.GetBuffer(), 0, (int)body.Length), cancellationToken));
        }
        catch (Exception error) when (error is UplinkRefusal or InvalidProtocolBufferException)
        {
            return new ProblemAnswer(ProblemKinds.Import) { Faults = [error.Message] };
        }
    }

    /// <summary>What is wrong with the address; null if nothing is.</summary>
    private static ProblemAnswer? Wrong(string epochText, string laneText, out ulong epoch, out Lane lane)
    {
        lane = default;
        if (!ulong.TryParse(epochText, NumberStyles.None, CultureInfo.InvariantCulture, out epoch) || epoch == 0)
            return Problems.Of(ProblemKinds.Import, new Sentence("say.import.epoch", epochText));
        if (Lanes.Parse(laneText) is { } found)
        {
            lane = found;
            return null;
        }
        return Problems.Of(ProblemKinds.Import, new Sentence("say.import.lane", laneText));
    }
}
