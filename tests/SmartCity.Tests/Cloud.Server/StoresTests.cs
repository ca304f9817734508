using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Configuration;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The server with its real store of readings: from the log to what queries see.</summary>
public sealed class StoresTests : IAsyncLifetime
{
    private static readonly SeriesKey Pm25 = new("air-1", "pm25");
    private readonly TemporaryFolder _folder = new();
    private TestAuthority _authority = null!;
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _authority = new TestAuthority(_folder["pki"]);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _authority.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory, InlineData("duckdb"), InlineData("influx"), InlineData("victoria")]
    public async Task What_the_log_holds_becomes_queryable_once_and_the_audit_balances_over_a_restart(string store)
    {
        await using var influx = store == "influx" ? await InfluxServer.StartNewAsync() : null;
        await using var victoria = store == "victoria" ? await VictoriaServer.StartNewAsync() : null;
        for (var run = 0; run < 2; run++)
        {
            await using var app = await StartAsync(store, influx, victoria);
            var log = app.Services.GetRequiredService<DurableLog>();
            await AppendAsync(log, 1 + run * 300, 300);
            var stored = (run + 1) * 300L;
            await Eventually.HoldsAsync($"{stored} values are stored", () => app.Services.GetRequiredService<ReadingConsumer>().Offset == stored);

            var terms = Assert.Single((await app.Services.GetRequiredService<CloudAudit>().TakeAsync(Stop))!);
            // Each run repeats the last 50 times of the one before.
            Assert.Equal((stored, stored - run * 50, run * 50L, 0L), (terms.Accepted, terms.Stored, terms.Superseded, terms.Imbalance));
            var readings = new List<Reading>();
            await foreach (var reading in app.Services.GetRequiredService<IReadingQueries>().ReadingsAsync(new RangeQuery([Pm25], 0, long.MaxValue), Stop)) readings.Add(reading);
            Assert.Equal(terms.Stored, readings.Count);
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{CloudServer.PortOf(app, "http")}") };
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready", Stop)).StatusCode);
        }
    }

    [Fact]
    public void A_store_that_does_not_exist_is_refused_by_name() =>
        Assert.Contains("\"mysql\"", Assert.Throws<SettingsException>(() => new ServiceCollection().AddReadingStore(new ServerOptions { Store = "mysql" })).Message);

    private async Task<WebApplication> StartAsync(string store, InfluxServer? influx, VictoriaServer? victoria)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var options = new ServerOptions { Data = _folder["data"], HttpPort = 0, Store = store };
        if (victoria is not null) options.Victoria = options.Victoria with { Address = victoria.Address };
        if (influx is not null) options.Influx = options.Influx with { Address = influx.Address };
        (options.Ingest.Port, options.Ingest.Certificate, options.Ingest.Key, options.Ingest.Authority) = (0, _authority.ServerFile, _authority.ServerKeyFile, _authority.AuthorityFile);
        var app = CloudServer.Build(builder, options, services => services.AddReadingStore(options));
        await app.StartAsync(Stop);
        return app;
    }

    private static async Task AppendAsync(DurableLog log, int first, int count)
    {
        var series = log.Series.NumberOf(Pm25, ValueKind.Double);
        var readings = new ReadingBatch();
        for (var i = 0; i < count; i++)
        {
            // The second batch begins 50 seconds before the end of the first.
            var second = first + i - (first > 1 ? 50 : 0);
            readings.Add(series, second * UnixMicros.PerSecond, second * UnixMicros.PerSecond, second, ReadingQuality.Good);
        }
        var columns = new ArrayBufferWriter<byte>();
        ReadingColumns.Encode(readings, columns);
        var outcome = await log.AppendAsync(new LogAppend
        {
            Gateway = "g1", Epoch = 7, Lane = Lane.Telemetry, FirstSequence = first, Sequences = count, Count = count, Columns = columns.WrittenMemory,
        }, Stop);
        Assert.Equal(AppendStatus.Appended, outcome.Status);
    }
}
