using System.Net.Sockets;

namespace SmartCity.Tests.Mqtt;

/// <summary>An MQTT client byte by byte, to stop where no client library stops.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly byte[] _head = new byte[2];

    /// <summary>Connects to a port of loopback, sends <paramref name="connect"/> and takes a CONNACK of success.</summary>
    /// <returns>The client, and whether its session was there.</returns>
    public static async Task<(RawClient Client, bool IsPresent)> ConnectAsync(int port, byte[] connect, CancellationToken stop)
    {
        var client = await OpenAsync(port, stop);
        await client.SendAsync(connect, stop);
        var answer = await client.ReceiveAsync(stop);
        Assert.Equal((0x20, 0), (answer[0], answer[3]));
        return (client, answer[2] == 1);
    }

    /// <summary>Connects to a port of loopback and says nothing.</summary>
    /// <exception cref="IOException">It was closed again before it was open.</exception>
    public static async Task<RawClient> OpenAsync(int port, CancellationToken stop)
    {
        var client = new RawClient();
        try
        {
            await client._client.ConnectAsync("127.0.0.1", port, stop);
            return client;
        }
        catch (System.Net.Sockets.SocketException error)
        {
            client.Dispose();
            throw new IOException(error.Message, error);
        }
    }

    public async Task SendAsync(byte[] packet, CancellationToken stop) => await _client.GetStream().WriteAsync(packet, stop);

    /// <summary>The next packet, of at most 127 bytes.</summary>
    public async Task<byte[]> ReceiveAsync(CancellationToken stop)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        enough.CancelAfter(TimeSpan.FromSeconds(20));
        await _client.GetStream().ReadExactlyAsync(_head, enough.Token);
        Assert.True(_head[1] < 128, "a longer packet than expected");
        var packet = new byte[2 + _head[1]];
        _head.CopyTo(packet, 0);
        await _client.GetStream().ReadExactlyAsync(packet.AsMemory(2), enough.Token);
        return packet;
    }

    /// <summary>Asserts that nothing more comes before the answer to a PINGREQ.</summary>
    public async Task HearsNothingAsync(CancellationToken stop)
    {
        await SendAsync(Raw.Ping, stop);
        Assert.Equal(Raw.Pong, await ReceiveAsync(stop));
    }

    public void Dispose() => _client.Dispose();
}
