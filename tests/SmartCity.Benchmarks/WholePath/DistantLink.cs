using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>A TCP road to another port of loopback on which every byte is so long under way, in each direction; as many may be under way as fit.</summary>
internal sealed class DistantLink : IDisposable
{
    private const int PieceBytes = 64 << 10;
    /// <summary>16 MiB a direction: far more than any window of the two ends.</summary>
    private const int PiecesMax = 256;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly int _to;
    private readonly TimeSpan _oneWay;

    public DistantLink(int to, TimeSpan roundTrip)
    {
        (_to, _oneWay) = (to, roundTrip / 2);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it begins.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _over.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = CarryAsync(await _listener.AcceptTcpClientAsync(_over.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The road is closed.
        }
    }

    private async Task CarryAsync(TcpClient near)
    {
        using var far = new TcpClient { NoDelay = true };
        using (near)
        {
            try
            {
                near.NoDelay = true;
                await far.ConnectAsync(IPAddress.Loopback, _to, _over.Token);
                await Task.WhenAny(CarryAsync(near.GetStream(), far.GetStream()), CarryAsync(far.GetStream(), near.GetStream()));
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // Either end is gone; so is the other with it.
            }
        }
    }

    private async Task CarryAsync(NetworkStream from, NetworkStream to)
    {
        var underWay = Channel.CreateBounded<(byte[] Bytes, int Length, long Due)>(new BoundedChannelOptions(PiecesMax) { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var piece = System.Buffers.ArrayPool<byte>.Shared.Rent(PieceBytes);
                    var length = await from.ReadAsync(piece, _over.Token);
                    await underWay.Writer.WriteAsync((piece, length, Stopwatch.GetTimestamp() + (long)(_oneWay.TotalSeconds * Stopwatch.Frequency)), _over.Token);
                    if (length == 0) return;
                }
            }
            finally
            {
                underWay.Writer.TryComplete();
            }
        });
        await foreach (var (bytes, length, due) in underWay.Reader.ReadAllAsync(_over.Token))
        {
            if (length == 0) break;
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is var rest && rest > TimeSpan.Zero) await Task.Delay(rest, _over.Token);
            await to.WriteAsync(bytes.AsMemory(0, length), _over.Token);
            System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        }
        await reading;
    }
}
