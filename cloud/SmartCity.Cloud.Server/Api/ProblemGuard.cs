using System.Net.Sockets;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Ingest;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Stands before all routes, so that whatever goes wrong behind it is answered as a problem and nothing of the server's inside is told.</summary>
internal static partial class ProblemGuard
{
    /// <summary>Puts the guard in front of all routes but the uplink's, which has its own way to say what is wrong.</summary>
    public static void UseProblems(this WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ProblemGuard).FullName!);
        var counts = app.Services.GetRequiredService<ProblemCounts>();
        app.Use(async (context, next) =>
        {
            if (context.Items.ContainsKey(typeof(GatewaySenders)))
            {
                await next(context);
                return;
            }
            await GuardAsync(context, next, logger);
            if (context.Items[typeof(ProblemKind)] is ProblemKind kind) counts.Add(kind);
        });
    }

    internal static async Task GuardAsync(HttpContext context, RequestDelegate next, ILogger logger)
    {
        try
        {
            // Two lengths of one body: whoever stands before this server may have taken the other one, and what follows for another request. Kestrel puts the length that it does not use there.
            if (context.Request.Headers.TransferEncoding.Count > 0 && context.Request.Headers.ContainsKey("X-Content-Length"))
            {
                context.Response.Headers.Connection = "close";
                await Problems.Of(ProblemKinds.Request).ExecuteAsync(context);
                return;
            }
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked is gone; there is nobody to tell.
            return;
        }
        catch (BadHttpRequestException error) when (!context.Response.HasStarted)
        {
            await Problems.Of(error).ExecuteAsync(context);
            return;
        }
        catch (Exception error) when (!context.Response.HasStarted && error is not SocketException)
        {
            LogFailed(logger, context.Request.Method, context.GetEndpoint()?.DisplayName ?? "no route", ProblemAnswer.TraceOf(context), error);
            context.Response.Clear();
            await Problems.Of(ProblemKinds.Internal).ExecuteAsync(context);
            return;
        }
        var response = context.Response;
        // What the framework refuses has a status and nothing else.
        if (!response.HasStarted && response.StatusCode >= StatusCodes.Status400BadRequest && response.ContentType is null && response.ContentLength is null or 0)
        {
            response.ContentLength = null;
            await Problems.Of(ProblemKinds.OfStatus(response.StatusCode)).ExecuteAsync(context);
        }
    }

    [LoggerMessage(70, LogLevel.Error, "{Method} of {Route} failed (traceId {Trace})")]
    private static partial void LogFailed(ILogger logger, string method, string route, string trace, Exception error);
}
