using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.Faults;

/// <summary>What a link does to what passes it.</summary>
internal enum LinkState
{
    /// <summary>Passes everything.</summary>
    Open,
    /// <summary>Takes connections and bytes and passes nothing on: a network that drops packets, a peer that is gone without a word.</summary>
    Silent,
    /// <summary>Passes what the client sends, and nothing of what comes back.</summary>
    NothingBack,
    /// <summary>Closes what is open and refuses what comes.</summary>
    Cut,
}

/// <summary>A TCP link in front of a server; on every address, for a row's own network too.</summary>
internal sealed class LinkProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Any, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Func<int> _target;
    private volatile LinkState _state;
    private long _corruptAt = -1;

    /// <param name="target">Port on loopback that it leads to, asked for at each connection.</param>
    public LinkProxy(Func<int> target)
    {
        _target = target;
        _listener.Start(1_000);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }
    /// <summary>Time that bytes take in each direction.</summary>
    public TimeSpan Delay { get; set; }
    /// <summary>Bytes a second in each direction; 0 = as many as come.</summary>
    public int BytesPerSecond { get; set; }
    /// <summary>Connections taken so far.</summary>
    public int Connections => Volatile.Read(ref _connections);
    private int _connections;

    public LinkState State
    {
        get => _state;
        set
        {
            _state = value;
            if (value == LinkState.Cut) Drop();
        }
    }

    /// <summary>Flips a bit of the byte that comes so many bytes from now, in either direction.</summary>
    public void CorruptAfter(long bytes) => Volatile.Write(ref _corruptAt, bytes);

    /// <summary>Closes every connection.</summary>
    public void Drop()
    {
        foreach (var socket in _open.Keys) Close(socket);
    }

    public void Dispose()
    {
        _over.Cancel();
        _listener.Dispose();
        Drop();
        _over.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_over.Token);
                Interlocked.Increment(ref _connections);
                if (_state == LinkState.Cut) client.Dispose();
                else _ = ServeAsync(client);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed of.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        _open[client] = _open[server] = true;
        try
        {
            await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _target()), _over.Token);
            await Task.WhenAny(PumpAsync(client, server, LinkState.Silent, LinkState.Silent), PumpAsync(server, client, LinkState.Silent, LinkState.NothingBack));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other end hears of it by the close.
        }
        Close(client);
        Close(server);
    }

    private async Task PumpAsync(Socket from, Socket to, LinkState held, LinkState alsoHeld)
    {
        var buffer = new byte[16_384];
        try
        {
            while (true)
            {
                var count = await from.ReceiveAsync(BytesPerSecond > 0 ? buffer.AsMemory(0, Math.Clamp(BytesPerSecond / 10, 1, buffer.Length)) : buffer, SocketFlags.None, _over.Token);
                // A silent link does not carry the goodbye either.
                while (_state == held || _state == alsoHeld) await Task.Delay(20, _over.Token);
                if (count == 0) return;
                if (Delay > TimeSpan.Zero) await Task.Delay(Delay, _over.Token);
                if (BytesPerSecond > 0) await Task.Delay(TimeSpan.FromSeconds((double)count / BytesPerSecond), _over.Token);
                if (Volatile.Read(ref _corruptAt) >= 0 && Interlocked.Add(ref _corruptAt, -count) is var left && left < 0 && left >= -count)
                {
                    buffer[count + left] ^= 0x10;
                    Volatile.Write(ref _corruptAt, -1);
                }
                await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None, _over.Token);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection is over.
        }
    }

    private void Close(Socket socket)
    {
        _open.TryRemove(socket, out _);
        socket.Dispose();
    }
}
