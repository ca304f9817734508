using System.Text.Json;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>How the operator's command asks a running server for a backup; by its socket alone, since it names a folder of this machine.</summary>
internal static class BackupEndpoints
{
    private static readonly JsonSerializerOptions _json = JsonSerializerOptions.Web;

    public static void MapBackups(this IEndpointRouteBuilder app) => app.MapPost("/api/v1/backups", async (HttpContext context, Backups backups, AuditLog audit) =>
    {
        if (!AdminSocket.Brought(context))
        {
            await Problems.Of(ProblemKinds.Address).ExecuteAsync(context);
            return;
        }
        if (await AskedAsync(context) is not { Folder.Length: > 0 } asked || !Path.IsPathRooted(asked.Folder) || asked.Keep is < 1)
        {
            await Problems.Of(ProblemKinds.Body).ExecuteAsync(context);
            return;
        }
        audit.Write(context.ActorOf(), "backup.take", asked.Folder, null, null);
        context.Response.ContentType = "application/x-ndjson";
        await context.Response.StartAsync(context.RequestAborted);
        var lines = new BackupLines(context.Response.Body);
        try
        {
            var summary = await backups.TakeAsync(asked.Folder, asked.Keep, lines.Tell, context.RequestAborted);
            await lines.EndAsync(new BackupLine { Summary = summary }, context.RequestAborted);
        }
        catch (BackupException error)
        {
            await lines.EndAsync(new BackupLine { Error = error.Message }, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked has gone; nothing of it stays.
        }
    }).Needs(Rights.Administer).ExcludeFromDescription();

    private static async Task<BackupRequest?> AskedAsync(HttpContext context)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<BackupRequest>(context.Request.Body, _json, context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What is asked for.</summary>
/// <param name="Folder">The folder of backups, absolute.</param>
/// <param name="Keep">How many stay.</param>
internal sealed record BackupRequest(string Folder, int? Keep);

/// <summary>A line of the answer: progress while it goes on, then a summary or an error.</summary>
internal sealed record BackupLine
{
    public BackupProgress? Progress { get; init; }
    public BackupSummary? Summary { get; init; }
    public string? Error { get; init; }
}
