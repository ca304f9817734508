using System.Net.WebSockets;
using System.Text.Json;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>
/// <c>/api/v1/alarms/live</c>: a WebSocket that says the numbers of the banner at once and after each change, at most four times a second, and a sign of life each
/// second. What it says is always all of it, so that nothing can be missed and a slow reader gets the newest.
/// </summary>
internal static class AlarmLive
{
    private const int ConnectionsMax = 1_000;
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(250), _sign = TimeSpan.FromSeconds(1), _patience = TimeSpan.FromSeconds(10);
    private static int _connections;

    public static async Task RunAsync(HttpContext context, AlarmBoard board, AlarmDesk desk, IHostApplicationLifetime lifetime)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Problems.Of(ProblemKinds.WebSocket).ExecuteAsync(context);
            return;
        }
        if (Interlocked.Increment(ref _connections) > ConnectionsMax)
        {
            Interlocked.Decrement(ref _connections);
            await new ProblemAnswer(ProblemKinds.Busy) { Detail = new Sentence("say.live.busy"), RetryAfter = 30 }.ExecuteAsync(context);
            return;
        }
        try
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            var heard = UntilClosedAsync(socket, end);
            try
            {
                await SayAsync(context, board, desk, socket, end.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or WebSocketException or ObjectDisposedException)
            {
                // The page is gone or does not read, or the server goes.
            }
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
                try
                {
                    await socket.CloseOutputAsync(lifetime.ApplicationStopping.IsCancellationRequested ? WebSocketCloseStatus.EndpointUnavailable : WebSocketCloseStatus.NormalClosure, null, limit.Token);
                }
                catch (Exception error) when (error is OperationCanceledException or WebSocketException)
                {
                    // Closing is a courtesy.
                }
            }
            await end.CancelAsync();
            await heard;
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    private static async Task SayAsync(HttpContext context, AlarmBoard board, AlarmDesk desk, WebSocket socket, CancellationToken stop)
    {
        var language = Language.Of(context).Code;
        var said = -1L;
        while (context.StillMay(Rights.Operate))
        {
            var revision = board.Revision;
            var bytes = "{}"u8.ToArray();
            if (revision != said)
            {
                var summary = await board.SummaryAsync(await desk.ShowsAsync(context), language, stop);
                bytes = JsonSerializer.SerializeToUtf8Bytes(new { revision, summary }, JsonSerializerOptions.Web);
                said = revision;
            }
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(stop))
            {
                // Whoever does not read is let go, and comes again for all of it.
                limit.CancelAfter(_patience);
                await socket.SendAsync(bytes.AsMemory(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, limit.Token);
            }
            await Task.Delay(_pace, stop);
            await Task.WhenAny(board.ChangeAfterAsync(said), Task.Delay(_sign, stop));
        }
    }

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
}
