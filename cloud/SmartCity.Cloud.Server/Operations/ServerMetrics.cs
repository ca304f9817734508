using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Backup;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>What the server counts, in <c>/metrics</c>.</summary>
internal static class ServerMetrics
{
    /// <summary>Adds the metrics of log, ingest and consumers.</summary>
    public static void AddServerMetrics(this WebApplication app)
    {
        var metrics = app.Services.GetRequiredService<MetricsText>();
        var log = app.Services.GetRequiredService<DurableLog>();
        var ingest = app.Services.GetRequiredService<IngestCounters>();
        var gateways = app.Services.GetRequiredService<GatewayDirectory>();
        var backups = app.Services.GetRequiredService<Backups>();
        LogConsumer[] consumers = [.. app.Services.GetServices<LogConsumer>()];
        metrics.AddCounter("smartcity_log_end_offset", "Values that the log has taken since it was made.", () => log.End);
        metrics.AddGauge("smartcity_log_bytes", "Bytes of the rows held.", () => log.Bytes);
        metrics.AddGauge("smartcity_log_room_bytes", "Bytes that may still come before the quota.", () => log.Room);
        metrics.AddGauge("smartcity_series", "Series that have a number.", () => log.Series.Count);
        metrics.AddCounter("smartcity_ingest_batches_total", "Batches appended.", () => ingest.Batches);
        metrics.AddCounter("smartcity_ingest_values_total", "Values appended, dead letters included.", () => ingest.Values);
        metrics.AddCounter("smartcity_ingest_column_bytes_total", "Bytes of columns, as sent.", () => ingest.Bytes);
        metrics.AddCounter("smartcity_ingest_repeated_values_total", "Values that were durable already and came again.", () => ingest.Duplicates);
        metrics.AddCounter("smartcity_ingest_refused_streams_total", "Streams refused because of what the gateway sent.", () => ingest.Refused);
        metrics.AddCounter("smartcity_ingest_refused_certificates_total", "Client certificates refused.", () => ingest.CertificatesRefused);
        var throttle = app.Services.GetRequiredService<SmartCity.Cloud.Fleet.Enrolment.EnrolmentThrottle>();
        metrics.AddCounter("smartcity_enrolment_guesses_total", "Enrolment codes that came and were never made.", () => throttle.Guesses);
        metrics.AddGauge("smartcity_gateways_connected", "Gateways whose stream is open.", () => gateways.All().Count(gateway => gateway.Connected));
        var (problems, refused) = (app.Services.GetRequiredService<ProblemCounts>(), app.Services.GetRequiredService<RefusedCalls>());
        metrics.AddCounters("smartcity_http_problems_total", "Requests answered with a problem, by its kind.", "code", () => problems.All);
        metrics.AddCounter("smartcity_refused_unwritten_total", "Refused rights, areas and tokens that have no row of their own in the audit log.", () => refused.Unwritten);
        metrics.AddGauge("smartcity_backup_last_timestamp_seconds", "When the last whole backup was taken, seconds since 1970; 0 where none ever was.", () => backups.Last?.ToUnixTimeSeconds() ?? 0);
        metrics.AddCounter("smartcity_backup_failed_total", "Backups that could not be taken.", () => backups.Failed);
        metrics.AddGauges("smartcity_consumer_lag_values", "Values between a consumer and the log's end.", "consumer", () => consumers.Select(consumer => (consumer.Name, (double)consumer.Lag)));
        metrics.AddGauges("smartcity_consumer_age_seconds", "Age of the oldest value that a consumer has not stored.", "consumer", () => consumers.Select(consumer => (consumer.Name, consumer.Age().TotalSeconds)));
    }
}
