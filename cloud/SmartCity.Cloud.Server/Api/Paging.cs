using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Cloud.Server.Api.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>
/// Keyset paging: the next page begins after the last key of this one, so that rows which come or go meanwhile neither repeat nor hide others. The key is
/// written so that nobody builds one: what it is made of may change.
/// </summary>
internal static class Paging
{
    /// <summary>Name of the parameter that holds the last key.</summary>
    public const string Parameter = "cursor";

    /// <summary>A key as it stands in an address.</summary>
    public static string Write(params IReadOnlyList<object> key) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(key.Select(part => Convert.ToString(part, CultureInfo.InvariantCulture))));

    /// <summary>The parts of a key; null where the text is none of as many parts.</summary>
    public static IReadOnlyList<string>? Read(string text, int parts)
    {
        try
        {
            var key = JsonSerializer.Deserialize<string[]>(Base64Url.DecodeFromChars(text));
            return key?.Length == parts && key.All(part => part is not null) ? key : null;
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The same request for the page after a key.</summary>
    public static string Next(HttpRequest request, params IReadOnlyList<object> key) => With(request, Parameter, Write(key));

    /// <summary>The same request with one parameter set.</summary>
    public static string With(HttpRequest request, string name, string value) =>
        QueryHelpers.AddQueryString(request.PathBase + request.Path, request.Query.Where(one => one.Key != name).Append(new(name, value)));

    /// <summary>A page of what follows a key.</summary>
    /// <param name="request">The request, of which the next one is made.</param>
    /// <param name="following">What follows the page before, in order; not more is taken of it than needed.</param>
    /// <param name="limit">Rows of a page.</param>
    /// <param name="key">Key of a row.</param>
    public static Page<T> Of<T>(HttpRequest request, IEnumerable<T> following, int limit, Func<T, IReadOnlyList<object>> key)
    {
        var found = following.Take(limit + 1).ToList();
        if (found.Count <= limit) return new Page<T>(found);
        found.RemoveAt(limit);
        return new Page<T>(found, Next(request, key(found[^1])));
    }
}
