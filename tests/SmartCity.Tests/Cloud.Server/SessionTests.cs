using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Model.Contracts;
using static SmartCity.Tests.Cloud.Server.AccessTests;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>How long a session lasts and what ends it, on virtual time: section 6, row 9. After each end the old cookie is nobody's.</summary>
public sealed class SessionTests
{
    private const string Password = "correct horse battery staple";
    private static readonly Actor _test = new("test", "test");
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Section_6_row_9_a_session_ends_when_it_was_not_used_for_long_and_at_last_whatever_it_is_used_for()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var idle = await SignedInAsync(cloud, "mina");
        using var used = await SignedInAsync(cloud, "mina");
        _clock.Advance(TimeSpan.FromHours(11));
        Assert.Equal(HttpStatusCode.OK, await SeenAsync(used));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await SeenAsync(idle));
        Assert.Equal(HttpStatusCode.OK, await SeenAsync(used));
        Assert.Single(cloud.App.Services.GetRequiredService<AccessGrants>().List("mina"));
        for (var hours = 12; hours < 7 * 24; hours += 6)
        {
            Assert.Equal(HttpStatusCode.OK, await SeenAsync(used));
            _clock.Advance(TimeSpan.FromHours(6));
        }
        Assert.Equal(HttpStatusCode.Unauthorized, await SeenAsync(used));
        Assert.Empty(cloud.App.Services.GetRequiredService<AccessGrants>().List("mina"));
    }

    [Theory]
    [InlineData("sign-out")]
    [InlineData("sign-in again in the same browser")]
    [InlineData("password changed in another browser")]
    [InlineData("ended by its owner elsewhere")]
    [InlineData("ended by an administrator")]
    [InlineData("account disabled")]
    [InlineData("account reset")]
    public async Task Section_6_row_9_the_old_cookie_is_nobody_s_after(string end)
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "mina", [Roles.Operator]);
        using var session = await SignedInAsync(cloud, "mina");
        Assert.Equal(HttpStatusCode.OK, await SeenAsync(session));
        var (accounts, grants) = (cloud.App.Services.GetRequiredService<Accounts>(), cloud.App.Services.GetRequiredService<AccessGrants>());
        var id = grants.List("mina").Single().Id;
        using var other = await SignedInAsync(cloud, "mina");
        switch (end)
        {
            case "sign-out": await session.DeleteAsync("/api/v1/session", Stop); break;
            case "sign-in again in the same browser": Assert.True((await session.PostAsJsonAsync("/api/v1/session", new { name = "mina", password = Password }, Stop)).IsSuccessStatusCode); break;
            case "password changed in another browser": Assert.True((await other.PostAsJsonAsync("/api/v1/account/password", new { old = Password, @new = "four other words in a row" }, Stop)).IsSuccessStatusCode); break;
            case "ended by its owner elsewhere": Assert.True((await other.DeleteAsync($"/api/v1/account/sessions/{id}", Stop)).IsSuccessStatusCode); break;
            case "ended by an administrator": grants.End(_test, id, null); break;
            case "account disabled": accounts.SetDisabled(_test, "mina", true); break;
            case "account reset": accounts.Reset(_test, "mina"); break;
            default: throw new InvalidOperationException(end);
        }
        Assert.Equal(HttpStatusCode.Unauthorized, await SeenAsync(session));
        // What ends the account's every session ends the other one too; whoever changed the password stays.
        Assert.Equal(end.StartsWith("account", StringComparison.Ordinal) ? HttpStatusCode.Unauthorized : HttpStatusCode.OK, await SeenAsync(other));
        if (end != "account disabled") return;
        // Nothing comes back by being let in again.
        accounts.SetDisabled(_test, "mina", false);
        Assert.Equal(HttpStatusCode.Unauthorized, await SeenAsync(session));
    }

    [Fact]
    public async Task Section_6_row_9_each_sign_in_has_256_new_bits_and_neither_a_planted_id_nor_a_token_is_a_session()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "mina", [Roles.Operator]);
        var seen = new HashSet<string>();
        for (var i = 0; i < 25; i++)
        {
            using var browser = Browser(cloud);
            browser.DefaultRequestHeaders.Add("Cookie", $"{CityAccess.SessionCookie}=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
            using var answer = await browser.PostAsJsonAsync("/api/v1/session", new { name = "mina", password = Password }, Stop);
            var secret = answer.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith(CityAccess.SessionCookie, StringComparison.Ordinal)).Split(';')[0].Split('=')[1];
            Assert.Equal(32, System.Buffers.Text.Base64Url.DecodeFromChars(secret).Length);
            Assert.True(seen.Add(secret));
        }
        var grants = cloud.App.Services.GetRequiredService<AccessGrants>();
        // Further ones end the oldest: what is forgotten somewhere does not pile up.
        Assert.Equal(20, grants.List("mina").Count);
        var token = grants.MakeToken(_test, cloud.App.Services.GetRequiredService<Accounts>().Find("mina")!, "x", Rights.Operate, TimeSpan.FromDays(1));
        foreach (var planted in (string[])["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", token])
        {
            using var browser = Browser(cloud);
            browser.DefaultRequestHeaders.Add("Cookie", $"{CityAccess.SessionCookie}={planted}");
            Assert.Equal(HttpStatusCode.Unauthorized, await SeenAsync(browser));
        }
        using var program = Browser(cloud);
        program.DefaultRequestHeaders.Add("Authorization", $"Bearer {seen.Last()}");
        Assert.Equal(HttpStatusCode.Unauthorized, await SeenAsync(program));
    }

    private Task<CloudUnderTest> StartAsync() =>
        CloudUnderTest.StartAsync(options => options.Access.PasswordRounds = 1_000, services => services.AddSingleton<TimeProvider>(_clock));

    private static async Task<HttpStatusCode> SeenAsync(HttpClient client) => (await client.GetAsync("/api/v1/dead-letters", Stop)).StatusCode;
}
