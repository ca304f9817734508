using System.Globalization;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>The devices that are connected, and the messages set aside.</summary>
internal static class ListPages
{
    private const int DevicesMax = 500;
    /// <summary>Letters of one page.</summary>
    public const int LettersMax = 100;
    private const int PayloadMax = 16_384;

    /// <summary>The devices that are connected, by client id.</summary>
    public static string Devices(IEnumerable<MqttPeer> peers, PageText text, TimeZoneInfo zone)
    {
        var all = peers.OrderBy(peer => peer.ClientId, StringComparer.Ordinal).Take(DevicesMax + 1).ToArray();
        var body = new Html();
        if (all.Length == 0) body.Add($"<p>{text["devices.none"]}</p>");
        else
        {
            body.Add($"""
                <div class="wide" tabindex="0" role="region" aria-label="{text["devices"]}"><table><thead><tr><th scope="col">{text["device.client"]}</th><th scope="col">{text["device.user"]}</th><th scope="col">{text["device.remote"]}</th><th scope="col">{text["device.version"]}</th><th scope="col">{text["device.messages"]}</th><th scope="col">{text["device.since"]}</th></tr></thead><tbody>
                """);
            foreach (var peer in all.Take(DevicesMax))
                body.Add($"""
                    <tr><th scope="row"><bdi>{peer.ClientId}</bdi></th><td><bdi>{peer.UserName}</bdi></td><td><bdi>{peer.Remote?.ToString()}</bdi></td><td>{(peer.IsVersion5 ? "5.0" : "3.1.1")}{(peer.IsSecure ? ", TLS" : "")}</td><td>{text.Whole(peer.Publishes)}</td><td>{text.Time(peer.ConnectedAt, zone)}</td></tr>
                    """);
            body.Add($"</tbody></table></div>");
            if (all.Length > DevicesMax) body.Add($"<p>{text["devices.more", text.Whole(DevicesMax)]}</p>");
        }
        return PageFrame.Render(text["devices"], text, "/devices", body, Back(text));
    }

    /// <summary>Messages set aside, the newest first.</summary>
    public static string Letters(IReadOnlyList<LetterLine> letters, PageText text, TimeZoneInfo zone)
    {
        var body = new Html();
        body.Add($"""<p class="quiet">{text["letters.help"]}</p>""");
        if (letters.Count == 0) body.Add($"<p>{text["letters.none"]}</p>");
        else
        {
            body.Add($"""
                <div class="wide" tabindex="0" role="region" aria-label="{text["letters"]}"><table><thead><tr><th scope="col">#</th><th scope="col">{text["letter.reason"]}</th><th scope="col">{text["letter.topic"]}</th><th scope="col">{text["letter.values"]}</th><th scope="col">{text["letter.bytes"]}</th><th scope="col">{text["letter.time"]}</th></tr></thead><tbody>
                """);
            foreach (var letter in letters)
                body.Add($"""
                    <tr><th scope="row"><a href="/dead-letters/{letter.Id}?lang={text.Code}">{text.Whole(letter.Id)}</a></th><td><bdi>{letter.Reason}</bdi></td><td><bdi>{letter.Topic}</bdi></td><td>{text.Whole(letter.Values)}</td><td>{text.Whole(letter.Bytes)}</td><td>{text.Time(letter.Time, zone)}</td></tr>
                    """);
            body.Add($"</tbody></table></div>");
            if (letters.Count == LettersMax) body.Add($"""<p><a href="/dead-letters?lang={text.Code}&amp;before={letters[^1].Id}">{text["letters.older"]}</a></p>""");
        }
        return PageFrame.Render(text["letters"], text, "/dead-letters", body, Back(text));
    }

    /// <summary>One message set aside, whole.</summary>
    public static string Letter(long id, LetterWhole? letter, PageText text, TimeZoneInfo zone)
    {
        var number = id.ToString(CultureInfo.InvariantCulture);
        var body = new Html();
        if (letter is null) body.Add($"<p>{text["letter.missing", text.Whole(id)]}</p>");
        else
        {
            body.Add($"""
                <dl class="letter"><dt>{text["letter.time"]}</dt><dd>{text.Time(letter.Time, zone)}</dd><dt>{text["letter.topic"]}</dt><dd><bdi>{letter.Topic}</bdi></dd><dt>{text["letter.qos"]}</dt><dd>{text.Whole(letter.Qos)}</dd><dt>{text["lane"]}</dt><dd>{text[$"lane.{letter.Lane}"]}</dd><dt>{text["letter.values"]}</dt><dd>{text.Whole(letter.Values)}</dd><dt>{text["letter.reason"]}</dt><dd><pre dir="ltr">{letter.Reason}</pre></dd></dl>
                <h2>{text["letter.payload"]}, {text.Bytes(letter.Bytes)}</h2><pre dir="ltr" class="payload" tabindex="0">{Shown(letter)}</pre>
                """);
            if (letter.Bytes > PayloadMax) body.Add($"""<p class="quiet">{text["letter.cut", text.Whole(PayloadMax)]}</p>""");
            body.Add($"""<p class="quiet" dir="ltr">smartcity-gateway dead-letter resubmit {number}<br>smartcity-gateway dead-letter discard {number}</p>""");
        }
        return PageFrame.Render(text["letter", text.Whole(id)], text, $"/dead-letters/{number}", body, new Html().Add($"""<a href="/dead-letters?lang={text.Code}">{text["letters"]}</a>"""));
    }

    private static string Shown(LetterWhole letter)
    {
        if (letter.Text is { } shown) return shown.Length > PayloadMax ? shown[..PayloadMax] : shown;
        return string.Join('\n', Convert.FromBase64String(letter.Payload).Take(PayloadMax).Chunk(16).Select((line, i) => string.Create(CultureInfo.InvariantCulture,
            $"{i * 16:x6}  {string.Join(' ', line.Select(one => one.ToString("x2", CultureInfo.InvariantCulture))),-47}  {string.Concat(line.Select(one => one is >= 0x20 and < 0x7F ? (char)one : '.'))}")));
    }

    private static Html Back(PageText text) => new Html().Add($"""<a href="/?lang={text.Code}">{text["back"]}</a>""");
}
