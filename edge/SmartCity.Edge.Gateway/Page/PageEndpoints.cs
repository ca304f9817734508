using System.Net;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Hosting.Operations;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>The gateway's pages: <c>/</c>, <c>/devices</c>, <c>/dead-letters</c>, in English and Persian; whole without scripts.</summary>
internal static class PageEndpoints
{
    private static readonly byte[] _styles = Read("page.gateway.css");
    private static readonly byte[] _script = Read("page.gateway.js");
    private static readonly byte[] _icon = Read("page.gateway.svg");

    /// <summary>Maps them.</summary>
    /// <param name="app">The application.</param>
    /// <param name="zone">Zone of times on them.</param>
    public static void MapPages(this WebApplication app, TimeZoneInfo zone)
    {
        Map("/", (context, text) => StatusPage.Render(context.RequestServices.GetRequiredService<Reporter>().Take(), text, zone, context.Request.Query["refresh"] != "0"));
        Map("/devices", (context, text) => ListPages.Devices(context.RequestServices.GetRequiredService<MqttHub>().Peers, text, zone));
        Map("/dead-letters", (context, text) => ListPages.Letters(
            context.RequestServices.GetRequiredService<DeadLetterOffice>().List(long.TryParse(context.Request.Query["before"], out var before) ? before : null, ListPages.LettersMax), text, zone));
        Map("/dead-letters/{id:long}", (context, text) =>
        {
            var id = long.Parse((string)context.Request.RouteValues["id"]!, System.Globalization.CultureInfo.InvariantCulture);
            var letter = context.RequestServices.GetRequiredService<DeadLetterOffice>().Show(id);
            if (letter is null) context.Response.StatusCode = StatusCodes.Status404NotFound;
            return ListPages.Letter(id, letter, text, zone);
        });
        app.MapGet("/gateway.css", (HttpContext context) => File(context, _styles, "text/css; charset=utf-8"));
        app.MapGet("/gateway.js", (HttpContext context) => File(context, _script, "text/javascript; charset=utf-8"));
        app.MapGet("/gateway.svg", (HttpContext context) => File(context, _icon, "image/svg+xml"));

        void Map(string pattern, Func<HttpContext, PageText, string> render) => app.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], async (HttpContext context) =>
        {
            // Another site's page may have its own name point to this machine; what it reads here must not be devices and payloads.
            if (!IsOwnName(context)) return Results.Text("This page is the gateway's own: open it as http://localhost.\n", statusCode: StatusCodes.Status421MisdirectedRequest);
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = PageFrame.ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers.CacheControl = "no-store";
            // Not on the socket's thread: the spool is read.
            var page = await Task.Run(() => render(context, PageText.Of(context)));
            return Results.Text(page, "text/html; charset=utf-8", statusCode: context.Response.StatusCode);
        });
    }

    private static bool IsOwnName(HttpContext context)
    {
        var host = context.Request.Host.Host;
        return AdminSocket.Brought(context) || string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out _);
    }

    private static IResult File(HttpContext context, byte[] content, string type)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-cache";
        return Results.Bytes(content, type);
    }

    private static byte[] Read(string name)
    {
        using var stream = typeof(PageEndpoints).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not in the assembly.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
