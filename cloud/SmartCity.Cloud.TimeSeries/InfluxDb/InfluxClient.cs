using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SmartCity.Cloud.TimeSeries.Engines;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>The HTTP API of InfluxDB 1.x, 2.x and 3.x as far as the store needs it. Thread-safe but for <see cref="WriteAsync"/>, which one caller at a time may use.</summary>
internal sealed class InfluxClient : IDisposable
{
    private readonly InfluxOptions _options;
    private readonly EngineHttp _http;
    private readonly string _bucket;
    private volatile string? _writePath;

    public InfluxClient(InfluxOptions options, TimeProvider clock)
    {
        _options = options;
        _bucket = options.Bucket ?? options.Database;
        _http = new EngineHttp("InfluxDB", options.Address, options.Timeout, EngineHttp.Credentials("Token", options.Token, options.User, options.Password), Disconnect, clock);
    }

    /// <summary>The engine's version as it says it; null before it was asked.</summary>
    public string? Version { get; private set; }

    /// <summary>Asks for the version, and on 1.x makes the database at need. Does nothing where that has succeeded before.</summary>
    /// <returns>Whether it did anything.</returns>
    /// <exception cref="StoreUnavailableException">The engine cannot be reached, or refuses us.</exception>
    public async Task<bool> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_writePath is not null) return false;
        string version;
        using (var request = new HttpRequestMessage(HttpMethod.Get, "ping"))
        using (var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false))
        {
            if (!response.IsSuccessStatusCode) throw await FailureAsync(response, "/ping", cancellationToken).ConfigureAwait(false);
            version = response.Headers.TryGetValues("X-Influxdb-Version", out var values) ? values.First() : await VersionInAsync(response, cancellationToken).ConfigureAwait(false);
        }
        Version = version;
        if (version.TrimStart('v') is ['1', '.', ..])
        {
            await foreach (var _ in QueryAsync($"CREATE DATABASE \"{Quoted(_options.Database)}\"", cancellationToken).ConfigureAwait(false)) { }
            _writePath = $"write?db={Uri.EscapeDataString(_options.Database)}&precision=u";
        }
        else
        {
            _writePath = $"api/v2/write?bucket={Uri.EscapeDataString(_bucket)}&precision=us" + (_options.Org is { } org ? $"&org={Uri.EscapeDataString(org)}" : "");
        }
        return true;
    }

    /// <summary>Forgets what <see cref="ConnectAsync"/> found: the engine may come back as another version, or without its database.</summary>
    public void Disconnect() => _writePath = null;

    /// <summary>Writes lines, gzipped, and returns when the engine has kept them.</summary>
    /// <returns>Null when all were kept, or what the engine says is wrong with some or all of them.</returns>
    /// <exception cref="StoreUnavailableException">The engine cannot be reached or refuses for now; nothing is known of the lines.</exception>
    public async Task<InfluxRefusal?> WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
    {
        using var request = _http.Post(_writePath, lines, new MediaTypeHeaderValue("text/plain", "utf-8"));
        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK or HttpStatusCode.NoContent:
                return null;
            case HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge:
                var refusal = InfluxRefusal.Read(await WordsAsync(response, cancellationToken).ConfigureAwait(false), response.StatusCode);
                if (refusal.IsLimit) throw _http.Unavailable($"refuses new series: {refusal.Words}. Raise max-series-per-database and max-values-per-tag in its configuration", null);
                return refusal;
            case HttpStatusCode.NotFound:
                Disconnect();
                throw await FailureAsync(response, "/write", cancellationToken).ConfigureAwait(false);
            default:
                throw await FailureAsync(response, "/write", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks in InfluxQL; times are µs. Rows come in chunks, as they are read; a chunk is valid until the next one is asked for.</summary>
    /// <exception cref="StoreUnavailableException">The engine cannot be reached, or does not understand.</exception>
    public async IAsyncEnumerable<InfluxChunk> QueryAsync(string statements, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"query?db={Uri.EscapeDataString(_options.Database)}&epoch=u&chunked=true&chunk_size=10000")
        {
            Content = new FormUrlEncodedContent([new("q", statements)]),
        };
        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) throw await FailureAsync(response, "/query", cancellationToken).ConfigureAwait(false);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        while (await _http.Guarded(stop => lines.ReadLineAsync(stop).AsTask(), "/query", cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0) continue;
            using var document = JsonDocument.Parse(line);
            foreach (var result in document.RootElement.GetProperty("results").EnumerateArray())
            {
                if (result.TryGetProperty("error", out var error)) throw _http.Unavailable($"cannot answer a query: {error.GetString()}", null);
                if (!result.TryGetProperty("series", out var series)) continue;
                var statement = result.TryGetProperty("statement_id", out var id) ? id.GetInt32() : 0;
                foreach (var one in series.EnumerateArray())
                    yield return new InfluxChunk(statement, one.GetProperty("name").GetString()!, one.TryGetProperty("tags", out var tags) ? tags : default, one.GetProperty("values"));
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<StoreUnavailableException> FailureAsync(HttpResponseMessage response, string path, CancellationToken cancellationToken)
    {
        var words = await WordsAsync(response, cancellationToken).ConfigureAwait(false);
        var remedy = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ". Check Cloud:Influx:User and Password, or Token, and their rights",
            HttpStatusCode.NotFound => $". Check Cloud:Influx:Database ({_options.Database}), Bucket and Org",
            _ => "",
        };
        return _http.Refused(response, path, words, remedy);
    }

    /// <summary>The engine's words, of an error answer that may be JSON or text.</summary>
    private async Task<string> WordsAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await _http.Guarded(response.Content.ReadAsStringAsync, "an error", cancellationToken).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(body);
            foreach (var name in (string[])["error", "message"])
                if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var words) && words.ValueKind == JsonValueKind.String) return words.GetString()!;
        }
        catch (JsonException)
        {
            // Said as it came.
        }
        return body.Length > 0 ? body.Trim() : response.ReasonPhrase ?? "";
    }

    private async Task<string> VersionInAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var document = JsonDocument.Parse(await _http.Guarded(response.Content.ReadAsStringAsync, "/ping", cancellationToken).ConfigureAwait(false));
            return document.RootElement.GetProperty("version").GetString() ?? "";
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw _http.Unavailable("does not say its version at /ping; check Cloud:Influx:Address", error);
        }
    }

    private static string Quoted(string name) => name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}

/// <summary>Rows of one statement's answer.</summary>
/// <param name="Statement">Index of the statement in the query.</param>
/// <param name="Name">Measurement.</param>
/// <param name="Tags">Tags of a GROUP BY, an object; undefined without.</param>
/// <param name="Rows">Array of arrays in the order of the SELECT, the time first.</param>
internal readonly record struct InfluxChunk(int Statement, string Name, JsonElement Tags, JsonElement Rows);
