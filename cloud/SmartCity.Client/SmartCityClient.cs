using System.Text.Json;

namespace SmartCity.Client;

/// <summary>
/// The SmartCity HTTP API. The methods are generated from the API's document; what stands here is what a generator does not know.
/// Give it an <see cref="HttpClient"/> whose base address is the server's and whose Authorization header holds a token.
/// </summary>
public partial class SmartCityClient
{
    /// <summary>The cursor of a page's <c>next</c>, for the parameter of that name.</summary>
    /// <param name="next">Address of the next page, as the page before names it.</param>
    /// <returns>Null where that was the last page.</returns>
    public static string? CursorOf(string? next)
    {
        if (next is null) return null;
        var query = next[(next.IndexOf('?', StringComparison.Ordinal) + 1)..];
        return query.Split('&').Select(part => part.Split('=', 2)).Where(part => part is ["cursor", _]).Select(part => Uri.UnescapeDataString(part[1])).FirstOrDefault();
    }

    /// <summary>All items of a list, page after page.</summary>
    /// <typeparam name="TPage">Kind of page.</typeparam>
    /// <typeparam name="TItem">Kind of item.</typeparam>
    /// <param name="get">Asks for the page after a cursor; null for the first.</param>
    /// <param name="items">Items of a page.</param>
    /// <param name="next">Its address of the next page.</param>
    public static async IAsyncEnumerable<TItem> AllAsync<TPage, TItem>(Func<string?, Task<TPage>> get, Func<TPage, IEnumerable<TItem>> items, Func<TPage, string?> next)
    {
        ArgumentNullException.ThrowIfNull(get);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(next);
        string? cursor = null;
        do
        {
            var page = await get(cursor).ConfigureAwait(false);
            foreach (var item in items(page)) yield return item;
            cursor = CursorOf(next(page));
        }
        while (cursor is not null);
    }

    /// <summary>What the server may add later is passed over.</summary>
    static partial void UpdateJsonSerializerSettings(JsonSerializerOptions settings) => settings.UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Skip;
}
