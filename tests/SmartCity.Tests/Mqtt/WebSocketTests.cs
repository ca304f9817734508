using System.Net;
using System.Net.WebSockets;
using SmartCity.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Mqtt;

/// <summary>MQTT over WebSocket, frame by frame.</summary>
public sealed class WebSocketTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<ClientWebSocket> OpenAsync(ListenerHost host, string? subprotocol = "mqtt", string? origin = null)
    {
        var socket = new ClientWebSocket();
        if (subprotocol is not null) socket.Options.AddSubProtocol(subprotocol);
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.WebPort}/mqtt"), Stop);
        return socket;
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket, int bytes)
    {
        var buffer = new byte[bytes];
        for (var at = 0; at < bytes;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(at), Stop);
            Assert.Equal(WebSocketMessageType.Binary, read.MessageType);
            at += read.Count;
        }
        return buffer;
    }

    private static async Task EndsAsync(ClientWebSocket socket)
    {
        try
        {
            while ((await socket.ReceiveAsync(new Memory<byte>(new byte[64]), Stop)).MessageType != WebSocketMessageType.Close) { }
        }
        catch (WebSocketException)
        {
            // closed without a goodbye
        }
    }

    [Theory, InlineData("mqtt"), InlineData("mqttv3.1")]
    public async Task Packets_take_no_notice_of_frames(string subprotocol)
    {
        await using var host = await ListenerHost.StartAsync();
        using var socket = await OpenAsync(host, subprotocol);
        Assert.Equal(subprotocol, socket.SubProtocol);
        byte[] bytes = [.. Connect(V311), .. Publish(V311, payload: new string('x', 20_000)), .. Ping];
        foreach (var piece in bytes.Chunk(3_000)) await socket.SendAsync(piece, WebSocketMessageType.Binary, piece.Length % 2 == 0, Stop);
        Assert.Equal([0x20, 2, 0, 0, .. Acknowledge(0x40, 1), .. Pong], await ReceiveAsync(socket, 10));
        Assert.Equal(20_000, host.Received.Single().Payload.Length);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
        await Eventually.HoldsAsync("the connection is gone", () => host.Hub.ConnectionCount == 0);
    }

    [Fact]
    public async Task A_text_frame_ends_the_connection()
    {
        await using var host = await ListenerHost.StartAsync();
        using var socket = await OpenAsync(host);
        await socket.SendAsync(Connect(V311), WebSocketMessageType.Binary, true, Stop);
        await ReceiveAsync(socket, 4);
        await socket.SendAsync(Publish(V311), WebSocketMessageType.Text, true, Stop);
        await EndsAsync(socket);
        Assert.Empty(host.Received);
    }

    [Fact]
    public async Task A_violation_is_told_before_the_goodbye()
    {
        await using var host = await ListenerHost.StartAsync();
        using var socket = await OpenAsync(host);
        await socket.SendAsync(Connect(V5, properties: Properties([0x21, 0, 0])), WebSocketMessageType.Binary, true, Stop);
        var refusal = await ReceiveAsync(socket, 4);
        Assert.Equal((0x20, MqttReason.ProtocolError), (refusal[0], refusal[3]));
        await EndsAsync(socket);
    }

    [Theory]
    [InlineData(null, null, HttpStatusCode.BadRequest), InlineData("amqp", null, HttpStatusCode.BadRequest), InlineData("mqtt", "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("mqtt", "null", HttpStatusCode.Forbidden)]
    public async Task Who_does_not_speak_MQTT_or_comes_from_a_strange_page_is_refused(string? subprotocol, string? origin, HttpStatusCode status)
    {
        await using var host = await ListenerHost.StartAsync(new MqttListenerOptions { WebSocketOrigins = ["city.example"] });
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (subprotocol is not null) socket.Options.AddSubProtocol(subprotocol);
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.WebPort}/"), Stop));
        Assert.Equal(status, socket.HttpStatusCode);
    }

    [Fact]
    public async Task Own_and_allowed_pages_may_connect()
    {
        await using var host = await ListenerHost.StartAsync(new MqttListenerOptions { WebSocketOrigins = ["city.example"] });
        using var own = await OpenAsync(host, origin: $"http://127.0.0.1:{host.WebPort}");
        using var allowed = await OpenAsync(host, origin: "https://city.example:8443");
        Assert.Equal(WebSocketState.Open, own.State);
        Assert.Equal(WebSocketState.Open, allowed.State);
    }

    [Fact]
    public async Task A_plain_request_is_told_what_this_is()
    {
        await using var host = await ListenerHost.StartAsync();
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{host.WebPort}/mqtt"), Stop);
        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
        Assert.Contains("subprotocol mqtt", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }
}
