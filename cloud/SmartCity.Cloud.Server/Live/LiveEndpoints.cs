using System.Net.WebSockets;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Live;

/// <summary><c>/api/v1/live</c> and <c>/api/v1/live.sse</c>.</summary>
internal static class LiveEndpoints
{
    /// <summary>More would not fit in a request line either.</summary>
    private const int NamesMax = 500;

    public static IServiceCollection AddLive(this IServiceCollection services, LiveOptions options) => services
        .AddSingleton(options)
        .AddSingleton<LiveHub>()
        .AddSingleton<ILiveTap>(provider => provider.GetRequiredService<LiveHub>())
        .AddHostedService(provider => provider.GetRequiredService<LiveHub>());

    public static void MapLive(this WebApplication app)
    {
        var (metrics, hub) = (app.Services.GetRequiredService<MetricsText>(), app.Services.GetRequiredService<LiveHub>());
        metrics.AddGauge("smartcity_live_connections", "Live connections open.", () => hub.Connections);
        metrics.AddCounter("smartcity_live_readings_total", "Readings taken for live connections.", () => hub.Readings);
        metrics.AddCounter("smartcity_live_dropped_readings_total", "Readings that gave way because the fan-out was behind.", () => hub.DroppedReadings);
        metrics.AddCounter("smartcity_live_dropped_messages_total", "Messages that gave way because a connection was behind; it got all newest values instead.", () => hub.DroppedMessages);
        app.MapGet("/api/v1/live", WebSocketAsync).Needs(Rights.Read).ByArea().ExcludeFromDescription();
        app.MapGet("/api/v1/live.sse", EventStreamAsync).Needs(Rights.Read).ByArea().WithTags("Readings").WithName("GetLive").WithSummary("Live values as server-sent events, from the newest of each series on.")
            .Takes("device", "Exact device id; all where left out.", "air-001", isMany: true).Takes("metric", "Exact metric name; all where left out.", "pm25", isMany: true)
            .AlsoAnswers("text/event-stream", Examples.Events).MayFail(ProblemKinds.TooMuch, ProblemKinds.Busy);
    }

    private static async Task WebSocketAsync(HttpContext context, LiveHub hub, IHostApplicationLifetime lifetime)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Problems.Of(ProblemKinds.WebSocket).ExecuteAsync(context);
            return;
        }
        // A browser says which page asks; pages of other hosts have no business here.
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin] && (!Uri.TryCreate(origin, UriKind.Absolute, out var page) || page.Authority != context.Request.Host.Value))
        {
            await Problems.Of(ProblemKinds.CrossSite).ExecuteAsync(context);
            return;
        }
        if (await SubscribeAsync(context, hub, LiveHub.Binary) is not { } subscription) return;
        using (subscription)
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            var heard = UntilClosedAsync(socket, end);
            try
            {
                while (await subscription.NextAsync(end.Token) is var messages && context.StillReads())
                    foreach (var message in messages)
                        await socket.SendAsync(message.Bytes, message.IsText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, WebSocketMessageFlags.EndOfMessage, end.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or WebSocketException)
            {
                // The page is gone, or the server goes; either way there is nobody to tell.
            }
            // Whoever may not see readings any more hears so at the latest with the next sign of life.
            await CloseAsync(socket, lifetime.ApplicationStopping.IsCancellationRequested);
            await heard;
        }
    }

    /// <summary>What a page sends is not looked at; its end is.</summary>
    private static async Task UntilClosedAsync(WebSocket socket, CancellationTokenSource end)
    {
        var ignored = new byte[256];
        try
        {
            while ((await socket.ReceiveAsync(ignored.AsMemory(), end.Token)).MessageType != WebSocketMessageType.Close) { }
        }
        catch (Exception error) when (error is OperationCanceledException or WebSocketException)
        {
            // As good as closed.
        }
        await end.CancelAsync();
    }

    private static async Task CloseAsync(WebSocket socket, bool isStopping)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await socket.CloseOutputAsync(isStopping ? WebSocketCloseStatus.EndpointUnavailable : WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or WebSocketException)
        {
            // Closing is a courtesy.
        }
    }

    private static async Task EventStreamAsync(HttpContext context, LiveHub hub, IHostApplicationLifetime lifetime)
    {
        if (await SubscribeAsync(context, hub, LiveHub.EventStream) is not { } subscription) return;
        using (subscription)
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            try
            {
                while (await subscription.NextAsync(end.Token) is var messages && context.StillReads())
                {
                    foreach (var message in messages) await context.Response.Body.WriteAsync(message.Bytes, end.Token);
                    await context.Response.Body.FlushAsync(end.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The reader is gone, or the server goes.
            }
        }
    }

    private static async Task<LiveSubscription?> SubscribeAsync(HttpContext context, LiveHub hub, ILiveEncoding encoding)
    {
        foreach (var name in context.Request.Query.Keys)
        {
            if (name is "device" or "metric") continue;
            await Problems.Of(ProblemKinds.Parameters, new Sentence("say.live.parameter", name)).ExecuteAsync(context);
            return null;
        }
        var (devices, metrics) = (context.Request.Query["device"], context.Request.Query["metric"]);
        if (devices.Count + metrics.Count > NamesMax)
        {
            await Problems.Of(ProblemKinds.TooMuch, new Sentence("say.live.names", NamesMax, devices.Count + metrics.Count)).ExecuteAsync(context);
            return null;
        }
        var subscription = hub.Subscribe(new LiveFilter(devices.OfType<string>(), metrics.OfType<string>(), context.ReadView()), encoding);
        if (subscription is null) await new ProblemAnswer(ProblemKinds.Busy) { Detail = new Sentence("say.live.busy"), RetryAfter = 30 }.ExecuteAsync(context);
        return subscription;
    }
}
