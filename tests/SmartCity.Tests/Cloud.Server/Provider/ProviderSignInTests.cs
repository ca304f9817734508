using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server.Provider;

/// <summary>Signing in by the city's provider: what follows from its claims, and what does not.</summary>
[Collection(nameof(ProviderCity))]
public sealed class ProviderSignInTests(ProviderFixture city)
{
    private static readonly string[] _wholeCity = ["*"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
    private Accounts Accounts => city.Cloud.App.Services.GetRequiredService<Accounts>();
    private AuditLog Log => city.Cloud.App.Services.GetRequiredService<AuditLog>();

    [Theory]
    [InlineData("operator", "operator")]
    [InlineData("toll auditor", "toll auditor")]
    [InlineData("toll manager", "toll manager")]
    [InlineData("installer", "installer")]
    [InlineData("administrator", "administrator")]
    [InlineData("both", "operator,installer")]
    public async Task Each_value_of_the_claim_gives_its_roles(string value, string roles)
    {
        var name = $"each-{value.Replace(' ', '-')}";
        city.Provider.Person = new ProviderPerson(name, name, [$"urn:city:{value}", "unknown to the city"], _wholeCity);
        using var browser = ProviderFixture.Browser();
        Assert.Equal("/account?x=1", await city.SignInAsync(browser, "/sign-in/provider?return=%2Faccount%3Fx%3D1"));
        var account = await city.AccountAsync(browser);
        Assert.Equal(name, account.GetProperty("name").GetString());
        Assert.Equal(roles.Split(','), account.GetProperty("account").GetProperty("roles").EnumerateArray().Select(role => role.GetString()!));
        using var people = await browser.GetAsync(city.At("/people"));
        Assert.Equal(roles.Contains("administrator", StringComparison.Ordinal) ? HttpStatusCode.OK : HttpStatusCode.Forbidden, people.StatusCode);
        // Nothing of the way is left in the browser but the session and the mark of a known browser.
        Assert.Equal(["__Host-browser", "__Host-session"], browser.Cookies[city.Cloud.Address.Authority].Keys.Order());
        using var own = await browser.GetAsync(city.At("/account"));
        var html = WebUtility.HtmlDecode(await own.Content.ReadAsStringAsync(Stop));
        Assert.Contains("You sign in by the city's sign-in service", html);
        Assert.DoesNotContain("/account/password", html);
        if (people.StatusCode == HttpStatusCode.OK) Assert.Contains("by the city's sign-in service", WebUtility.HtmlDecode(await people.Content.ReadAsStringAsync(Stop)));
        Assert.Contains(Log.Read(null, 10), row => row.Action == "account.link" && row.Subject == name && row.Who == city.Provider.Issuer.ToString());
    }

    [Fact]
    public async Task Roles_and_areas_follow_the_provider_at_the_next_sign_in_for_tokens_too()
    {
        city.Provider.Person = new ProviderPerson("moves", "moves", ["urn:city:operator"], ["north", "south/2"]);
        using var browser = ProviderFixture.Browser();
        await city.SignInAsync(browser);
        Assert.Equal(["north", "south/2"], Accounts.Find("moves")!.Areas);
        var grants = city.Cloud.App.Services.GetRequiredService<AccessGrants>();
        var token = grants.MakeToken(Actor.System, Accounts.Find("moves")!, "job", Rights.Operate, TimeSpan.FromDays(1));
        Assert.Equal(Rights.Operate, grants.Find(token, "test")!.Rights);

        city.Provider.Person = city.Provider.Person with { Roles = ["urn:city:installer"], Areas = ["north"] };
        await city.SignInAsync(browser);
        Assert.Equal(Rights.None, grants.Find(token, "test")!.Rights);
        var row = Log.Read(null, 20).First(row => row.Action == "account.roles" && row.Subject == "moves");
        Assert.Equal(city.Provider.Issuer.ToString(), row.Who);
        Assert.Contains("operator", row.Before);
        Assert.Contains("installer", row.After);

        // Without any role nobody comes in, and what was open is closed.
        city.Provider.Person = city.Provider.Person with { Roles = ["urn:city:cook"] };
        using var elsewhere = ProviderFixture.Browser();
        Assert.Equal("/sign-in?trouble=role", await city.SignInAsync(elsewhere));
        Assert.False(city.HasSession(elsewhere));
        Assert.Null((await city.AccountAsync(browser)).GetProperty("name").GetString());
        Assert.Empty(Accounts.Find("moves")!.Roles);
        Assert.Equal("sign-in.refused", Log.Read(null, 1)[0].Action);
        Assert.Null(Log.Verify().FirstBroken);
    }

    [Theory]
    [InlineData("urn:city:OPERATOR", "*", "role", "gives you no role here", "نقشی به شما نداده است")]
    [InlineData("operator", "*", "role", "gives you no role here", "نقشی به شما نداده است")]
    [InlineData("urn:city:operator", null, "area", "no area to act in", "محدوده‌ای نه")]
    public async Task Whoever_has_no_role_or_no_area_is_refused_with_a_sentence_and_gets_no_account(string role, string? area, string trouble, string english, string persian)
    {
        city.Provider.Person = new ProviderPerson($"stranger-{trouble}", $"stranger-{trouble}", [role], area is null ? null : [area]);
        using var browser = ProviderFixture.Browser();
        Assert.Equal($"/sign-in?trouble={trouble}&return=%2Fpeople", await city.SignInAsync(browser, "/sign-in/provider?return=/people"));
        Assert.False(city.HasSession(browser));
        Assert.Null(Accounts.Find($"stranger-{trouble}"));
        foreach (var (language, words) in ((string, string)[])[("en", english), ("fa", persian)])
        {
            using var page = await browser.GetAsync(city.At($"/sign-in?trouble={trouble}&return=%2Fpeople&lang={language}"));
            var html = WebUtility.HtmlDecode(await page.Content.ReadAsStringAsync(Stop));
            Assert.Contains(words, html);
            Assert.Contains("/sign-in/provider?return=%2Fpeople", html);
        }
    }

    [Fact]
    public async Task An_account_of_the_server_s_own_is_never_taken_over_by_its_name()
    {
        Accounts.Add(Actor.System, "Mina@city.example", [Roles.Administrator], []);
        city.Provider.Person = new ProviderPerson("00u1", "mina@city.example", ["urn:city:operator"], _wholeCity);
        using var browser = ProviderFixture.Browser();
        await city.SignInAsync(browser);
        Assert.Equal("mina@city.example-2", (await city.AccountAsync(browser)).GetProperty("name").GetString());
        Assert.Equal([Roles.Administrator], Accounts.Find("mina@city.example")!.Roles);
        // The same person has the same account, whatever the name is by then.
        city.Provider.Person = city.Provider.Person with { Name = "admin" };
        await city.SignInAsync(browser);
        Assert.Equal("mina@city.example-2", (await city.AccountAsync(browser)).GetProperty("name").GetString());
        // No password leads into it.
        foreach (var password in (string[])["", "mina@city.example-2", "00u1"]) Assert.Null(await Accounts.CheckAsync("mina@city.example-2", password, Stop));
    }

    [Fact]
    public async Task A_disabled_account_stays_out()
    {
        city.Provider.Person = new ProviderPerson("gone", "gone", ["urn:city:operator"], _wholeCity);
        using var browser = ProviderFixture.Browser();
        await city.SignInAsync(browser);
        Accounts.SetDisabled(Actor.System, "gone", true);
        using var again = ProviderFixture.Browser();
        Assert.Equal("/sign-in?trouble=disabled", await city.SignInAsync(again));
        Assert.False(city.HasSession(again));
        Assert.Null((await city.AccountAsync(browser)).GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("/\tevil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("evil.example")]
    public async Task The_way_back_leads_nowhere_but_to_this_server(string target)
    {
        city.Provider.Person = new ProviderPerson("returns", "returns", ["urn:city:operator"], _wholeCity);
        using var browser = ProviderFixture.Browser();
        Assert.Equal("/", await city.SignInAsync(browser, $"/sign-in/provider?return={Uri.EscapeDataString(target)}"));
        city.Provider.Person = null;
        Assert.Equal("/sign-in?trouble=denied", await city.SignInAsync(browser, $"/sign-in/provider?return={Uri.EscapeDataString(target)}"));
    }

    [Fact]
    public async Task Sign_ins_that_are_begun_and_not_ended_do_not_pile_up()
    {
        city.Provider.Person = new ProviderPerson("hesitates", "hesitates", ["urn:city:operator"], _wholeCity);
        using var browser = ProviderFixture.Browser();
        for (var i = 0; i < 30; i++)
        {
            using var begun = await browser.GetAsync(city.At("/sign-in/provider"));
            Assert.InRange(browser.Cookies[city.Cloud.Address.Authority].Count, 2, 14);
        }
        Assert.Equal("/", await city.SignInAsync(browser));
    }

    [Fact]
    public async Task After_a_sign_out_here_the_page_says_that_the_session_there_goes_on_and_leads_to_its_end()
    {
        city.Provider.Person = new ProviderPerson("leaves", "leaves", ["urn:city:operator"], _wholeCity);
        using var browser = ProviderFixture.Browser();
        await city.SignInAsync(browser);
        using var signedOut = await browser.PostAsync(city.At("/sign-out"));
        Assert.Equal("/sign-in?ended=here", TestBrowser.LocationOf(signedOut).PathAndQuery);
        using var page = await browser.GetAsync(TestBrowser.LocationOf(signedOut));
        Assert.Contains("href=\"/sign-out/provider\"", await page.Content.ReadAsStringAsync(Stop));
        using var leave = await browser.GetAsync(city.At("/sign-out/provider"));
        using var left = await browser.GetAsync(TestBrowser.LocationOf(leave));
        Assert.Equal(city.At("/sign-in"), TestBrowser.LocationOf(left));
    }

    [Fact]
    public async Task Accounts_of_the_server_s_own_sign_in_beside_it_and_are_not_sent_to_the_provider_afterwards()
    {
        var secret = Accounts.Add(Actor.System, "local", [Roles.Operator], []);
        await Accounts.ChangePasswordAsync(Actor.System, "local", secret, "correct horse battery staple", null, Stop);
        using var browser = ProviderFixture.Browser();
        using var signedIn = await browser.PostAsync(city.At("/sign-in"), ("name", "local"), ("password", "correct horse battery staple"));
        Assert.Equal("/", TestBrowser.LocationOf(signedIn).PathAndQuery);
        Assert.Equal("local", (await city.AccountAsync(browser)).GetProperty("name").GetString());
        using var signedOut = await browser.PostAsync(city.At("/sign-out"));
        Assert.Equal("/", TestBrowser.LocationOf(signedOut).PathAndQuery);
    }
}
