using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using SmartCity.Cloud.Server.Ingest;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>Which port a request came by. The uplink's port answers the uplink and nothing else; no other port answers the uplink.</summary>
internal sealed class Surface
{
    private const string UplinkPath = "/smartcity.uplink.v1.UplinkService";

    /// <summary>The uplink's port.</summary>
    public static Surface Uplink { get; } = new();

    /// <summary>Puts the rule in front of all routes.</summary>
    public static void Separate(WebApplication app) => app.Use((context, next) =>
    {
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        var isUplink = items is not null && items.TryGetValue(typeof(Surface), out var surface) && surface == Uplink;
        if (isUplink != context.Request.Path.StartsWithSegments(UplinkPath, StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        if (isUplink) context.Items[typeof(GatewaySenders)] = items![typeof(GatewaySenders)];
        return next(context);
    });

    /// <summary>The address of a setting, or null where it is none.</summary>
    public static IPAddress? TryAddress(string text) => text switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        _ => IPAddress.TryParse(text, out var address) ? address : null,
    };

    /// <summary>The address of a setting that was checked.</summary>
    public static IPAddress AddressOf(string text) => TryAddress(text) ?? throw new ArgumentException(AddressNeeded(text), nameof(text));

    /// <summary>What is said of a setting that is no address.</summary>
    public static string AddressNeeded(string text) => $"\"{text}\" is no IP address; 127.0.0.1, 0.0.0.0 or * are such.";
}
