using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MQTTnet;
using SmartCity.Mqtt;

namespace SmartCity.Tests.Mqtt;

/// <summary>A real listener on free ports of loopback, with a handler that records and an authenticator that a test may replace.</summary>
internal sealed class ListenerHost : IPublishHandler, IMqttAuthenticator, IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TemporaryFolder _folder = new();
    private ListenOptions _plain = null!, _tls = null!, _web = null!;

    private ListenerHost(MqttListenerOptions? options, TimeProvider? time, bool inline)
    {
        Authority = new TestAuthority(_folder["certificates"]);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (inline) builder.WebHost.UseInlineSockets();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => (_plain = endpoint).UseMqttListener());
            kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
            {
                _tls = endpoint;
                endpoint.UseHttps(https => https.ServerCertificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(Authority.ServerFile, Authority.ServerKeyFile));
                endpoint.UseMqttListener();
            });
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => _web = endpoint);
        });
        if (time is not null) builder.Services.AddSingleton(time);
        builder.Services.AddSingleton<IPublishHandler>(this);
        builder.Services.AddSingleton<IMqttAuthenticator>(this);
        builder.Services.AddMqttListener(options);
        _app = builder.Build();
        _app.UseWebSockets();
        _app.MapMqttListener("/mqtt");
        _app.MapMqttListener("/");
    }

    public static async Task<ListenerHost> StartAsync(MqttListenerOptions? options = null, TimeProvider? time = null, bool inline = false)
    {
        var host = new ListenerHost(options, time, inline);
        await host._app.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public TestAuthority Authority { get; }
    public int Port => _plain.IPEndPoint!.Port;
    public int TlsPort => _tls.IPEndPoint!.Port;
    public int WebPort => _web.IPEndPoint!.Port;
    public MqttHub Hub => _app.Services.GetRequiredService<MqttHub>();

    /// <summary>What the handler has taken, in order of arrival.</summary>
    public ConcurrentQueue<Taken> Received { get; } = [];

    /// <summary>Decides what becomes of a PUBLISH; by default it is acknowledged at once.</summary>
    public Func<Taken, PublishResult> OnPublish { get; set; } = static _ => PublishResult.Done;

    /// <summary>Called at the end of each read.</summary>
    public Action<MqttPeer>? OnEndOfRead { get; set; }

    public Func<MqttConnectRequest, MqttVerdict> OnConnect { get; set; } = static _ => MqttVerdict.Accept();
    public Func<MqttPeer, string, bool> OnSubscribe { get; set; } = static (_, _) => true;

    PublishResult IPublishHandler.Handle(MqttPeer peer, in PublishPacket publish)
    {
        var taken = new Taken(peer, Encoding.UTF8.GetString(publish.Topic), publish.Payload.ToArray(), publish.PacketId, publish.QoS, publish.Duplicate, publish.Retain);
        Received.Enqueue(taken);
        return OnPublish(taken);
    }

    void IPublishHandler.EndOfRead(MqttPeer peer) => OnEndOfRead?.Invoke(peer);

    ValueTask<MqttVerdict> IMqttAuthenticator.AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken) => ValueTask.FromResult(OnConnect(request));

    bool IMqttAuthenticator.MaySubscribe(MqttPeer peer, string filter) => OnSubscribe(peer, filter);

    /// <summary>A connected client of MQTTnet.</summary>
    public async Task<IMqttClient> ClientAsync(Action<MqttClientOptionsBuilder>? with = null, MQTTnet.Formatter.MqttProtocolVersion version = MQTTnet.Formatter.MqttProtocolVersion.V311, string? webPath = null)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        var options = new MqttClientOptionsBuilder().WithProtocolVersion(version).WithTimeout(TimeSpan.FromSeconds(10));
        if (webPath is null) options.WithTcpServer("127.0.0.1", Port);
        else options.WithWebSocketServer(w => w.WithUri($"ws://127.0.0.1:{WebPort}{webPath}"));
        with?.Invoke(options);
        Assert.Equal(MqttClientConnectResultCode.Success, (await client.ConnectAsync(options.Build(), TestContext.Current.CancellationToken)).ResultCode);
        return client;
    }

    /// <summary>What a CONNECT is answered with.</summary>
    public async Task<(MqttClientConnectResultCode Code, string? Reason)> TryConnectAsync(MQTTnet.Formatter.MqttProtocolVersion version)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        var result = await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Port).WithProtocolVersion(version).Build(), TestContext.Current.CancellationToken);
        return (result.ResultCode, result.ReasonString);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(TestContext.Current.CancellationToken);
        await _app.DisposeAsync();
        Authority.Dispose();
        _folder.Dispose();
    }

    internal sealed record Taken(MqttPeer Peer, string Topic, byte[] Payload, ushort PacketId, byte QoS, bool Duplicate, bool Retain)
    {
        public string Text => Encoding.UTF8.GetString(Payload);
    }
}
