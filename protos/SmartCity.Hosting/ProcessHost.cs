using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Operations;

namespace SmartCity.Hosting;

/// <summary>What every long-running process of the house has in common: settings, logging, metrics, and an end in good order.</summary>
public static class ProcessHost
{
    /// <summary>Time to drain after SIGTERM or SIGINT; two seconds remain of the ten for the process to end.</summary>
    public static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Makes the builder of a web application with the settings as its only configuration, its records registered, logs on stderr (JSON off a
    /// terminal) and a <see cref="MetricsText"/>. It reads no file and no variable beyond what <paramref name="settings"/> holds, and listens only
    /// where its caller says.
    /// </summary>
    public static WebApplicationBuilder CreateBuilder(Settings settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = System.Reflection.Assembly.GetEntryAssembly()?.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(settings.Configuration);
        settings.AddTo(builder.Services);
        builder.Services.AddSingleton<MetricsText>();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<NewStart>();
        // Not the package's own AddSystemd: that also takes over signals and log, which are the command line's and ours.
        builder.Services.AddSingleton<ISystemdNotifier, SystemdNotifier>().AddHostedService<SystemdNotice>();
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = DrainWithin;
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });
        builder.Logging.AddProcessConsole();
        return builder;
    }

    /// <summary>Logs to stderr: plain lines on a terminal, one JSON object a line off it. Replaces other providers.</summary>
    public static void AddProcessConsole(this ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning);
        // A request with a bad certificate or a broken-off connection is the network's daily bread.
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.MaxQueueLength = 1_000;
            // A stderr that nobody reads must not stop the city.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        if (Console.IsErrorRedirected)
            logging.AddJsonConsole(json =>
            {
                json.UseUtcTimestamp = true;
                json.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            });
        else
            logging.AddSimpleConsole(plain =>
            {
                plain.SingleLine = true;
                plain.TimestampFormat = "HH:mm:ss ";
                plain.ColorBehavior = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? LoggerColorBehavior.Default : LoggerColorBehavior.Disabled;
            });
    }
}
