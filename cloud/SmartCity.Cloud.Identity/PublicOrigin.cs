using System.Net;

namespace SmartCity.Cloud.Identity;

/// <summary>The address of the city's pages as browsers show it.</summary>
public static class PublicOrigin
{
    /// <summary>Reads an origin: scheme, host and port and nothing else; HTTPS, or HTTP on this machine.</summary>
    /// <returns>It, as browsers write it (lower case, international names in ASCII, no port that goes without saying); null where the text is none.</returns>
    public static Uri? TryRead(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var origin) && (origin.Scheme == Uri.UriSchemeHttps || (origin.Scheme == Uri.UriSchemeHttp && origin.IsLoopback))
            && origin is { PathAndQuery: "/", Fragment: "", UserInfo: "" } ? new Uri(TextOf(origin)) : null;

    /// <summary>An origin as a browser writes it, e.g. <c>https://city.example:8444</c>.</summary>
    public static string TextOf(Uri origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return $"{origin.Scheme}://{(origin.HostNameType == UriHostNameType.IPv6 ? $"[{origin.IdnHost}]" : origin.IdnHost)}{(origin.IsDefaultPort ? "" : $":{origin.Port}")}";
    }

    /// <summary>Whether passkeys can be made for it: browsers make none for a bare address.</summary>
    public static bool HasName(Uri origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return !IPAddress.TryParse(origin.Host.Trim('[', ']'), out _);
    }
}
