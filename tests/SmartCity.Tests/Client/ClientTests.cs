using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Client;
using SmartCity.Cloud.Identity;
using SmartCity.Model;
using SmartCity.Tests.Cloud.Server;
using Rights = SmartCity.Model.Contracts.Rights;
using Roles = SmartCity.Model.Contracts.Roles;

namespace SmartCity.Tests.Client;

/// <summary>The generated client against the running server; and that it and the document that it is made of are of this server.</summary>
public sealed class ClientTests(ClientTests.City city) : IClassFixture<ClientTests.City>
{
    private const string Write = "SMARTCITY_WRITE_CLIENT";
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_committed_document_and_client_are_those_of_this_server()
    {
        var folder = Path.Combine(Repository.Root, "cloud", "SmartCity.Client");
        var document = JsonNode.Parse(await city.Cloud.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Stop))!.ToJsonString(_indented).ReplaceLineEndings("\n") + "\n";
        var source = await ClientGenerator.GenerateAsync(document, Stop);
        foreach (var (name, text) in new[] { ("openapi.json", document), ("SmartCityClient.g.cs", source) })
        {
            var file = Path.Combine(folder, name);
            if (Environment.GetEnvironmentVariable(Write) == "1") await File.WriteAllTextAsync(file, text, Stop);
            Assert.True(await File.ReadAllTextAsync(file, Stop) == text, $"{name} is not of this server. Run this test with {Write}=1 and commit what it writes.");
        }
    }

    [Fact]
    public async Task A_list_is_walked_page_after_page()
    {
        var whole = (await city.Client.GetDevicesAsync(cancellationToken: Stop)).Result;
        Assert.Equal(["air-1", "air-2", "air-3"], whole.Items.Select(device => device.Id));
        Assert.Null(whole.Next);
        var walked = new List<string>();
        await foreach (var device in SmartCityClient.AllAsync(async cursor => (await city.Client.GetDevicesAsync(limit: 2, cursor: cursor, cancellationToken: Stop)).Result, page => page.Items, page => page.Next)) walked.Add(device.Id);
        Assert.Equal(["air-1", "air-2", "air-3"], walked);
    }

    [Fact]
    public async Task Readings_come_raw_and_in_buckets()
    {
        var raw = (await city.Client.GetReadingsAsync(["air-1"], ["pm25"], "2026-10-24", "2026-10-25", cancellationToken: Stop)).Result;
        var reading = Assert.Single(raw.Items!);
        Assert.Equal((City.Time, 1.5, 0), (reading.Ts, ((JsonElement)reading.Value!).GetDouble(), reading.Quality));
        var days = (await city.Client.GetReadingsAsync(["air-1"], ["pm25"], "2026-10-24", "2026-10-25", bucket: "day", fn: "avg,count", tz: "UTC", cancellationToken: Stop)).Result;
        var bucket = Assert.Single(Assert.Single(days.Series!).Buckets!);
        Assert.Equal((1.5, 1L), (bucket.Avg!.Value, bucket.Count!.Value));
    }

    [Fact]
    public async Task What_cannot_be_done_is_thrown_with_its_problem()
    {
        var missing = await Assert.ThrowsAsync<SmartCityException<Problem>>(() => city.Client.GetDeviceAsync("air-11", Stop));
        Assert.Equal((404, "/problems/missing"), (missing.StatusCode, missing.Result.Type));
        Assert.Contains("Did you mean air-1?", missing.Result.Detail);
        var wrong = await Assert.ThrowsAsync<SmartCityException<Problem>>(() => city.Client.GetDevicesAsync(state: "dead", cancellationToken: Stop));
        Assert.Contains("Possible", wrong.Result.Errors!["state"]);
        var nobody = new SmartCityClient(city.Cloud.Http);
        Assert.Equal("/problems/sign-in", (await Assert.ThrowsAsync<SmartCityException<Problem>>(() => nobody.GetUsersAsync(cancellationToken: Stop))).Result.Type);
    }

    [Fact]
    public async Task An_entry_is_written_read_and_replaced_by_its_tag()
    {
        var site = new Site { Id = "square", Name = "Azadi Square", Position = new DevicePosition { Latitude = 35.6997, Longitude = 51.3380 } };
        Assert.Equal(1, (await city.Client.PutSiteAsync("square", site, if_None_Match: "*", cancellationToken: Stop)).Result.Added);
        var read = await city.Client.GetSiteAsync("square", Stop);
        Assert.Equal(("Azadi Square", 35.6997), (read.Result.Name, read.Result.Position!.Latitude));
        var tag = Assert.Single(read.Headers["ETag"]);
        read.Result.Name = "Freedom Square";
        Assert.Equal("/problems/version-needed", (await Assert.ThrowsAsync<SmartCityException<Problem>>(() => city.Client.PutSiteAsync("square", read.Result, cancellationToken: Stop))).Result.Type);
        Assert.Equal(1, (await city.Client.PutSiteAsync("square", read.Result, if_Match: tag, cancellationToken: Stop)).Result.Changed);
        Assert.Equal("/problems/version", (await Assert.ThrowsAsync<SmartCityException<Problem>>(() => city.Client.PutSiteAsync("square", read.Result, if_Match: tag, cancellationToken: Stop))).Result.Type);

        var model = new DeviceModel { Id = "probe", Kind = "probe", Metrics = [new MetricModel { Name = "x", Unit = "Cel", Kind = "int64", ExpectedInterval = "10m" }] };
        await city.Client.PutModelAsync("probe", model, cancellationToken: Stop);
        var metric = Assert.Single((await city.Client.GetModelAsync("probe", Stop)).Result.Metrics);
        Assert.Equal(("int64", "10m"), (metric.Kind, metric.ExpectedInterval));
    }

    [Fact]
    public async Task Accounts_and_the_change_log_are_there_too()
    {
        var secret = (await city.Client.AddUserAsync(new NewAccount { Name = "mina", Roles = [Roles.Operator] }, Stop)).Result.Secret;
        Assert.NotEmpty(secret);
        Assert.Equal([Roles.Operator], (await city.Client.GetUsersAsync(cancellationToken: Stop)).Result.Items.Single(user => user.Name == "mina").Roles);
        Assert.True((await city.Client.DisableEnableOrResetUserAsync("mina", "disable", Stop)).Result.Account!.IsDisabled);
        var change = (await city.Client.GetAuditLogAsync(limit: 1, cancellationToken: Stop)).Result;
        Assert.Equal(("root", "account.disable", "mina"), (change.Items[0].Who, change.Items[0].Action, change.Items[0].Subject));
        Assert.Null((await city.Client.VerifyAuditLogAsync(Stop)).Result.FirstBroken);
        Assert.Contains("administer", (await city.Client.GetOwnAccountAsync(Stop)).Result.Rights);
    }

    [Fact]
    public async Task The_books_of_tolls_are_read_and_a_period_is_opened_and_closed()
    {
        Assert.True((await city.Client.GetTollWorkAsync(Stop)).Result.IsDone);
        Assert.Empty((await city.Client.GetTollChargesAsync(cancellationToken: Stop)).Result.Items);
        Assert.Equal("IRR", (await city.Client.GetTollLedgerAsync(Stop)).Result.Identity.Currency);
        Assert.Equal("posted", (await city.Client.OpenTollPeriodAsync(new NewTollPeriod { From = new DateOnly(2026, 10, 23), To = new DateOnly(2026, 11, 21) }, Stop)).Result.Outcome);
        Assert.Equal("posted", (await city.Client.CloseTollPeriodAsync(1, Stop)).Result.Outcome);
        var period = Assert.Single((await city.Client.GetTollPeriodsAsync(Stop)).Result.Items);
        Assert.Equal((1, new DateOnly(2026, 10, 23), new DateOnly(2026, 11, 21), "closing"), (period.Number, period.From, period.To, period.State));
        // The next one begins on the day after.
        var wrong = await Assert.ThrowsAsync<SmartCityException<Problem>>(() => city.Client.OpenTollPeriodAsync(new NewTollPeriod { From = new DateOnly(2026, 11, 25), To = new DateOnly(2026, 12, 21) }, Stop));
        Assert.Equal("/problems/toll", wrong.Result.Type);
        Assert.NotEmpty(wrong.Result.Faults!);
        Assert.Equal("/problems/missing", (await Assert.ThrowsAsync<SmartCityException<Problem>>(() => city.Client.GetTollPassageAsync(new string('0', 32), Stop))).Result.Type);
        Assert.Null((await city.Client.VerifyTollLedgerAsync(Stop)).Result.Fault);
        var run = (await city.Client.KeepTollReconciliationAsync(cancellationToken: Stop)).Result;
        Assert.Equal(run.Number, Assert.Single((await city.Client.GetTollRunsAsync(Stop)).Result.Items).Number);
        Assert.Equal("toll.reconciliation.keep", (await city.Client.GetAuditLogAsync(limit: 1, cancellationToken: Stop)).Result.Items[0].Action);
    }

    /// <summary>A server with three devices, and the client of an administrator.</summary>
    public sealed class City : IAsyncLifetime
    {
        private HttpClient _http = null!;
        internal static DateTimeOffset Time { get; } = new(2026, 10, 24, 6, 0, 0, TimeSpan.Zero);
        internal CloudUnderTest Cloud { get; private set; } = null!;
        public SmartCityClient Client { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Cloud = await CloudUnderTest.StartAsync();
            await Cloud.SendAsync(("air-1", "pm25", 1.5, Time), ("air-2", "pm25", 2.5, Time), ("air-3", "pm25", 3.5, Time));
            await Cloud.StoredAsync();
            var (accounts, actor) = (Cloud.App.Services.GetRequiredService<Accounts>(), new Actor("test", "test"));
            await accounts.ChangePasswordAsync(actor, "root", accounts.Add(actor, "root", [Roles.Administrator, Roles.TollManager], []), "correct horse battery staple", null, Stop);
            var token = Cloud.App.Services.GetRequiredService<AccessGrants>().MakeToken(actor, accounts.Find("root")!, "client", Rights.All, TimeSpan.FromDays(1));
            _http = new HttpClient { BaseAddress = Cloud.Address, DefaultRequestHeaders = { { "Authorization", $"Bearer {token}" } } };
            Client = new SmartCityClient(_http);
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await Cloud.DisposeAsync();
        }
    }
}
