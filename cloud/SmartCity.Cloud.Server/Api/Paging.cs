using Microsoft.AspNetCore.WebUtilities;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Keyset paging: the next page begins after the last key of this one, so that rows which come meanwhile neither repeat nor hide others.</summary>
internal static class Paging
{
    /// <summary>The same request with <paramref name="name"/> set to the last key.</summary>
    public static string Next(HttpRequest request, string name, string last) =>
        QueryHelpers.AddQueryString(request.PathBase + request.Path, request.Query.Where(one => one.Key != name).Append(new(name, last)));
}
