using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.InfluxDb;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries.InfluxDb;

/// <summary>What an engine behind the store does wrong, and what must hold all the same: nothing lost, nothing counted twice, good neighbours kept.</summary>
public sealed class InfluxFaultTests(InfluxFixture influx) : IClassFixture<InfluxFixture>, IAsyncLifetime
{
    private const long Second = UnixMicros.PerSecond;
    private static readonly SeriesKey Pm25 = new("air-1", "pm25"), Bad = new("air-1", "bad");
    private static readonly long Start = UnixMicros.From(new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero));

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly LogOfReadings _log = new();
    private readonly string _database = $"t{Guid.NewGuid():N}";
    private InfluxProxy _proxy = null!;
    private InfluxReadingStore _store = null!;
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _proxy = await InfluxProxy.StartAsync(influx.Server.Address);
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _proxy.DisposeAsync();
        _folder.Dispose();
    }

    public static TheoryData<string> Answers => ["1.x parse", "1.x conflict", "2.x", "3.x", "words only"];

    [Theory, MemberData(nameof(Answers))]
    public async Task Of_5000_lines_the_one_that_is_refused_goes_to_the_dead_letters_alone(string answer)
    {
        _proxy.OnWrite = async write =>
        {
            var bad = write.Lines.Where(line => line.StartsWith("bad,", StringComparison.Ordinal)).ToList();
            if (bad.Count == 0) return false;
            // 1.x keeps the others of the request, 2.x and 3.x are asked to keep none here.
            if (answer.StartsWith("1.x", StringComparison.Ordinal)) await _proxy.ForwardAsync($"?db={_database}&precision=u", write.Lines.Except(bad));
            return await (answer switch
            {
                "1.x parse" => write.AnswerAsync(400, Json("error", $"partial write: unable to parse '{bad[0]}': invalid number dropped=0")),
                "1.x conflict" => write.AnswerAsync(400, Json("error", $"partial write: field type conflict: input field \"value\" on measurement \"bad\" is type float, already exists as type string dropped={bad.Count}")),
                "2.x" => write.AnswerAsync(422, Json("message", "failure writing points to database: partial write: field type conflict")),
                "3.x" => write.AnswerAsync(400, JsonSerializer.Serialize(new { error = "partial write of line protocol occurred", data = new[] { new { original_line = bad[0], line_number = 2501 } } })),
                _ => write.AnswerAsync(400, "no"),
            });
        };
        var readings = Enumerable.Range(0, 5000).Select(i => Number(i == 2500 ? Bad : Pm25, i)).ToList();
        var result = await _store.AppendAsync([_log.Batch(readings)], _log.End, Stop);

        var rejected = Assert.Single(result.Rejected);
        Assert.Equal((2500, readings[2500]), (rejected.LogOffset, rejected.Reading));
        Assert.StartsWith(answer == "2.x" ? "influx:422 " : "influx:400 ", rejected.Reason);
        Assert.Equal(readings.Where(r => r.Series == Pm25), await AllAsync(Pm25));
        Assert.Equal(4999, Assert.Single(await _store.CountsAsync(Stop)).Stored);
        Assert.InRange(_proxy.Writes.Count, 2, 40);
    }

    [Fact]
    public async Task What_a_real_engine_refuses_is_said_in_its_words_and_the_rest_is_stored()
    {
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0))], _log.End, Stop);
        await _proxy.ForwardAsync($"?db={_database}&precision=u", [$"bad,device=someone value=\"else\" {Start}"]);
        await influx.Server.QueryAsync(_database, $"CREATE RETENTION POLICY short ON {_database} DURATION 10000d REPLICATION 1 DEFAULT");
        await _proxy.ForwardAsync($"?db={_database}&precision=u", [$"bad,device=someone value=\"else\" {Start}"]);

        Reading ancient = Number(Pm25, 0) with { Time = UnixMicros.From(new DateTimeOffset(1990, 1, 1, 0, 0, 0, TimeSpan.Zero)) };
        var result = await _store.AppendAsync([_log.Batch(Number(Pm25, 1), Number(Bad, 1), ancient, Number(Bad, 2), Number(Pm25, 2))], _log.End, Stop);
        Assert.Equal([2, 3, 4], result.Rejected.Select(r => r.LogOffset));
        Assert.Contains("field type conflict", result.Rejected[0].Reason);
        Assert.Contains("retention policy", result.Rejected[1].Reason);
        Assert.Equal(3, Assert.Single(await _store.CountsAsync(Stop)).Stored);
    }

    [Theory]
    [InlineData(429, "7", 7)]
    [InlineData(503, "99999999", 600)]
    [InlineData(429, "Fri, 31 Dec 9999 23:59:59 GMT", 600)]
    [InlineData(503, null, null)]
    [InlineData(500, null, null)]
    [InlineData(401, null, null)]
    [InlineData(403, null, null)]
    public async Task An_engine_that_refuses_for_now_gets_the_same_again_later(int status, string? retryAfter, int? seconds)
    {
        var failures = 2;
        _proxy.OnWrite = async write => failures-- > 0 && await write.AnswerAsync(status, Json("error", "not now"), retryAfter);
        var batch = _log.Batch(Number(Pm25, 0), Number(Pm25, 1), Number(Pm25, 0, value: 9));
        // The first write is the store's own mark, the second the readings.
        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => _store.AppendAsync([batch], _log.End, Stop));
            Assert.Equal(seconds, (int?)error.RetryAfter?.TotalSeconds);
            Assert.Contains($"{status}: not now", error.Message);
            Assert.Contains("stay in the log", error.Message);
            Assert.Empty(await _store.CountsAsync(Stop));
        }
        await _store.AppendAsync([batch], _log.End, Stop);
        Assert.Equal([9, 1], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));
        Assert.Equal(new StoreCount("gateway-1", Lane.Telemetry, 2, 1), Assert.Single(await _store.CountsAsync(Stop)));
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_cut_until_it_fits_and_costs_nothing()
    {
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0))], _log.End, Stop);
        _proxy.OnWrite = async write => write.Lines.Length > 300 && await write.AnswerAsync(413, Json("error", "Request Entity Too Large"));
        var readings = Enumerable.Range(1, 2000).Select(i => Number(Pm25, i)).ToList();
        Assert.Empty((await _store.AppendAsync([_log.Batch(readings)], _log.End, Stop)).Rejected);
        Assert.Equal(2001, (await AllAsync(Pm25)).Count);
        Assert.Equal(new StoreCount("gateway-1", Lane.Telemetry, 2001, 0), Assert.Single(await _store.CountsAsync(Stop)));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_in_the_middle_is_no_answer()
    {
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0))], _log.End, Stop);
        var broken = 0;
        _proxy.OnWrite = async write =>
        {
            if (broken++ > 0) return false;
            write.Context.Response.StatusCode = 400;
            write.Context.Response.ContentLength = 1_000;
            await write.Context.Response.WriteAsync("{\"error\": \"partial wr", Stop);
            await write.Context.Response.Body.FlushAsync(Stop);
            write.Context.Abort();
            return true;
        };
        var batch = _log.Batch(Number(Pm25, 1), Number(Pm25, 2));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _store.AppendAsync([batch], _log.End, Stop));
        Assert.Empty((await _store.AppendAsync([batch], _log.End, Stop)).Rejected);
        Assert.Equal([0, 1, 2], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));
    }

    [Fact]
    public async Task A_certificate_of_another_host_is_named_with_what_to_do()
    {
        using var authority = new TestAuthority(_folder["pki"]);
        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.UseHttps(System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(authority.ServerFile, authority.ServerKeyFile))));
        await using var app = builder.Build();
        await app.StartAsync(Stop);
        var port = new Uri(app.Urls.Single()).Port;
        await using var named = new InfluxReadingStore(new InfluxOptions { Address = new Uri($"https://localhost:{port}"), Folder = _folder["tls2"] }, _clock, NullLogger<InfluxReadingStore>.Instance);
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => named.AppendAsync([_log.Batch(Number(Pm25, 0))], _log.End, Stop));
        Assert.Contains("TLS failed: ", error.Message);
        Assert.Contains("certificate", error.Message);
    }

    [Fact]
    public async Task A_limit_of_new_series_refuses_nothing_for_good()
    {
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0))], _log.End, Stop);
        _proxy.OnWrite = write => write.AnswerAsync(400, Json("error", "partial write: max-values-per-tag limit exceeded (100000/100000): measurement=\"bad\" tag=\"device\" value=\"air-1\" dropped=1"));
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => _store.AppendAsync([_log.Batch(Number(Bad, 0))], _log.End, Stop));
        Assert.Contains("Raise max-series-per-database", error.Message);
    }

    [Fact]
    public async Task A_write_that_is_kept_but_never_answered_is_counted_once()
    {
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0))], _log.End, Stop);
        var lost = false;
        _proxy.OnWrite = async write =>
        {
            if (lost) return false;
            lost = true;
            await _proxy.ForwardAsync($"?db={_database}&precision=u", write.Lines);
            write.Context.Abort();
            return true;
        };
        var batch = _log.Batch(Number(Pm25, 1), Number(Pm25, 2));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _store.AppendAsync([batch], _log.End, Stop));
        await _store.AppendAsync([batch], _log.End, Stop);
        Assert.Equal(new StoreCount("gateway-1", Lane.Telemetry, 3, 0), Assert.Single(await _store.CountsAsync(Stop)));
        Assert.Equal(3, (await AllAsync(Pm25)).Count);
    }

    [Fact]
    public async Task A_write_that_hangs_and_comes_late_does_not_undo_its_successor()
    {
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0, value: 1))], _log.End, Stop);
        _clock.Advance(TimeSpan.FromMinutes(1));
        string[] hanging = [];
        using var given = new ManualResetEventSlim();
        _proxy.OnWrite = async write =>
        {
            if (hanging.Length > 0) return false;
            hanging = write.Lines;
            given.Set();
            await Task.Delay(Timeout.Infinite, write.Context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        var second = _log.Batch(Number(Pm25, 0, value: 2));
        var append = _store.AppendAsync([second], _log.End, Stop);
        Assert.True(await Task.Run(() => given.Wait(20_000), Stop));
        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Contains("gave no answer", (await Assert.ThrowsAsync<StoreUnavailableException>(() => append)).Message);

        // The same again is welcome at once; what replaces it waits until nothing can come late, and says how long.
        await _store.AppendAsync([second], _log.End, Stop);
        var third = _log.Batch(Number(Pm25, 0, value: 3), Number(Pm25, 7));
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => _store.AppendAsync([third], _log.End, Stop));
        Assert.InRange(error.RetryAfter!.Value.TotalSeconds, 1, 15);
        await _proxy.ForwardAsync($"?db={_database}&precision=u", hanging);
        _clock.Advance(error.RetryAfter.Value);
        await _store.AppendAsync([third], _log.End, Stop);
        Assert.Equal([3, 7], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));
        Assert.Equal(new StoreCount("gateway-1", Lane.Telemetry, 2, 2), Assert.Single(await _store.CountsAsync(Stop)));
    }

    [Fact]
    public async Task A_crash_between_the_engines_commit_and_ours_counts_once()
    {
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0), Number(Pm25, 1))], _log.End, Stop);
        await _store.DisposeAsync();
        Copy(_folder["index"], _folder["before"]);
        var batch = _log.Batch(Number(Pm25, 1, value: 8), Number(Pm25, 2));
        await OpenAsync();
        await _store.AppendAsync([batch], _log.End, Stop);
        await _store.DisposeAsync();

        Directory.Delete(_folder["index"], true);
        Copy(_folder["before"], _folder["index"]);
        Assert.Equal(2, await OpenAsync());
        await _store.AppendAsync([batch], _log.End, Stop);
        Assert.Equal(new StoreCount("gateway-1", Lane.Telemetry, 3, 1), Assert.Single(await _store.CountsAsync(Stop)));
        Assert.Equal([0, 8, 2], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));

        static void Copy(string from, string to)
        {
            Directory.CreateDirectory(to);
            foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    [Fact]
    public async Task An_engine_that_is_down_is_named_and_counts_are_known_all_the_same()
    {
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0))], _log.End, Stop);
        await _store.DisposeAsync();
        await _proxy.DisposeAsync();
        Assert.Equal(1, await OpenAsync());
        Assert.Equal(1, Assert.Single(await _store.CountsAsync(Stop)).Stored);
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => _store.AppendAsync([_log.Batch(Number(Pm25, 1))], _log.End, Stop));
        Assert.Contains($"InfluxDB at http://127.0.0.1:{_proxy.Address.Port} cannot be reached", error.Message);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _store.SeriesAsync(new SeriesFilter(), Stop));
    }

    [Fact]
    public async Task A_database_that_somebody_dropped_is_made_again()
    {
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0))], _log.End, Stop);
        await influx.Server.QueryAsync(_database, $"DROP DATABASE {_database}");
        var batch = _log.Batch(Number(Pm25, 1));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _store.AppendAsync([batch], _log.End, Stop));
        await _store.AppendAsync([batch], _log.End, Stop);
        Assert.Equal(1, Assert.Single(await AllAsync(Pm25)).Value.AsNumber());
    }

    [Theory]
    [InlineData("v2.7.12", true)]
    [InlineData("3.1.0", true)]
    [InlineData("1.8.10", false)]
    public async Task The_version_decides_where_lines_go(string version, bool isV2)
    {
        _proxy.Version = version;
        await influx.Server.QueryAsync("", $"CREATE DATABASE {_database}");
        await _store.AppendAsync([_log.Batch(Number(Pm25, 0))], _log.End, Stop);
        Assert.Equal(isV2 ? $"/api/v2/write?bucket={_database}&precision=us&org=city" : $"/write?db={_database}&precision=u", _proxy.Writes[^1]);
        Assert.Single(await AllAsync(Pm25));
    }

    private async Task<long> OpenAsync()
    {
        _store = new InfluxReadingStore(new InfluxOptions { Address = _proxy.Address, Database = _database, Org = "city", Folder = _folder["index"] }, _clock, NullLogger<InfluxReadingStore>.Instance);
        return await _store.OpenAsync(Stop);
    }

    private async Task<List<Reading>> AllAsync(SeriesKey series)
    {
        var readings = new List<Reading>();
        await foreach (var reading in _store.ReadingsAsync(new RangeQuery([series], 0, long.MaxValue), Stop)) readings.Add(reading);
        return readings;
    }

    private static Reading Number(SeriesKey series, int second, double? value = null) => new(series, Start + second * Second, Start, ReadingValue.Of(value ?? second), 0);

    private static string Json(string name, string words) => JsonSerializer.Serialize(new Dictionary<string, string> { [name] = words });
}
