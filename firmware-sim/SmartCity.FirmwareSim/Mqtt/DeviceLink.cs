using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SmartCity.Devices.Topics;

namespace SmartCity.FirmwareSim.Mqtt;

/// <summary>
/// A device's MQTT 3.1.1 connection: at least once. What is offered is sent in order at QoS 1, a window in flight; the link connects again with back-off
/// and jitter, and then sends what was not acknowledged again with DUP. Beyond its bounded backlog the oldest message is dropped and counted.
/// </summary>
/// <remarks>Offered → backlog → in flight → acknowledged. All state is under one lock; no lock is held while bytes move.</remarks>
internal sealed partial class DeviceLink(string device, BrokerAddress broker, LinkOptions options, TimeProvider clock, Random jitter) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<OutboundMessage> _backlog = new();
    private readonly LinkedList<OutboundMessage> _inFlight = new();
    private readonly SemaphoreSlim _work = new(0, 1);
    private TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ushort _lastId;
    private bool _isDark;
    private Socket? _socket;

    /// <summary>Device id, client id of the connection.</summary>
    public string Device => device;
    /// <summary>Called for each acknowledged message, in order, on the link's thread.</summary>
    public Action<OutboundMessage>? Acknowledged { get; init; }
    /// <summary>Called for each message that the backlog had no room for.</summary>
    public Action<OutboundMessage>? Dropped { get; init; }
    /// <summary>Called with each failure of a connection, once before each wait.</summary>
    public Action<Exception>? Failed { get; init; }
    /// <summary>Called after each CONNACK; true for the first one.</summary>
    public Action<bool>? Connected { get; init; }

    /// <summary>Connections made.</summary>
    public int Connections { get; private set; }
    /// <summary>Messages sent again with DUP.</summary>
    public long Resent { get; private set; }

    /// <summary>Messages offered and not acknowledged yet.</summary>
    public int Waiting
    {
        get { lock (_gate) return _backlog.Count + _inFlight.Count; }
    }

    /// <summary>Adds a message to the backlog.</summary>
    public void Offer(OutboundMessage message)
    {
        OutboundMessage? dropped = null;
        lock (_gate)
        {
            if (_backlog.Count == options.BacklogMax) dropped = _backlog.Dequeue();
            _backlog.Enqueue(message);
        }
        Wake();
        if (dropped is not null) Dropped?.Invoke(dropped);
    }

    /// <summary>Waits until the backlog has room for one more message.</summary>
    public async Task WaitForRoomAsync(CancellationToken stop)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_backlog.Count < options.BacklogMax) return;
                room = _room.Task;
            }
            await room.WaitAsync(stop);
        }
    }

    /// <summary>Waits until everything offered is acknowledged.</summary>
    public async Task DrainAsync(CancellationToken stop)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_backlog.Count + _inFlight.Count == 0) return;
                room = _room.Task;
            }
            await room.WaitAsync(stop);
        }
    }

    /// <summary>Cuts the connection as a power failure would and stays away until <see cref="ComeBack"/>.</summary>
    public void GoDark()
    {
        lock (_gate)
        {
            _isDark = true;
            _socket?.Dispose();
        }
    }

    /// <summary>Ends <see cref="GoDark"/>.</summary>
    public void ComeBack()
    {
        lock (_gate) _isDark = false;
        Wake();
    }

    /// <summary>Keeps the device connected until <paramref name="stop"/>; then says goodbye.</summary>
    /// <exception cref="BrokerRefusedException">The broker will never take it.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var wait = options.RetryMin;
        while (!stop.IsCancellationRequested)
        {
            if (IsDark())
            {
                if (!await WaitQuietlyAsync(_work.WaitAsync(stop))) return;
                continue;
            }
            var before = Connections;
            try
            {
                await ConnectAndServeAsync(stop);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is IOException or SocketException or TimeoutException or InvalidDataException or ObjectDisposedException or AuthenticationException or OperationCanceledException)
            {
                if (IsDark()) continue;
                if (error is BrokerRefusedException { IsFinal: true } && Connections == 0) throw;
                Failed?.Invoke(error);
            }
            if (Connections > before) wait = options.RetryMin;
            // Jitter, so that a thousand devices do not come back in the same instant.
            if (!await WaitQuietlyAsync(Task.Delay(wait * (0.5 + jitter.NextDouble()), clock, stop))) return;
            wait = wait * 2 < options.RetryMax ? wait * 2 : options.RetryMax;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _socket?.Dispose();
        _work.Dispose();
    }

    private async Task ConnectAndServeAsync(CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        lock (_gate)
        {
            if (_isDark) throw new IOException("dark");
            _socket = socket;
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(options.AnswerWithin);
        await socket.ConnectAsync(broker.Host, broker.Port, patience.Token);
        await using var stream = await OpenAsync(socket, patience.Token);
        var status = options.TellsStatus ? TopicGrammar.Of(TopicKind.Status, device) : null;
        await stream.WriteAsync(MqttPacket.Connect(device, (int)options.KeepAlive.TotalSeconds, broker.UserOf(device), broker.Password, status, "offline"), patience.Token);
        await ReadConnAckAsync(stream, patience.Token);
        patience.CancelAfter(Timeout.InfiniteTimeSpan);

        var isFirst = Connections++ == 0;
        Requeue();
        if (status is not null) await stream.WriteAsync(MqttPacket.PublishOf(status, "online"u8, 0, true, out _), stop);
        Connected?.Invoke(isFirst);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var reading = ReadAsync(stream, ended.Token);
        var writing = WriteAsync(stream, ended.Token);
        var first = await Task.WhenAny(reading, writing);
        await ended.CancelAsync();
        if (stop.IsCancellationRequested)
        {
            await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await SayGoodbyeAsync(stream, status);
            return;
        }
        socket.Dispose();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
        throw new IOException("the connection ended");
    }

    private async Task<Stream> OpenAsync(Socket socket, CancellationToken stop)
    {
        var stream = new NetworkStream(socket, ownsSocket: false);
        if (!broker.IsTls) return stream;
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = broker.Host, CertificateChainPolicy = broker.ChainPolicy() }, stop);
        return tls;
    }

    private static async Task ReadConnAckAsync(Stream stream, CancellationToken stop)
    {
        var answer = new byte[4];
        await stream.ReadExactlyAsync(answer, stop);
        if (answer[0] != MqttPacket.ConnAck || answer[1] != 2) throw new InvalidDataException("what answers there is no MQTT 3.1.1 broker");
        if (answer[3] != 0) throw new BrokerRefusedException(answer[3]);
    }

    private static async Task SayGoodbyeAsync(Stream stream, string? status)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            if (status is not null) await stream.WriteAsync(MqttPacket.PublishOf(status, "offline"u8, 0, true, out _), patience.Token);
            await stream.WriteAsync(MqttPacket.Disconnect, patience.Token);
            await stream.FlushAsync(patience.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody listens any more; the Will speaks for the device.
        }
    }

    private bool IsDark()
    {
        lock (_gate) return _isDark;
    }

    private void Wake()
    {
        lock (_gate)
            if (_work.CurrentCount == 0) _work.Release();
    }

    private static async Task<bool> WaitQuietlyAsync(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompletedSuccessfully;
    }
}
