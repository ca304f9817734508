using System.Net;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>Headers of every answer, pages, files, API and refusals alike; a page says more in its own Content-Security-Policy.</summary>
internal static class SecurityHeaders
{
    /// <summary>A year: browsers come by TLS or not at all.</summary>
    public const string TransportSecurity = "max-age=31536000; includeSubDomains";
    /// <summary>What is no page loads nothing and is framed by nobody.</summary>
    public const string PolicyOfData = "default-src 'none'; frame-ancestors 'none'";

    /// <summary>All but the two of them that depend on the request.</summary>
    public static IReadOnlyList<(string Name, string Value)> All { get; } =
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ];

    /// <summary>Puts them on whatever is answered behind it.</summary>
    public static void UseSecurityHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        // At the last moment: what fails on its way is answered anew, with all headers taken back.
        context.Response.OnStarting(static state =>
        {
            var context = (HttpContext)state;
            var headers = context.Response.Headers;
            foreach (var (name, value) in All) headers.TryAdd(name, value);
            headers.TryAdd("Content-Security-Policy", PolicyOfData);
            // Another program of this machine may listen on localhost without TLS.
            if (context.Request.IsHttps && context.Request.Host.Host is not "localhost" && !(IPAddress.TryParse(context.Request.Host.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)))
                headers.StrictTransportSecurity = TransportSecurity;
            return Task.CompletedTask;
        }, context);
        return next(context);
    });
}
