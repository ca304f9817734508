using System.Net.Http.Json;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Changes of entries that are there already.</summary>
internal static class Replacement
{
    /// <summary>Replaces whichever version is there.</summary>
    public static Task<HttpResponseMessage> ReplaceAsync(this HttpClient client, string path, object body, CancellationToken stop)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body), Headers = { { "If-Match", "*" } } };
        return client.SendAsync(request, stop);
    }
}
