using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Server.Faults;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>What goes wrong is shown to a person: what happened, what is kept, what is not, what to do; on the page and in the log, and after the process is gone, too.</summary>
public sealed class FaultTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_that_goes_and_comes_back_is_shown_and_then_told_as_over_in_both_languages_to_operators_alone()
    {
        await using var cloud = await AccessTests.StartAsync();
        await AccessTests.AddAsync(cloud, "mina", [Roles.Operator]);
        await AccessTests.AddAsync(cloud, "parviz", [Roles.TollAuditor]);
        using var mina = await AccessTests.SignedInAsync(cloud, "mina");
        var (watch, gateways) = (cloud.App.Services.GetRequiredService<FaultWatch>(), cloud.App.Services.GetRequiredService<GatewayDirectory>());
        watch.Look();
        Assert.Contains("Nothing is wrong.", await PageAsync(mina, "en"), StringComparison.Ordinal);

        gateways.Update("g<b>2", DateTimeOffset.UtcNow, state => state with { Connected = false, Since = DateTimeOffset.UtcNow.AddMinutes(-3) });
        watch.Look();
        var page = await PageAsync(mina, "en");
        foreach (var words in (string[])["Gateway \u2068g<b>2\u2069 has not been connected since", "is on its own disk", "as long as its disk has room", "Check power and network there", "data-fault=\"gateway-away\""]) Assert.Contains(words, page, StringComparison.Ordinal);
        Assert.Contains("برق و شبکهٔ آنجا را بررسی کنید", await PageAsync(mina, "fa"), StringComparison.Ordinal);
        Assert.DoesNotContain("g<b>2", await mina.GetStringAsync(new Uri("/faults?lang=en", UriKind.Relative), Stop), StringComparison.Ordinal);
        Assert.Contains("smartcity_faults{kind=\"gateway-away\"} 1", await cloud.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Stop), StringComparison.Ordinal);

        gateways.Update("g<b>2", DateTimeOffset.UtcNow, state => state with { Connected = true, Since = DateTimeOffset.UtcNow });
        watch.Look();
        Assert.Empty(watch.Now);
        Assert.NotNull(Assert.Single(watch.Past).Until);
        page = await PageAsync(mina, "en");
        Assert.Contains("Nothing is wrong.", page, StringComparison.Ordinal);
        Assert.Contains("has not been connected since", page, StringComparison.Ordinal);

        using var nobody = AccessTests.Browser(cloud);
        Assert.NotEqual(HttpStatusCode.OK, (await nobody.GetAsync("/faults", Stop)).StatusCode);
        using var parviz = await AccessTests.SignedInAsync(cloud, "parviz");
        Assert.Equal(HttpStatusCode.Forbidden, (await parviz.GetAsync("/faults", Stop)).StatusCode);
    }

    [Fact]
    public async Task A_killed_server_tells_of_its_end_and_of_what_was_wrong_then()
    {
        await using var cloud = await AccessTests.StartAsync();
        var gateways = cloud.App.Services.GetRequiredService<GatewayDirectory>();
        gateways.Update("g2", DateTimeOffset.UtcNow, state => state with { Refusal = "E-UPLINK-EPOCH: no such epoch" });
        var watch = cloud.App.Services.GetRequiredService<FaultWatch>();
        watch.Look();
        var before = Assert.Single(watch.Now);
        await cloud.RestartAsync(() => File.WriteAllText(Path.Combine(cloud.Data, RunRecord.Name), """{"Began":"2026-11-28T02:00:00+00:00","Boot":null,"Reason":"The log failed: disk I/O error"}"""));

        watch = cloud.App.Services.GetRequiredService<FaultWatch>();
        watch.Look();
        watch.Look();
        var end = Assert.Single(watch.Now, row => row.Kind == "ended-failed");
        Assert.Contains("The log failed: disk I/O error", FaultWords.Say(end, "what"), StringComparison.Ordinal);
        // Still refused: the same fault as before, since then.
        gateways = cloud.App.Services.GetRequiredService<GatewayDirectory>();
        gateways.Update("g2", DateTimeOffset.UtcNow, state => state with { Refusal = "E-UPLINK-EPOCH: no such epoch" });
        watch.Look();
        Assert.Equal(before.Since, Assert.Single(watch.Now, row => row.Kind == "gateway-refused").Since);
    }

    [Fact]
    public async Task A_part_in_trouble_is_an_alarm_and_one_that_warns_is_worth_a_look()
    {
        var part = new Part();
        await using var cloud = await CloudUnderTest.StartAsync(services: services => services.AddSingleton<IHealthPart>(part));
        var watch = cloud.App.Services.GetRequiredService<FaultWatch>();
        part.Warning = "getting warm";
        watch.Look();
        watch.Look();
        Assert.False(Assert.Single(watch.Now, row => row.Subject == "oven").IsAlarm);
        part.Trouble = "too hot";
        watch.Look();
        var alarm = watch.Now[0];
        Assert.True(alarm.IsAlarm);
        Assert.Equal("oven: too hot", FaultWords.Say(alarm, "what"));
    }

    [Fact]
    public void Every_kind_has_four_sentences_in_both_languages_and_its_parts_fit()
    {
        var kinds = Language.English.Words.Keys.Where(key => key.StartsWith("fault.", StringComparison.Ordinal)).Select(key => key.Split('.')[1]).Distinct().ToList();
        Assert.True(kinds.Count > 20);
        foreach (var language in Language.All)
            foreach (var which in (string[])["what", "kept", "lost", "do"])
                Assert.All(kinds, kind => Assert.NotEmpty(new FaultRow(kind, "", null, false, [FaultPart.Of("a"), FaultPart.Count(7), FaultPart.Word("gap.1")], 0).Say(which, language.Words, new LocalText(language, TimeZoneInfo.Utc))));
    }

    [Fact]
    public void The_history_outlives_the_process_stays_small_and_passes_over_what_it_cannot_read()
    {
        using var folder = new TemporaryFolder();
        var history = new FaultHistory(folder.Path);
        var row = new FaultRow("gateway-away", "g1", "g1", true, [FaultPart.Of("g1"), FaultPart.Time(1_000_000)], 5);
        history.Began(row);
        File.AppendAllText(folder["faults.jsonl"], "{\"Kind\":\"gate\n[]\nnull\n{\"Kind\":\"of-another-version\",\"Subject\":\"\",\"Parts\":[],\"Since\":1}\n{\"Kind\":\"gateway-away\",\"Subject\":\"\",\"Parts\":[],\"Since\":1}\n");
        history = new FaultHistory(folder.Path);
        Assert.Equal("Gateway g1 has not been connected since " + "Thursday 1 January 1970, 00:00:01.", FaultWords.Say(Assert.Single(history.Open), "what"));
        history.Ended(row with { Until = 9 });
        history = new FaultHistory(folder.Path);
        Assert.Empty(history.Open);
        Assert.Equal((5L, 9L), (Assert.Single(history.Past).Since, history.Past.Single().Until!.Value));
        for (var i = 0; i < 12_000; i++) history.Ended(row with { Since = i, Until = i });
        Assert.InRange(new FileInfo(folder["faults.jsonl"]).Length, 1, 1 << 20);
        Assert.Equal(FaultHistory.PastMax, new FaultHistory(folder.Path).Past.Count());
        Assert.Equal(11_999, new FaultHistory(folder.Path).Past.First().Since);
    }

    private static async Task<string> PageAsync(HttpClient client, string language) => WebUtility.HtmlDecode(await client.GetStringAsync(new Uri($"/faults?lang={language}", UriKind.Relative), Stop));

    private sealed class Part : IHealthPart
    {
        public string Name => "oven";
        public string? Trouble { get; set; }
        public string? Warning { get; set; }
    }
}
