using System.Text.Json;
using SmartCity.Hosting.Files;

namespace SmartCity.AppHost;

/// <summary>Tells of running processes whether they are ready.</summary>
internal static class Probes
{
    private static readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1) }) { Timeout = TimeSpan.FromSeconds(3) };

    /// <summary>Asks <c>/health/ready</c> on the port that the process wrote to its <c>ports.json</c>.</summary>
    public static Func<CancellationToken, Task<string?>> Ready(string data) => async cancellationToken =>
        PortsFile.TryRead(data) is { } ports && ports.TryGetValue("http", out var port)
            ? await AskAsync(new Uri($"http://127.0.0.1:{port}/health/ready"), cancellationToken)
            : "has not written its ports yet";

    /// <summary>Ready when the address answers with success.</summary>
    public static Func<CancellationToken, Task<string?>> Answers(Uri address) => cancellationToken => AskAsync(address, cancellationToken);

    /// <summary>Ready once it has run for a second: it has no port to ask.</summary>
    public static Func<CancellationToken, Task<string?>> Runs() => async cancellationToken =>
    {
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        return null;
    };

    private static async Task<string?> AskAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.GetAsync(address, cancellationToken);
            // A part that warns counts as well: a gateway takes readings without its cloud, but a city is up when they are connected.
            var reason = ReasonOf(await answer.Content.ReadAsStringAsync(cancellationToken));
            return reason ?? (answer.IsSuccessStatusCode ? null : $"answers {(int)answer.StatusCode}");
        }
        catch (HttpRequestException error)
        {
            return $"does not answer at {address.Authority} ({error.HttpRequestError})";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"does not answer at {address.Authority} in time";
        }
    }

    /// <summary>The parts with a reason, of an answer <c>{"parts":[{"part":…,"ok":…,"reason":…}]}</c>.</summary>
    private static string? ReasonOf(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var reasons = document.RootElement.GetProperty("parts").EnumerateArray().Where(part => !part.GetProperty("ok").GetBoolean() || part.GetProperty("reason").ValueKind == JsonValueKind.String)
                .Select(part => $"{part.GetProperty("part").GetString()}: {part.GetProperty("reason").GetString() ?? "not ready"}");
            return string.Join("; ", reasons) is { Length: > 0 } text ? text : null;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
