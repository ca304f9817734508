using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using SmartCity.Edge.Gateway.Page;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Edge.Spool;
using SmartCity.Hosting.Files;

namespace SmartCity.Tests.Edge.Gateway.Page;

public sealed class StatusPageTests
{
    private static readonly DateTimeOffset _now = new(2026, 11, 27, 9, 34, 32, TimeSpan.Zero);
    private static readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran");

    private static readonly GatewayReport _well = new()
    {
        At = _now, Gateway = "g1", Software = "0.1.0", StartedAt = _now.AddHours(-3), Cloud = new LinkReport("https://cloud:8443", true, _now.AddHours(-3), null, 1_234_567),
        Devices = 12, Rates = new Rates(3.2, 120, 119, [1, 2, 3], TimeSpan.FromMilliseconds(4)), Disk = (50L << 30, 100L << 30), Letters = (0, 0, 64L << 20),
        Lanes = [Lane("toll"), Lane("alarm"), Lane("telemetry", accepted: 1_000, stored: 900, queued: 100, bytes: 300)],
    };

    public static TheoryData<string, bool> Faults => new()
    {
        { "cloud-away", true }, { "cloud-silent", true }, { "lane-full", true }, { "lane-expires", true }, { "volume-full", true }, { "disk-low", false }, { "letters-full", true }, { "letters", false }, { "damage", true },
        { "imbalance", true }, { "broker-away", true }, { "broker-refused", true }, { "clock", false }, { "connections-full", true }, { "credentials", true }, { "note", false },
        { "disk-slow", false }, { "ended-process", false }, { "ended-machine", false }, { "ended-failed", false },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Each_fault_says_in_both_languages_what_happened_what_is_kept_what_is_not_and_what_to_do(string kind, bool isAlarm)
    {
        foreach (var text in (PageText[])[PageText.English, PageText.Persian])
        {
            var page = StatusPage.Render(With(kind), text, _zone, true);
            var fault = Assert.Single(Fault.Of(With(kind), text, _zone));
            Assert.Equal((kind, isAlarm), (fault.Kind, fault.IsAlarm));
            Assert.All([fault.What, fault.Kept, fault.Lost, fault.Remedy], words => Assert.False(string.IsNullOrWhiteSpace(words) || words.Contains('{', StringComparison.Ordinal), words));
            Assert.Contains($"data-fault=\"{kind}\"", page);
            Assert.Contains(text[isAlarm ? "state.alarm" : "state.look"], page);
        }
    }

    [Fact]
    public void A_gateway_that_is_well_says_so_with_its_books()
    {
        var page = StatusPage.Render(_well, PageText.English, _zone, true);
        Assert.Empty(Fault.Of(_well, PageText.English, _zone));
        Assert.Contains("All is well", page);
        Assert.Contains("27 November 2026, 13:04:32", page);
        Assert.Contains("1,000 accepted", page);
        Assert.Contains("It balances", page);
        Assert.Contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>", page);
        Assert.DoesNotContain("http-equiv=\"refresh\"", StatusPage.Render(_well, PageText.English, _zone, false));
    }

    [Fact]
    public void Persian_has_its_digits_its_calendar_and_its_direction()
    {
        var page = StatusPage.Render(_well, PageText.Persian, _zone, true);
        Assert.Contains("<html lang=\"fa\" dir=\"rtl\">", page);
        Assert.Contains("۶ آذر ۱۴۰۵، ۱۳:۰۴:۳۲", page);
        Assert.Contains("۱٬۲۳۴٬۵۶۷", page);
        Assert.Contains("۳٫۲", page);
        // Nothing of the words is left untranslated in Latin digits.
        Assert.DoesNotMatch(new Regex(">[^<]*[0-9][^<]*</(strong|span|b)>"), page.Replace("QoS 1", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Both_languages_have_the_same_keys() => Assert.Equal(PageText.English.Keys.Order(StringComparer.Ordinal), PageText.Persian.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("en", "1970-01-01T00:00:00Z", "1 January 1970, 03:30:00")]
    [InlineData("fa", "1970-01-01T00:00:00Z", "۱۱ دی ۱۳۴۸، ۰۳:۳۰:۰۰")]
    [InlineData("fa", "2025-03-20T20:30:00Z", "۱ فروردین ۱۴۰۴، ۰۰:۰۰:۰۰")]
    [InlineData("fa", "2021-03-20T12:00:00Z", "۳۰ اسفند ۱۳۹۹، ۱۵:۳۰:۰۰")]
    public void Times_are_those_of_the_zone_and_the_languages_calendar(string code, string time, string said) =>
        Assert.Equal(said, (code == "fa" ? PageText.Persian : PageText.English).Time(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), _zone));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1_023, "1,023 B")]
    [InlineData(1_536, "1.5 KiB")]
    [InlineData(59_163_877_376, "55.1 GiB")]
    public void Bytes_have_a_unit(long bytes, string said) => Assert.Equal(said, PageText.English.Bytes(bytes));

    [Theory]
    [InlineData("Edge:Uplink:Certificate is not set", "settings")]
    [InlineData("The remote certificate was rejected", "certificate")]
    [InlineData("Name or service not known (cloud:8443)", "name")]
    [InlineData("Unavailable: Connection refused", "refused")]
    [InlineData("PermissionDenied: gateway g1 was revoked", "denied")]
    [InlineData("No route to host", "network")]
    [InlineData("something else", "other")]
    public void The_advice_fits_the_cause(string error, string cause) => Assert.Equal(cause, Fault.CauseOf(error));

    [Fact]
    public void Whatever_devices_and_systems_say_is_text() => Gen.String[Gen.Char["<>&\"'/=`\u0000\u202ea\n"], 1, 40].Sample(hostile =>
    {
        var page = StatusPage.Render(With("cloud-away") with
        {
            Gateway = hostile, Cloud = new LinkReport(hostile, false, _now, hostile, 0), Broker = new LinkReport(hostile, false, _now, hostile, 0), Notes = [hostile], CredentialsTrouble = hostile, VolumeFull = hostile,
        }, PageText.English, _zone, true);
        var letter = new LetterWhole(1, _now, "telemetry", hostile, 1, 1, hostile.Length, hostile, hostile, "");
        var pages = page + ListPages.Letters([new LetterLine(1, _now, "toll", hostile, 0, 1, 5, hostile)], PageText.Persian, _zone) + ListPages.Letter(1, letter, PageText.English, _zone);
        // What is left without our own markup holds no markup at all.
        var clean = StatusPage.Render(With("cloud-away") with
        {
            Gateway = "x", Cloud = new LinkReport("x", false, _now, "x", 0), Broker = new LinkReport("x", false, _now, "x", 0), Notes = ["x"], CredentialsTrouble = "x", VolumeFull = "x",
        }, PageText.English, _zone, true) + ListPages.Letters([new LetterLine(1, _now, "toll", "x", 0, 1, 5, "x")], PageText.Persian, _zone) + ListPages.Letter(1, letter with { Topic = "x", Reason = "x", Text = "x" }, PageText.English, _zone);
        Assert.Equal(clean.Count(one => one is '<'), pages.Count(one => one is '<'));
        Assert.Equal(clean.Count(one => one is '"'), pages.Count(one => one is '"'));
    }, iter: 200);

    [Fact]
    public async Task The_pages_are_served_with_their_policy_on_the_status_port_alone()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder["gateway"]);
        await gateway.StartAsync();
        var stop = TestContext.Current.CancellationToken;
        foreach (var path in (string[])["/", "/?lang=fa", "/devices", "/dead-letters"])
        {
            using var answer = await gateway.Http.GetAsync(new Uri(path, UriKind.Relative), stop);
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            var page = await answer.Content.ReadAsStringAsync(stop);
            Assert.DoesNotMatch(new Regex("<script(?! type=\"module\" src=\"/gateway.js\"></script>)"), page);
            Assert.DoesNotContain("style=", page);
            Assert.DoesNotMatch(new Regex("(src|href)=\"(?!/)"), page);
        }
        using (var absent = await gateway.Http.GetAsync(new Uri("/dead-letters/7", UriKind.Relative), stop)) Assert.Equal(404, (int)absent.StatusCode);
        using (var styles = await gateway.Http.GetAsync(new Uri("/gateway.css", UriKind.Relative), stop)) Assert.Equal("text/css", styles.Content.Headers.ContentType!.MediaType);
        // A name that is not this machine's: another site may have pointed it here.
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "evil.example" } })
        using (var refused = await gateway.Http.SendAsync(request, stop)) Assert.Equal(421, (int)refused.StatusCode);
        using var webSocket = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.Port("mqttWebSocket")}") };
        foreach (var path in (string[])["/metrics", "/audit", "/devices", "/dead-letters"])
            using (var other = await webSocket.GetAsync(new Uri(path, UriKind.Relative), stop)) Assert.Equal(404, (int)other.StatusCode);
        using (var mqtt = await gateway.Http.GetAsync(new Uri("/mqtt", UriKind.Relative), stop)) Assert.Equal(404, (int)mqtt.StatusCode);
    }

    private static GatewayReport With(string kind) => kind switch
    {
        "cloud-away" => _well with { Cloud = new LinkReport("https://cloud:8443", false, _now.AddMinutes(-5), "Connection refused", 0) },
        "lane-full" => _well with { FullLanes = ["telemetry"] },
        "lane-expires" => _well with { ExpiresOldest = true, Lanes = [Lane("telemetry", accepted: 100, queued: 90, expired: 10, bytes: 1_000)] },
        "volume-full" => _well with { VolumeFull = "the volume is full" },
        "disk-low" => _well with { Disk = (1, 100) },
        "letters-full" => _well with { LettersAreFull = true, Letters = (9, 60, 64) },
        "letters" => _well with { Letters = (2, 100, 64 << 20), Lanes = [Lane("telemetry", accepted: 2, deadLettered: 2)] },
        "damage" => _well with { Lanes = [Lane("telemetry", accepted: 10, expired: 10)] },
        "imbalance" => _well with { Lanes = [Lane("telemetry", accepted: 10, stored: 9)] },
        "broker-away" => _well with { Broker = new LinkReport("mqtt://b:1883", false, _now, "Connection refused", 0) },
        "broker-refused" => _well with { Broker = new LinkReport("mqtt://b:1883", true, _now, null, 7), BrokerRefusal = "no room" },
        "cloud-silent" => _well with { CloudSilent = TimeSpan.FromSeconds(7) },
        "clock" => _well with { ClockTrusted = false },
        "connections-full" => _well with { ConnectionsFull = 112, ConnectionsRefused = 7 },
        "credentials" => _well with { CredentialsTrouble = "devices.json, line 3" },
        "disk-slow" => _well with { Rates = _well.Rates with { Commit = TimeSpan.FromMilliseconds(412) } },
        "ended-process" => _well with { EndBefore = new EndBefore(_now.AddMinutes(-9), _now.AddMinutes(-8), EndCause.Process, null) },
        "ended-machine" => _well with { EndBefore = new EndBefore(_now.AddMinutes(-9), _now.AddMinutes(-8), EndCause.Machine, null) },
        "ended-failed" => _well with { EndBefore = new EndBefore(_now.AddMinutes(-9), _now.AddMinutes(-8), EndCause.Failed, "disk I/O error") },
        "note" => _well with { Notes = ["The spool's file is a copy"] },
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static LaneStat Lane(string name, long accepted = 0, long stored = 0, long queued = 0, long deadLettered = 0, long expired = 0, long bytes = 0) =>
        new(name, queued, bytes, 1_000, queued > 0 ? _now.AddSeconds(-7) : null, accepted, stored, 0, deadLettered, expired, accepted - stored - queued - deadLettered - expired);
}
