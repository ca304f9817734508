using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server.Provider;

/// <summary>Signing in by the city's provider: what follows from its claims, and what does not.</summary>
public sealed class ProviderSignInTests(ProviderFixture city) : IClassFixture<ProviderFixture>
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
        Assert.Contains(Log.Read(null, 10), row => row.Action == "account.link" && row.Subject == name && row.Who == city.Provider.Issuer.ToString());
    }
}
