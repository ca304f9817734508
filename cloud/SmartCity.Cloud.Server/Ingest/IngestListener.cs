using Microsoft.AspNetCore.Server.Kestrel.Core;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>The port of the uplink: HTTP/2 over mutual TLS 1.2 or 1.3, our authorities alone; nothing is answered before the handshake.</summary>
internal static class IngestListener
{
    /// <summary>Listens as the options say.</summary>
    public static void ListenForUplinks(this KestrelServerOptions kestrel, IngestOptions options)
    {
        var services = kestrel.ApplicationServices;
        kestrel.Listen(Surface.AddressOf(options.Address), options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            services.GetRequiredService<GatewayTls>().Use(listen, isUplink: true);
            var clock = services.GetRequiredService<TimeProvider>();
            listen.Use(next => connection =>
            {
                connection.Items[typeof(Surface)] = Surface.Uplink;
                connection.Items[typeof(GatewaySenders)] = clock.GetTimestamp();
                return next(connection);
            });
        });
    }
}
