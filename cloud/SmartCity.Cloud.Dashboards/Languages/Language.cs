using Microsoft.AspNetCore.Http;

namespace SmartCity.Cloud.Dashboards.Languages;

/// <summary>A language of the pages. It decides the direction, the digits and the calendar too.</summary>
/// <param name="Code">ISO 639-1.</param>
/// <param name="Name">Its own name.</param>
/// <param name="IsRightToLeft">Direction of its script.</param>
public sealed record Language(string Code, string Name, bool IsRightToLeft)
{
    private const string Cookie = "lang";

    /// <summary>English: Latin digits, Gregorian calendar.</summary>
    public static Language English { get; } = new("en", "English", false);
    /// <summary>Persian: Persian digits, Solar Hijri calendar, right to left.</summary>
    public static Language Persian { get; } = new("fa", "فارسی", true);
    /// <summary>All of them, the usual one first.</summary>
    public static IReadOnlyList<Language> All { get; } = [English, Persian];

    /// <summary>How a preference is remembered: a year, for our own pages alone.</summary>
    internal static CookieOptions Remembered => new() { MaxAge = TimeSpan.FromDays(365), SameSite = SameSiteMode.Lax, HttpOnly = true, IsEssential = true };

    /// <summary>Words of the pages in this language.</summary>
    public Words Words => Words.Of(this);

    /// <summary><c>ltr</c> or <c>rtl</c>.</summary>
    public string Direction => IsRightToLeft ? "rtl" : "ltr";

    /// <summary>The language of a request: <c>?lang=</c>, which is remembered, else the remembered one, else what the browser prefers, else English.</summary>
    public static Language Of(HttpContext context)
    {
        if (Find(context.Request.Query[Cookie]) is { } asked)
        {
            context.Response.Cookies.Append(Cookie, asked.Code, Remembered);
            return asked;
        }
        return Accepted(context);
    }

    /// <summary>The language of a request that does not ask for one in its address, as those of programs: the remembered one, else what it prefers, else English.</summary>
    public static Language Accepted(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (Find(context.Request.Cookies[Cookie]) is { } remembered) return remembered;
        foreach (var preferred in context.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(one => one.Quality ?? 1))
            if (Find(preferred.Value.Value?.Split('-')[0]) is { } known) return known;
        return English;
    }

    private static Language? Find(string? code) => All.FirstOrDefault(language => string.Equals(language.Code, code, StringComparison.OrdinalIgnoreCase));
}
