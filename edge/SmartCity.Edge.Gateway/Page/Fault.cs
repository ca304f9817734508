using SmartCity.Edge.Gateway.Status;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>Something that a person should know: what happened, what is kept, what is not, what to do.</summary>
/// <param name="Kind">Its words are <c>fault.{kind}.what</c>, <c>.kept</c>, <c>.lost</c> and <c>.do</c>.</param>
/// <param name="IsAlarm">Whether it needs attention now.</param>
/// <param name="What">What happened.</param>
/// <param name="Kept">What is kept.</param>
/// <param name="Lost">What is not.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record Fault(string Kind, bool IsAlarm, string What, string Kept, string Lost, string Remedy)
{
    /// <summary>Share of the volume under which room is little.</summary>
    private const double DiskLow = 0.05;
    /// <summary>What a commit may take before the disk is called slow; a healthy one takes a few milliseconds.</summary>
    private static readonly TimeSpan _slowCommit = TimeSpan.FromMilliseconds(300);

    /// <summary>All faults of a report in a language, alarms first.</summary>
    public static IReadOnlyList<Fault> Of(GatewayReport report, PageText text, TimeZoneInfo zone)
    {
        var faults = new List<Fault>();
        if (report.VolumeFull is { } full) Add("volume-full", true, Foreign(full));
        foreach (var lane in report.Lanes)
        {
            var name = text[$"lane.{lane.Lane}"];
            if (lane.Imbalance != 0) Add("imbalance", true, name, text.Whole(lane.Imbalance));
            if (report.FullLanes.Contains(lane.Lane)) Add("lane-full", true, name, text.Bytes(lane.Bytes), text.Bytes(lane.QuotaBytes));
            var expires = report.ExpiresOldest && lane.Lane == "telemetry";
            if (expires && lane.Expired > 0 && lane.Bytes > lane.QuotaBytes * 0.95) Add("lane-expires", true, name, text.Whole(lane.Expired));
            if (!expires && lane.Expired > 0) Add("damage", true, name, text.Whole(lane.Expired));
        }
        if (report.Cloud is { IsOpen: false, Since: { } since } cloud) AddCloudAway(cloud, since);
        if (report.CloudSilent is { } silent) Add("cloud-silent", true, text.Span(silent), text.Whole(report.Lanes.Sum(lane => lane.Queued)));
        if (report.Broker is { IsOpen: false, Since: { } brokerSince } broker) Add("broker-away", true, Foreign(broker.Address), text.Time(brokerSince, zone), Foreign(broker.LastError ?? ""));
        if (report is { Broker: { IsOpen: true } refusing, BrokerRefusal: { } refusal }) Add("broker-refused", true, Foreign(refusing.Address), Foreign(refusal));
        if (report.LettersAreFull) Add("letters-full", true, text.Bytes(report.Letters.Bytes), text.Bytes(report.Letters.QuotaBytes));
        if (report.ConnectionsFull is { } most) Add("connections-full", true, text.Whole(most), text.Whole(report.ConnectionsRefused));
        if (report.CredentialsTrouble is { } trouble) Add("credentials", true, Foreign(trouble));
        if (report.IdentityTrouble is { } identity) Add("identity", true, Foreign(identity));
        if (report.TwinTrouble is { } configuration) Add("configuration", false, Foreign(configuration));
        if (report.Disk is { All: > 0 } disk && disk.Free < disk.All * DiskLow) Add("disk-low", false, text.Bytes(disk.Free), text.Bytes(disk.All));
        if (report.Rates.Commit is { } commit && commit > _slowCommit) Add("disk-slow", false, text.Whole((long)commit.TotalMilliseconds));
        if (!report.ClockTrusted) Add("clock", false);
        if (report.EndBefore is { } end) Add($"ended-{end.Cause.ToString().ToLowerInvariant()}", false, text.Time(end.Seen, zone), text.Time(end.Again, zone), Foreign(end.Reason ?? ""));
        foreach (var note in report.Notes) Add("note", false, Foreign(note));
        if (report.Letters.Count > 0 && !report.LettersAreFull)
            Add("letters", false, text.Whole(report.Letters.Count), text.Whole(Math.Max(0, report.Lanes.Sum(lane => lane.DeadLettered) - report.LetterTotals.DiscardedValues)));
        return [.. faults.OrderByDescending(fault => fault.IsAlarm)];

        void Add(string kind, bool isAlarm, params string[] parts) =>
            faults.Add(new Fault(kind, isAlarm, text[$"fault.{kind}.what", parts], text[$"fault.{kind}.kept", parts], text[$"fault.{kind}.lost", parts], text[$"fault.{kind}.do", parts]));

        void AddCloudAway(LinkReport cloud, DateTimeOffset since)
        {
            var queued = report.Lanes.Sum(lane => lane.Queued);
            var fills = FullIn(report);
            string[] parts = [text.Time(since, zone), Foreign(cloud.LastError ?? ""), text.Whole(queued), fills is { } span ? text.Span(span) : ""];
            faults.Add(new Fault("cloud-away", true, text["fault.cloud-away.what", parts], text["fault.cloud-away.kept", parts],
                text[fills is null || report.ExpiresOldest ? "fault.cloud-away.lost" : "fault.cloud-away.fills", parts], text[$"fault.cloud-away.do.{CauseOf(cloud.LastError ?? "")}"]));
        }
    }

    /// <summary>A text of the system's own, whose direction is not that of the words around it (FSI … PDI).</summary>
    private static string Foreign(string words) => $"\u2068{words}\u2069";

    /// <summary>When the telemetry lane is full at the present rate; null where nothing comes or it takes more than a year.</summary>
    private static TimeSpan? FullIn(GatewayReport report)
    {
        if (report.Lanes.FirstOrDefault(lane => lane.Lane == "telemetry") is not { Queued: > 0 } lane || report.Rates.Values < 0.01) return null;
        var seconds = (lane.QuotaBytes - lane.Bytes) / ((double)lane.Bytes / lane.Queued * report.Rates.Values);
        return seconds is > 0 and < 365 * 86_400.0 ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>Which advice fits what the system says of a connection that failed.</summary>
    internal static string CauseOf(string error)
    {
        if (Says("Edge:Uplink")) return "settings";
        if (Says("certificate", "SSL", "TLS", "handshake")) return "certificate";
        if (Says("not known", "resol", "temporarily unavailable", "No such host", "nodename")) return "name";
        if (Says("refused")) return "refused";
        if (Says("PermissionDenied", "Unauthenticated", "FailedPrecondition", "AlreadyExists")) return "denied";
        return Says("timed out", "unreachable", "No route", "timeout", "canceled", "reset") ? "network" : "other";

        bool Says(params ReadOnlySpan<string> words)
        {
            foreach (var word in words)
                if (error.Contains(word, StringComparison.OrdinalIgnoreCase)) return true;
            return false;
        }
    }
}
