using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SmartCity.Tests.Cloud.TimeSeries.InfluxDb;

/// <summary>Stands before a real influxd and behaves badly when told to; all else goes through.</summary>
internal sealed class InfluxProxy : IAsyncDisposable
{
    private readonly HttpClient _http = new();
    private readonly Uri _target;
    private readonly WebApplication _app;

    private InfluxProxy(Uri target)
    {
        _target = target;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>Answers a write in the engine's place, and says whether it did.</summary>
    public Func<ProxiedWrite, Task<bool>> OnWrite { get; set; } = static _ => Task.FromResult(false);

    /// <summary>The version that /ping says; null for the engine's own.</summary>
    public string? Version { get; set; }

    /// <summary>Paths with queries of all writes, in order.</summary>
    public List<string> Writes { get; } = [];

    public static async Task<InfluxProxy> StartAsync(Uri target)
    {
        var proxy = new InfluxProxy(target);
        await proxy._app.StartAsync(TestContext.Current.CancellationToken);
        proxy.Address = new Uri(proxy._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>Writes lines to the engine.</summary>
    public async Task ForwardAsync(string query, IEnumerable<string> lines) =>
        (await _http.PostAsync(new Uri(_target, "/write" + query), new StringContent(string.Concat(lines.Select(line => line + "\n"))))).Dispose();

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        if (request.Path == "/ping" && Version is { } version)
        {
            context.Response.Headers["X-Influxdb-Version"] = version;
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        if (request.Path.Value!.EndsWith("write", StringComparison.Ordinal))
        {
            lock (Writes) Writes.Add(request.Path + request.QueryString);
            using var text = new StreamReader(new GZipStream(new MemoryStream(body.ToArray()), CompressionMode.Decompress), Encoding.UTF8);
            if (await OnWrite(new ProxiedWrite(context, (await text.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)))) return;
        }
        // 1.6 has not the path of 2.x, but takes the same lines.
        var path = request.Path.Value == "/api/v2/write" ? $"/write?db={request.Query["bucket"]}&precision=u" : request.Path + request.QueryString;
        using var forward = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(_target, path));
        if (body.Length > 0) forward.Content = new ByteArrayContent(body.ToArray());
        foreach (var name in (string[])["Content-Type", "Content-Encoding"])
            if (request.Headers.TryGetValue(name, out var value)) forward.Content?.Headers.TryAddWithoutValidation(name, value.ToString());
        using var answer = await _http.SendAsync(forward);
        context.Response.StatusCode = (int)answer.StatusCode;
        if (answer.Headers.TryGetValues("X-Influxdb-Version", out var said)) context.Response.Headers["X-Influxdb-Version"] = said.First();
        if (context.Response.StatusCode != StatusCodes.Status204NoContent) await answer.Content.CopyToAsync(context.Response.Body);
    }
}

/// <summary>A write on its way through the proxy.</summary>
/// <param name="Context">Its request and answer.</param>
/// <param name="Lines">Its lines.</param>
internal sealed record ProxiedWrite(HttpContext Context, string[] Lines)
{
    public async Task<bool> AnswerAsync(int status, string body, string? retryAfter = null)
    {
        Context.Response.StatusCode = status;
        if (retryAfter is not null) Context.Response.Headers.RetryAfter = retryAfter;
        await Context.Response.WriteAsync(body);
        return true;
    }
}
