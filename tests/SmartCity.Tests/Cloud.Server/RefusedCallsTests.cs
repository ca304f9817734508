using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Access;
using SmartCity.Model.Contracts;
using static SmartCity.Tests.Cloud.Server.AccessTests;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>What is refused stands in the audit log, and whoever is refused without end does not fill it: section 6, row 15.</summary>
public sealed class RefusedCallsTests : IDisposable
{
    private static readonly Actor _ali = new("ali", "10.0.0.7");
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly IdentityDatabase _database;
    private readonly AuditLog _log;
    private readonly RefusedCalls _refused;

    public RefusedCallsTests()
    {
        _database = new IdentityDatabase(_folder["identity.db"]);
        _log = new AuditLog(_database, _clock);
        _refused = new RefusedCalls(_log, _clock);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Section_6_row_15_a_refused_right_area_site_and_token_is_a_row_each_with_the_route_and_never_the_address()
    {
        await using var cloud = await StartAsync();
        await AddAsync(cloud, "ali", [Roles.Installer], "north");
        using var ali = await SignedInAsync(cloud, "ali");
        var log = cloud.App.Services.GetRequiredService<AuditLog>();
        var before = log.Read(null, 1)[0].Number;
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.Forbidden, (await ali.PostAsync("/api/v1/users/canary-name/disable?x=canary", null, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await ali.PutAsJsonAsync("/api/v1/sites/canary", new { id = "canary", area = "south" }, Stop)).StatusCode);
        using var forged = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/session") { Headers = { { "Cookie", ali.DefaultRequestHeaders.GetValues("Cookie") }, { "Sec-Fetch-Site", "cross-site" } } };
        using var plain = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = cloud.Address };
        Assert.Equal(HttpStatusCode.Forbidden, (await plain.SendAsync(forged, Stop)).StatusCode);
        using var program = new HttpRequestMessage(HttpMethod.Get, "/api/v1/dead-letters") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", "sc_canary") } };
        Assert.Equal(HttpStatusCode.Unauthorized, (await plain.SendAsync(program, Stop)).StatusCode);
        // Who has not signed in was refused nothing.
        Assert.Equal(HttpStatusCode.Unauthorized, (await plain.GetAsync("/api/v1/dead-letters", Stop)).StatusCode);
        var rows = log.Read(null, 100).Where(row => row.Number > before).Reverse().ToList();
        Assert.Equal(
        [
            ("ali", "access.refused", "POST /api/v1/users/{name}/{change:regex(^(disable|enable|reset)$)}", "right"), ("ali", "access.refused", "PUT /api/v1/sites/{id}", "area"),
            ("ali", "access.refused", "DELETE /api/v1/session", "cross-site"), ("nobody", "token.refused", "GET /api/v1/dead-letters", "sign-in"),
        ], rows.Select(row => (row.Who, row.Action, row.Subject, JsonDocument.Parse(row.After!).RootElement.GetProperty("problem").GetString()!)));
        Assert.DoesNotContain("canary", string.Join(' ', rows), StringComparison.Ordinal);
        Assert.Null(log.Verify().FirstBroken);
        var metrics = await cloud.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Stop);
        Assert.Contains("smartcity_http_problems_total{code=\"right\"} 3", metrics, StringComparison.Ordinal);
        Assert.Contains("smartcity_refused_unwritten_total 2", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_again_is_one_row_in_ten_minutes_that_says_how_often()
    {
        for (var i = 0; i < 1_000; i++) _refused.Note(_ali, "access.refused", "GET /x", "right");
        _clock.Advance(TimeSpan.FromMinutes(10));
        _refused.Note(_ali, "access.refused", "GET /x", "right");
        Assert.Equal([1L, 1_000L], Rows().Select(row => Number(row, "times")));
        Assert.Equal(999, _refused.Unwritten);
    }

    [Fact]
    public void A_caller_who_asks_for_everything_is_slowed_down_and_hides_nobody_else()
    {
        for (var i = 0; i < 10_000; i++) _refused.Note(_ali, "access.refused", $"GET /{i}", "right");
        Assert.Equal(RefusedCalls.RowsAtOnce, Rows().Count);
        _refused.Note(new Actor("eve", "10.0.0.8"), "access.refused", "GET /0", "right");
        Assert.Equal("eve", Rows()[^1].Who);
        // What found no room is told by the next row that does.
        _clock.Advance(TimeSpan.FromMinutes(1));
        _refused.Note(_ali, "access.refused", "GET /other", "right");
        Assert.Equal(10_000 - RefusedCalls.RowsAtOnce, Number(Rows()[^1], "unwritten"));
        Assert.Equal(RefusedCalls.RowsAtOnce + 2, Rows().Count);
    }

    [Fact]
    public void More_callers_than_are_remembered_have_their_rows_too()
    {
        for (var i = 0; i < 1_100; i++) _refused.Note(new Actor($"who-{i}", "10.0.0.1"), "access.refused", "GET /x", "right");
        Assert.Equal(1_100, Rows().Count);
        Assert.Null(_log.Verify().FirstBroken);
    }

    [Fact]
    public void A_log_that_cannot_be_written_keeps_nobody_from_being_refused()
    {
        using (var holder = new SqliteConnection($"Data Source={_folder["identity.db"]};Pooling=False"))
        {
            holder.Open();
            using var command = holder.CreateCommand();
            command.CommandText = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END";
            command.ExecuteNonQuery();
        }
        _refused.Note(_ali, "access.refused", "GET /x", "right");
        Assert.Equal(1, _refused.Unwritten);
        Assert.NotNull(_log.Trouble);
    }

    private List<AuditEntry> Rows() => [.. _log.Read(null, 100_000).Reverse()];

    private static long Number(AuditEntry row, string name) => JsonDocument.Parse(row.After!).RootElement.GetProperty(name).GetInt64();
}
