using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SmartCity.Mqtt.WebSockets;

namespace SmartCity.Mqtt;

/// <summary>How a process takes the listener into its host.</summary>
public static class MqttListenerExtensions
{
    // HTTP/1.1 upgrades a GET, HTTP/2 a CONNECT.
    private static readonly string[] _methods = [HttpMethods.Get, HttpMethods.Connect];

    /// <summary>
    /// Registers the listener, its <see cref="MqttHub"/> and the broker behind. The process registers its own
    /// <see cref="IPublishHandler"/> and <see cref="IMqttAuthenticator"/> as singletons; both may take the hub.
    /// </summary>
    public static IServiceCollection AddMqttListener(this IServiceCollection services, MqttListenerOptions? options = null)
    {
        services.AddSingleton(options ?? new MqttListenerOptions());
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<MqttHub>();
        services.AddSingleton<MqttListener>();
        services.AddHostedService(static provider => provider.GetRequiredService<MqttListener>());
        return services;
    }

    /// <summary>Speaks MQTT on this endpoint: plain as it stands, over TLS after <c>UseHttps</c>.</summary>
    public static ListenOptions UseMqttListener(this ListenOptions endpoint)
    {
        // Without HTTP's protocols TLS offers no ALPN: clients that name "mqtt" and clients that name nothing get in alike.
        endpoint.Protocols = HttpProtocols.None;
        endpoint.UseConnectionHandler<MqttListener>();
        return endpoint;
    }

    /// <summary>Speaks MQTT over WebSocket (subprotocol <c>mqtt</c>) at <paramref name="pattern"/>. Needs <c>UseWebSockets</c> before it.</summary>
    public static IEndpointConventionBuilder MapMqttListener(this IEndpointRouteBuilder endpoints, string pattern)
    {
        var listener = endpoints.ServiceProvider.GetRequiredService<MqttListener>();
        return endpoints.MapMethods(pattern, _methods, context => MqttWebSocket.ServeAsync(context, listener)).ExcludeFromDescription();
    }

    /// <summary>
    /// Runs what follows a socket's readiness on the thread that noticed it, which spares a hand-over for each read and each write: worth a fifth of the rate at one
    /// message in flight, and a third of the processor time at 20,000 messages/s. None of the handlers may block.
    /// </summary>
    /// <remarks>Its other half is <see cref="InlineSocketsOfProcess"/>.</remarks>
    public static IWebHostBuilder UseInlineSockets(this IWebHostBuilder host) => host.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);

    /// <summary>
    /// The runtime's half of <see cref="UseInlineSockets"/>: it holds for every socket of the process, and whatever waits for one goes on upon the thread that
    /// serves them all. So it is for the entry point of a process to say, all of whose code is known never to block there; not for a library or a host.
    /// </summary>
    /// <remarks>Call it before the process opens its first socket: the runtime reads the setting once, and only from the environment.</remarks>
    public static void InlineSocketsOfProcess() => Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
}
