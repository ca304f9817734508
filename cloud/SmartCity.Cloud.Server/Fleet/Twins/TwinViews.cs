using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Cloud.Fleet.Twins;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Devices.Twins;

namespace SmartCity.Cloud.Server.Fleet.Twins;

/// <summary>A gateway's twin as people see it: no password stands in it.</summary>
internal static class TwinViews
{
    private const int DriftMax = 200;

    /// <summary>The twin of a gateway.</summary>
    public static TwinView Of(TwinStore store, string gateway) => Of(store.Desired(gateway), store.Reported(gateway));

    /// <summary>What is desired beside what was reported.</summary>
    public static TwinView Of(DesiredTwin desired, ReportedTwin? reported) => new(desired.Gateway, TwinVersion.Of(desired), TwinReportView.Of(reported), DriftOf(desired, reported));

    private static List<TwinDriftEntry> DriftOf(DesiredTwin desired, ReportedTwin? reported)
    {
        // Who has never reported differs in everything, which says nothing.
        if (reported is null || JsonNode.Parse(reported.Document) is not JsonObject report) return [];
        var (wanted, there) = (TwinSecrets.Hide((JsonObject)JsonNode.Parse(desired.Document)!), (report["inForce"] as JsonObject)?["document"]?.DeepClone() as JsonObject ?? new JsonObject());
        var held = (report["held"] as JsonArray)?.Where(one => one?.GetValueKind() == JsonValueKind.String).Select(one => one!.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? new HashSet<string>(StringComparer.Ordinal);
        // The software is what runs, whatever the document says.
        there.Remove("software");
        if (wanted.ContainsKey("software") && report["software"] is JsonValue software && software.GetValueKind() == JsonValueKind.String) there["software"] = software.GetValue<string>();
        var drift = TwinDrift.Between(wanted, there, DriftMax).Select(one => new TwinDriftEntry(one.Pointer, one.Desired, one.Reported)).ToList();
        // What its own settings hold is in the document and not in force.
        drift.AddRange(held.Where(pointer => drift.All(one => one.Pointer != pointer)).Take(DriftMax - drift.Count).Order(StringComparer.Ordinal).Select(pointer => new TwinDriftEntry(pointer, ValueAt(wanted, pointer), null, HeldHere: true)));
        return drift;
    }

    private static string? ValueAt(JsonNode? node, string pointer)
    {
        foreach (var step in pointer.Split('/').Skip(1)) node = (node as JsonObject)?[step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)];
        return node?.ToJsonString(TwinText.Options);
    }
}
