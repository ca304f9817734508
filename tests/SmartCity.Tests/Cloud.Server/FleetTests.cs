using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Model;
using SmartCity.Protos.Uplink.V1;
using SmartCity.Tests.Cloud.Fleet;
using BoxIdentity = SmartCity.Edge.Gateway.Enrolment.Identity;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>From a code to a trusted gateway and on for years: the gateway's own program against the server's, over TLS.</summary>
public sealed class FleetTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_enrols_by_a_code_and_its_uplink_opens()
    {
        await using var server = await FleetServer.StartAsync();
        var identity = await server.EnrolAsync("g1");
        Assert.Equal(("g1", "smartcity"), (identity.Gateway, identity.City));
        Assert.InRange(identity.NotAfter - DateTimeOffset.UtcNow, TimeSpan.FromDays(29.9), TimeSpan.FromDays(30.1));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.Box("g1").PathOf(identity.Key)));
        await OpenAsync(server, "g1");
        Assert.Equal(["gateway.enrol-code", "gateway.enrol"], Actions(server));
        // What is on the disk holds no code.
        var made = server.Desk.Make(FleetServer.Admin, "g2", SecretKind.Code);
        var code = EnrolmentCode.Read(made.Code)!;
        foreach (var file in Directory.EnumerateFiles(server.Folder["server"], "*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is not (".sock" or ".lock")))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            var content = await reader.ReadToEndAsync(Stop);
            Assert.DoesNotContain(code, content);
            Assert.DoesNotContain(EnrolmentCode.Grouped(code), content);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_fifty_uses_of_one_code_at_once_one_is_answered_with_a_certificate(bool sameKey)
    {
        await using var server = await FleetServer.StartAsync();
        var code = server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code;
        using var client = Client(server);
        var shared = RequestPem();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.PostAsJsonAsync("/enrol", new { code, csr = sameKey ? shared : RequestPem() }, Stop)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.StatusCode != HttpStatusCode.OK), answer => Assert.True(answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests, $"{answer.StatusCode}"));
        Assert.Single(server.App.Services.GetRequiredService<SmartCity.Cloud.Fleet.Trust.GatewayTrust>().Certificates("g1", 100));
    }

    [Fact]
    public async Task A_wrong_a_used_and_an_ended_code_get_one_same_answer_after_the_same_time()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow - TimeSpan.FromHours(1));
        await using var server = await FleetServer.StartAsync(clock);
        var used = server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code;
        await server.EnrollerOf("g1").EnrolAsync(server.Cloud, used, null, false, Stop);
        var ended = server.Desk.Make(FleetServer.Admin, "g2", SecretKind.Code).Code;
        var withdrawn = server.Desk.Make(FleetServer.Admin, "g3", SecretKind.Code).Code;
        server.Desk.Make(FleetServer.Admin, "g3", SecretKind.Code);
        var unvouched = server.Desk.Make(FleetServer.Admin, "g4", SecretKind.Claim).Code;
        clock.Advance(TimeSpan.FromMinutes(15));
        using var client = Client(server, clock);
        var answers = new List<(HttpStatusCode, string, string)>();
        foreach (var code in (string[])["", "nonsense", EnrolmentCode.Make(), used, ended, withdrawn, unvouched])
        {
            var begin = Stopwatch.GetTimestamp();
            using var answer = await client.PostAsJsonAsync("/enrol", new { code, csr = RequestPem() }, Stop);
            Assert.True(Stopwatch.GetElapsedTime(begin) >= TimeSpan.FromMilliseconds(245));
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
            answers.Add((answer.StatusCode, problem.GetProperty("type").GetString()!, problem.GetProperty("detail").GetString()!));
        }
        Assert.Single(answers.Distinct());
        Assert.Equal((HttpStatusCode.Forbidden, "/problems/enrolment"), (answers[0].Item1, answers[0].Item2));
        // One row in the log for each.
        Assert.Equal(7, Actions(server).Count(action => action == "enrol.refused"));
    }

    [Fact]
    public async Task Ten_guesses_lock_the_address_out_for_longer_and_longer_and_say_so()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow - TimeSpan.FromDays(1));
        await using var server = await FleetServer.StartAsync(clock);
        using var client = Client(server, clock);
        for (var i = 0; i < 10; i++) Assert.Equal(HttpStatusCode.Forbidden, await GuessAsync());
        Assert.Equal(HttpStatusCode.TooManyRequests, await GuessAsync());
        Assert.NotNull(new EnrolmentHealth(server.App.Services.GetRequiredService<EnrolmentThrottle>()).Warning);
        // A right code waits too, or the lock were none.
        var code = server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code;
        using (var right = await client.PostAsJsonAsync("/enrol", new { code, csr = RequestPem() }, Stop))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, right.StatusCode);
            Assert.InRange(right.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        }
        clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(HttpStatusCode.Forbidden, await GuessAsync());
        clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(HttpStatusCode.TooManyRequests, await GuessAsync());
        clock.Advance(TimeSpan.FromSeconds(60));
        using var last = await client.PostAsJsonAsync("/enrol", new { code, csr = RequestPem() }, Stop);
        Assert.Equal(HttpStatusCode.OK, last.StatusCode);

        async Task<HttpStatusCode> GuessAsync()
        {
            using var answer = await client.PostAsJsonAsync("/enrol", new { code = EnrolmentCode.Make(), csr = RequestPem() }, Stop);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Wrong_signing_requests_are_refused_by_their_rule_issue_nothing_and_spend_no_code()
    {
        await using var server = await FleetServer.StartAsync();
        await server.EnrolAsync("other");
        using var client = Client(server);
        var code = server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code;
        using var used = ECDsa.Create();
        used.ImportFromPem(await File.ReadAllTextAsync(server.Box("other").PathOf(server.Box("other").Read()!.Key), Stop));
        var wrong = SigningRequestTests.Cases.Select(one => SigningRequestTests.Make(one.What)).Append(SigningRequestTests.Make("CN=g2")).Append(SigningRequestTests.Make("other-name"))
            .Append(new CertificateRequest("", used, HashAlgorithmName.SHA256).CreateSigningRequestPem()).ToList();
        foreach (var csr in wrong)
        {
            using var answer = await client.PostAsJsonAsync("/enrol", new { code, csr }, Stop);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal("/problems/signing-request", (await answer.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("type").GetString());
        }
        Assert.Equal(wrong.Count, Actions(server).Count(action => action == "enrol.refused"));
        Assert.Empty(server.App.Services.GetRequiredService<SmartCity.Cloud.Fleet.Trust.GatewayTrust>().Certificates("g1", 10));
        Assert.Equal("g1", (await server.EnrollerOf("g1").EnrolAsync(server.Cloud, code, null, false, Stop)).Gateway);
    }

    [Fact]
    public async Task The_same_key_gets_the_same_identity_back_and_a_new_key_ends_the_old_one()
    {
        await using var server = await FleetServer.StartAsync();
        var first = await server.EnrolAsync("g1");
        var spent = server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code;
        await server.EnrollerOf("g1").EnrolAsync(server.Cloud, spent, null, false, Stop);
        // The answer was lost: the same command again, with a code that is spent.
        var again = await server.EnrollerOf("g1").EnrolAsync(server.Cloud, spent, null, false, Stop);
        Assert.Equal((first.Gateway, first.Key), (again.Gateway, again.Key));
        using var channel = server.Uplink("g1");
        using var call = await GreetAsync(channel);
        var replaced = await server.EnrollerOf("g1").EnrolAsync(server.Cloud, server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code, null, makesNewKey: true, Stop);
        Assert.NotEqual(first.Key, replaced.Key);
        await Assert.ThrowsAnyAsync<Exception>(() => call.ResponseStream.MoveNext(Stop).WaitAsync(TimeSpan.FromSeconds(5), Stop));
        await OpenAsync(server, "g1");
    }

    [Fact]
    public async Task A_box_enrols_by_the_secret_on_it_after_an_installer_has_vouched_and_not_before()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow - TimeSpan.FromDays(400));
        await using var server = await FleetServer.StartAsync(clock);
        var made = server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Claim);
        // It has no end.
        await server.RestartAsync(TimeSpan.FromDays(300));
        await Assert.ThrowsAsync<EnrolmentException>(EnrolAsync);
        var (ali, sara) = (new Actor("ali", "phone"), new Actor("sara", "phone"));
        Assert.Equal("say.claim.unknown", Assert.Throws<FleetException>(() => server.Desk.Vouch(ali, "a", "g2", made.Qr)).Sentence.Key);
        Assert.Equal(TimeSpan.Zero, server.Desk.Vouch(ali, "a", "g1", made.Qr));
        Assert.Equal("say.claim.another", Assert.Throws<FleetException>(() => server.Desk.Vouch(sara, "a", "g1", made.Code)).Sentence.Key);
        server.Desk.TakeBack(sara, "g1");
        await Assert.ThrowsAsync<EnrolmentException>(EnrolAsync);
        server.Desk.Vouch(ali, "a", "g1", made.Code);
        await server.RestartAsync(TimeSpan.FromHours(25));
        await Assert.ThrowsAsync<EnrolmentException>(EnrolAsync);
        server.Desk.Vouch(sara, "a", "g1", made.Code);
        Assert.Equal("g1", (await EnrolAsync()).Gateway);
        Assert.Equal("say.claim.used", Assert.Throws<FleetException>(() => server.Desk.Vouch(ali, "a", "g1", made.Code)).Sentence.Key);

        Task<BoxIdentity> EnrolAsync() => server.EnrollerOf("g1").EnrolAsync(server.Cloud, made.Qr, null, false, Stop);
    }

    [Fact]
    public async Task A_server_of_another_root_is_told_before_anything_is_sent_to_it()
    {
        await using var server = await FleetServer.StartAsync();
        await using var stranger = await FleetServer.StartAsync();
        var made = server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code);
        foreach (var form in (string[])[made.Code, made.Qr])
            Assert.Equal(EnrolmentFault.Stranger, (await Assert.ThrowsAsync<EnrolmentException>(() => stranger.EnrollerOf("g1").EnrolAsync(stranger.Cloud, form, null, false, Stop))).Fault);
        Assert.Equal(EnrolmentFault.Typed, (await Assert.ThrowsAsync<EnrolmentException>(() => server.EnrollerOf("g1").EnrolAsync(server.Cloud, made.Code[..16], null, false, Stop))).Fault);
        Assert.Empty(Actions(stranger));
        await server.EnrollerOf("g1").EnrolAsync(server.Cloud, made.Code[..16], made.Fingerprint, false, Stop);
    }

    [Fact]
    public async Task A_revoked_gateway_s_open_stream_is_closed_within_five_seconds_and_it_does_not_come_back_with_its_key()
    {
        await using var server = await FleetServer.StartAsync();
        await server.EnrolAsync("g1");
        await server.EnrolAsync("g2");
        using var channel = server.Uplink("g1");
        using var call = await GreetAsync(channel);
        using var otherChannel = server.Uplink("g2");
        using var other = await GreetAsync(otherChannel);
        var next = call.ResponseStream.MoveNext(Stop);
        var begin = Stopwatch.GetTimestamp();
        server.Desk.Revoke(FleetServer.Admin, "g1", "stolen");
        await Assert.ThrowsAnyAsync<Exception>(() => next.WaitAsync(TimeSpan.FromSeconds(5), Stop));
        Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(5));
        // Others go on.
        Assert.True(server.App.Services.GetRequiredService<GatewayDirectory>().Find("g2")!.Connected);
        for (var round = 0; round < 2; round++)
        {
            using var again = server.Uplink("g1");
            await Assert.ThrowsAnyAsync<Exception>(() => GreetAsync(again));
            await Assert.ThrowsAsync<EnrolmentException>(() => server.EnrollerOf("g1").RenewAsync(server.Box("g1").Read()!, null, Stop));
            await Assert.ThrowsAsync<EnrolmentException>(() => server.EnrollerOf("g1").EnrolAsync(server.Cloud, server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code, null, false, Stop));
            await server.RestartAsync();
        }
        // A person decides that it comes back, with a key that was not stolen.
        await server.EnrollerOf("g1").EnrolAsync(server.Cloud, server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code, null, makesNewKey: true, Stop);
        await OpenAsync(server, "g1");
        Assert.Contains("gateway.revoke", Actions(server));
    }

    [Fact]
    public async Task After_400_days_offline_the_old_key_renews_and_does_nothing_else()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow - TimeSpan.FromDays(400));
        await using var server = await FleetServer.StartAsync(clock);
        var old = await server.EnrolAsync("g1");
        await server.RestartAsync(TimeSpan.FromDays(400));
        using (var channel = server.Uplink("g1")) await Assert.ThrowsAnyAsync<Exception>(() => GreetAsync(channel));
        using (var client = Client(server, clock, "g1"))
        {
            foreach (var path in (string[])["/", "/api/v1/devices", "/api/v1/fleet/self", "/health/live", "/enrol/authority"]) Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync(path, Stop)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/enrol", new { csr = RequestPem() }, Stop)).StatusCode);
            // Not even another key.
            Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsJsonAsync("/renew", new { csr = RequestPem() }, Stop)).StatusCode);
        }
        var renewed = await server.EnrollerOf("g1").RenewAsync(old, null, Stop);
        Assert.Equal((old.Gateway, old.Key), (renewed.Gateway, renewed.Key));
        Assert.True(renewed.NotAfter > clock.GetUtcNow() + TimeSpan.FromDays(29));
        await OpenAsync(server, "g1");
        using (var client = Client(server, clock, "g1"))
        {
            Assert.Equal("g1", (await client.GetFromJsonAsync<JsonElement>("/api/v1/fleet/self", Stop)).GetProperty("gateway").GetString());
            Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/devices", Stop)).StatusCode);
        }
        // Asked again within the first half of its life it gets the same one: nobody has a thousand issued.
        Assert.Equal(renewed.NotAfter, (await server.EnrollerOf("g1").RenewAsync(renewed, null, Stop)).NotAfter);
        await server.RestartAsync(TimeSpan.FromDays(16));
        Assert.True((await server.EnrollerOf("g1").RenewAsync(renewed, null, Stop)).NotAfter > renewed.NotAfter);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(-20)]
    public async Task Clocks_that_stand_hours_apart_do_not_keep_a_gateway_out(int hours)
    {
        // The box's clock is the system's, which its uplink goes by; the server's stands apart.
        var clock = new ShiftedClock { By = TimeSpan.FromHours(-hours) };
        await using var server = await FleetServer.StartAsync(clock);
        var box = new Enroller(server.Box("g1"), TimeProvider.System);
        var identity = await box.EnrolAsync(server.Cloud, server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code, null, false, Stop);
        await OpenAsync(server, "g1");
        clock.By += TimeSpan.FromDays(16);
        await box.RenewAsync(identity, null, Stop);
    }

    [Fact]
    public async Task A_clock_that_is_years_off_is_told_with_both_times()
    {
        await using var server = await FleetServer.StartAsync();
        var wrong = new FakeTimeProvider(new DateTimeOffset(2019, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var error = await Assert.ThrowsAsync<EnrolmentException>(() => new Enroller(server.Box("g1"), wrong).EnrolAsync(server.Cloud, server.Desk.Make(FleetServer.Admin, "g1", SecretKind.Code).Code, null, false, Stop));
        Assert.Contains("2019-01-01 00:00 UTC", error.Message);
        Assert.Contains(DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), error.Message);
    }

    [Fact]
    public async Task Through_a_rotation_of_the_authority_old_and_new_gateways_stay_and_learn_the_new_root()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow - TimeSpan.FromDays(21));
        await using var server = await FleetServer.StartAsync(clock);
        var old = await server.EnrolAsync("old");
        var firstRoot = server.Authority.Fingerprint;
        await server.RestartAsync(TimeSpan.FromDays(1));
        server.Desk.Rotate(FleetServer.Admin, withRoot: true);
        await server.RestartAsync(TimeSpan.FromMinutes(1));
        await server.EnrolAsync("young");
        await server.RestartAsync(TimeSpan.FromDays(20));
        await OpenAsync(server, "old");
        await OpenAsync(server, "young");
        // It has not renewed since, so that it would be shut out.
        Assert.Equal("say.authority.held", Assert.Throws<FleetException>(() => server.Desk.Retire(FleetServer.Admin, firstRoot, force: false)).Sentence.Key);
        await server.EnrollerOf("old").RenewAsync(old, null, Stop);
        Assert.Equal(2, Enroller.Roots(server.Box("old").RootsFile).Count);
        server.Desk.Retire(FleetServer.Admin, firstRoot, force: false);
        Assert.NotEqual(firstRoot, server.Authority.Fingerprint);
        await OpenAsync(server, "old");
        await OpenAsync(server, "young");
        Assert.Equal("g3", (await server.EnrolAsync("g3")).Gateway);
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("not yet valid")]
    [InlineData("server use")]
    [InlineData("no use")]
    [InlineData("authority")]
    [InlineData("two names")]
    [InlineData("no name")]
    [InlineData("other city")]
    [InlineData("rsa 1024")]
    [InlineData("sha-1")]
    [InlineData("unknown authority")]
    [InlineData("revoked")]
    [InlineData("name constraint")]
    [InlineData("self-signed")]
    public async Task A_wrong_chain_gets_no_application_byte_on_either_port(string what)
    {
        using var folder = new TemporaryFolder();
        using var chains = new Chains();
        await File.WriteAllTextAsync(folder["ca.pem"], chains.Root.ExportCertificatePem(), Stop);
        await using var server = await FleetServer.StartAsync(change: options => (options.Ingest.Authority, options.Ingest.City) = (folder["ca.pem"], "smartcity"));
        var (good, goodOthers) = chains.Make("good");
        Assert.True(await server.BytesForAsync(good, goodOthers, "uplink") > 0);
        if (what == "revoked") server.Desk.Revoke(FleetServer.Admin, "g1", "stolen");
        var (certificate, others) = chains.Make(what);
        Assert.Equal(0, await server.BytesForAsync(certificate, others, "uplink"));
        Assert.Equal(0, await server.BytesForAsync(certificate, others, "https"));
        Assert.Equal(0, await server.BytesForAsync(null, null, "uplink"));
        // Browsers show none and are served.
        Assert.True(await server.BytesForAsync(null, null, "https") > 0);
        // TLS itself takes neither a key that short nor a signature that old.
        Assert.True(server.App.Services.GetRequiredService<IngestCounters>().CertificatesRefused >= 2 || what is "rsa 1024" or "sha-1");
        Assert.Equal(server.App.Services.GetRequiredService<IngestCounters>().CertificatesRefused, server.App.Services.GetRequiredService<AuditLog>().Read(null, 100).Count(row => row.Action == "certificate.refused"));
    }

    [Fact]
    public async Task Installers_look_and_vouch_and_administrators_make_codes_and_revoke()
    {
        await using var cloud = await AccessTests.StartAsync();
        await AccessTests.AddAsync(cloud, "ali", [SmartCity.Model.Contracts.Roles.Installer]);
        await AccessTests.AddAsync(cloud, "mina", [SmartCity.Model.Contracts.Roles.Administrator]);
        using var ali = await AccessTests.SignedInAsync(cloud, "ali");
        using var mina = await AccessTests.SignedInAsync(cloud, "mina");
        Assert.Equal(HttpStatusCode.Forbidden, (await ali.PostAsync("/api/v1/fleet/gateways/box/claim-secret", null, Stop)).StatusCode);
        using var made = await mina.PostAsync("/api/v1/fleet/gateways/box/claim-secret", null, Stop);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var secret = (await made.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("code").GetString();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await ali.PostAsJsonAsync("/api/v1/fleet/gateways/box/claim", new { secret = EnrolmentCode.Make() }, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await ali.PostAsJsonAsync("/api/v1/fleet/gateways/box/claim", new { secret }, Stop)).StatusCode);
        var box = (await ali.GetFromJsonAsync<JsonElement>("/api/v1/fleet/gateways/box", Stop)).GetProperty("gateway");
        Assert.Equal(("pending", "ali"), (box.GetProperty("state").GetString(), box.GetProperty("voucher").GetString()));
        var html = await ali.GetStringAsync("/gateways", Stop);
        Assert.Contains("href=\"/gateways/box\"", html);
        Assert.DoesNotContain("action=\"/gateways/code\"", html);
        var page = await (await mina.PostAsync("/gateways/code", new FormUrlEncodedContent(new Dictionary<string, string> { ["gateway"] = "new-1", ["kind"] = "code" }), Stop)).Content.ReadAsStringAsync(Stop);
        Assert.Contains("<svg class=\"qr\"", page);
        Assert.Contains("smartcity-gateway enrol --cloud https://", page);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await mina.PostAsync("/gateways/code", new FormUrlEncodedContent(new Dictionary<string, string> { ["gateway"] = "no/id" }), Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await mina.PostAsJsonAsync("/api/v1/fleet/gateways/g1/revoke", new { reason = "stolen" }, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await mina.PostAsJsonAsync("/api/v1/fleet/gateways/g1/revoke", new { reason = "stolen" }, Stop)).StatusCode);
        Assert.Contains("stolen", await mina.GetStringAsync("/gateways/g1?lang=fa", Stop));
        // The claim secret as a code is refused like any other, and the log has a row for each act.
        var log = cloud.App.Services.GetRequiredService<AuditLog>().Read(null, 50).Select(row => row.Action).ToList();
        foreach (var action in (string[])["gateway.claim-secret", "gateway.vouch", "gateway.enrol-code", "gateway.revoke"]) Assert.Contains(action, log);
    }

    private static List<string> Actions(FleetServer server) => [.. server.App.Services.GetRequiredService<AuditLog>().Read(null, 100).Select(row => row.Action).Where(action => action.StartsWith("gateway.", StringComparison.Ordinal) || action.StartsWith("enrol.", StringComparison.Ordinal)).Reverse()];

    private static string RequestPem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    /// <summary>A client that trusts the city's roots, with a gateway's certificate or without.</summary>
    private static HttpClient Client(FleetServer server, TimeProvider? clock = null, string? gateway = null)
    {
        var own = gateway is null ? null : Enroller.Own(server.Box(gateway), server.Box(gateway).Read()!);
        return new HttpClient(new SocketsHttpHandler { SslOptions = CityClient.Tls([.. server.Authority.Roots], own, null, clock ?? TimeProvider.System) }) { BaseAddress = server.Cloud };
    }

    private static async Task OpenAsync(FleetServer server, string gateway)
    {
        using var channel = server.Uplink(gateway);
        using var call = await GreetAsync(channel);
    }

    private static async Task<AsyncDuplexStreamingCall<UplinkRequest, UplinkResponse>> GreetAsync(GrpcChannel channel)
    {
        var call = new UplinkService.UplinkServiceClient(channel).Uplink(cancellationToken: Stop);
        await call.RequestStream.WriteAsync(new UplinkRequest { Hello = new Hello { Epoch = 1, Software = "test" } }, Stop);
        Assert.True(await call.ResponseStream.MoveNext(Stop));
        Assert.NotNull(call.ResponseStream.Current.Welcome);
        return call;
    }

    /// <summary>An authority elsewhere, and chains of it that are wrong each in one thing.</summary>
    private sealed class Chains : IDisposable
    {
        private const string ClientUse = "1.3.6.1.5.5.7.3.2", ServerUse = "1.3.6.1.5.5.7.3.1";
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly RSA _rsa = RSA.Create(2048);
        private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

        public Chains() => Root = Signed(Authority("CN=Elsewhere", _key), null, _now.AddYears(-1), _now.AddYears(1)).CopyWithPrivateKey(_key);

        public X509Certificate2 Root { get; }

        public (X509Certificate2 Certificate, X509Certificate2Collection Others) Make(string what)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var (from, until) = what switch { "expired" => (_now.AddDays(-2), _now.AddMinutes(-5)), "not yet valid" => (_now.AddHours(1), _now.AddDays(2)), _ => (_now.AddDays(-1), _now.AddDays(2)) };
            switch (what)
            {
                case "rsa 1024":
                    using (var weak = RSA.Create(1024)) return (Signed(Leaf(what, new CertificateRequest("CN=g1", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), Root, from, until).CopyWithPrivateKey(weak), []);
                case "sha-1":
                    // The intermediate's own key signs with SHA-1.
                    using (var middle = Signed(Authority("CN=Old", _rsa), Root, _now.AddDays(-2), _now.AddDays(30)).CopyWithPrivateKey(_rsa))
                        return (Leaf(what, new CertificateRequest("CN=g1", key, HashAlgorithmName.SHA256)).Create(middle.SubjectName, new Sha1Signature(_rsa), from, until, Serial()).CopyWithPrivateKey(key), [X509CertificateLoader.LoadCertificate(middle.RawData)]);
                case "name constraint":
                    using (var inner = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                    {
                        var constrained = Authority("CN=For another city", inner);
                        // NameConstraints ::= SEQUENCE { permittedSubtrees [0] { { [6] "shiraz" } } }
                        constrained.CertificateExtensions.Add(new X509Extension("2.5.29.30", [0x30, 0x0C, 0xA0, 0x0A, 0x30, 0x08, 0x86, 0x06, .. "shiraz"u8], true));
                        using var middle = Signed(constrained, Root, _now.AddDays(-2), _now.AddDays(30)).CopyWithPrivateKey(inner);
                        return (Signed(Leaf(what, new CertificateRequest("CN=g1", key, HashAlgorithmName.SHA256)), middle, from, until).CopyWithPrivateKey(key), [X509CertificateLoader.LoadCertificate(middle.RawData)]);
                    }
                case "unknown authority":
                    using (var stranger = new Chains()) return stranger.Make("good");
                case "self-signed":
                    return (Leaf(what, new CertificateRequest("CN=g1", key, HashAlgorithmName.SHA256)).CreateSelfSigned(from, until), []);
                default:
                    return (Signed(Leaf(what, new CertificateRequest("CN=g1", key, HashAlgorithmName.SHA256)), Root, from, until).CopyWithPrivateKey(key), []);
            }
        }

        public void Dispose()
        {
            Root.Dispose();
            _key.Dispose();
            _rsa.Dispose();
        }

        private static CertificateRequest Leaf(string what, CertificateRequest request)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(what == "authority", false, 0, true));
            if (what != "no use") request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(what == "server use" ? ServerUse : ClientUse)], false));
            if (what == "no name") return request;
            var names = new SubjectAlternativeNameBuilder();
            names.AddUri(new Uri(what == "other city" ? "spiffe://shiraz/gateway/g1" : "spiffe://smartcity/gateway/g1"));
            if (what == "two names") names.AddUri(new Uri("spiffe://smartcity/gateway/g2"));
            request.CertificateExtensions.Add(names.Build());
            return request;
        }

        private static CertificateRequest Authority(string name, AsymmetricAlgorithm key)
        {
            var request = key is ECDsa curve ? new CertificateRequest(name, curve, HashAlgorithmName.SHA256) : new CertificateRequest(name, (RSA)key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            return request;
        }

        private static X509Certificate2 Signed(CertificateRequest request, X509Certificate2? issuer, DateTimeOffset from, DateTimeOffset until)
        {
            if (issuer is null)
            {
                using var selfSigned = request.CreateSelfSigned(from, until);
                return X509CertificateLoader.LoadCertificate(selfSigned.RawData);
            }
            using var key = issuer.GetECDsaPrivateKey()!;
            return request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from, until, Serial());
        }

        private static byte[] Serial() => [0x40, .. RandomNumberGenerator.GetBytes(11)];
    }
}
