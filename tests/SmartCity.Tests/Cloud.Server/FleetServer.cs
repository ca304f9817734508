using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Edge.Gateway.Uplink;
using BoxIdentity = SmartCity.Edge.Gateway.Enrolment.Identity;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The cloud's server in this process with an authority of its own, and the gateway's own program against it.</summary>
internal sealed class FleetServer : IAsyncDisposable
{
    private readonly TimeProvider _clock;
    private readonly Action<ServerOptions>? _change;

    private (int Https, int Uplink) _ports;

    private FleetServer(TimeProvider clock, Action<ServerOptions>? change) => (_clock, _change) = (clock, change);

    public static Actor Admin { get; } = new("mina", "test");
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public TemporaryFolder Folder { get; } = new();
    public WebApplication App { get; private set; } = null!;
    public Uri Cloud { get; private set; } = null!;
    public FleetDesk Desk => App.Services.GetRequiredService<FleetDesk>();
    public CertificateAuthority Authority => App.Services.GetRequiredService<CertificateAuthority>();

    public static async Task<FleetServer> StartAsync(TimeProvider? clock = null, Action<ServerOptions>? change = null)
    {
        var server = new FleetServer(clock ?? TimeProvider.System, change);
        await server.RunAsync();
        return server;
    }

    /// <summary>Stops it and starts it again, some time later: days that pass while it runs would let each of its timers beat for each of their seconds.</summary>
    public async Task RestartAsync(TimeSpan later = default)
    {
        await App.DisposeAsync();
        if (later > TimeSpan.Zero) ((FakeTimeProvider)_clock).Advance(later);
        await RunAsync();
    }

    public IdentityFolder Box(string name) => IdentityFolder.In(Folder[name]);

    public Enroller EnrollerOf(string name) => new(Box(name), _clock);

    /// <summary>A gateway that has enrolled by a code.</summary>
    public async Task<BoxIdentity> EnrolAsync(string gateway) => await EnrollerOf(gateway).EnrolAsync(Cloud, Desk.Make(Admin, gateway, SmartCity.Cloud.Fleet.Enrolment.SecretKind.Code).Code, null, false, Stop);

    /// <summary>The gateway's own channel to the uplink.</summary>
    public GrpcChannel Uplink(string gateway) => UplinkConnector.Open(new UplinkOptions { Identity = Box(gateway) });

    /// <summary>The bytes that a port answers to a client which shows a certificate, sends an HTTP/2 preface and a request, and reads once, to an answer or to the end.</summary>
    public async Task<int> BytesForAsync(X509Certificate2? certificate, X509Certificate2Collection? others, string endpoint)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", CloudServer.PortOf(App, endpoint), Stop);
        await using var stream = new SslStream(client.GetStream());
        var read = 0;
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
#pragma warning disable CA5359 // It is the server that judges here.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
                ApplicationProtocols = endpoint == "uplink" ? [SslApplicationProtocol.Http2] : [SslApplicationProtocol.Http11],
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, others, offline: true),
            }, Stop);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(endpoint == "uplink" ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Stop);
            var buffer = new byte[4096];
            read = await stream.ReadAsync(buffer, Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Stop);
        }
        catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException or TimeoutException)
        {
            // Which of them depends on the moment at which the other side closed.
        }
        return read;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        Folder.Dispose();
    }

    private async Task RunAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var options = new ServerOptions { Data = Folder["server"], HttpPort = 0 };
        // The ports of before, which boxes know.
        (options.HttpsPort, options.Ingest.Port) = _ports;
        options.Access.PasswordRounds = 1_000;
        _change?.Invoke(options);
        App = CloudServer.Build(builder, options, services => services.AddSingleton(_clock));
        await App.StartAsync(Stop);
        _ports = (CloudServer.PortOf(App, "https"), CloudServer.PortOf(App, "uplink"));
        Cloud = new Uri($"https://localhost:{CloudServer.PortOf(App, "https")}");
    }
}
