using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Silence;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Cloud.Server;

/// <summary>Puts the server together: sinks first, then sources.</summary>
internal static class CloudServer
{
    /// <summary>Builds the application; <paramref name="more"/> adds services, e.g. the store of readings.</summary>
    /// <exception cref="ServerSettingsException">A setting cannot be used.</exception>
    public static WebApplication Build(WebApplicationBuilder builder, ServerOptions options, Action<IServiceCollection>? more = null)
    {
        var services = builder.Services;
        services.AddSingleton(options).AddSingleton(options.Ingest);
        services.AddSingleton(TimeProvider.System);
        more?.Invoke(services);
        services.AddLog(options);
        services.AddConsumers(options);
        services.AddIngest();
        services.AddLive(options.Live);
        services.AddApi();

        WebApplication? app = null;
        var counters = new IngestCounters();
        services.AddSingleton(counters);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 4;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
            kestrel.ListenLocalhostHttp(options.HttpPort);
            kestrel.ListenForOperators(options.Data);
            kestrel.ListenForUplinks(options.Ingest, counters, () => app!.Services.GetRequiredService<ILoggerFactory>().CreateLogger("SmartCity.Cloud.Server.Ingest"));
        });
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(8));

        app = builder.Build();
        Surface.Separate(app);
        app.UseWebSockets();
        app.MapOperations();
        app.MapApi();
        app.MapGrpcService<UplinkEndpoint>();
        app.Lifetime.ApplicationStarted.Register(() => WritePorts(app, options));
        return app;
    }

    /// <summary>The port of an endpoint after the start: <c>http</c> or <c>uplink</c>.</summary>
    public static int PortOf(WebApplication app, string endpoint)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var scheme = endpoint == "uplink" ? "https" : "http";
        return addresses.Select(address => new Uri(address)).First(address => address.Scheme == scheme && address.Host != "unix").Port;
    }

    private static void ListenLocalhostHttp(this Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, int port) =>
        kestrel.Listen(System.Net.IPAddress.Loopback, port);

    private static void AddLog(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(provider => DurableLog.Open(
            new DurableLogOptions { Folder = Path.Combine(options.Data, "log"), QuotaBytes = options.LogQuotaBytes }, provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<LogUpkeep>();
    }

    private static void AddConsumers(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(new SqliteTollEventStore(Path.Combine(options.Data, "tolling", "tolling.db")));
        Add<TollEventConsumer>();
        if (services.Any(service => service.ServiceType == typeof(IReadingStore))) Add<ReadingConsumer>();
        services.AddSingleton(new SilenceStore(Path.Combine(options.Data, "silence", "silence.db")));
        Add<SilenceConsumer>();
        services.AddSingleton(provider => new CloudAudit(
            provider.GetRequiredService<DurableLog>(), provider.GetRequiredService<TollEventConsumer>(), provider.GetService<ReadingConsumer>()));

        void Add<T>() where T : LogConsumer
        {
            services.AddSingleton<T>();
            services.AddSingleton<LogConsumer>(provider => provider.GetRequiredService<T>());
            services.AddHostedService(provider => provider.GetRequiredService<T>());
        }
    }

    private static void AddIngest(this IServiceCollection services)
    {
        services.AddSingleton<GatewayDirectory>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = 1 << 20;
            grpc.EnableDetailedErrors = false;
        });
    }

    private static void WritePorts(WebApplication app, ServerOptions options)
    {
        AdminSocket.Restrict(options.Data);
        var file = Path.Combine(options.Data, "ports.json");
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(new { http = PortOf(app, "http"), uplink = PortOf(app, "uplink") }));
        File.Move(file + ".new", file, overwrite: true);
    }
}
