using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartCity.Mqtt.Routing;
using SmartCity.Mqtt.Sessions;

namespace SmartCity.Mqtt;

/// <summary>
/// MQTT 3.1, 3.1.1 and 5.0 on Kestrel: connections come from Kestrel's endpoints, every inbound packet is read and judged before anything is
/// allocated, PUBLISH goes straight to the <see cref="IPublishHandler"/>, and what that forwards goes to subscribers.
/// </summary>
/// <remarks>
/// How a packet goes through:
/// <code>
///            Kestrel (TCP, TLS) or a WebSocket
///                     │ pipe; an idle connection holds no buffer
///            MqttConnection.RunAsync                    one read loop a connection
///                     │ PacketHeader, PublishBody …     judged in the pipe's buffer, before anything is allocated
///        ┌────────────┼──────────────────────────────┐
///     PUBLISH      PINGREQ                        CONNECT, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT,
///        │         answered here                  acknowledgements of outgoing messages
///  IPublishHandler    │                              │
///        │ Forward ───┼─────────────────────────► Broker ── records ──► IMqttStore
///        │ Pending                                   │
///   Acknowledge ──► ConnectionOutput ◄───────────────┘ messages, SUBACK …
///                     │ one write for all that waits
///                   pipe
/// </code>
/// A sweep twice a second does every timeout there is.
/// </remarks>
internal sealed partial class MqttListener : ConnectionHandler, IHostedService, IDisposable
{
    // Every timeout of a connection is kept to within this; a sweep over 20,000 connections costs about a millisecond.
    private static readonly TimeSpan _sweepEvery = TimeSpan.FromMilliseconds(500);

    private readonly IHostApplicationLifetime? _lifetime;
    private readonly ILogger _log;
    private ITimer? _sweep;
    private bool _isStarted;
    /// <summary>Connections that are served at this moment, those among them that have no place.</summary>
    private int _places;
    private CancellationTokenRegistration _stopping;

    public MqttListener(IPublishHandler publishes, IMqttAuthenticator authenticator, MqttHub hub, MqttListenerOptions options, TimeProvider time,
        ILogger<MqttListener> log, IHostApplicationLifetime? lifetime = null, IMqttStore? store = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.ReceiveMaximum);
        Publishes = publishes;
        Authenticator = authenticator;
        Hub = hub;
        Options = options;
        Time = time;
        _log = log;
        _lifetime = lifetime;
        Broker = new Broker(options, time, hub.Counters, store) { PublishWill = (session, will) => _ = PublishWillAsync(session, will) };
        hub.Attach(Broker, time);
    }

    public IPublishHandler Publishes { get; }
    public IMqttAuthenticator Authenticator { get; }
    public MqttHub Hub { get; }
    public MqttListenerOptions Options { get; }
    public TimeProvider Time { get; }
    public Broker Broker { get; }
    public ILogger Log => _log;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Broker.Load();
        _isStarted = true;
        _sweep = Time.CreateTimer(static state => ((MqttListener)state!).Sweep(), this, _sweepEvery, _sweepEvery);
        // Kestrel waits for its connections when it stops, so they are ended first.
        _stopping = _lifetime?.ApplicationStopping.Register(CloseAll) ?? default;
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.DisposeAsync();
        if (_sweep is not null) await _sweep.DisposeAsync();
        _isStarted = false;
        CloseAll();
        // Their sessions and Wills go into the store before its owner stops.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(TimeSpan.FromSeconds(3));
        while (Broker.ConnectedCount > 0 && !enough.IsCancellationRequested) await Task.Delay(10, CancellationToken.None).ConfigureAwait(false);
    }

    public override Task OnConnectedAsync(ConnectionContext connection) => ServeAsync(connection, null);

    /// <summary>Serves a connection until it ends.</summary>
    /// <param name="context">Its pipes and features.</param>
    /// <param name="http">The request it was upgraded from, for a WebSocket.</param>
    public async Task ServeAsync(ConnectionContext context, Microsoft.AspNetCore.Http.HttpContext? http)
    {
        if (!Volatile.Read(ref _isStarted))
        {
            context.Abort();
            return;
        }
        var place = Interlocked.Increment(ref _places);
        try
        {
            if (place > Options.ConnectionsMax) Hub.RefusedConnection();
            if (place > Options.ConnectionsMax + Options.RefusalsMax)
            {
                Hub.Counters.CountClosed(MqttReason.ServerBusy);
                context.Abort();
                return;
            }
            var connection = new MqttConnection(this, context, http, place > Options.ConnectionsMax);
            Hub.Add(connection);
            try
            {
                await connection.RunAsync().ConfigureAwait(false);
            }
            finally
            {
                await connection.EndAsync().ConfigureAwait(false);
                Hub.Remove(connection);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _places);
        }
    }

    /// <summary>Tells whoever wants to know of a message before it is routed. False = that failed, and the message must not be acknowledged.</summary>
    public async ValueTask<bool> TellAsync(string clientId, Message message)
    {
        if (Hub.Forwarded is not { } forwarded) return true;
        try
        {
            await forwarded(new ForwardedPublish(clientId, message.Topic, message.Payload, message.QoS, message.Retain), CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception error)
        {
            LogForwardFailed(error, clientId);
            return false;
        }
    }

    public void LogRetainedFull(string clientId) => LogRetainedFull(clientId, Options.RetainedMessagesMax);

    public void Dispose() => _sweep?.Dispose();

    private void CloseAll()
    {
        foreach (var connection in Hub.Connections) connection.Close(MqttReason.ServerShuttingDown, "the server stops");
    }

    private void Sweep()
    {
        var now = Time.GetTimestamp();
        foreach (var connection in Hub.Connections) connection.Sweep(now);
        Broker.Sweep();
    }

    private async Task PublishWillAsync(Session session, Message will)
    {
        if (!await TellAsync(session.ClientId, will).ConfigureAwait(false)) return;
        if (Broker.Publish(will, session, 0, null) < 0) LogRetainedFull(session.ClientId, Options.RetainedMessagesMax);
    }

    [LoggerMessage(1502, LogLevel.Error, "What handles forwarded MQTT messages failed on one of client {ClientId}; its connection is closed and the message not acknowledged.")]
    private partial void LogForwardFailed(Exception error, string clientId);

    [LoggerMessage(1503, LogLevel.Warning, "A retained MQTT message of client '{ClientId}' refused: {Max} topics have one. Clear some with empty retained messages, or raise the limit.")]
    private partial void LogRetainedFull(string clientId, int max);
}
