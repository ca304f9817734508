using System.Globalization;
using SmartCity.Edge.Gateway.Status;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>The gateway's page, for whoever stands beside the box. A pure function of the report.</summary>
internal static class StatusPage
{
    private const int RefreshSeconds = 5;
    private const int ChartWidth = 240;
    private const int ChartHeight = 40;

    /// <summary>Renders it.</summary>
    /// <param name="report">What it shows.</param>
    /// <param name="text">In which language.</param>
    /// <param name="zone">Zone of its times.</param>
    /// <param name="refreshes">Whether the browser asks for it again by itself.</param>
    public static string Render(GatewayReport report, PageText text, TimeZoneInfo zone, bool refreshes)
    {
        var faults = Fault.Of(report, text, zone);
        var (mood, words) = faults.Any(fault => fault.IsAlarm) ? ("alarm", "state.alarm")
            : faults.Count > 0 ? ("look", "state.look")
            : report.Cloud is { IsOpen: false } ? ("look", "state.starting") : ("well", "state.well");
        var body = new Html();
        body.Add($"""<p class="mood {mood}"><strong>{text[words]}</strong> <span>{text["asof", text.Time(report.At, zone)]}</span></p>""");
        foreach (var fault in faults) AddFault(body, fault, text);
        body.Add($"""<div class="cards">""");
        AddCloud(body, report, text, zone);
        if (report.Broker is { } broker) AddLink(body, "broker", broker, text["cloud.sent", text.Whole(broker.Count)], text, zone);
        AddDevices(body, report, text);
        AddRates(body, report, text);
        body.Add($"</div>");
        AddLanes(body, report, text);
        AddAudit(body, report, text);
        AddLetters(body, report, text);
        body.Add($"""
            <div class="cards">
            <section><h2>{text["disk"]}</h2><p>{text["disk.free", text.Bytes(report.Disk.Free), text.Bytes(report.Disk.All)]}</p></section>
            <section><h2>{text["clock"]}</h2><p class="{(report.ClockTrusted ? "good" : "bad")}">{text[report.ClockTrusted ? "clock.trusted" : "clock.doubtful"]}</p></section>
            <section><h2>{text["software"]}</h2><p>{text["software.version", report.Software, text.Span(report.At - report.StartedAt)]}</p></section>
            </div>
            <p class="quiet">{text["zone", zone.Id]}</p>
            """);
        var query = refreshes ? "refresh=0" : "";
        var pause = new Html().Add($"""<a href="/?lang={text.Code}&amp;{query}">{text[refreshes ? "pause" : "resume"]}</a>""");
        return PageFrame.Render(text["title", report.Gateway], text, "/", body, pause, refreshes ? RefreshSeconds : null);
    }

    private static void AddFault(Html body, Fault fault, PageText text) => body.Add($"""
        <section class="fault {(fault.IsAlarm ? "alarm" : "look")}" data-fault="{fault.Kind}">
        <dl><dt>{text["happened"]}</dt><dd><strong>{fault.What}</strong></dd><dt>{text["kept"]}</dt><dd>{fault.Kept}</dd><dt>{text["lost"]}</dt><dd>{fault.Lost}</dd><dt>{text["todo"]}</dt><dd>{fault.Remedy}</dd></dl>
        </section>
        """);

    private static void AddCloud(Html body, GatewayReport report, PageText text, TimeZoneInfo zone) =>
        AddLink(body, "cloud", report.Cloud, text["cloud.sent", text.Whole(report.Cloud.Count)], text, zone);

    private static void AddLink(Html body, string name, LinkReport link, string count, PageText text, TimeZoneInfo zone)
    {
        var state = link.IsOpen ? "cloud.open" : link.Since is null ? "cloud.connecting" : "cloud.away";
        body.Add($"""<section data-link="{name}"><h2>{text[name]}</h2><p class="{(link.IsOpen ? "good" : "bad")}">{text[state]}</p><p class="quiet"><bdi>{link.Address}</bdi></p>""");
        if (link.Since is { } since) body.Add($"""<p class="quiet">{text["since", text.Time(since, zone)]}</p>""");
        body.Add($"""<p class="quiet">{count}</p>""");
        if (link.LastError is { } error) body.Add($"""<p class="quiet">{text["last.error", ""]}<bdi>{error}</bdi></p>""");
        body.Add($"</section>");
    }

    private static void AddDevices(Html body, GatewayReport report, PageText text) => body.Add($"""
        <section><h2>{text["devices"]}</h2><p><b class="figure">{text.Whole(report.Devices)}</b> {text["devices.now"]}</p><p><a href="/devices?lang={text.Code}">{text["devices.list"]}</a></p></section>
        """);

    private static void AddRates(Html body, GatewayReport report, PageText text)
    {
        var rates = report.Rates;
        body.Add($"""
            <section><h2>{text["rates"]}</h2><p><b class="figure">{text.Rate(rates.Messages)}</b> {text["rate.messages"]}</p>
            <p class="quiet">{text.Rate(rates.Values)} {text["rate.values"]}</p><p class="quiet">{text.Rate(rates.Sent)} {text["rate.sent"]}</p>
            """);
        if (rates.Course.Count > 1)
        {
            var most = Math.Max(1, rates.Course.Max());
            var points = string.Join(' ', rates.Course.Select((rate, i) => string.Create(CultureInfo.InvariantCulture,
                $"{(double)i / (rates.Course.Count - 1) * ChartWidth:0.#},{ChartHeight - 2 - rate / most * (ChartHeight - 4):0.#}")));
            body.Add($"""
                <svg class="chart" viewBox="0 0 {ChartWidth} {ChartHeight}" role="img" aria-label="{text["rate.chart", text.Rate(rates.Course.Min()), text.Rate(most)]}" preserveAspectRatio="none"><polyline points="{points}"/></svg>
                """);
        }
        body.Add($"</section>");
    }

    private static void AddLanes(Html body, GatewayReport report, PageText text)
    {
        body.Add($"""
            <section><h2>{text["lanes"]}</h2><div class="wide" tabindex="0" role="region" aria-label="{text["lanes"]}"><table>
            <thead><tr><th scope="col">{text["lane"]}</th><th scope="col">{text["lane.queued"]}</th><th scope="col">{text["lane.bytes"]}</th><th scope="col">{text["lane.oldest"]}</th></tr></thead><tbody>
            """);
        foreach (var lane in report.Lanes)
        {
            var name = text[$"lane.{lane.Lane}"];
            body.Add($"""
                <tr data-lane="{lane.Lane}"><th scope="row">{name}</th><td>{text.Whole(lane.Queued)}</td>
                <td>{text["lane.quota", text.Bytes(lane.Bytes), text.Bytes(lane.QuotaBytes)]} <meter min="0" max="100" high="80" optimum="0" value="{Percent(lane.Bytes, lane.QuotaBytes)}" aria-label="{name}"></meter></td>
                <td>{(lane.Oldest is { } oldest ? text.Ago(oldest, report.At) : text["lane.nothing"])}</td></tr>
                """);
        }
        body.Add($"</tbody></table></div></section>");
    }

    private static void AddAudit(Html body, GatewayReport report, PageText text)
    {
        var balance = report.Lanes.Sum(lane => Math.Abs(lane.Imbalance));
        body.Add($"""<section data-audit="{balance}"><h2>{text["audit"]}</h2>""");
        foreach (var lane in report.Lanes.Where(lane => lane.Accepted > 0))
            body.Add($"""
                <p class="sum"><b>{text[$"lane.{lane.Lane}"]}:</b> <span>{text.Whole(lane.Accepted)} {text["audit.accepted"]}</span> = <span>{text.Whole(lane.Stored)} {text["audit.stored"]}</span> +
                <span>{text.Whole(lane.Superseded)} {text["audit.superseded"]}</span> + <span>{text.Whole(lane.Queued)} {text["audit.queued"]}</span> + <span>{text.Whole(lane.DeadLettered)} {text["audit.deadLettered"]}</span> +
                <span>{text.Whole(lane.Expired)} {text["audit.expired"]}</span>. <span>{text["audit.imbalance"]}: {text.Whole(lane.Imbalance)}</span></p>
                """);
        body.Add($"""<p class="{(balance == 0 ? "good" : "bad")}">{(balance == 0 ? text["audit.balances"] : text["audit.wrong", text.Whole(balance)])}</p></section>""");
    }

    private static void AddLetters(Html body, GatewayReport report, PageText text)
    {
        body.Add($"""<section><h2>{text["letters"]}</h2>""");
        if (report.Letters.Count == 0) body.Add($"<p>{text["letters.none"]}</p>");
        else body.Add($"""<p>{text["letters.count", text.Whole(report.Letters.Count), text.Bytes(report.Letters.Bytes), text.Bytes(report.Letters.QuotaBytes)]}</p><p><a href="/dead-letters?lang={text.Code}">{text["letters.list"]}</a></p>""");
        var totals = report.LetterTotals;
        if (totals.DiscardedLetters + totals.ResubmittedLetters > 0)
            body.Add($"""<p class="quiet">{text["letters.discarded", text.Whole(totals.DiscardedLetters), text.Whole(totals.DiscardedValues), text.Whole(totals.ResubmittedLetters)]}</p>""");
        body.Add($"</section>");
    }

    private static int Percent(long part, long whole) => whole <= 0 ? 0 : (int)Math.Clamp(Math.Ceiling(100.0 * part / whole), 0, 100);
}
