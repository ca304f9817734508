using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SmartCity.Cloud.TimeSeries.Engines;

namespace SmartCity.Cloud.TimeSeries.VictoriaMetrics;

/// <summary>The HTTP API of VictoriaMetrics, as far as the store needs it. Writes one at a time; queries from any thread.</summary>
/// <remarks>https://docs.victoriametrics.com/single-server-victoriametrics: /api/v1/import, /api/v1/export, /api/v1/series, /api/v1/query_range, /snapshot, /flags.</remarks>
internal sealed class VictoriaClient : IDisposable
{
    private readonly VictoriaOptions _options;
    private readonly TimeProvider _clock;
    private readonly EngineHttp _http;
    private static readonly TimeSpan _lookAgain = TimeSpan.FromMilliseconds(20);
    private long _asked;

    public VictoriaClient(VictoriaOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        _http = new EngineHttp("VictoriaMetrics", options.Address, options.Timeout, EngineHttp.Credentials("Bearer", options.Token, options.User, options.Password), Disconnect, clock);
    }

    /// <summary>The flags that it was started with; null where it was not asked since it was lost.</summary>
    public VictoriaFlags? Flags { get; private set; }

    /// <summary>Asks for the flags where that was not done.</summary>
    /// <returns>Whether it did.</returns>
    /// <exception cref="StoreUnavailableException">It cannot be reached, refuses us, or runs with flags under which readings would be wrong.</exception>
    public async Task<bool> ConnectAsync(CancellationToken cancellationToken)
    {
        if (Flags is not null) return false;
        var flags = VictoriaFlags.Read(await TextAsync(HttpMethod.Get, "flags", cancellationToken).ConfigureAwait(false));
        if (flags.Wrong is { } wrong) throw _http.Unavailable(wrong, null);
        Flags = flags;
        return true;
    }

    /// <summary>Writes lines of an import. The answer says no more than that they were read: see <see cref="FlushAsync"/>.</summary>
    public async Task ImportAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
    {
        using var request = _http.Post("api/v1/import", lines, new MediaTypeHeaderValue("application/json"));
        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) throw await FailureAsync(response, "/api/v1/import", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Brings everything that was written into queries and to the engine's disk. A snapshot writes what is in memory and fsyncs it; it is a few hard links, and is
    /// deleted at once. But it passes over what is on its way from one place in memory to another, so it comes after the last point written is seen.
    /// </summary>
    /// <param name="selector">Series of the last point written.</param>
    /// <param name="millis">Its time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task FlushAsync(string selector, long millis, CancellationToken cancellationToken)
    {
        await TextAsync(HttpMethod.Get, "internal/force_flush", cancellationToken).ConfigureAwait(false);
        for (var began = _clock.GetTimestamp(); !await IsSeenAsync().ConfigureAwait(false); await Task.Delay(_lookAgain, _clock, cancellationToken).ConfigureAwait(false))
            if (_clock.GetElapsedTime(began) > _options.Timeout) throw _http.Unavailable($"does not show what was written {_options.Timeout.TotalSeconds:0.#} s ago", null);
        var key = _options.SnapshotSecret is { } secret ? $"authKey={Uri.EscapeDataString(secret)}" : "";
        using var made = JsonDocument.Parse(await TextAsync(HttpMethod.Post, $"snapshot/create?{key}", cancellationToken).ConfigureAwait(false));
        if (made.RootElement.GetProperty("status").GetString() != "ok" || made.RootElement.GetProperty("snapshot").GetString() is not { } name)
            throw _http.Unavailable($"could not bring readings to its disk: {made.RootElement.GetRawText()}", null);
        await TextAsync(HttpMethod.Post, $"snapshot/delete?snapshot={Uri.EscapeDataString(name)}&{key}", cancellationToken).ConfigureAwait(false);

        async Task<bool> IsSeenAsync()
        {
            await foreach (var _ in ExportAsync(selector, millis, millis, cancellationToken).ConfigureAwait(false)) return true;
            return false;
        }
    }

    /// <summary>
    /// The selector with a condition that always holds and is another each time: for some ten seconds the engine remembers that a selector found nothing, whatever
    /// has been written meanwhile.
    /// </summary>
    private string Anew(string selector) => string.Create(CultureInfo.InvariantCulture, $"{selector[..^1]},asked!=\"{Interlocked.Increment(ref _asked)}\"}}");

    /// <summary>Ids of the indexes whose readings it holds.</summary>
    public async Task<IReadOnlyList<string>> OwnersAsync(CancellationToken cancellationToken)
    {
        var selector = $"{{__name__=\"{VictoriaNames.Quoted(VictoriaNames.OwnerMetric)}\"}}";
        using var found = JsonDocument.Parse(await TextAsync(HttpMethod.Get, $"api/v1/series?match[]={Uri.EscapeDataString(Anew(selector))}&start=0", cancellationToken).ConfigureAwait(false));
        return [.. found.RootElement.GetProperty("data").EnumerateArray().Select(series => series.GetProperty("id").GetString()!)];
    }

    /// <summary>The points of a series in a closed range of ms, by time, as they are read.</summary>
    public async IAsyncEnumerable<(long Millis, double Value)> ExportAsync(string selector, long from, long through, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"api/v1/export?match[]={Uri.EscapeDataString(Anew(selector))}&start={Seconds(from)}&end={Seconds(through)}&max_rows_per_line=10000");
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) throw await FailureAsync(response, "/api/v1/export", cancellationToken).ConfigureAwait(false);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        while (await _http.Guarded(stop => lines.ReadLineAsync(stop).AsTask(), "/api/v1/export", cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0) continue;
            using var document = JsonDocument.Parse(line);
            using var times = document.RootElement.GetProperty("timestamps").EnumerateArray();
            using var values = document.RootElement.GetProperty("values").EnumerateArray();
            foreach (var time in times)
            {
                if (!values.MoveNext()) break;
                yield return (time.GetInt64(), values.Current.ValueKind == JsonValueKind.Number ? values.Current.GetDouble() : double.NaN);
            }
        }
    }

    /// <summary>
    /// Asks in MetricsQL for windows of one width; the answer to a window stands under its index. Windows in which there is nothing have none.
    /// </summary>
    /// <param name="function">Of a range of points.</param>
    /// <param name="selector">The series.</param>
    /// <param name="first">Begin of the first window, ms.</param>
    /// <param name="width">Its width, ms.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<(int Window, double Value)>> WindowsAsync(string function, string selector, long first, long width, int count, CancellationToken cancellationToken)
    {
        // A window is (end - width, end]; ours are closed at their begin, a millisecond earlier.
        var text = string.Create(CultureInfo.InvariantCulture, $"{function}({Anew(selector)}[{width}ms])");
        var (start, end) = (first + width - 1, first + width * count - 1);
        // Their cache aligns the range to its step, which is not ours.
        var form = new FormUrlEncodedContent([new("query", text), new("start", Seconds(start)), new("end", Seconds(end)), new("step", string.Create(CultureInfo.InvariantCulture, $"{width}ms")), new("nocache", "1")]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/query_range") { Content = form };
        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) throw await FailureAsync(response, "/api/v1/query_range", cancellationToken).ConfigureAwait(false);
        using var answer = JsonDocument.Parse(await _http.Guarded(response.Content.ReadAsStringAsync, "/api/v1/query_range", cancellationToken).ConfigureAwait(false));
        var found = new List<(int, double)>();
        foreach (var series in answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray())
            foreach (var point in series.GetProperty("values").EnumerateArray())
                found.Add(((int)(((long)Math.Round(point[0].GetDouble() * 1000) - start) / width), double.Parse(point[1].GetString()!, CultureInfo.InvariantCulture)));
        return found;
    }

    /// <summary>Forgets what <see cref="ConnectAsync"/> found: it may come back with other flags.</summary>
    public void Disconnect() => Flags = null;

    public void Dispose() => _http.Dispose();

    private static string Seconds(long millis) => (millis / 1000m).ToString("0.000", CultureInfo.InvariantCulture);

    private async Task<string> TextAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var name = "/" + path.Split('?')[0];
        return response.IsSuccessStatusCode ? await _http.Guarded(response.Content.ReadAsStringAsync, name, cancellationToken).ConfigureAwait(false) : throw await FailureAsync(response, name, cancellationToken).ConfigureAwait(false);
    }

    private async Task<StoreUnavailableException> FailureAsync(HttpResponseMessage response, string path, CancellationToken cancellationToken)
    {
        var words = await _http.Guarded(response.Content.ReadAsStringAsync, "an error", cancellationToken).ConfigureAwait(false);
        if (words.Length > 500) words = words[..500] + "…";
        var remedy = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => path.StartsWith("/snapshot", StringComparison.Ordinal) ? ". Check Cloud:Victoria:SnapshotSecret" : ". Check Cloud:Victoria:User and Password, or Token",
            HttpStatusCode.NotFound => ". Check Cloud:Victoria:Address: is this a single-node VictoriaMetrics?",
            _ => "",
        };
        return _http.Refused(response, path, words.Trim(), remedy);
    }
}
