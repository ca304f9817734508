using System.IO.Compression;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Access.Provider;
using SmartCity.Cloud.Server.Alarms;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Backup;
using SmartCity.Cloud.Server.Commanding;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Faults;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Fleet.Twins;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Silence;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.Server.Registry;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.Quality;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server;

/// <summary>Puts the server together: sinks first, then sources.</summary>
internal static class CloudServer
{
    /// <summary>Builds the application; <paramref name="more"/> adds services, e.g. the store of readings.</summary>
    /// <exception cref="Hosting.Configuration.SettingsException">A certificate cannot be used.</exception>
    public static WebApplication Build(WebApplicationBuilder builder, ServerOptions options, Action<IServiceCollection>? more = null)
    {
        var certificates = ServerCertificates.Load(options);
        var counters = new IngestCounters();
        var services = builder.Services;
        services.AddSingleton(options).AddSingleton(options.Ingest).AddSingleton(counters);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<MetricsText>();
        more?.Invoke(services);
        services.AddLog(options);
        services.AddAccess(options);
        services.AddRegistry(options);
        services.AddConsumers(options);
        services.AddSingleton<Backups>();
        services.AddFleet(options, certificates);
        services.AddIngest();
        services.AddCommands(options);
        services.AddTwins(options);
        services.AddLive(options.Live);
        services.AddApi();
        services.AddDashboards();
        services.AddFaults(options.Data);
        // A published server has its files compressed beforehand; those are passed through.
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Optimal);
        // What is sent holds no secret that stays the same from one answer to the next, so its length under compression betrays none: cookies are headers, tokens are shown once.
        services.AddResponseCompression(compression => (compression.EnableForHttps, compression.MimeTypes) = (true, ["text/html", "text/css", "text/javascript", "image/svg+xml", Answer.Json, Answer.GeoJson, "application/problem+json"]));
        builder.ServePageFiles();

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Routes that take more say so.
            kestrel.Limits.MaxRequestBodySize = 1 << 20;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 4;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
            kestrel.ListenLocalhostHttp(options.HttpPort);
            kestrel.ListenForOperators(options.Data);
            kestrel.ListenForUplinks(options.Ingest);
            kestrel.ListenHttps(options);
        });

        var app = builder.Build();
        Surface.Separate(app);
        app.AddServerMetrics();
        app.UseSecurityHeaders();
        app.UseResponseCompression();
        app.UseProblems();
        app.UseCityProvider();
        app.UseWebSockets();
        app.UseGatewayGate();
        app.UseAccess();
        app.MapOperations();
        app.MapAccess();
        app.MapPasskeys();
        app.MapAccessPages(options.DuckDb.CityZone);
        app.MapPasskeyPages(options.DuckDb.CityZone);
        app.MapProblemPages(options.DuckDb.CityZone);
        app.MapCityProvider();
        app.MapDeadLetterPages(options.DuckDb.CityZone);
        app.MapFaults(options.DuckDb.CityZone);
        app.MapImports();
        app.MapBackups();
        app.MapRegistry();
        app.MapCommands();
        app.MapAlarms();
        app.MapAlarmPages(options.DuckDb.CityZone);
        app.MapFleet();
        app.MapFleetPages(options.DuckDb.CityZone);
        app.MapTolls();
        app.MapTollPages(options.DuckDb.CityZone);
        app.MapClaims();
        app.MapClaimPages(options.DuckDb.CityZone);
        app.MapReceipts(options.DuckDb.CityZone);
        app.MapStatements(options.DuckDb.CityZone);
        app.MapDisputes();
        app.MapDisputePages(options.DuckDb.CityZone);
        app.MapRetention(options.DuckDb.CityZone);
        app.MapApi();
        app.MapPageFiles();
        app.MapDashboards(options.DuckDb.CityZone, context => context.ReadView().Shows).Needs(Rights.Read).ByArea();
        app.MapGrpcService<UplinkEndpoint>();
        app.CheckRoutes();
        app.Lifetime.ApplicationStarted.Register(() => WritePorts(app, options));
        return app;
    }

    /// <summary>The port of an endpoint after the start: <c>http</c>, <c>uplink</c> or <c>https</c>.</summary>
    public static int PortOf(WebApplication app, string endpoint) => PortOf(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses, endpoint);

    internal static int PortOf(IEnumerable<string> addresses, string endpoint)
    {
        var scheme = endpoint == "http" ? "http" : "https";
        var ports = addresses.Select(address => new Uri(address)).Where(address => address.Scheme == scheme && address.Host != "unix").Select(address => address.Port);
        // In the order of listening.
        return endpoint == "https" ? ports.Last() : ports.First();
    }

    private static void ListenLocalhostHttp(this KestrelServerOptions kestrel, int port) => kestrel.Listen(System.Net.IPAddress.Loopback, port);

    /// <summary>HTTP/1.1 alone: the limit of four streams a connection is the uplink's, and Kestrel knows one for all.</summary>
    private static void ListenHttps(this KestrelServerOptions kestrel, ServerOptions options) =>
        kestrel.Listen(Surface.AddressOf(options.HttpsAddress), options.HttpsPortUsed, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            kestrel.ApplicationServices.GetRequiredService<GatewayTls>().Use(listen, isUplink: false);
        });

    private static void AddLog(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(provider => DurableLog.Open(
            new DurableLogOptions { Folder = Path.Combine(options.Data, "log"), QuotaBytes = options.LogQuotaBytes }, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => CompletenessCertificates.Open(options.Data));
        services.AddSingleton<DeadLetters>();
        services.AddSingleton<IHealthPart, LogHealth>();
        services.AddHostedService<LogUpkeep>();
    }

    private static void AddConsumers(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(new TollBooks(options));
        Add<TollEventConsumer>();
        services.AddSingleton<TollRulesSource>().AddSingleton<TollService>().AddSingleton<IHealthPart>(provider => provider.GetRequiredService<TollService>())
            .AddHostedService(provider => provider.GetRequiredService<TollService>())
            .AddSingleton<TollActs>().AddSingleton<GatewayBooks>().AddSingleton<ClaimDesk>().AddSingleton<StagedFiles>()
            .AddSingleton(provider => new TollDesk(options, provider.GetRequiredService<TollBooks>(), provider.GetRequiredService<GatewayBooks>(), () => provider.GetRequiredService<TollService>().Ledger, () => provider.GetRequiredService<ReceiptDesk>().Store, () => provider.GetRequiredService<ReceiptDesk>().AskToMake(), provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<TollQueries>().AddSingleton<ITollQueries>(provider => provider.GetRequiredService<TollQueries>());
        services.AddSingleton(_ => new PlateVault(Path.Combine(options.Data, "tolling", "vault.db"))).AddSingleton<DisputeActs>().AddSingleton<RetentionDesk>().AddSingleton<PublicLimits>()
            .AddSingleton(provider => new ReceiptDesk(options, provider.GetRequiredService<TollBooks>(), () => provider.GetRequiredService<TollService>().Ledger, provider.GetRequiredService<PlateVault>(), provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<ReceiptService>().AddSingleton<IHealthPart>(provider => provider.GetRequiredService<ReceiptService>()).AddHostedService(provider => provider.GetRequiredService<ReceiptService>());
        services.AddSingleton<QualityFold>().AddSingleton(new QualityState(Path.Combine(options.Data, "registry", "quality.state")));
        if (services.Any(service => service.ServiceType == typeof(IReadingStore))) Add<ReadingConsumer>();
        else services.AddSingleton<IHealthPart, NoStoreHealth>();
        services.AddSingleton(new SilenceStore(Path.Combine(options.Data, "silence", "silence.db")));
        Add<SilenceConsumer>();
        services.AddAlarms(options);
        Add<AlarmConsumer>();
        services.AddSingleton(provider => new CloudAudit(
            provider.GetRequiredService<DurableLog>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<TollEventConsumer>(), provider.GetService<ReadingConsumer>()));

        services.AddSingleton<IAuditQueries>(provider => provider.GetRequiredService<CloudAudit>());

        void Add<T>() where T : LogConsumer
        {
            services.AddSingleton<T>();
            services.AddSingleton<LogConsumer>(provider => provider.GetRequiredService<T>());
            services.AddSingleton<IHealthPart>(provider => new ConsumerHealth(provider.GetRequiredService<T>()));
            services.AddHostedService(provider => provider.GetRequiredService<T>());
        }
    }

    private static void AddIngest(this IServiceCollection services)
    {
        services.AddSingleton<GatewayDirectory>();
        services.AddSingleton<IHealthPart, GatewaysHealth>();
        services.AddSingleton<GatewaySenders>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = 1 << 20;
            grpc.EnableDetailedErrors = false;
        });
    }

    private static void WritePorts(WebApplication app, ServerOptions options)
    {
        AdminSocket.Restrict(options.Data);
        PortsFile.Write(options.Data, new Dictionary<string, int> { ["http"] = PortOf(app, "http"), ["uplink"] = PortOf(app, "uplink"), ["https"] = PortOf(app, "https") });
    }
}
