using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>An operation as the API's document describes it, and a request made of the document's own examples, which would be served if nothing stood against it.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path with the names of its parameters.</param>
/// <param name="Description">The operation's part of the document.</param>
internal sealed record ApiOperation(string Method, string Path, JsonElement Description)
{
    /// <summary>The right that it asks for, as the document names it: <c>public</c>, <c>signed in</c> or a right.</summary>
    public string Right => Description.GetProperty(ApiDescription.RightExtension).GetString()!;

    /// <summary>Whether it shows callers who are bound to areas what lies in them; others are the whole city's.</summary>
    public bool IsByArea => Description.TryGetProperty(ApiDescription.AreaExtension, out var area) && area.GetBoolean();

    /// <summary>Whether it answers for as long as the caller stays.</summary>
    public bool IsEndless => Path.Contains("/live", StringComparison.Ordinal);

    /// <summary>Whether a role has its right.</summary>
    public bool IsOf(string role) => Right is "public" or "signed in" || Roles.Each.Any(right => Roles.NameOf(right) == Right && Roles.RightsOf(role).HasFlag(right));

    /// <summary>All operations of a server's document.</summary>
    public static async Task<IReadOnlyList<ApiOperation>> AllAsync(CloudUnderTest cloud, CancellationToken stop)
    {
        var document = JsonDocument.Parse(await cloud.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), stop)).RootElement;
        return [.. document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => new ApiOperation(method.Name.ToUpperInvariant(), path.Name, method.Value)))];
    }

    /// <summary>The request of its examples.</summary>
    public HttpRequestMessage Request()
    {
        var address = Path;
        foreach (var parameter in Parameters("path")) address = address.Replace($"{{{parameter.GetProperty("name").GetString()}}}", Uri.EscapeDataString(ValueOf(parameter.GetProperty("example"))), StringComparison.Ordinal);
        // Cursors are of a page that is not there.
        var query = Parameters("query").Where(parameter => parameter.GetProperty("name").GetString() != "cursor" && parameter.TryGetProperty("required", out var required) && required.GetBoolean())
            .Select(parameter => $"{parameter.GetProperty("name").GetString()}={Uri.EscapeDataString(ValueOf(parameter.GetProperty("example")))}").ToList();
        var request = new HttpRequestMessage(new HttpMethod(Method), query.Count == 0 ? address : $"{address}?{string.Join('&', query)}");
        if (Description.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty("application/json", out var content))
            request.Content = new StringContent(content.GetProperty("example").GetRawText(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        return request;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";

    private IEnumerable<JsonElement> Parameters(string place) =>
        Description.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == place) : [];

    private static string ValueOf(JsonElement example) => example.ValueKind switch { JsonValueKind.String => example.GetString()!, JsonValueKind.Array => ValueOf(example[0]), _ => example.GetRawText() };
}
