using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace SmartCity.Cloud.TimeSeries.Engines;

/// <summary>HTTP to an engine: waits no longer than it is told, and names every way in which an answer can fail to come. Thread-safe but for <see cref="Post"/>.</summary>
internal sealed class EngineHttp : IDisposable
{
    /// <summary>Longest that an engine is left alone because it asks for it: what it, or a proxy before it, says in error must not stop the store for years.</summary>
    private static readonly TimeSpan _retryAfterMax = TimeSpan.FromMinutes(10);

    private readonly string _engine;
    private readonly TimeSpan _timeout;
    private readonly Action _lost;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;
    private readonly PooledBuffer _gzipped = new(64 * 1024);

    /// <param name="engine">Its name, for people.</param>
    /// <param name="address">Where its API begins.</param>
    /// <param name="timeout">How long an answer is waited for.</param>
    /// <param name="credentials">Sent with every request; null for none.</param>
    /// <param name="lost">Called when it could not be reached: it may come back as another.</param>
    /// <param name="clock">Counts the timeout.</param>
    public EngineHttp(string engine, Uri address, TimeSpan timeout, AuthenticationHeaderValue? credentials, Action lost, TimeProvider clock)
    {
        (_engine, _timeout, _lost, _clock) = ($"{engine} at {address.GetLeftPart(UriPartial.Authority)}", timeout, lost, clock);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(10), AutomaticDecompression = DecompressionMethods.GZip, UseCookies = false,
        })
        {
            BaseAddress = new Uri(address.AbsoluteUri.TrimEnd('/') + "/"),
            // Answers are waited for by Guarded, with our own clock.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Authorization = credentials;
    }

    /// <summary>The header of a token, or else of a user; null without either.</summary>
    /// <param name="scheme">Scheme of a token.</param>
    /// <param name="token">Token.</param>
    /// <param name="user">User.</param>
    /// <param name="password">The user's password.</param>
    public static AuthenticationHeaderValue? Credentials(string scheme, string? token, string? user, string? password) =>
        token is not null ? new AuthenticationHeaderValue(scheme, token)
        : user is not null ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))) : null;

    /// <summary>A request that sends lines, gzipped; it is valid until the next one is made.</summary>
    public HttpRequestMessage Post(string? path, ReadOnlyMemory<byte> lines, MediaTypeHeaderValue type)
    {
        _gzipped.Clear();
        using (var gzip = new GZipStream(_gzipped, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(lines.Span);
        var content = new ReadOnlyMemoryContent(_gzipped.Written);
        content.Headers.ContentType = type;
        content.Headers.ContentEncoding.Add("gzip");
        return new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
    }

    /// <summary>Sends a request and returns when the head of the answer is there, whatever it says.</summary>
    /// <exception cref="StoreUnavailableException">None came.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Guarded(stop => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop), "/" + request.RequestUri!.OriginalString.Split('?')[0], cancellationToken);

    /// <summary>Waits for an answer, or a part of one.</summary>
    /// <param name="ask">What is waited for.</param>
    /// <param name="path">What was asked, for people.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreUnavailableException">It did not come.</exception>
    public async Task<T> Guarded<T>(Func<CancellationToken, Task<T>> ask, string path, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ask(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            _lost();
            throw Unavailable($"gave no answer to {path} in {_timeout.TotalSeconds:0.#} s", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            _lost();
            throw Unavailable($"cannot be reached: {EngineFailure.WordsOf(error)}", error);
        }
    }

    /// <summary>What an answer that refuses comes to, with the wait that it asks for, up to ten minutes.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="path">What was asked, for people.</param>
    /// <param name="words">What it says.</param>
    /// <param name="remedy">What to do, as it follows on the words; empty where nothing is known.</param>
    public StoreUnavailableException Refused(HttpResponseMessage response, string path, string words, string remedy)
    {
        var after = response.Headers.RetryAfter;
        var wait = after?.Delta ?? (after?.Date is { } date ? date - _clock.GetUtcNow() : null);
        return Unavailable($"answered {path} with {(int)response.StatusCode}: {words}{remedy}", null, wait > _retryAfterMax ? _retryAfterMax : wait);
    }

    /// <summary>Says what is the matter with the engine, and that nothing is lost by it.</summary>
    public StoreUnavailableException Unavailable(string what, Exception? inner, TimeSpan? retryAfter = null) =>
        new($"{_engine} {what}. The readings stay in the log and are written later.", inner!) { RetryAfter = retryAfter is { } wait && wait > TimeSpan.Zero ? wait : null };

    public void Dispose()
    {
        _http.Dispose();
        _gzipped.Dispose();
    }
}
