using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Hosting;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Operations;

namespace SmartCity.Tests.Hosting;

public sealed class OperationsTests
{
    private sealed class Part(string name, string? trouble) : IHealthPart
    {
        public string Name => name;
        public string? Trouble { get; set; } = trouble;
        public string? Warning { get; set; }
    }

    [Fact]
    public async Task A_process_tells_its_health_and_metrics_over_http()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var builder = ProcessHost.CreateBuilder(SettingsLoader.Load("test", [], [], sources: new SettingsSources()));
        var store = new Part("store", "the disk is full; free some room");
        builder.Services.AddSingleton<IHealthPart>(new Part("log", null)).AddSingleton<IHealthPart>(store);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapHealth();
        app.MapMetrics();
        await app.StartAsync(cancellation);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live", cancellation)).StatusCode);
        var answer = await client.GetAsync("/health/ready", cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        Assert.Contains("the disk is full", Assert.Single(text.Split('\n'), line => line.Contains("store", StringComparison.Ordinal)));
        Assert.False(JsonDocument.Parse(text).RootElement.GetProperty("parts")[1].GetProperty("ok").GetBoolean());

        (store.Trouble, store.Warning) = (null, "the other half of the mirror is gone");
        answer = await client.GetAsync("/health/ready", cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var degraded = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation)).RootElement;
        Assert.Equal("degraded", degraded.GetProperty("status").GetString());
        Assert.True(degraded.GetProperty("parts")[1].GetProperty("ok").GetBoolean());
        Assert.Equal(store.Warning, degraded.GetProperty("parts")[1].GetProperty("reason").GetString());

        store.Warning = null;
        Assert.Contains("\"status\":\"ok\"", await client.GetStringAsync("/health/ready", cancellation));
        Assert.Contains("process_resident_memory_bytes ", await client.GetStringAsync("/metrics", cancellation));
        await app.StopAsync(cancellation);
    }

    [Fact]
    public void Metrics_are_written_as_prometheus_reads_them()
    {
        using var metrics = new MetricsText();
        using var meter = new Meter("SmartCity.Tests.Metrics");
        using var other = new Meter("Elsewhere");
        other.CreateCounter<long>("elsewhere").Add(1);
        var sent = meter.CreateCounter<long>("smartcity.sent", description: "Sent.");
        sent.Add(2);
        sent.Add(3);
        sent.Add(1, new KeyValuePair<string, object?>("lane", "to\"ll\n"));
        meter.CreateObservableGauge("smartcity.depth", () => 7.5);
        var took = meter.CreateHistogram<double>("smartcity.took");
        took.Record(0.003);
        took.Record(1000);
        metrics.AddGauges("smartcity_lag", "Lag.", "consumer", () => [("a", 1), ("b", double.PositiveInfinity)]);

        var lines = metrics.Write().Split('\n');
        Assert.Contains("# TYPE smartcity_sent_total counter", lines);
        Assert.Contains("smartcity_sent_total 5", lines);
        Assert.Contains("""smartcity_sent_total{lane="to\"ll\n"} 1""", lines);
        Assert.Contains("smartcity_depth 7.5", lines);
        Assert.Contains("smartcity_took_bucket{le=\"0.0025\"} 0", lines);
        Assert.Contains("smartcity_took_bucket{le=\"0.005\"} 1", lines);
        Assert.Contains("smartcity_took_bucket{le=\"+Inf\"} 2", lines);
        Assert.Contains("smartcity_took_count 2", lines);
        Assert.Contains("smartcity_lag{consumer=\"b\"} +Inf", lines);
        Assert.DoesNotContain(lines, line => line.Contains("elsewhere", StringComparison.Ordinal));
        Assert.Throws<InvalidOperationException>(() => metrics.AddGauge("smartcity_lag", "", () => 0));
        Assert.Throws<ArgumentException>(() => metrics.AddGauge("not a name", "", () => 0));
    }

    [Fact]
    public void Label_sets_are_bounded_and_those_left_out_counted()
    {
        using var metrics = new MetricsText();
        using var meter = new Meter("SmartCity.Tests.Bounds");
        var counter = meter.CreateCounter<int>("smartcity.bound");
        for (var i = 0; i < MetricsText.SeriesMax + 5; i++) counter.Add(1, new KeyValuePair<string, object?>("device", i));
        var lines = metrics.Write().Split('\n');
        Assert.Equal(MetricsText.SeriesMax, lines.Count(line => line.StartsWith("smartcity_bound_total{", StringComparison.Ordinal)));
        Assert.Contains("smartcity_metrics_dropped_total 5", lines);
    }
}
