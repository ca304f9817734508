using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using SmartCity.Devices.Mappings;
using SmartCity.Edge.Gateway.Broker;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Edge.Gateway.Mappings;
using SmartCity.Edge.Gateway.Page;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Edge.Gateway.Twins;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Edge.Spool;
using SmartCity.Hosting;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway;

/// <summary>Puts the gateway together: listen → decode → spool → uplink.</summary>
internal static class GatewayHost
{
    /// <summary>Runs the gateway until it is told to stop.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="data">Its data folder.</param>
    /// <param name="stop">Tells it to drain and end.</param>
    /// <exception cref="CommandException">It cannot start; the message says why and what to do.</exception>
    public static async Task<int> RunAsync(Settings settings, string data, CancellationToken stop)
    {
        using var folder = DataFolder.Take(data);
        var twin = new TwinAgent(data, settings.Get<GatewayOptions>().Twin, TimeProvider.System);
        while (true)
        {
            PortsFile.Clear(data);
            bool startsAnew;
            await using (var app = Build(settings, data, twin))
            {
                var spool = app.Services.GetRequiredService<Edge.Spool.Spool>();
                foreach (var note in spool.Notes) app.Logger.SpoolNote(note);
                spool.Noted += app.Logger.SpoolNote;
                foreach (var mapping in app.Services.GetRequiredService<MappingSet>().All) app.Logger.MappingInForce(mapping.Name, mapping.TopicFilter);
                if (!await StartAsync(app, twin, stop)) continue;
                AdminSocket.Restrict(data);
                PortsFile.Write(data, app.Services.GetRequiredService<Endpoints>().Ports(app));
                await app.WaitForShutdownAsync(stop);
                startsAnew = app.Services.GetRequiredService<NewStart>().IsUnderWay && !stop.IsCancellationRequested;
            }
            if (!startsAnew) return ExitCode.Done;
            twin.Reconnecting();
        }
    }

    /// <returns>Whether it runs; false where the city's configuration was to blame that it does not, and the last good one is in force again.</returns>
    private static async Task<bool> StartAsync(WebApplication app, TwinAgent twin, CancellationToken stop)
    {
        try
        {
            await app.StartAsync(stop);
            return true;
        }
        catch (Exception error) when (error is IOException or SocketException && twin.IsOnTrial)
        {
            var reason = $"the gateway cannot listen as it says: {error.Message}";
            app.Logger.CannotApply(reason);
            // What has started is not left running beside the next.
            await app.StopAsync(CancellationToken.None);
            twin.CannotApply(reason);
            return false;
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new CommandException($"{error.Message} End what holds it, or choose another with Edge:HttpPort, Edge:Mqtt:Port, :WebSocketPort or :Tls:Port; 0 is any free one.", error);
        }
    }

    /// <summary>Builds the application; its spool is open then.</summary>
    /// <param name="settings">The gateway's own settings.</param>
    /// <param name="data">Its data folder.</param>
    /// <param name="twin">What the city wants of it; read from the data folder if null.</param>
    public static WebApplication Build(Settings settings, string data, TwinAgent? twin = null)
    {
        var setup = new TwinSetup(settings, data);
        Directory.CreateDirectory(data);
        twin ??= new TwinAgent(data, settings.Get<GatewayOptions>().Twin, TimeProvider.System);
        twin.Check = setup.Check;
        var start = new TwinAtStart(twin.InForce);
        var options = setup.Options(start.Document);
        options.Uplink.OfCity = start.Document.UplinkAddress;
        var mappings = setup.Mappings(start.Document);
        var spool = Edge.Spool.Spool.Open(SpoolOf(options.Spool, data));
        try
        {
            return Build(settings, options, data, spool, mappings, services => services.AddTwin(twin, setup, start));
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    private static WebApplication Build(Settings settings, GatewayOptions options, string data, Edge.Spool.Spool spool, MappingSet mappings, Action<IServiceCollection> addTwin)
    {
        options.Uplink.Identity = IdentityFolder.In(data);
        var builder = ProcessHost.CreateBuilder(settings);
        var services = builder.Services;
        // In the place of its own, which the builder has entered.
        services.AddSingleton(options);
        var connections = OpenFiles.Connections(options.Mqtt.ConnectionsMax);
        var endpoints = new Endpoints(options, connections);
        // By a factory, so that it is disposed of with the application.
        services.AddSingleton(_ => endpoints);
        services.AddSingleton(options.Spool);
        // By a factory, so that it is closed with the application.
        services.AddSingleton(_ => spool);
        services.AddSingleton(mappings);
        services.AddIntake(options);
        services.AddListener(options.Mqtt, connections, data);
        services.AddBroker(options, mappings);
        services.AddIdentity(options);
        services.AddLed(options.Led, data);
        services.AddUplink(options.Uplink);
        addTwin(services);
        builder.WebHost.UseInlineSockets();
        // Asked before the sockets that were registered first.
        services.AddSingleton<IConnectionListenerFactory>(provider => new GatedSockets(ActivatorUtilities.CreateInstance<SocketTransportFactory>(provider), endpoints.GateOf));
        services.AddSingleton<DeadLetterOffice>();
        services.AddPages(data);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            endpoints.Configure(kestrel);
            kestrel.ListenForOperators(data);
        });
        var app = builder.Build();
        app.Services.GetRequiredService<MqttHub>().Forwarded = app.Services.GetRequiredService<CommandBook>().HearAsync;
        app.Use(endpoints.Separate);
        // After the paths are what they mean.
        app.UseRouting();
        app.UseWebSockets();
        app.MapGateway(() => GatewayId.Of(options.Uplink));
        app.MapOperator();
        app.MapPages(options.ZoneUsed);
        app.MapMqttListener(Endpoints.WebSocketPath);
        return app;
    }

    /// <summary>Where the spool of a gateway lies and what it may hold.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="data">The gateway's data folder.</param>
    public static SpoolOptions SpoolOf(SpoolSettings settings, string data)
    {
        var folder = Path.Combine(data, "spool");
        Directory.CreateDirectory(folder);
        var held = new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length);
        var telemetry = settings.TelemetryBytes > 0 ? settings.TelemetryBytes
            : Math.Max(16 << 20, SpoolOptions.VolumeQuota(folder, held) - settings.TollBytes - settings.AlarmBytes - settings.DeadLetterBytes - settings.SessionBytes);
        return new SpoolOptions
        {
            Folder = folder,
            DeadLetterQuotaBytes = settings.DeadLetterBytes,
            KeptQuotaBytes = settings.SessionBytes,
            Lanes =
            [
                new SpoolLane((byte)Lane.Toll, settings.TollBytes),
                new SpoolLane((byte)Lane.Alarm, settings.AlarmBytes),
                new SpoolLane((byte)Lane.Telemetry, telemetry, settings.ExpireOldest ? WhenFull.ExpireOldest : WhenFull.Refuse),
            ],
        };
    }

    private static void AddIntake(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton<ClockTrust>();
        services.AddSingleton(provider => new Intake.Intake(
            provider.GetRequiredService<Edge.Spool.Spool>(), options.Spool, provider.GetRequiredService<ClockTrust>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<MappingSet>(), options.ZoneUsed));
        services.AddSingleton<IPublishHandler>(provider => provider.GetRequiredService<Intake.Intake>());
        services.AddSingleton(provider => new CommitLoop(
            provider.GetRequiredService<Edge.Spool.Spool>(), provider.GetRequiredService<Intake.Intake>(), provider.GetRequiredService<MqttHub>(),
            provider.GetRequiredService<ILogger<CommitLoop>>(), reason => Die(provider.GetRequiredService<RunRecord>(), reason), provider.GetRequiredService<MqttRecords>()));
        services.AddSingleton(provider => new MqttRecords(provider.GetRequiredService<Edge.Spool.Spool>(), options.Spool.SessionBytes));
        services.AddSingleton<IMqttStore>(provider => provider.GetRequiredService<MqttRecords>());
        // Before the listener, so that it stops after it: what is still read is still committed.
        services.AddHostedService(provider => provider.GetRequiredService<CommitLoop>());
        services.AddSingleton<IHealthPart, SpoolHealth>();
        services.AddSingleton<IHealthPart, ClockHealth>();
    }

    /// <summary>Ends the process at once: no thread may acknowledge anything any more.</summary>
    private static void Die(RunRecord run, string reason)
    {
        run.Failed(reason);
        Environment.Exit(ExitCode.Failed);
    }

    private static void AddListener(this IServiceCollection services, MqttOptions options, int connections, string data)
    {
        services.AddMqttListener(new MqttListenerOptions { ConnectionsMax = connections, RefusalsMax = OpenFiles.RefusalsMax });
        services.AddSingleton<IHealthPart, ConnectionsHealth>();
        services.AddSingleton(provider =>
        {
            var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("SmartCity.Edge.Gateway.Listen");
            return new DeviceCredentials(options.Devices ?? Path.Combine(data, "devices.json"), provider.GetRequiredService<TimeProvider>(), logger.CredentialsUnusable);
        });
        services.AddHostedService<CredentialsWatch>();
        services.AddSingleton<DeviceAuthenticator>();
        services.AddSingleton<IMqttAuthenticator>(provider => provider.GetRequiredService<DeviceAuthenticator>());
    }

    /// <summary>After the commit loop, so that it stops before it.</summary>
    private static void AddBroker(this IServiceCollection services, GatewayOptions options, MappingSet mappings)
    {
        if (options.Broker is null || BrokerAddress.TryParse(options.Broker, out var address) is not null) return;
        var state = new BrokerState { Address = address!.ToString() };
        services.AddSingleton(state);
        var client = options.BrokerClient with { Topics = [.. options.BrokerClient.Topics.Union(mappings.All.Select(static mapping => mapping.TopicFilter))] };
        services.AddHostedService(provider => new BrokerService(
            address, client, GatewayId.Of(options.Uplink), provider.GetRequiredService<Intake.Intake>(), state,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<BrokerService>>()));
        services.AddSingleton<IHealthPart, BrokerHealth>();
    }

    private static void AddPages(this IServiceCollection services, string data)
    {
        services.AddSingleton(new DataPath(data));
        services.AddSingleton(provider => RunRecord.Begin(data, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RateMeter>();
        services.AddHostedService(provider => provider.GetRequiredService<RateMeter>());
        services.AddSingleton<Reporter>();
        services.AddHostedService<FaultLog>();
    }

    private static void AddIdentity(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(options.Uplink.Identity!).AddSingleton(options.Enrolment).AddSingleton<IdentityState>();
        services.AddHostedService<IdentityService>();
        services.AddSingleton<IHealthPart, IdentityHealth>();
    }

    private static void AddUplink(this IServiceCollection services, UplinkOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<UplinkState>();
        services.AddSingleton<CommandBook>();
        services.AddSingleton<IUplinkHost, UplinkHost>();
        services.AddSingleton<Func<Grpc.Net.Client.GrpcChannel>>(() => UplinkConnector.Open(options));
        services.AddSingleton<UplinkService>();
        services.AddHostedService(provider => provider.GetRequiredService<UplinkService>());
        services.AddSingleton<IHealthPart, UplinkHealth>();
    }

    private static void AddLed(this IServiceCollection services, LedOptions options, string data)
    {
        services.AddSingleton(provider => new LedFile(options.File ?? Path.Combine(data, "led"), provider.GetRequiredService<UplinkState>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LedFile>>()));
        services.AddHostedService(provider => provider.GetRequiredService<LedFile>());
        services.AddSingleton<OwnCommands>();
    }

    /// <summary>After all that it changes, so that it stops before them.</summary>
    private static void AddTwin(this IServiceCollection services, TwinAgent agent, TwinSetup setup, TwinAtStart start)
    {
        services.AddSingleton(agent).AddSingleton(setup).AddSingleton(start).AddSingleton<TwinReporter>().AddSingleton<TwinApplier>();
        services.AddHostedService(provider => provider.GetRequiredService<TwinApplier>());
        services.AddHostedService<TwinService>();
        services.AddSingleton<IHealthPart, TwinHealth>();
    }
}

/// <summary>Where the gateway listens.</summary>
/// <param name="options">Settings.</param>
/// <param name="connections">MQTT connections at a time.</param>
internal sealed class Endpoints(GatewayOptions options, int connections) : IDisposable
{
    private readonly Dictionary<string, ListenOptions> _endpoints = [];
    private readonly Dictionary<ListenOptions, ConnectionGate> _gates = [];
    private readonly ConnectionGate _http = new(OpenFiles.HttpMax), _mqtt = new(connections + OpenFiles.RefusalsMax);

    public void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        // Ours count all endpoints of a kind together.
        kestrel.Limits.MaxConcurrentConnections = null;
        Listen("http", options.HttpPort, _http, static _ => { });
        Listen("mqtt", options.Mqtt.Port, _mqtt, static endpoint => endpoint.UseMqttListener());
        if (options.Mqtt.WebSocket == EndpointState.On) Listen("mqttWebSocket", options.Mqtt.WebSocketPortUsed, _mqtt, static _ => { });
        if (options.Mqtt.Tls is { Certificate: { } certificate, Key: { } key } tls)
            Listen("mqttTls", tls.Port, _mqtt, endpoint => endpoint.UseHttps(Tls(certificate, key, tls.Authority)).UseMqttListener(), tls.ListenAddress);

        void Listen(string name, int port, ConnectionGate gate, Action<ListenOptions> speak, IPAddress? address = null) => kestrel.Listen(address ?? IPAddress.Loopback, port, endpoint =>
        {
            _endpoints[name] = endpoint;
            _gates[endpoint] = gate;
            gate.Guard(endpoint);
            speak(endpoint);
        });
    }

    /// <summary>The gate of an endpoint that is about to be bound; null for one without.</summary>
    public ConnectionGate? GateOf(EndPoint endpoint) => _gates.FirstOrDefault(pair => ReferenceEquals(pair.Key.EndPoint, endpoint)).Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _mqtt.Dispose();
    }

    /// <summary>The ports after the start, by name.</summary>
    public IReadOnlyDictionary<string, int> Ports(WebApplication app) => _endpoints.ToDictionary(pair => pair.Key, pair => pair.Value.IPEndPoint!.Port);

    /// <summary>Path of MQTT over WebSocket inside the process; on its port <c>/</c> and <c>/mqtt</c> both mean it.</summary>
    public const string WebSocketPath = "/mqtt";

    /// <summary>MQTT over WebSocket on its own port alone, and nothing else there: a browser's page must not reach devices' MQTT through the status port.</summary>
    public Task Separate(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (IsWebSocketPort(context) ? request.Path != "/" && request.Path != WebSocketPath : request.Path == WebSocketPath)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        if (IsWebSocketPort(context)) request.Path = WebSocketPath;
        return next(context);
    }

    private bool IsWebSocketPort(HttpContext context) =>
        _endpoints.TryGetValue("mqttWebSocket", out var endpoint) && context.Connection.LocalPort == endpoint.IPEndPoint!.Port && !AdminSocket.Brought(context);

    private static HttpsConnectionAdapterOptions Tls(string certificate, string key, string? authority)
    {
        var https = new HttpsConnectionAdapterOptions { ServerCertificate = X509Certificate2.CreateFromPemFile(certificate, key), HandshakeTimeout = TimeSpan.FromSeconds(10) };
        if (authority is null) return https;
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPemFile(authority);
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        https.ClientCertificateValidation = (client, _, _) =>
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
            chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
            return chain.Build(client);
        };
        return https;
    }
}

internal static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Warning, "The spool: {Note}")]
    public static partial void SpoolNote(this ILogger logger, string note);

    [LoggerMessage(3, LogLevel.Information, "The mapping {Name} makes readings of messages on {Topic}")]
    public static partial void MappingInForce(this ILogger logger, string name, string topic);

    [LoggerMessage(2, LogLevel.Error, "The credentials cannot be read and those before stay in force: {Reason}")]
    public static partial void CredentialsUnusable(this ILogger logger, string reason);
}
