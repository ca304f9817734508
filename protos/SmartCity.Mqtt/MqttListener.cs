using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Server;

namespace SmartCity.Mqtt;

/// <summary>
/// MQTT on Kestrel: connections come from Kestrel's endpoints, every inbound packet is read and judged here, PUBLISH goes straight to the
/// <see cref="IPublishHandler"/>, and what remains goes to MQTTnet's broker, for which this class is the server adapter.
/// </summary>
/// <remarks>
/// How a packet goes through:
/// <code>
///            Kestrel (TCP, TLS) or a WebSocket
///                     │ pipe
///            MqttConnection.ReceivePacketAsync          one read loop a connection, run by MQTTnet's own receive loop
///                     │ PacketHeader, PublishBody …     judged in the pipe's buffer, before anything is allocated
///        ┌────────────┼───────────────────────┐
///     PUBLISH      PINGREQ, PUBREL         CONNECT, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT,
///        │         answered here           acknowledgements of outgoing messages
///  IPublishHandler    │                       │ decoded by MQTTnet, returned to its loop
///        │ Forward ───┼──────────────────────►│
///        │ Pending    │                  MqttServer: sessions, subscriptions, retained, Will
///        ▼            ▼                       │ SendPacketAsync
///  commit → Acknowledge → Flush ──► ConnectionOutput ──► one write for all that is queued
/// </code>
/// MQTTnet awaits each publish before it reads the next, and writes each acknowledgement by itself; taking PUBLISH before it is what lets a
/// connection have many messages in one commit and all their acknowledgements in one packet of the network.
/// Its keep alive is switched off (it would not see the publishes); a sweep of this class's timer does it, with the other timeouts.
/// </remarks>
internal sealed partial class MqttListener : ConnectionHandler, IMqttServerAdapter, IHostedService
{
    // Every timeout of a connection is kept to within this; a sweep over 20,000 connections costs about a millisecond.
    private static readonly TimeSpan _sweepEvery = TimeSpan.FromMilliseconds(500);

    private readonly IHostApplicationLifetime? _lifetime;
    private readonly MqttServer _server;
    private readonly HashSet<string> _retained = new(StringComparer.Ordinal);
    private readonly ILogger _log;
    private ITimer? _sweep;
    private CancellationTokenRegistration _stopping;

    public MqttListener(IPublishHandler publishes, IMqttAuthenticator authenticator, MqttHub hub, MqttListenerOptions options, TimeProvider time,
        ILogger<MqttListener> log, IHostApplicationLifetime? lifetime = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.ReceiveMaximum);
        Publishes = publishes;
        Authenticator = authenticator;
        Hub = hub;
        Options = options;
        Time = time;
        _log = log;
        _lifetime = lifetime;
        var broker = new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithPersistentSessions()
            .WithMaxPendingMessagesPerClient(2 * options.SessionMessagesMax) // never reached: QueueAsync stops before
            .WithDefaultCommunicationTimeout(options.ConnectTimeout + TimeSpan.FromSeconds(5))
            .Build();
        // It lists all clients each time to find that none has a keep alive here, and sleeps a thread for as long as this when it stops.
        broker.KeepAliveOptions.MonitorInterval = TimeSpan.FromSeconds(10);
        _server = new MqttServer(broker, [this], new BrokerLog(log));
        _server.InterceptingPublishAsync += ForwardAsync;
        _server.InterceptingClientEnqueueAsync += QueueAsync;
        Sessions = new SessionTable(time, options.SessionsKeptMax);
        hub.Attach(_server, Sessions);
    }

    public IPublishHandler Publishes { get; }
    public IMqttAuthenticator Authenticator { get; }
    public MqttHub Hub { get; }
    public MqttListenerOptions Options { get; }
    public TimeProvider Time { get; }
    public SessionTable Sessions { get; }
    public ILogger Log => _log;

    /// <summary>Set by MQTTnet's server while it is started.</summary>
    public Func<IMqttChannelAdapter, Task>? ClientHandler { get; set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync();
        _sweep = Time.CreateTimer(static state => ((MqttListener)state!).Sweep(), this, _sweepEvery, _sweepEvery);
        // Kestrel waits for its connections when it stops, so they are ended first.
        _stopping = _lifetime?.ApplicationStopping.Register(CloseAll) ?? default;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.DisposeAsync();
        if (_sweep is not null) await _sweep.DisposeAsync();
        CloseAll();
        await _server.StopAsync(new MqttServerStopOptions());
    }

    public override Task OnConnectedAsync(ConnectionContext connection) => ServeAsync(connection, null);

    /// <summary>Serves a connection until it ends.</summary>
    /// <param name="context">Its pipes and features.</param>
    /// <param name="http">The request it was upgraded from, for a WebSocket.</param>
    public async Task ServeAsync(ConnectionContext context, Microsoft.AspNetCore.Http.HttpContext? http)
    {
        var handler = ClientHandler;
        if (handler is null || Hub.ConnectionCount >= Options.ConnectionsMax)
        {
            Hub.Counters.CountClosed(MqttReason.ServerBusy);
            LogTooMany(context.RemoteEndPoint, Options.ConnectionsMax);
            context.Abort();
            return;
        }
        using var connection = new MqttConnection(this, context, http);
        Hub.Add(connection);
        try
        {
            await handler(connection).ConfigureAwait(false);
        }
        finally
        {
            Hub.Remove(connection);
            await connection.EndAsync().ConfigureAwait(false);
            Sessions.End(connection, connection.SessionExpiry);
            // MQTTnet keeps every session of MQTT 3.1, also those that were to be clean.
            if (connection.IsVersion31 && connection.SessionExpiry == TimeSpan.Zero && Sessions.Find(connection.ClientId) is null) await DeleteSessionAsync(connection.ClientId).ConfigureAwait(false);
        }
    }

    public void Dispose() => _sweep?.Dispose();

    Task IMqttServerAdapter.StartAsync(MqttServerOptions options, IMqttNetLogger logger) => Task.CompletedTask;

    Task IMqttServerAdapter.StopAsync() => Task.CompletedTask;

    private void CloseAll()
    {
        foreach (var connection in Hub.Connections) connection.Close(MqttReason.ServerShuttingDown, "the server stops");
    }

    private void Sweep()
    {
        var now = Time.GetTimestamp();
        foreach (var connection in Hub.Connections) connection.Sweep(now);
        foreach (var clientId in Sessions.TakeExpired()) _ = DeleteSessionAsync(clientId);
    }

    private async Task ForwardAsync(InterceptingPublishEventArgs publish)
    {
        var message = publish.ApplicationMessage;
        if (message.Retain && !TryRetain(message))
        {
            Hub.Counters.CountRefused();
            publish.ProcessPublish = false;
            publish.Response.ReasonCode = MQTTnet.Protocol.MqttPubAckReasonCode.QuotaExceeded;
            publish.CloseConnection = Hub.Find(publish.ClientId)?.IsVersion5 == false;
            LogRetainedFull(publish.ClientId, Options.RetainedMessagesMax);
            return;
        }
        if (publish.ClientId == MqttHub.ServerId || Hub.Forwarded is not { } forwarded) return;
        var payload = message.Payload.IsSingleSegment ? message.Payload.First : System.Buffers.BuffersExtensions.ToArray(message.Payload);
        try
        {
            await forwarded(new ForwardedPublish(publish.ClientId, message.Topic, payload, (byte)message.QualityOfServiceLevel, message.Retain), publish.CancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogForwardFailed(error, publish.ClientId);
            throw;
        }
    }

    // MQTTnet keeps one message a topic, without a bound.
    private bool TryRetain(MQTTnet.MqttApplicationMessage message)
    {
        lock (_retained)
        {
            if (message.Payload.IsEmpty)
            {
                _retained.Remove(message.Topic);
                return true;
            }
            return _retained.Contains(message.Topic) || (_retained.Count < Options.RetainedMessagesMax && _retained.Add(message.Topic));
        }
    }

    // A full queue takes no more, and the publisher is told; MQTTnet would drop the oldest, tell nobody, and keep it as unacknowledged for ever.
    private Task QueueAsync(InterceptingClientApplicationMessageEnqueueEventArgs queued)
    {
        if (Sessions.Find(queued.ReceiverClientId)?.TryQueue(Options.SessionMessagesMax) == false)
        {
            queued.AcceptEnqueue = false;
            Hub.Counters.CountMessageDropped();
        }
        else
        {
            Hub.CountSession(queued.ApplicationMessage);
        }
        return Task.CompletedTask;
    }

    private async Task DeleteSessionAsync(string clientId)
    {
        try
        {
            await (await _server.GetSessionAsync(clientId).ConfigureAwait(false)).DeleteAsync().ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            // MQTTnet has deleted it, or has been stopped.
        }
    }

    [LoggerMessage(1501, LogLevel.Warning, "MQTT connection from {Remote} not taken: {Max} are open, or the listener is not started.")]
    private partial void LogTooMany(System.Net.EndPoint? remote, int max);

    [LoggerMessage(1502, LogLevel.Error, "What handles forwarded MQTT messages failed on one of client {ClientId}; its connection is closed and the message not acknowledged.")]
    private partial void LogForwardFailed(Exception error, string clientId);

    [LoggerMessage(1503, LogLevel.Warning, "A retained MQTT message of client '{ClientId}' refused: {Max} topics have one. Clear some with empty retained messages, or raise the limit.")]
    private partial void LogRetainedFull(string clientId, int max);
}
