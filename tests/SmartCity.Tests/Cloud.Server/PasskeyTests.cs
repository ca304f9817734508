using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>One server for all tests on passkeys, with a clock that can be moved on.</summary>
public sealed class PasskeyFixture : IAsyncLifetime
{
    internal ShiftedClock Clock { get; } = new();
    internal CloudUnderTest Cloud { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cloud = await StartAsync(_ => { });

    public async ValueTask DisposeAsync() => await Cloud.DisposeAsync();

    internal Task<CloudUnderTest> StartAsync(Action<ServerOptions> change) => CloudUnderTest.StartAsync(options =>
    {
        options.Access.PasswordRounds = 1_000;
        change(options);
    }, services => services.AddSingleton<TimeProvider>(Clock));

    /// <summary>The machine's clock, moved on at will.</summary>
    internal sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Shift { get; set; }
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}

/// <summary>Passkeys over the real routes, with an authenticator of our own that can lie.</summary>
public sealed class PasskeyTests(PasskeyFixture fixture) : IClassFixture<PasskeyFixture>, IAsyncLifetime
{
    private const string Password = "correct horse battery staple";
    private static readonly Actor _test = new("test", "test");
    private readonly PasskeyFixture.ShiftedClock _clock = fixture.Clock;
    private CloudUnderTest _cloud = fixture.Cloud;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
    private string Here => $"http://localhost:{CloudServer.PortOf(_cloud.App, "http")}";
    private AuditLog Log => _cloud.App.Services.GetRequiredService<AuditLog>();
    private Accounts People => _cloud.App.Services.GetRequiredService<Accounts>();

    public async ValueTask InitializeAsync()
    {
        // What others have tried is forgiven by then.
        _clock.Shift += TimeSpan.FromMinutes(20);
        await AddAsync("mina", Roles.Operator);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cloud != fixture.Cloud) await _cloud.DisposeAsync();
    }

    private async Task StartAsync(Action<ServerOptions> change)
    {
        _cloud = await fixture.StartAsync(change);
        await AddAsync("mina", Roles.Operator);
    }

    /// <summary>Somebody with a password and no passkey.</summary>
    private async Task AddAsync(string name, string role)
    {
        var secret = People.Find(name) is null ? People.Add(_test, name, [role], []) : People.Reset(_test, name);
        await People.ChangePasswordAsync(_test, name, secret, Password, null, Stop);
    }

    private async Task<PasskeyBrowser> SignedInAsync(string name)
    {
        var browser = new PasskeyBrowser(_cloud.Address);
        Assert.Equal(HttpStatusCode.OK, (await browser.SendAsync(HttpMethod.Post, "/api/v1/session", new { name, password = Password })).StatusCode);
        return browser;
    }

    /// <summary>Somebody's passkey, made as the account page makes it.</summary>
    private async Task<SoftwareAuthenticator> MadeAsync(string name, Action<SoftwareAuthenticator>? change = null)
    {
        using var browser = await SignedInAsync(name);
        var key = new SoftwareAuthenticator(Here);
        change?.Invoke(key);
        var made = await browser.MakeAsync(key, "laptop");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return key;
    }

    private async Task<string> FaultAsync(SoftwareAuthenticator key, Action<byte[]>? tamper = null)
    {
        using var browser = new PasskeyBrowser(_cloud.Address);
        var answer = await browser.ProveAsync(key, tamper);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.DoesNotContain("__Host-session", browser.Cookies.Keys);
        var row = Log.Read(null, 1)[0];
        Assert.Equal(("nobody", "sign-in.refused"), (row.Who, row.Action));
        return await PasskeyBrowser.FaultOf(answer);
    }

    [Fact]
    public async Task A_person_makes_a_passkey_and_signs_in_by_it_without_a_name()
    {
        using var key = await MadeAsync("mina");
        using var browser = new PasskeyBrowser(_cloud.Address);
        var options = await browser.OptionsAsync("/api/v1/session/passkey/options");
        Assert.Equal("required", options.GetProperty("userVerification").GetString());
        Assert.Equal("localhost", options.GetProperty("rpId").GetString());
        Assert.False(options.TryGetProperty("allowCredentials", out var allowed) && allowed.GetArrayLength() > 0);
        Assert.Equal(HttpStatusCode.OK, (await browser.ProveAsync(key)).StatusCode);
        // The session is one like any other.
        Assert.Equal(HttpStatusCode.OK, (await browser.SendAsync(HttpMethod.Get, "/api/v1/dead-letters")).StatusCode);
        Assert.DoesNotContain("__Host-passkey", browser.Cookies.Keys);
        var own = Assert.Single(await browser.PasskeysAsync());
        Assert.Equal("laptop", own.GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Number, own.GetProperty("lastUsed").ValueKind);
        var rows = Log.Read(null, 2);
        Assert.Equal(("mina", "sign-in", """{"passkey":"laptop"}"""), (rows[0].Who, rows[0].Action, rows[0].After));
        Assert.Equal(own.GetProperty("lastUsed").GetInt64(), People.Find("mina")!.LastSignIn!.Value, 1_000_000L);
        Assert.Contains(Log.Read(null, 100), row => row is { Who: "mina", Action: "passkey.add", Subject: "mina/laptop" });
        Assert.Null(Log.Verify().FirstBroken);
        // The handle tells nobody's name.
        Assert.DoesNotContain("mina", System.Text.Encoding.UTF8.GetString(key.UserHandle), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_browser_is_asked_for_a_verified_discoverable_key_and_told_which_it_has_already()
    {
        using var key = await MadeAsync("mina");
        using var browser = await SignedInAsync("mina");
        var options = await browser.OptionsAsync("/api/v1/account/passkeys/options");
        var selection = options.GetProperty("authenticatorSelection");
        Assert.Equal(("required", "required"), (selection.GetProperty("residentKey").GetString(), selection.GetProperty("userVerification").GetString()));
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(key.Id), Assert.Single(options.GetProperty("excludeCredentials").EnumerateArray()).GetProperty("id").GetString());
        // A browser that makes it all the same is refused, for this account and for another.
        Assert.Equal("passkey-known", await PasskeyBrowser.FaultOf(await browser.MakeAsync(key, "again"), HttpStatusCode.Conflict));
        await AddAsync("reza", Roles.Installer);
        using var reza = await SignedInAsync("reza");
        Assert.Equal("passkey-known", await PasskeyBrowser.FaultOf(await reza.MakeAsync(key, "mine now"), HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task An_answer_serves_once()
    {
        using var key = await MadeAsync("mina");
        using var browser = new PasskeyBrowser(_cloud.Address);
        var options = await browser.OptionsAsync("/api/v1/session/passkey/options");
        var cookie = browser.Cookies["__Host-passkey"];
        var credential = key.Prove(options);
        Assert.Equal(HttpStatusCode.OK, (await browser.SendAsync(HttpMethod.Post, "/api/v1/session/passkey", new { credential })).StatusCode);
        using var thief = new PasskeyBrowser(_cloud.Address) { Cookies = { ["__Host-passkey"] = cookie } };
        Assert.Equal("passkey-expired", await PasskeyBrowser.FaultOf(await thief.SendAsync(HttpMethod.Post, "/api/v1/session/passkey", new { credential })));
        // Nor does another answer to the same question, nor the same answer to another, nor one to none.
        thief.Cookies["__Host-passkey"] = cookie;
        Assert.Equal("passkey-expired", await PasskeyBrowser.FaultOf(await thief.SendAsync(HttpMethod.Post, "/api/v1/session/passkey", new { credential = key.Prove(options) })));
        await thief.OptionsAsync("/api/v1/session/passkey/options");
        Assert.Equal("passkey", await PasskeyBrowser.FaultOf(await thief.SendAsync(HttpMethod.Post, "/api/v1/session/passkey", new { credential = key.Prove(options) })));
        thief.Cookies.Remove("__Host-passkey");
        Assert.Equal("passkey-expired", await PasskeyBrowser.FaultOf(await thief.SendAsync(HttpMethod.Post, "/api/v1/session/passkey", new { credential = key.Prove(options) })));
    }

    [Fact]
    public async Task A_question_is_over_after_five_minutes_and_serves_for_what_it_was_asked()
    {
        using var key = await MadeAsync("mina");
        using var browser = new PasskeyBrowser(_cloud.Address);
        var options = await browser.OptionsAsync("/api/v1/session/passkey/options");
        _clock.Shift += TimeSpan.FromMinutes(5);
        Assert.Equal("passkey-expired", await PasskeyBrowser.FaultOf(await browser.SendAsync(HttpMethod.Post, "/api/v1/session/passkey", new { credential = key.Prove(options) })));

        using var mina = await SignedInAsync("mina");
        using var further = new SoftwareAuthenticator(Here);
        options = await mina.OptionsAsync("/api/v1/account/passkeys/options");
        // Another session of the same person, and the other ceremony.
        using var other = await SignedInAsync("mina");
        other.Cookies["__Host-passkey"] = mina.Cookies["__Host-passkey"];
        Assert.Equal("passkey-expired", await PasskeyBrowser.FaultOf(await other.SendAsync(HttpMethod.Post, "/api/v1/account/passkeys", new { name = "x", credential = further.Make(options) })));
        Assert.Equal("passkey-expired", await PasskeyBrowser.FaultOf(await mina.SendAsync(HttpMethod.Post, "/api/v1/session/passkey", new { credential = key.Prove(await browser.OptionsAsync("/api/v1/session/passkey/options")) })));
        Assert.Single(await mina.PasskeysAsync());
    }

    [Fact]
    public async Task What_does_not_prove_what_it_must_signs_nobody_in()
    {
        using var key = await MadeAsync("mina");
        async Task<string> With(Action<SoftwareAuthenticator> lie, Action<SoftwareAuthenticator> undo)
        {
            lie(key);
            var fault = await FaultAsync(key);
            undo(key);
            return fault;
        }
        Assert.Equal("passkey-origin", await With(key => key.Origin = "https://evil.example", key => key.Origin = Here));
        Assert.Equal("passkey-origin", await With(key => key.Origin = Here.Replace("localhost", "127.0.0.1", StringComparison.Ordinal), key => key.Origin = Here));
        Assert.Equal("passkey-origin", await With(key => key.IsCrossOrigin = true, key => key.IsCrossOrigin = false));
        Assert.Equal("passkey", await With(key => key.RpId = "evil.example", key => key.RpId = null));
        Assert.Contains("Relying Party ID", Log.Read(null, 1)[0].After, StringComparison.Ordinal);
        Assert.Equal("passkey", await With(key => key.IsUserVerified = false, key => key.IsUserVerified = true));
        Assert.Contains("verif", Log.Read(null, 1)[0].After, StringComparison.Ordinal);
        Assert.Equal("passkey", await With(key => key.IsUserPresent = false, key => key.IsUserPresent = true));
        Assert.Equal("passkey", await FaultAsync(key, signature => signature[^1] ^= 1));
        Assert.Contains("signature", Log.Read(null, 1)[0].After, StringComparison.Ordinal);
        using (var forger = new SoftwareAuthenticator(Here) { Id = key.Id, UserHandle = key.UserHandle, Counter = 100 }) Assert.Equal("passkey", await FaultAsync(forger));
        using (var stranger = new SoftwareAuthenticator(Here) { UserHandle = key.UserHandle }) Assert.Equal("passkey-unknown", await FaultAsync(stranger));
        // It was the lies: the key itself is good.
        using var browser = new PasskeyBrowser(_cloud.Address);
        Assert.Equal(HttpStatusCode.OK, (await browser.ProveAsync(key)).StatusCode);
    }

    [Fact]
    public async Task No_bit_of_an_answer_can_be_another_one()
    {
        using var key = await MadeAsync("mina");
        await using var scope = _cloud.App.Services.CreateAsyncScope();
        var handler = scope.ServiceProvider.GetRequiredService<IPasskeyHandler<Account>>();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, Request = { Scheme = "http" }, Connection = { LocalPort = new Uri(Here).Port, RemoteIpAddress = IPAddress.Loopback } };
        var question = await handler.MakeRequestOptionsAsync(null, context);
        var answer = JsonSerializer.SerializeToNode(key.Prove(JsonDocument.Parse(question.RequestOptionsJson).RootElement))!;
        async Task<bool> ProvesAsync(JsonNode credential) => (await handler.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = context, CredentialJson = credential.ToJsonString(), AssertionState = question.AssertionState })).Succeeded;
        Assert.True(await ProvesAsync(answer));
        var parts = answer["response"]!.AsObject().Select(part => part.Key).ToArray();
        await Gen.Select(Gen.Int[0, parts.Length - 1].Select(i => parts[i]), Gen.Int[0, 10_000]).SampleAsync(async (part, at) =>
        {
            var changed = answer.DeepClone();
            var bytes = Base64Url.DecodeFromChars(changed["response"]![part]!.GetValue<string>());
            bytes[at / 8 % bytes.Length] ^= (byte)(1 << at % 8);
            changed["response"]![part] = Base64Url.EncodeToString(bytes);
            Assert.False(await ProvesAsync(changed), $"{part}, bit {at}");
        }, iter: 300);
    }

    [Fact]
    public async Task Where_no_origin_is_set_another_machine_has_none_and_a_bare_address_never_has()
    {
        var context = new DefaultHttpContext { Request = { Scheme = "https" }, Connection = { LocalPort = 8444, RemoteIpAddress = IPAddress.Loopback } };
        Assert.Equal("https://localhost:8444", PasskeyOrigins.Of(context, new AccessOptions()));
        context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7");
        Assert.Null(PasskeyOrigins.Of(context, new AccessOptions()));
        Assert.Equal("https://city.example", PasskeyOrigins.Of(context, new AccessOptions { PublicOrigin = "https://city.example" }));
        Assert.Null(PasskeyOrigins.Of(context, new AccessOptions { PublicOrigin = "https://192.0.2.1:8444" }));
        await StartAsync(options => options.Access.PublicOrigin = "https://192.0.2.1:8444");
        using var mina = await SignedInAsync("mina");
        Assert.Contains("Cloud:Access:PublicOrigin", await (await mina.SendAsync(HttpMethod.Get, "/account")).Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        using var key = new SoftwareAuthenticator("https://192.0.2.1:8444");
        Assert.Equal("passkey-origin", await PasskeyBrowser.FaultOf(await mina.MakeAsync(key, "laptop")));
    }

    [Theory]
    [InlineData(true, false, false, "passkey-origin")]
    [InlineData(false, true, false, "passkey")]
    [InlineData(false, false, true, "passkey")]
    public async Task What_does_not_prove_what_it_must_is_not_kept(bool elsewhere, bool foreign, bool unverified, string fault)
    {
        using var browser = await SignedInAsync("mina");
        using var key = new SoftwareAuthenticator(elsewhere ? "https://evil.example" : Here) { RpId = foreign ? "evil.example" : null, IsUserVerified = !unverified };
        Assert.Equal(fault, await PasskeyBrowser.FaultOf(await browser.MakeAsync(key, "laptop")));
        Assert.Empty(await browser.PasskeysAsync());
    }

    [Fact]
    public async Task A_counter_that_has_not_grown_is_taken_for_a_copy_and_one_that_never_counts_is_not()
    {
        using var key = await MadeAsync("mina", key => key.Counter = 5);
        using var browser = new PasskeyBrowser(_cloud.Address);
        Assert.Equal(HttpStatusCode.OK, (await browser.ProveAsync(key)).StatusCode);
        key.Step = 0;
        Assert.Equal("passkey-counter", await FaultAsync(key));
        Assert.Contains("6 after 6", Log.Read(null, 1)[0].After, StringComparison.Ordinal);
        key.Counter = 0;
        Assert.Equal("passkey-counter", await FaultAsync(key));
        key.Counter = 7;
        Assert.Equal(HttpStatusCode.OK, (await browser.ProveAsync(key)).StatusCode);

        using var quiet = await MadeAsync("mina", key => key.Step = 0);
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.OK, (await browser.ProveAsync(quiet)).StatusCode);
    }

    [Fact]
    public async Task A_key_signs_in_its_own_account_and_no_other()
    {
        await AddAsync("root", Roles.Administrator);
        using var root = await MadeAsync("root");
        using var mina = await MadeAsync("mina");
        var handle = mina.UserHandle;
        mina.UserHandle = root.UserHandle;
        Assert.Equal("passkey", await FaultAsync(mina));
        mina.UserHandle = [];
        Assert.Equal("passkey", await FaultAsync(mina));
        mina.UserHandle = handle;
        using var browser = new PasskeyBrowser(_cloud.Address);
        Assert.Equal("mina", (await (await browser.ProveAsync(mina)).Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("name").GetString());
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.SendAsync(HttpMethod.Get, "/api/v1/users")).StatusCode);
    }

    [Fact]
    public async Task A_key_that_was_removed_and_one_of_a_disabled_or_reset_account_signs_nobody_in()
    {
        await AddAsync("root", Roles.Administrator);
        var before = Log.Read(null, 1)[0].Number;
        using var root = await SignedInAsync("root");
        using var mina = await SignedInAsync("mina");
        using var first = await MadeAsync("mina");
        using var second = await MadeAsync("mina");
        using var third = await MadeAsync("mina");
        var ids = (await mina.PasskeysAsync()).Select(one => one.GetProperty("id").GetInt64()).Order().ToList();
        Assert.Equal(HttpStatusCode.NoContent, (await mina.SendAsync(HttpMethod.Delete, $"/api/v1/account/passkeys/{ids[0]}")).StatusCode);
        Assert.Equal("passkey-unknown", await FaultAsync(first));
        Assert.Equal(HttpStatusCode.NoContent, (await root.SendAsync(HttpMethod.Delete, $"/api/v1/users/mina/passkeys/{ids[1]}")).StatusCode);
        Assert.Equal("passkey-unknown", await FaultAsync(second));
        // Nobody's by their number alone.
        Assert.Equal(HttpStatusCode.NotFound, (await root.SendAsync(HttpMethod.Delete, $"/api/v1/account/passkeys/{ids[2]}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await root.SendAsync(HttpMethod.Put, $"/api/v1/account/passkeys/{ids[2]}", new { name = "mine" })).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await mina.SendAsync(HttpMethod.Put, $"/api/v1/account/passkeys/{ids[2]}", new { name = "تلفن" })).StatusCode);
        Assert.Equal("تلفن", (await mina.PasskeysAsync())[0].GetProperty("name").GetString());
        People.SetDisabled(_test, "mina", true);
        Assert.Equal("passkey", await FaultAsync(third));
        People.SetDisabled(_test, "mina", false);
        using var browser = new PasskeyBrowser(_cloud.Address);
        Assert.Equal(HttpStatusCode.OK, (await browser.ProveAsync(third)).StatusCode);
        People.Reset(_test, "mina");
        Assert.Equal("passkey-unknown", await FaultAsync(third));
        Assert.Equal(3, Log.Read(null, 100).TakeWhile(row => row.Number > before).Count(row => row is { Action: "passkey.remove" }));
        Assert.Null(Log.Verify().FirstBroken);
    }

    [Fact]
    public async Task How_one_signs_in_is_changed_by_a_person_who_has_signed_in_lately()
    {
        using var key = await MadeAsync("mina");
        using var mina = await SignedInAsync("mina");
        var id = (await mina.PasskeysAsync())[0].GetProperty("id").GetInt64();
        var token = _cloud.App.Services.GetRequiredService<AccessGrants>().MakeToken(_test, People.Find("mina")!, "job", Rights.Operate, TimeSpan.FromDays(1));
        using var program = new PasskeyBrowser(_cloud.Address);
        program.Client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        foreach (var (client, path) in ((PasskeyBrowser, string)[])[(program, "/api/v1/account/passkeys/options"), (program, $"/api/v1/account/passkeys/{id}")])
            Assert.Equal(HttpStatusCode.Forbidden, (await client.SendAsync(path.EndsWith("options", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Delete, path)).StatusCode);
        _clock.Shift += TimeSpan.FromMinutes(10);
        Assert.Equal("sign-in-old", await PasskeyBrowser.FaultOf(await mina.SendAsync(HttpMethod.Post, "/api/v1/account/passkeys/options"), HttpStatusCode.Forbidden));
        Assert.Equal("sign-in-old", await PasskeyBrowser.FaultOf(await mina.SendAsync(HttpMethod.Delete, $"/api/v1/account/passkeys/{id}"), HttpStatusCode.Forbidden));
        Assert.Equal(HttpStatusCode.OK, (await mina.ProveAsync(key)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await mina.SendAsync(HttpMethod.Delete, $"/api/v1/account/passkeys/{id}")).StatusCode);
    }

    [Fact]
    public async Task Whoever_has_a_passkey_may_do_without_a_password_and_the_last_way_in_stays()
    {
        using var mina = await SignedInAsync("mina");
        Assert.Equal("access", await PasskeyBrowser.FaultOf(await mina.SendAsync(HttpMethod.Delete, "/api/v1/account/password"), HttpStatusCode.UnprocessableEntity));
        using var key = await MadeAsync("mina");
        Assert.Equal(HttpStatusCode.NoContent, (await mina.SendAsync(HttpMethod.Delete, "/api/v1/account/password")).StatusCode);
        using var browser = new PasskeyBrowser(_cloud.Address);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.SendAsync(HttpMethod.Post, "/api/v1/session", new { name = "mina", password = Password })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.ProveAsync(key)).StatusCode);
        var path = $"/api/v1/account/passkeys/{(await mina.PasskeysAsync())[0].GetProperty("id").GetInt64()}";
        Assert.Equal("access", await PasskeyBrowser.FaultOf(await mina.SendAsync(HttpMethod.Delete, path), HttpStatusCode.UnprocessableEntity));
        Assert.Equal(HttpStatusCode.OK, (await new PasskeyBrowser(_cloud.Address).ProveAsync(key)).StatusCode);
        // A password comes back by a recent sign-in alone, and then the key may go.
        _clock.Shift += TimeSpan.FromMinutes(10);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.SendAsync(HttpMethod.Post, "/api/v1/account/password", new { @new = "another horse battery" })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.ProveAsync(key)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.SendAsync(HttpMethod.Post, "/api/v1/account/password", new { @new = "short" })).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await browser.SendAsync(HttpMethod.Post, "/api/v1/account/password", new { @new = "another horse battery" })).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await browser.SendAsync(HttpMethod.Delete, path)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.SendAsync(HttpMethod.Post, "/api/v1/session", new { name = "mina", password = "another horse battery" })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await mina.SendAsync(HttpMethod.Get, "/api/v1/account/passkeys")).StatusCode);
    }

    [Fact]
    public async Task An_administrator_s_secret_opens_an_account_that_has_no_password()
    {
        using var key = await MadeAsync("mina");
        People.RemovePassword(_test, "mina");
        var secret = People.Reset(_test, "mina");
        Assert.Equal("passkey-unknown", await FaultAsync(key));
        await People.ChangePasswordAsync(_test, "mina", secret, Password, null, Stop);
        using var again = await MadeAsync("mina");
        using var browser = await SignedInAsync("mina");
        Assert.Equal(HttpStatusCode.NoContent, (await browser.SendAsync(HttpMethod.Delete, $"/api/v1/account/passkeys/{(await browser.PasskeysAsync())[0].GetProperty("id").GetInt64()}")).StatusCode);
    }

    [Fact]
    public async Task An_account_that_was_reset_while_the_device_was_asked_keeps_no_passkey()
    {
        using var key = await MadeAsync("mina");
        var passkeys = _cloud.App.Services.GetRequiredService<Passkeys>();
        var proved = new UserPasskeyInfo(Guid.NewGuid().ToByteArray(), [1], DateTimeOffset.UnixEpoch, 0, null, true, false, false, [], []);
        People.SetDisabled(_test, "mina", true);
        Assert.Equal(AccessFault.PasskeyRefused, Assert.Throws<AccessException>(() => passkeys.Add(_test, "mina", "x", proved)).Fault);
        People.SetDisabled(_test, "mina", false);
        People.Reset(_test, "mina");
        Assert.Equal(AccessFault.PasskeyRefused, Assert.Throws<AccessException>(() => passkeys.Add(_test, "mina", "x", proved)).Fault);
        Assert.Empty(passkeys.List("mina"));
    }

    [Fact]
    public async Task Whom_a_provider_vouches_for_makes_no_passkey_that_would_outlive_its_word()
    {
        await AddAsync("omid", Roles.Operator);
        using var database = new SqliteConnection($"Data Source={Path.Combine(_cloud.Data, "identity", "identity.db")};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = "INSERT INTO external_login VALUES('https://id.example', '7', 'omid', 0)";
        command.ExecuteNonQuery();
        using var omid = await SignedInAsync("omid");
        Assert.Equal("access", await PasskeyBrowser.FaultOf(await omid.SendAsync(HttpMethod.Post, "/api/v1/account/passkeys/options"), HttpStatusCode.UnprocessableEntity));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await omid.SendAsync(HttpMethod.Delete, "/api/v1/account/password")).StatusCode);
        Assert.DoesNotContain("id=\"passkeys\"", await (await omid.SendAsync(HttpMethod.Get, "/account")).Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_changes_passkeys_by_forms_and_asks_for_a_new_sign_in_after_a_while()
    {
        using var key = await MadeAsync("mina");
        using var mina = await SignedInAsync("mina");
        var id = (await mina.PasskeysAsync())[0].GetProperty("id").GetInt64();
        async Task<HttpResponseMessage> FormAsync(string path, params (string Name, string Value)[] fields) => await mina.SendAsync(HttpMethod.Post, path, new FormUrlEncodedContent(fields.ToDictionary(field => field.Name, field => field.Value)));
        Assert.Equal("/account#passkeys", (await FormAsync($"/account/passkeys/{id}/rename", ("passkey-name", "<b>phone"))).Headers.Location!.ToString());
        var page = await (await mina.SendAsync(HttpMethod.Get, "/account")).Content.ReadAsStringAsync(Stop);
        Assert.Contains("&lt;b&gt;phone", page, StringComparison.Ordinal);
        Assert.Contains($"data-origin=\"{Here}\"", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await FormAsync($"/account/passkeys/{id}/rename", ("passkey-name", " "))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await FormAsync($"/account/passkeys/{id + 1}/remove")).StatusCode);
        _clock.Shift += TimeSpan.FromMinutes(10);
        page = await (await mina.SendAsync(HttpMethod.Get, "/account")).Content.ReadAsStringAsync(Stop);
        Assert.Contains("/sign-in?return=/account", page, StringComparison.Ordinal);
        Assert.DoesNotContain("data-passkey=", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await FormAsync($"/account/passkeys/{id}/remove")).StatusCode);
        using var nobody = new PasskeyBrowser(_cloud.Address);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.SendAsync(HttpMethod.Post, $"/account/passkeys/{id}/remove")).StatusCode);
        await mina.ProveAsync(key);
        Assert.Equal(HttpStatusCode.Redirect, (await FormAsync("/account/password/remove")).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await FormAsync($"/account/passkeys/{id}/remove")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await FormAsync("/account/password", ("new", "another horse battery"))).StatusCode);
        Assert.Equal("/account#passkeys", (await FormAsync($"/account/passkeys/{id}/remove")).Headers.Location!.ToString());
        Assert.Empty(await mina.PasskeysAsync());
    }

    [Fact]
    public async Task Nobody_makes_a_passkey_before_the_first_password_is_chosen_nor_for_another_site()
    {
        var secret = People.Add(_test, "new", [Roles.Operator], []);
        using var browser = new PasskeyBrowser(_cloud.Address);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.SendAsync(HttpMethod.Post, "/api/v1/account/passkeys/options")).StatusCode);
        await browser.SendAsync(HttpMethod.Post, "/api/v1/session", new { name = "new", password = secret });
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.SendAsync(HttpMethod.Post, "/api/v1/account/passkeys/options")).StatusCode);
        using var mina = await SignedInAsync("mina");
        mina.Client.DefaultRequestHeaders.Remove("Sec-Fetch-Site");
        mina.Client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");
        Assert.Equal(HttpStatusCode.Forbidden, (await mina.SendAsync(HttpMethod.Post, "/api/v1/account/passkeys/options")).StatusCode);
    }

    [Fact]
    public async Task Whoever_tries_keys_in_a_row_waits_and_the_owner_s_own_browser_does_not()
    {
        using var key = await MadeAsync("mina");
        using var own = new PasskeyBrowser(_cloud.Address);
        Assert.Equal(HttpStatusCode.OK, (await own.ProveAsync(key)).StatusCode);
        using var guesser = new PasskeyBrowser(_cloud.Address);
        using var wrong = new SoftwareAuthenticator(Here);
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 40; i++) answers.Add(await guesser.ProveAsync(wrong));
        Assert.InRange(answers.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized), 28, 33);
        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1].StatusCode);
        Assert.NotNull(answers[^1].Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await own.ProveAsync(key)).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await guesser.ProveAsync(key)).StatusCode);
    }

    [Fact]
    public async Task Passkeys_are_made_for_the_configured_origin_and_no_other()
    {
        await StartAsync(options => options.Access.PublicOrigin = "https://City.example:8444/");
        using var browser = await SignedInAsync("mina");
        Assert.Equal("city.example", (await browser.OptionsAsync("/api/v1/account/passkeys/options")).GetProperty("rp").GetProperty("id").GetString());
        foreach (var origin in (string[])[Here, "https://city.example", "https://www.city.example:8444", "http://city.example:8444"])
        {
            using var wrong = new SoftwareAuthenticator(origin);
            Assert.Equal("passkey-origin", await PasskeyBrowser.FaultOf(await browser.MakeAsync(wrong, "laptop")));
        }
        using var key = new SoftwareAuthenticator("https://city.example:8444");
        Assert.Equal(HttpStatusCode.Created, (await browser.MakeAsync(key, "laptop")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.ProveAsync(key)).StatusCode);
    }

    [Fact]
    public async Task What_is_no_answer_at_all_is_refused_and_names_are_checked()
    {
        using var key = await MadeAsync("mina");
        object[] wrong = [new { }, new { credential = (object?)null }, new { credential = 7 }, new { credential = "x" }, new { credential = new { id = 5 } }, new { credential = new { id = "\u0000" } },
            new { credential = new { id = "AA", rawId = "AA", type = "public-key", response = new { } } }, new { credential = new { id = System.Buffers.Text.Base64Url.EncodeToString(key.Id), type = "public-key", response = new { clientDataJSON = "AA" } } }];
        foreach (var body in wrong)
        {
            using var browser = new PasskeyBrowser(_cloud.Address);
            await browser.OptionsAsync("/api/v1/session/passkey/options");
            var status = (await browser.SendAsync(HttpMethod.Post, "/api/v1/session/passkey", body)).StatusCode;
            Assert.True(status is HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest, $"{JsonSerializer.Serialize(body)}: {(int)status}");
        }
        using var mina = await SignedInAsync("mina");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await mina.SendAsync(HttpMethod.Post, "/api/v1/session/passkey", new { credential = new { id = new string('A', 100_000) } })).StatusCode);
        foreach (var name in (string[])["", "  ", new string('x', 101), "a\nb"])
        {
            using var further = new SoftwareAuthenticator(Here);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await mina.MakeAsync(further, name)).StatusCode);
        }
        for (var i = 1; i < Passkeys.CountMax; i++)
        {
            using var further = new SoftwareAuthenticator(Here);
            Assert.Equal(HttpStatusCode.Created, (await mina.MakeAsync(further, $"key {i}")).StatusCode);
        }
        using var last = new SoftwareAuthenticator(Here);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await mina.MakeAsync(last, "one too many")).StatusCode);
    }
}
