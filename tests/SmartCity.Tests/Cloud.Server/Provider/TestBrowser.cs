using System.Net;

namespace SmartCity.Tests.Cloud.Server.Provider;

/// <summary>What a browser does on its way to the provider and back: follows no redirect by itself, keeps each host's cookies, and refuses those that break the rules of their names.</summary>
internal sealed class TestBrowser(CancellationToken stop) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    /// <summary>Cookies by host and port, each by name.</summary>
    public Dictionary<string, Dictionary<string, string>> Cookies { get; private init; } = [];

    /// <summary>Another browser with the same cookies as this one has now.</summary>
    public TestBrowser Copy() => new(stop) { Cookies = Cookies.ToDictionary(host => host.Key, host => new Dictionary<string, string>(host.Value)) };

    /// <summary>Opens an address as a link does.</summary>
    public Task<HttpResponseMessage> GetAsync(Uri address) => SendAsync(HttpMethod.Get, address, null);

    /// <summary>Sends a form of the page's own.</summary>
    public Task<HttpResponseMessage> PostAsync(Uri address, params (string Name, string Value)[] fields) => SendAsync(HttpMethod.Post, address, new FormUrlEncodedContent(fields.ToDictionary(field => field.Name, field => field.Value)));

    /// <summary>The address that an answer leads to.</summary>
    public static Uri LocationOf(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return new Uri(answer.RequestMessage!.RequestUri!, answer.Headers.Location!);
    }

    /// <summary>The cookie of a host, or null.</summary>
    public string? Cookie(Uri host, string name) => Cookies.GetValueOrDefault(host.Authority)?.GetValueOrDefault(name);

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, address) { Content = content };
        request.Headers.Add("Accept", "text/html");
        if (content is not null) request.Headers.Add("Sec-Fetch-Site", "same-origin");
        if (!Cookies.TryGetValue(address.Authority, out var jar)) Cookies[address.Authority] = jar = [];
        if (jar.Count > 0) request.Headers.Add("Cookie", string.Join("; ", jar.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        var answer = await _client.SendAsync(request, stop);
        if (answer.Headers.TryGetValues("Set-Cookie", out var cookies))
            foreach (var cookie in cookies) Keep(jar, cookie);
        return answer;
    }

    private static void Keep(Dictionary<string, string> jar, string cookie)
    {
        var parts = cookie.Split(';', StringSplitOptions.TrimEntries);
        var (name, value) = (parts[0][..parts[0].IndexOf('=', StringComparison.Ordinal)], parts[0][(parts[0].IndexOf('=', StringComparison.Ordinal) + 1)..]);
        var rules = parts.Skip(1).Select(part => part.ToLowerInvariant()).ToList();
        if (name.StartsWith("__Host-", StringComparison.Ordinal))
        {
            Assert.Contains("secure", rules);
            Assert.Contains("path=/", rules);
            Assert.DoesNotContain(rules, rule => rule.StartsWith("domain", StringComparison.Ordinal));
            Assert.Contains("httponly", rules);
        }
        var ends = rules.FirstOrDefault(rule => rule.StartsWith("expires=", StringComparison.Ordinal));
        if (value.Length == 0 || (ends is not null && DateTimeOffset.Parse(ends[8..], System.Globalization.CultureInfo.InvariantCulture) < DateTimeOffset.UtcNow)) jar.Remove(name);
        else jar[name] = value;
    }
}
