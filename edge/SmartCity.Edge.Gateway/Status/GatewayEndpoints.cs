using SmartCity.Edge.Gateway.Broker;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Status;

/// <summary>Health, metrics and audit of the gateway.</summary>
internal static class GatewayEndpoints
{
    /// <summary>Maps <c>/health/…</c>, <c>/metrics</c> and <c>/audit</c>.</summary>
    public static void MapGateway(this WebApplication app, Func<string> gateway)
    {
        app.MapHealth();
        AddMetrics(app.Services);
        app.MapMetrics();
        app.MapGet("/audit", (Edge.Spool.Spool spool) => Results.Json(new
        {
            items = spool.Audit().Select(lane =>
                new AuditTerms(gateway(), Lanes.NameOf((Lane)lane.Lane), lane.Accepted, lane.Stored, lane.Superseded, lane.Queued, lane.DeadLettered, lane.Expired)),
        }));
    }

    private static void AddMetrics(IServiceProvider services)
    {
        var metrics = services.GetRequiredService<MetricsText>();
        var intake = services.GetRequiredService<Intake.Intake>();
        var spool = services.GetRequiredService<Edge.Spool.Spool>();
        var uplink = services.GetRequiredService<UplinkState>();
        var hub = services.GetRequiredService<MqttHub>();
        var counters = intake.Counters;
        metrics.AddCounter("smartcity_messages_total", "Messages taken.", () => counters.Messages);
        metrics.AddCounter("smartcity_values_total", "Values decoded and kept.", () => counters.Values);
        metrics.AddCounter("smartcity_values_rejected_total", "Values set aside as dead letters.", () => counters.Rejected);
        metrics.AddCounter("smartcity_values_repeated_total", "Values of known repeats, not kept again.", () => counters.Repeated);
        metrics.AddCounter("smartcity_values_resent_total", "Values kept and flagged because their message was sent again (DUP) and nothing in it tells whether it was kept before.", () => counters.Resent);
        metrics.AddCounters("smartcity_messages_refused_total", "Messages refused.", "reason", () =>
            [("room", Volatile.Read(ref counters.RefusedForRoom)), ("topic", Volatile.Read(ref counters.RefusedTopic)), ("right", Volatile.Read(ref counters.RefusedRight))]);
        metrics.AddCounter("smartcity_commits_total", "Group commits.", () => counters.Commits);
        metrics.AddCounter("smartcity_commit_seconds_total", "Time in group commits.", () => counters.CommitMicros / 1e6);
        metrics.AddGauge("smartcity_series", "Series numbered.", () => intake.Series);
        metrics.AddGauge("smartcity_dead_letters", "Dead letters kept.", () => spool.DeadLetterCount);
        metrics.AddGauge("smartcity_dead_letters_bytes", "Bytes that they take.", () => services.GetRequiredService<SpoolSettings>().DeadLetterBytes - spool.DeadLetterRoom);
        metrics.AddCounter("smartcity_dead_letters_discarded_total", "Dead letters that operators discarded, over the life of the spool.", () => spool.DeadLetterTotals.DiscardedLetters);
        metrics.AddCounter("smartcity_dead_letters_resubmitted_total", "Dead letters that operators resubmitted and that were kept, over the life of the spool.", () => spool.DeadLetterTotals.ResubmittedLetters);
        metrics.AddGauges("smartcity_queued_values", "Values that the cloud has not acknowledged.", "lane", () => spool.Audit().Select(lane => (Lanes.NameOf((Lane)lane.Lane), (double)lane.Queued)));
        metrics.AddGauges("smartcity_queued_bytes", "Bytes that they take in the spool.", "lane", () => spool.Audit().Select(lane => (Lanes.NameOf((Lane)lane.Lane), (double)lane.Bytes)));
        metrics.AddGauges("smartcity_quota_bytes", "Bytes that a lane may take.", "lane", () => spool.Audit().Select(lane => (Lanes.NameOf((Lane)lane.Lane), (double)lane.QuotaBytes)));
        var identity = services.GetRequiredService<IdentityState>();
        metrics.AddGauge("smartcity_certificate_ends_seconds", "End of the gateway's certificate, seconds since 1970; 0 where enrolment gave none.", () => identity.Identity?.NotAfter.ToUnixTimeSeconds() ?? 0);
        metrics.AddGauge("smartcity_uplink_open", "1 while the cloud has welcomed the stream.", () => uplink.IsOpen ? 1 : 0);
        metrics.AddCounter("smartcity_uplink_bytes_total", "Bytes of batches sent, as compressed, their names included.", () => uplink.BytesSent);
        metrics.AddCounter("smartcity_uplink_values_total", "Values sent, repeats included.", () => uplink.ValuesSent);
        metrics.AddCounter("smartcity_uplink_batches_total", "Batches sent, repeats included.", () => uplink.BatchesSent);
        if (services.GetService<BrokerState>() is { } broker) AddBrokerMetrics(metrics, broker);
        metrics.AddGauge("mqtt_connections", "Open connections.", () => hub.ConnectionCount);
        metrics.AddGauge("mqtt_connections_max", "Connections that may be open at a time: Edge:Mqtt:ConnectionsMax, or fewer where the limit of open files leaves room for fewer.", () => services.GetRequiredService<MqttListenerOptions>().ConnectionsMax);
        metrics.AddCounter("mqtt_connections_refused_total", "Connections refused because as many were open.", () => hub.Counters.ConnectionsRefused);
        metrics.AddGauge("mqtt_sessions_kept", "Sessions kept for clients that are not connected.", () => hub.KeptSessionCount);
        metrics.AddGauge("mqtt_retained_messages", "Topics that have a retained message.", () => hub.RetainedCount);
        metrics.AddCounter("mqtt_messages_out_total", "PUBLISH packets sent to subscribers.", () => hub.Counters.MessagesOut);
        metrics.AddCounter("mqtt_messages_dropped_total", "Messages for subscribers that found their queue full, or were too long for them, or had expired.", () => hub.Counters.MessagesDropped);
        var records = services.GetRequiredService<MqttRecords>();
        metrics.AddGauge("mqtt_records", "Records of sessions, queued and retained messages on the disk.", () => spool.KeptCount);
        metrics.AddGauge("mqtt_records_bytes", "Bytes that they take.", () => spool.KeptBytes);
        metrics.AddGauge("mqtt_records_damaged", "Records that were damaged on the disk and left out at the start.", () => spool.KeptDamaged);
        metrics.AddCounter("mqtt_records_written_total", "Changes of records made durable.", () => records.Written);
        metrics.AddCounter("mqtt_records_refused_total", "Changes of records that found no room.", () => records.Refused);
        metrics.AddCounter("mqtt_publishes_total", "PUBLISH packets read.", () => hub.Counters.Publishes);
        metrics.AddCounter("mqtt_acknowledged_total", "PUBACK and PUBREC sent after a commit.", () => hub.Counters.Acknowledged);
        metrics.AddCounter("mqtt_writes_total", "Writes to connections.", () => hub.Counters.Writes);
        metrics.AddCounter("mqtt_bytes_in_total", "Bytes read.", () => hub.Counters.BytesIn);
        metrics.AddCounter("mqtt_bytes_out_total", "Bytes written.", () => hub.Counters.BytesOut);
        metrics.AddCounters("mqtt_closed_total", "Connections ended by the listener.", "reason", () => hub.Counters.ClosedByReason().Select(pair => ($"0x{pair.ReasonCode:x2}", (double)pair.Count)));
    }

    private static void AddBrokerMetrics(MetricsText metrics, BrokerState broker)
    {
        metrics.AddGauge("smartcity_broker_open", "1 while the external broker is connected and subscribed to.", () => broker.IsOpen ? 1 : 0);
        metrics.AddCounter("smartcity_broker_sessions_total", "Connections to it that were opened.", () => Volatile.Read(ref broker.Sessions));
        metrics.AddCounter("smartcity_broker_messages_total", "Messages taken from it.", () => Volatile.Read(ref broker.Messages));
        metrics.AddCounter("smartcity_broker_bytes_total", "Bytes of their payloads.", () => Volatile.Read(ref broker.Bytes));
        metrics.AddCounter("smartcity_broker_acknowledged_total", "PUBACK sent to it after a commit.", () => Volatile.Read(ref broker.Acknowledged));
        metrics.AddCounter("smartcity_broker_refused_total", "Messages left with it, or lost at QoS 0, for want of room.", () => Volatile.Read(ref broker.Refused));
        metrics.AddCounter("smartcity_broker_repeated_total", "Messages that it sent again although they were on the disk; acknowledged, not taken.", () => Volatile.Read(ref broker.Repeated));
        metrics.AddGauge("smartcity_broker_in_flight", "Messages taken and not yet on the disk.", () => Volatile.Read(ref broker.InFlight));
    }
}

/// <summary>The external broker's line in <c>/health/ready</c>: its devices are not heard while it is not connected.</summary>
internal sealed class BrokerHealth(BrokerState state) : IHealthPart
{
    public string Name => "broker";
    public string? Trouble => !state.IsOpen ? $"{state.Address} is not connected: {state.LastError ?? "connecting"}"
        : state.Refusal is { } reason ? $"messages are left with {state.Address}: {reason}" : null;
}

/// <summary>The spool's line in <c>/health/ready</c>.</summary>
internal sealed class SpoolHealth(Intake.Intake intake, Edge.Spool.Spool spool) : IHealthPart
{
    public string Name => "spool";
    public string? Trouble => intake.Full ?? (intake.HasNoRoom(Lane.Telemetry) ? "the telemetry lane is at its quota; readings are refused until the cloud has taken some" : null);
    public string? Warning => spool.Notes is { Count: > 0 } notes ? string.Join(' ', notes)
        : intake.LettersAreFull ? "the dead letters are at their quota; messages that cannot be read are refused, good ones are taken" : null;
}

/// <summary>The devices' connections in <c>/health/ready</c>.</summary>
internal sealed class ConnectionsHealth(MqttHub hub, MqttListenerOptions options) : IHealthPart
{
    /// <summary>How long after the last refusal it is told.</summary>
    public static readonly TimeSpan ToldFor = TimeSpan.FromMinutes(1);

    public string Name => "connections";
    public string? Trouble => null;
    public string? Warning => hub.HasRefusedWithin(ToldFor) ? $"all {options.ConnectionsMax} connections are taken and others are refused, {hub.Counters.ConnectionsRefused} times so far; raise the limit of open files (LimitNOFILE), or Edge:Mqtt:ConnectionsMax" : null;
}

/// <summary>The clock's line in <c>/health/ready</c>: a gateway takes readings under a doubtful clock too, and marks them.</summary>
internal sealed class ClockHealth(ClockTrust trust) : IHealthPart
{
    public string Name => "clock";
    public string? Trouble => null;
    public string? Warning => trust.IsTrusted ? null : "not trusted: nothing sets it, or it is more than 5 minutes from the cloud's. Readings are kept and marked as doubtful";
}

/// <summary>The uplink's line in <c>/health/ready</c>. A gateway without its cloud is ready all the same, and says so: it keeps what it reads.</summary>
internal sealed class UplinkHealth(UplinkState state) : IHealthPart
{
    public string Name => "uplink";
    public string? Trouble => null;
    public string? Warning => state.IsOpen ? state.SilentFor is { } silent ? $"the cloud has not answered for {(int)silent.TotalSeconds} s; readings are kept here" : null
        : state.Sessions == 0 ? $"not connected yet: {state.LastError ?? "connecting"}; readings are kept here"
        : $"not connected since {state.Since:yyyy-MM-dd'T'HH:mm:ss'Z'}: {state.LastError}; readings are kept here";
}
