using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace SmartCity.Tests.EndToEnd.Alarms;

/// <summary>An HTTP server of a test that keeps what is posted to it, and fails as often as it is told.</summary>
internal sealed class Webhook : IDisposable
{
    private readonly HttpListener _listener = new();
    private int _failures;

    public Webhook(int failures)
    {
        _failures = failures;
        var root = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Loopback.FreePort()}/");
        Address = root + "alarms";
        _listener.Prefixes.Add(root);
        _listener.Start();
        _ = TakeAsync();
    }

    public string Address { get; }

    /// <summary>What was taken: key and body.</summary>
    public ConcurrentQueue<(string Key, string Body)> Taken { get; } = [];

    /// <summary>Keys of all attempts.</summary>
    public ConcurrentQueue<string> Attempts { get; } = [];

    public void Dispose() => _listener.Close();

    private async Task TakeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var (key, body) = (context.Request.Headers["Idempotency-Key"] ?? "", await reader.ReadToEndAsync());
                Attempts.Enqueue(key);
                var isFailure = Interlocked.Decrement(ref _failures) >= 0;
                if (!isFailure) Taken.Enqueue((key, body));
                context.Response.StatusCode = isFailure ? 503 : 204;
                context.Response.Close();
            }
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
