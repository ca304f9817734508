namespace SmartCity.Edge.Gateway.Page;

/// <summary>What all pages of the gateway have around them.</summary>
internal static class PageFrame
{
    /// <summary>What a page may load and do, written out once: style sheet and script of its own host; nothing inside the page, no other host, no frame.</summary>
    public const string ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Renders a page.</summary>
    /// <param name="title">Its title and heading.</param>
    /// <param name="text">In which language.</param>
    /// <param name="path">Its own path, for the other language.</param>
    /// <param name="body">What stands in it.</param>
    /// <param name="link">A link in its head.</param>
    /// <param name="refreshSeconds">After how long the browser asks again; null = never.</param>
    public static string Render(string title, PageText text, string path, Html body, Html link, int? refreshSeconds = null)
    {
        var (refresh, lost) = (new Html(), new Html());
        if (refreshSeconds is { } seconds)
        {
            refresh.Add($"""<script type="module" src="/gateway.js"></script><noscript><meta http-equiv="refresh" content="{seconds}"></noscript>""");
            lost.Add($"""<p id="lost" class="mood alarm" role="alert" hidden><strong>{text["lost.gateway"]}</strong></p>""");
        }
        return new Html().Add($"""
            <!DOCTYPE html>
            <html lang="{text.Code}" dir="{text.Direction}">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">{refresh}<title>{title}</title><link rel="stylesheet" href="/gateway.css"><link rel="icon" href="/gateway.svg" type="image/svg+xml"></head>
            <body><header><h1><bdi>{title}</bdi></h1><nav>{link} <a href="{path}?lang={text.Other.Code}" hreflang="{text.Other.Code}" lang="{text.Other.Code}">{text.Other.Name}</a></nav></header>
            {lost}
            <main>
            {body}
            </main></body></html>
            """).ToString();
    }
}
