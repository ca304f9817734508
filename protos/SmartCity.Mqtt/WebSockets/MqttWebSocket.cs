using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace SmartCity.Mqtt.WebSockets;

/// <summary>MQTT over WebSocket, section 6 of both specifications: binary frames, of which packets take no notice, under the subprotocol <c>mqtt</c>.</summary>
internal static class MqttWebSocket
{
    private static readonly string[] _subprotocols = ["mqtt", "mqttv3.1"];

    /// <summary>Answers one request: upgrades it and serves the connection until its end, or says why not.</summary>
    public static async Task ServeAsync(HttpContext context, MqttListener listener)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "This is MQTT over WebSocket: connect with an MQTT client, subprotocol mqtt.");
            return;
        }
        if (!IsAllowed(context.Request, listener.Options))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "Pages of this origin may not connect here; the operator can allow its host.");
            return;
        }
        if (Array.Find(_subprotocols, context.WebSockets.WebSocketRequestedProtocols.Contains) is not { } subprotocol)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "The WebSocket subprotocol is mqtt; ask for it in Sec-WebSocket-Protocol.");
            return;
        }
        using var socket = await context.WebSockets.AcceptWebSocketAsync(subprotocol);
        await using var connection = new WebSocketConnection(socket, context.Connection.Id);
        var receiving = connection.ReceiveAsync();
        try
        {
            await listener.ServeAsync(connection, context);
            await connection.CloseAsync();
        }
        finally
        {
            connection.Abort();
            await receiving;
        }
    }

    // A browser names the page's origin and lets any page connect anywhere; who is not a browser names none.
    private static bool IsAllowed(HttpRequest request, MqttListenerOptions options) =>
        request.Headers.Origin.ToString() is not { Length: > 0 } origin
        || (Uri.TryCreate(origin, UriKind.Absolute, out var page)
            && (string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)
                || options.WebSocketOrigins.Contains(page.Host, StringComparer.OrdinalIgnoreCase)));

    private static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status426UpgradeRequired) context.Response.Headers.Upgrade = "websocket";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
