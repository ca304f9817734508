using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>A browser with its cookies: kept by hand, as the client's own jar sends none that is Secure without TLS, which browsers do to localhost.</summary>
internal sealed class PasskeyBrowser : IDisposable
{
    public PasskeyBrowser(Uri address)
    {
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = address };
        Client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
    }

    public HttpClient Client { get; }
    public Dictionary<string, string> Cookies { get; } = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body is null ? null : body as HttpContent ?? JsonContent.Create(body) };
        if (Cookies.Count > 0) request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        var answer = await Client.SendAsync(request, Stop);
        foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
        {
            var (name, value) = (cookie[..cookie.IndexOf('=', StringComparison.Ordinal)], cookie[(cookie.IndexOf('=', StringComparison.Ordinal) + 1)..cookie.IndexOf(';', StringComparison.Ordinal)]);
            if (cookie.Contains("max-age=0", StringComparison.OrdinalIgnoreCase) || value.Length == 0) Cookies.Remove(name);
            else Cookies[name] = value;
        }
        return answer;
    }

    public async Task<JsonElement> OptionsAsync(string path)
    {
        var answer = await SendAsync(HttpMethod.Post, path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
    }

    public async Task<HttpResponseMessage> MakeAsync(SoftwareAuthenticator key, string name) =>
        await SendAsync(HttpMethod.Post, "/api/v1/account/passkeys", new { name, credential = key.Make(await OptionsAsync("/api/v1/account/passkeys/options")) });

    public async Task<HttpResponseMessage> ProveAsync(SoftwareAuthenticator key, Action<byte[]>? tamper = null) =>
        await SendAsync(HttpMethod.Post, "/api/v1/session/passkey", new { credential = key.Prove(await OptionsAsync("/api/v1/session/passkey/options"), tamper) });

    public async Task<IReadOnlyList<JsonElement>> PasskeysAsync() =>
        [.. (await (await SendAsync(HttpMethod.Get, "/api/v1/account/passkeys")).Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("items").EnumerateArray()];

    /// <summary>Why it was refused: the last part of the problem's type.</summary>
    public static async Task<string> FaultOf(HttpResponseMessage answer, HttpStatusCode status = HttpStatusCode.Unauthorized)
    {
        Assert.Equal(status, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("type").GetString()!.Split('/')[^1];
    }

    public void Dispose() => Client.Dispose();
}
