using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using SmartCity.Mqtt.Packets;

namespace SmartCity.Mqtt;

/// <summary>
/// One connection: its reader, what is in flight on it, and what is sent to it. Seen by handlers as a <see cref="MqttPeer"/>.
/// One read loop; acknowledgements and outgoing packets come from other threads.
/// </summary>
internal sealed partial class MqttConnection : MqttPeer
{
    private readonly MqttListener _listener;
    private readonly MqttListenerOptions _options;
    private readonly ConnectionContext _context;
    private readonly ConnectionOutput _output;
    private readonly HttpContext? _http;
    private readonly ILogger _log;
    private readonly long _openedAt;
    /// <summary>Whether it has no place, and is open only to be told so.</summary>
    private readonly bool _isBeyond;
    private string _clientId = "";
    private string? _userName;
    private byte _level;
    private volatile Stage _stage;
    private int _closing;
    private bool _heard;
    private long _heardAt;
    private TimeSpan _keepAlive;

    public MqttConnection(MqttListener listener, ConnectionContext context, HttpContext? http, bool isBeyond = false)
    {
        _isBeyond = isBeyond;
        _listener = listener;
        _options = listener.Options;
        _context = context;
        _http = http;
        _log = listener.Log;
        _input = context.Transport.Input;
        _output = new ConnectionOutput(context.Transport.Output, listener.Hub.Counters, _options.OutputBytesMax) { Drained = WakeForRoom };
        _openedAt = _heardAt = listener.Time.GetTimestamp();
        ConnectedAt = listener.Time.GetUtcNow();
    }

    private enum Stage
    {
        /// <summary>Nothing but CONNECT may come.</summary>
        Opened,
        /// <summary>The CONNECT has been taken and CONNACK not yet sent.</summary>
        Connecting,
        /// <summary>CONNACK has been sent.</summary>
        Connected,
    }

    public override string ClientId => _clientId;
    public override string? UserName => _userName;
    public override EndPoint? Remote => _http is { Connection: { RemoteIpAddress: { } address } http } ? new IPEndPoint(address, http.RemotePort) : _context.RemoteEndPoint;
    public override bool IsVersion5 => _level == 5;
    public override bool IsSecure => _http?.Request.IsHttps ?? _context.Features.Get<ITlsHandshakeFeature>() is not null;
    public override DateTimeOffset ConnectedAt { get; }
    public override long Publishes => Volatile.Read(ref _publishes);
    public override int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Whether its CONNACK has been sent and it has not been closed since.</summary>
    public bool IsConnected => _stage == Stage.Connected && Volatile.Read(ref _closing) == 0;

    /// <summary>How long its session is to be kept after it; zero = not at all.</summary>
    public TimeSpan SessionExpiry { get; private set; }

    private X509Certificate2? ClientCertificate => _http is null ? _context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate : _http.Connection.ClientCertificate;
    private EndPoint? Local => _http is { Connection: { LocalIpAddress: { } address } http } ? new IPEndPoint(address, http.LocalPort) : _context.LocalEndPoint;

    public override void Close(byte reasonCode, string reason) => Close(new Fault(reasonCode, reason));

    /// <summary>Checks the timeouts: CONNECT, keep alive, a peer that does not read.</summary>
    public void Sweep(long now)
    {
        var time = _listener.Time;
        if (Volatile.Read(ref _heard))
        {
            Volatile.Write(ref _heard, false);
            _heardAt = now;
        }
        if (_stage != Stage.Connected)
        {
            var timeout = _isBeyond ? _options.RefusalTimeout : _options.ConnectTimeout;
            if (time.GetElapsedTime(_openedAt, now) > timeout) Close(new Fault(MqttReason.ProtocolError, $"no CONNECT within {timeout.TotalSeconds:0} s"));
        }
        else if (_keepAlive > TimeSpan.Zero && time.GetElapsedTime(_heardAt, now) > _keepAlive * 1.5)
        {
            Close(new Fault(MqttReason.KeepAliveTimeout, $"nothing within one and a half times the keep alive of {_keepAlive.TotalSeconds:0} s"));
        }
        var unread = now - (long)(_options.WriteTimeout.TotalSeconds * time.TimestampFrequency);
        if (_output.HasWaitedSince(unread, now))
        {
            Close(new Fault(MqttReason.ServerBusy, $"what is sent to it was not read for {_options.WriteTimeout.TotalSeconds:0} s"));
            _context.Abort();
        }
    }

    /// <summary>Writes out what is queued, gives the client a moment to take it, and lets go of the pipes.</summary>
    public async Task EndAsync()
    {
        Volatile.Write(ref _closing, 1);
        WakeReader();
        if (_session is not null) _listener.Broker.Close(this, SessionExpiry, _dropsWill);
        var written = _output.CompleteAsync();
        if (!written.IsCompleted) await Task.WhenAny(written, Task.Delay(TimeSpan.FromSeconds(1), _listener.Time)).ConfigureAwait(false);
        if (_lastWords) await DrainInputAsync().ConfigureAwait(false);
        await _input.CompleteAsync().ConfigureAwait(false);
        if (written.IsCompleted) await _context.Transport.Output.CompleteAsync().ConfigureAwait(false);
        else _context.Abort();
        (_aliases, _aliasesOut) = (null, null);
    }

    // Ends the connection once: says why, as far as the version has words for it, and wakes the read loop, which then ends.
    private void Close(Fault fault)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0) return;
        _listener.Hub.Counters.CountClosed(fault.Code);
        LogClosed(_clientId, Remote, fault.Code, fault.Text!);
        // A client that wants no reasons gets them in CONNACK and DISCONNECT all the same, as it must take them there [MQTT-3.1.2-29].
        var words = _stage == Stage.Connected
            ? IsVersion5 && !fault.IsSilent ? PacketBytes.Disconnect(fault.Code, fault.Text!) : []
            : _level == 0 || (fault.IsSilent && !IsVersion5) ? [] : PacketBytes.Refusal(_level, fault.Code, fault.Text!);
        if (words.Length > _maximumPacketSize) words = [];
        _lastWords = words.Length > 0;
        _output.Seal(words);
        WakeReader();
    }

    [LoggerMessage(1510, LogLevel.Information, "MQTT connection of client '{ClientId}' from {Remote} closed, 0x{Code:X2}: {Reason}.")]
    private partial void LogClosed(string clientId, EndPoint? remote, byte code, string reason);

    [LoggerMessage(1511, LogLevel.Error, "The authenticator failed for client '{ClientId}' from {Remote}; the connection is refused.")]
    private partial void LogAuthenticatorFailed(Exception error, string clientId, EndPoint? remote);

    [LoggerMessage(1512, LogLevel.Error, "The publish handler failed on a message of client '{ClientId}' from {Remote}; the connection is closed and the message not acknowledged.")]
    private partial void LogHandlerFailed(Exception error, string clientId, EndPoint? remote);
}
