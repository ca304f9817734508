using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Commands;

namespace SmartCity.Tests.Cloud.Server.Provider;

/// <summary>A provider that is away, comes, goes, and is replaced by another.</summary>
public sealed class ProviderDownTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_provider_that_is_away_stops_neither_the_start_nor_other_sign_ins_and_another_one_is_another_issuer()
    {
        var port = Loopback.FreePort();
        string? origin = null;
        var issuer = new Uri($"http://127.0.0.1:{port}/");
        Assert.False((await DoctorChecks.ProviderAsync(new OidcOptions { Authority = issuer }, Stop)).Ok);
        await using var cloud = await CloudUnderTest.StartAsync(options =>
        {
            ProviderFixture.Set(options, issuer);
            options.Access.PublicOrigin = origin;
        });
        Assert.Equal(HttpStatusCode.OK, (await cloud.Http.GetAsync("/health/live", Stop)).StatusCode);
        using var browser = ProviderFixture.Browser();
        foreach (var path in (string[])["/sign-in/provider", "/sign-out/provider"])
        {
            using var away = await browser.GetAsync(new Uri(cloud.Address, path));
            Assert.Equal("/sign-in?trouble=down", TestBrowser.LocationOf(away).PathAndQuery);
        }
        using (var page = await browser.GetAsync(new Uri(cloud.Address, "/sign-in?trouble=down"))) Assert.Contains("does not answer", await page.Content.ReadAsStringAsync(Stop));

        // It comes up, somebody signs in; it goes while somebody is on the way back from it.
        var provider = await ProviderUnderTest.StartAsync(Stop, port);
        provider.Person = new ProviderPerson("1", "sara", ["urn:city:operator"], ["*"]);
        Assert.True((await DoctorChecks.ProviderAsync(new OidcOptions { Authority = issuer }, Stop)).Ok);
        Assert.False((await DoctorChecks.ProviderAsync(new OidcOptions { Authority = new Uri(issuer, "/realms/other") }, Stop)).Ok);
        provider.Backs.Add(new Uri(cloud.Address, "/sign-in/provider/back").ToString());
        Assert.Equal("/", (await WalkAsync(cloud, browser)).PathAndQuery);
        using var begin = await browser.GetAsync(new Uri(cloud.Address, "/sign-in/provider"));
        using var back = await browser.GetAsync(TestBrowser.LocationOf(begin));
        await provider.DisposeAsync();
        using var answer = await browser.GetAsync(TestBrowser.LocationOf(back));
        Assert.Equal("/sign-in?trouble=down", TestBrowser.LocationOf(answer).PathAndQuery);

        // It is back with another key, which none of its old tokens and none of our cached keys know.
        await using var renewed = await ProviderUnderTest.StartAsync(Stop, port, hasNewKey: true);
        renewed.Person = provider.Person;
        renewed.Backs.Add(new Uri(cloud.Address, "/sign-in/provider/back").ToString());
        // The first refusal asks for the provider's keys; they come in the background, which takes a moment of its own.
        var reached = "";
        for (var asked = 0; reached != "/" && asked < 5; asked++)
        {
            if (asked > 1) await Task.Delay(200, Stop);
            reached = (await WalkAsync(cloud, browser)).PathAndQuery;
        }
        Assert.Equal("/", reached);

        // The settings name another provider, where number 1 is somebody else.
        await using var second = await ProviderUnderTest.StartAsync(Stop);
        await cloud.RestartAsync(() => (issuer, origin) = (second.Issuer, "https://city.example"));
        second.Person = new ProviderPerson("1", "sara", ["urn:city:administrator"], ["*"]);
        second.Backs.Add("https://city.example/sign-in/provider/back");
        Assert.Equal("/", (await WalkAsync(cloud, browser)).PathAndQuery);
        var accounts = cloud.App.Services.GetRequiredService<Accounts>();
        Assert.Equal(["operator"], accounts.Find("sara")!.Roles);
        Assert.Equal(["administrator"], accounts.Find("sara-2")!.Roles);
    }

    [Fact]
    public async Task Without_a_provider_there_is_no_link_and_no_route()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        Assert.DoesNotContain("/sign-in/provider", await cloud.Http.GetStringAsync("/sign-in", Stop));
        foreach (var path in (string[])["/sign-in/provider", "/sign-in/provider/back", "/sign-out/provider"])
            Assert.Equal(HttpStatusCode.NotFound, (await cloud.Http.GetAsync(path, Stop)).StatusCode);
    }

    private static async Task<Uri> WalkAsync(CloudUnderTest cloud, TestBrowser browser)
    {
        using var begin = await browser.GetAsync(new Uri(cloud.Address, "/sign-in/provider"));
        using var back = await browser.GetAsync(TestBrowser.LocationOf(begin));
        // What stands between the browser and the server, where the pages have a public name, is played here.
        using var answer = await browser.GetAsync(new Uri(cloud.Address, TestBrowser.LocationOf(back).PathAndQuery));
        return TestBrowser.LocationOf(answer);
    }
}
