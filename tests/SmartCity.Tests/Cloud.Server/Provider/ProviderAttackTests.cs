using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;

namespace SmartCity.Tests.Cloud.Server.Provider;

/// <summary>What comes back from the provider and is not what was asked for: nobody is signed in, and the page says so.</summary>
[Collection(nameof(ProviderCity))]
public sealed class ProviderAttackTests(ProviderFixture city)
{
    private static readonly ProviderPerson _person = new("victim", "victim", ["urn:city:administrator"], ["*"]);

    [Theory]
    [InlineData("nonce")]
    [InlineData("no nonce")]
    [InlineData("audience")]
    [InlineData("issuer")]
    [InlineData("expired")]
    [InlineData("not yet")]
    [InlineData("no subject")]
    [InlineData("other client")]
    [InlineData("stolen")]
    [InlineData("none")]
    [InlineData("secret")]
    public async Task A_token_that_does_not_hold_signs_nobody_in(string wrong)
    {
        city.Provider.Person = _person;
        (city.Provider.Forge, city.Provider.Signature) = (claims => Change(claims, wrong), wrong is "stolen" or "none" or "secret" ? wrong : "own");
        try
        {
            await RefusedAsync("invalid");
        }
        finally
        {
            (city.Provider.Forge, city.Provider.Signature) = (null, "own");
        }
        Assert.Contains(city.Log.Lines, line => line.Category.EndsWith("ProviderEvents", StringComparison.Ordinal) && line.Line.Contains("(invalid)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_that_is_signed_anew_without_a_change_does_sign_in()
    {
        // Else the test before would prove nothing.
        city.Provider.Person = _person with { Subject = "honest", Name = "honest" };
        city.Provider.Forge = claims => claims["more"] = "claim";
        try
        {
            using var browser = ProviderFixture.Browser();
            Assert.Equal("/", await city.SignInAsync(browser));
            Assert.True(city.HasSession(browser));
        }
        finally
        {
            city.Provider.Forge = null;
        }
    }

    [Theory]
    [InlineData("forged")]
    [InlineData("absent")]
    [InlineData("other browser")]
    [InlineData("expired")]
    [InlineData("nothing")]
    public async Task A_state_that_this_browser_did_not_just_begin_signs_nobody_in(string wrong)
    {
        city.Provider.Person = _person;
        using var begun = ProviderFixture.Browser();
        using var other = ProviderFixture.Browser();
        var back = await city.BackAsync(begun);
        var query = QueryHelpers.ParseQuery(back.Query);
        var state = query["state"].ToString();
        var page = back.GetLeftPart(UriPartial.Path);
        var address = wrong switch
        {
            "forged" => new Uri(QueryHelpers.AddQueryString(page, new Dictionary<string, string?> { ["code"] = query["code"], ["state"] = state[..^4] + (state.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBB" : "AAAA") })),
            "absent" => new Uri(QueryHelpers.AddQueryString(page, "code", query["code"].ToString())),
            "nothing" => new Uri(page),
            _ => back,
        };
        city.Clock.By = wrong == "expired" ? TimeSpan.FromMinutes(16) : TimeSpan.Zero;
        try
        {
            var browser = wrong == "other browser" ? other : begun;
            using var answer = await browser.GetAsync(address);
            Assert.Equal("/sign-in?trouble=expired", TestBrowser.LocationOf(answer).PathAndQuery);
            Assert.False(city.HasSession(browser));
        }
        finally
        {
            city.Clock.By = TimeSpan.Zero;
        }
    }

    [Fact]
    public async Task A_code_serves_once_and_only_with_the_state_that_it_was_asked_with()
    {
        city.Provider.Person = _person with { Subject = "twice", Name = "twice" };
        using var browser = ProviderFixture.Browser();
        var back = await city.BackAsync(browser);
        using var thief = browser.Copy();
        using var first = await browser.GetAsync(back);
        Assert.Equal("/", TestBrowser.LocationOf(first).PathAndQuery);
        using var again = await browser.GetAsync(back);
        Assert.Equal("/sign-in?trouble=expired", TestBrowser.LocationOf(again).PathAndQuery);
        // Whoever has copied the browser's cookies in between: the provider has given out the token already.
        using var stolen = await thief.GetAsync(back);
        Assert.Equal("/sign-in?trouble=invalid", TestBrowser.LocationOf(stolen).PathAndQuery);
        Assert.False(city.HasSession(thief));

        // Two sign-ins of one browser, the code of one with the state of the other: the proof of the code (PKCE) is another's.
        using var both = ProviderFixture.Browser();
        var (one, two) = (await city.BackAsync(both), await city.BackAsync(both));
        using var crossed = await both.GetAsync(new Uri(QueryHelpers.AddQueryString(one.GetLeftPart(UriPartial.Path), new Dictionary<string, string?>
        {
            ["code"] = QueryHelpers.ParseQuery(one.Query)["code"], ["state"] = QueryHelpers.ParseQuery(two.Query)["state"],
        })));
        Assert.Equal("/sign-in?trouble=invalid", TestBrowser.LocationOf(crossed).PathAndQuery);
        Assert.False(city.HasSession(both));
    }

    [Fact]
    public async Task What_a_provider_says_of_an_error_is_neither_shown_nor_leads_away()
    {
        city.Provider.Person = null;
        using var browser = ProviderFixture.Browser();
        Assert.Equal("/sign-in?trouble=denied&return=%2Faccount", await city.SignInAsync(browser, "/sign-in/provider?return=/account"));
        using var plain = await browser.GetAsync(city.At("/sign-in"));
        var alerts = (await plain.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("role=\"alert\"").Length;
        foreach (var trouble in (string[])["<script>alert(1)</script>", "unknown", "%00"])
        {
            using var page = await browser.GetAsync(city.At($"/sign-in?trouble={Uri.EscapeDataString(trouble)}"));
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.Equal(alerts, (await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("role=\"alert\"").Length);
        }
    }

    [Fact]
    public async Task No_secret_of_the_way_stands_in_the_log()
    {
        city.Provider.Person = _person with { Subject = "logged", Name = "logged" };
        using var browser = ProviderFixture.Browser();
        var back = await city.BackAsync(browser);
        using var answer = await browser.GetAsync(back);
        Assert.True(city.HasSession(browser));
        var secrets = new[] { ProviderUnderTest.Secret, city.Provider.LastIdToken!, browser.Cookie(city.Cloud.Address, "__Host-session")! };
        foreach (var (level, category, line) in city.Log.Lines)
        {
            Assert.DoesNotContain(secrets, secret => line.Contains(secret, StringComparison.Ordinal));
            // The framework's lines on requests, below what a server logs, hold addresses.
            if (level >= Microsoft.Extensions.Logging.LogLevel.Warning) Assert.DoesNotContain(QueryHelpers.ParseQuery(back.Query)["code"].ToString(), line);
        }
        Assert.True(city.Log.Lines.Any(line => line.Level == Microsoft.Extensions.Logging.LogLevel.Trace) && city.Log.Lines.Count > 40, $"the capture was not listening: {string.Join("\n", city.Log.Lines.Take(40))}");
        Assert.DoesNotContain(city.Cloud.App.Services.GetRequiredService<AuditLog>().Read(null, 1_000), row => secrets.Any($"{row.Before}{row.After}".Contains));
    }

    private async Task RefusedAsync(string trouble)
    {
        using var browser = ProviderFixture.Browser();
        Assert.Equal($"/sign-in?trouble={trouble}", await city.SignInAsync(browser));
        Assert.False(city.HasSession(browser));
        Assert.Null(city.Cloud.App.Services.GetRequiredService<Accounts>().Find("victim"));
    }

    private static void Change(JsonObject claims, string wrong)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        switch (wrong)
        {
            case "nonce": claims["nonce"] = claims["nonce"]!.GetValue<string>()[..^2] + "xx"; break;
            case "no nonce": claims.Remove("nonce"); break;
            case "audience": claims["aud"] = "another"; break;
            case "other client": claims["azp"] = "another"; break;
            case "issuer": claims["iss"] = "http://127.0.0.1:1/"; break;
            case "expired": (claims["iat"], claims["exp"]) = (now - 7_200, now - 3_600); break;
            case "not yet": claims["nbf"] = now + 3_600; break;
            case "no subject": claims.Remove("sub"); break;
        }
    }
}
