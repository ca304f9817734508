using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>What the server answers where it cannot do what was asked: in the caller's language, with a type of its own, and nothing of its inside.</summary>
public sealed partial class ProblemTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_problem_and_sentence_has_words_in_every_language_and_every_word_is_said()
    {
        var english = Words.OfProblems(Language.English).Keys.Order(StringComparer.Ordinal).ToList();
        foreach (var language in Language.All)
        {
            Assert.Equal(english, Words.OfProblems(language).Keys.Order(StringComparer.Ordinal));
            foreach (var key in english)
            {
                var (here, there) = (Words.OfProblems(language)[key], Words.OfProblems(Language.English)[key]);
                Assert.NotEmpty(here);
                // The same parts, or something that was to be told is lost in a language.
                Assert.Equal(Places().Matches(there).Select(place => place.Value).Order(StringComparer.Ordinal), Places().Matches(here).Select(place => place.Value).Order(StringComparer.Ordinal));
                // What passes on what somebody else has said is the same in each.
                if (language != Language.English && there != "{0}") Assert.NotEqual(there, here);
            }
        }
        Assert.Equal(ProblemKinds.All.Count, ProblemKinds.All.DistinctBy(kind => kind.Code).Count());
        var general = ProblemKinds.All.SelectMany(kind => new[] { $"{kind.Code}.title", $"{kind.Code}.detail", $"{kind.Code}.help" }).Order(StringComparer.Ordinal);
        foreach (var fault in Enum.GetValues<AccessFault>().Where(fault => fault != AccessFault.Other)) Assert.Contains($"say.access.{fault}", english);
        Assert.Equal(general, english.Where(key => !key.StartsWith("say.", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_sentence_writes_numbers_and_ids_as_its_language_does()
    {
        var sentence = new Sentence("say.readings.devices", 1_000, 1_234).Then(new Sentence("say.meant", "air-1"));
        Assert.Equal("At most 1,000 devices fit in one request; these are 1,234. Ask in parts. Did you mean air-1?", sentence.In(Language.English));
        Assert.Contains("۱٬۰۰۰", sentence.In(Language.Persian));
        Assert.Contains("\u2068air-1\u2069", sentence.In(Language.Persian));
    }

    [Fact]
    public async Task Whatever_is_refused_is_problem_details_in_the_caller_s_language()
    {
        await using var cloud = await CloudUnderTest.StartAsync(options => options.Access.PublicReadings = false);
        using var admin = AdminSocket.Connect(AdminSocket.FileIn(cloud.Data));
        var token = Token(cloud);
        using var bearer = new HttpClient { BaseAddress = cloud.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        (HttpClient Client, string Request, HttpContent? Body, ProblemKind Kind)[] refusals =
        [
            (cloud.Http, "GET /api/v1/nothing", null, ProblemKinds.Address),
            (cloud.Http, "GET /ui/js/nothing.js", null, ProblemKinds.Address),
            (cloud.Http, "GET /api/v1/devices", null, ProblemKinds.SignIn),
            (cloud.Http, "PATCH /api/v1/devices", null, ProblemKinds.Method),
            (bearer, "GET /api/v1/users", null, ProblemKinds.Right),
            (bearer, "GET /api/v1/devices?limit=x", null, ProblemKinds.Parameters),
            (bearer, "GET /api/v1/devices?limit=100000", null, ProblemKinds.TooMuch),
            (bearer, "GET /api/v1/devices/none", null, ProblemKinds.Missing),
            (bearer, "GET /api/v1/live", null, ProblemKinds.WebSocket),
            (bearer, "GET /api/v1/live.sse?x=1", null, ProblemKinds.Parameters),
            (bearer, "POST /api/v1/account/password", Json("{}"), ProblemKinds.Person),
            (cloud.Http, "POST /api/v1/account/password", Json("{}"), ProblemKinds.SignIn),
            (cloud.Http, "POST /api/v1/session", Json("""{"name":"nobody","password":"wrong"}"""), ProblemKinds.Credentials),
            (cloud.Http, "POST /api/v1/session", Json("{\n\"name\":"), ProblemKinds.Body),
            (cloud.Http, "POST /api/v1/session", Json(""), ProblemKinds.Body),
            (cloud.Http, "POST /api/v1/session", Json("""{"name":7}"""), ProblemKinds.Body),
            (cloud.Http, "POST /api/v1/session", Json("""{"user":"x"}"""), ProblemKinds.Body),
            (cloud.Http, "POST /api/v1/session", new StringContent("name=x", Encoding.UTF8, "text/plain"), ProblemKinds.MediaType),
            (admin, "POST /api/v1/imports/1/telemetry/batches", new ByteArrayContent(new byte[5 << 20]), ProblemKinds.TooLarge),
            (admin, "POST /api/v1/imports/1/telemetry/batches", new ByteArrayContent([255]), ProblemKinds.Import),
            (admin, "GET /api/v1/imports/x/telemetry", null, ProblemKinds.Import),
            (admin, "PUT /api/v1/sites/s", Json("""{"id":"t"}"""), ProblemKinds.Registry),
            (admin, "PUT /api/v1/sites/s", Json("""{"id":"s","colour":"red"}"""), ProblemKinds.Body),
            (admin, "POST /api/v1/users", Json("""{"name":"x y"}"""), ProblemKinds.Access),
            (admin, "PUT /api/v1/toll/items", Json("""{"state":"explained","explanation":"a cable"}"""), ProblemKinds.Body),
            (admin, "PUT /api/v1/toll/items", Json("""{"class":"SEQ_GAP","state":"gone","explanation":"a cable"}"""), ProblemKinds.Body),
            (admin, "PUT /api/v1/toll/items", Json("""{"class":"SEQ_GAP","state":"explained"}"""), ProblemKinds.Body),
            (admin, "PUT /api/v1/toll/items", Json("""{"class":"SEQ_GAP","state":"accepted","explanation":"a cable","from":"2026-11-24","to":"2026-11-23"}"""), ProblemKinds.Body),
            (admin, "GET /api/v1/dead-letters/7", null, ProblemKinds.Missing),
            (admin, "GET /api/v1/completeness?gateway=none", null, ProblemKinds.Missing),
        ];
        foreach (var (client, line, body, kind) in refusals)
            foreach (var language in Language.All)
            {
                using var request = new HttpRequestMessage(new HttpMethod(line.Split(' ')[0]), line.Split(' ')[1]) { Content = body is null ? null : Copy(body), Headers = { { "Accept-Language", language.Code } } };
                // So that a body that is too large is refused before it is sent.
                request.Headers.ExpectContinue = kind == ProblemKinds.TooLarge;
                using var answer = await client.SendAsync(request, Stop);
                var text = await answer.Content.ReadAsStringAsync(Stop);
                Assert.True((int)answer.StatusCode == kind.Status, $"{line}: {(int)answer.StatusCode} {text}");
                Assert.Equal((line, "application/problem+json"), (line, answer.Content.Headers.ContentType?.MediaType));
                Assert.Equal((line, language.Code), (line, Assert.Single(answer.Content.Headers.ContentLanguage)));
                Assert.Contains("Accept-Language", answer.Headers.Vary);
                var problem = JsonDocument.Parse(text).RootElement;
                Assert.Equal((line, kind.Type, kind.Title(language), kind.Status), (line, problem.GetProperty("type").GetString(), problem.GetProperty("title").GetString(), problem.GetProperty("status").GetInt32()));
                Assert.NotEmpty(problem.GetProperty("traceId").GetString()!);
                if (language == Language.Persian) Assert.Matches("[آ-ی]", problem.GetProperty("detail").GetString()!);
                Assert.DoesNotMatch(@"System\.|SmartCity\.|   at |Exception|\.cs", text);
            }
        foreach (var content in refusals.Select(refusal => refusal.Body)) content?.Dispose();
    }

    [Fact]
    public async Task A_field_that_is_wrong_is_named_by_its_pointer()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        using var admin = AdminSocket.Connect(AdminSocket.FileIn(cloud.Data));
        foreach (var (path, body, pointer, words) in ((string, string, string, string)[])
        [
            ("/api/v1/models/m", """{"id":"m","kind":"k","metrics":[{"name":"x","min":"low"}]}""", "/metrics/0/min", "The value is not of the type that is needed here."),
            ("/api/v1/sites/s", """{"id":"s","colour":"red"}""", "/colour", "There is no such field."),
        ])
        {
            var problem = await (await admin.PutAsync(path, Json(body), Stop)).Content.ReadFromJsonAsync<JsonElement>(Stop);
            Assert.Equal(words, problem.GetProperty("errors").GetProperty(pointer).GetString());
            Assert.Equal(pointer, Assert.Single(problem.GetProperty("pointers").EnumerateArray()).GetString());
        }
        var broken = await (await admin.PutAsync("/api/v1/sites/s", Json("{\n\"id\": s}"), Stop)).Content.ReadFromJsonAsync<JsonElement>(Stop);
        Assert.StartsWith("Line 2:", broken.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_inside_is_told_by_a_number_alone_and_the_language_that_somebody_chose_is_kept()
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = body } };
        context.Request.Headers.Cookie = "lang=fa";
        context.Request.Headers.AcceptLanguage = "en";
        await ProblemGuard.GuardAsync(context, _ => throw new InvalidOperationException("canary in /secret/path"), NullLogger.Instance);
        Assert.Equal(StatusCodes.Status500InternalServerError, context.Response.StatusCode);
        var text = Encoding.UTF8.GetString(body.ToArray());
        Assert.DoesNotContain("canary", text);
        Assert.Equal(ProblemKinds.Internal.Title(Language.Persian), JsonDocument.Parse(text).RootElement.GetProperty("title").GetString());
    }

    [Fact]
    public async Task Every_type_leads_to_a_page_that_explains_it_in_both_languages()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        foreach (var language in Language.All)
        {
            var all = await PageAsync("/problems", language, HttpStatusCode.OK);
            foreach (var kind in ProblemKinds.All)
            {
                Assert.Contains($"id=\"{kind.Code}\"", all);
                Assert.Contains(kind.Help(language), await PageAsync(kind.Type, language, HttpStatusCode.OK));
            }
            Assert.Contains(ProblemKinds.Address.Title(language), await PageAsync("/nothing", language, HttpStatusCode.NotFound));
        }

        async Task<string> PageAsync(string path, Language language, HttpStatusCode status)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html" }, { "Accept-Language", language.Code } } };
            var answer = await cloud.Http.SendAsync(request, Stop);
            Assert.Equal((path, status), (path, answer.StatusCode));
            Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
            return WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(Stop));
        }
    }

    private static string Token(CloudUnderTest cloud)
    {
        var accounts = cloud.App.Services.GetRequiredService<Accounts>();
        var actor = new Actor("test", "test");
        accounts.Add(actor, "ali", [Roles.Installer], []);
        var secret = accounts.Reset(actor, "ali");
        accounts.ChangePasswordAsync(actor, "ali", secret, "correct horse battery staple", null, Stop).GetAwaiter().GetResult();
        return cloud.App.Services.GetRequiredService<AccessGrants>().MakeToken(actor, accounts.Find("ali")!, "test", Rights.Read, TimeSpan.FromDays(1));
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static ByteArrayContent Copy(HttpContent content)
    {
        var copy = new ByteArrayContent(content.ReadAsByteArrayAsync(Stop).GetAwaiter().GetResult());
        copy.Headers.ContentType = content.Headers.ContentType;
        return copy;
    }

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Places();
}
