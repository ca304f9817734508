using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Cloud.Fleet.Twins;
using SmartCity.Devices.Twins;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>The configuration of a gateway as it is desired. What is left out is left to the gateway's own settings and defaults; in a patch null takes a member away.</summary>
/// <param name="Uplink">The way to the city.</param>
/// <param name="Listen">Where it listens.</param>
/// <param name="Lanes">What each lane of its spool may hold: toll, alarm and telemetry.</param>
/// <param name="Limits">What else it may hold.</param>
/// <param name="Mappings">Mappings by name: true for the one that the gateway has, or the mapping itself.</param>
/// <param name="Devices">Devices with a password, by id.</param>
/// <param name="Bridges">Bridges, which speak for many devices, by user name.</param>
/// <param name="Software">Version of its software; compared, not installed.</param>
internal sealed record GatewayConfiguration(
    GatewayUplink? Uplink = null, GatewayListen? Listen = null, IReadOnlyDictionary<string, GatewayLane?>? Lanes = null, GatewayLimits? Limits = null, IReadOnlyDictionary<string, JsonElement>? Mappings = null,
    IReadOnlyDictionary<string, DeviceCredential?>? Devices = null, IReadOnlyDictionary<string, BridgeCredential?>? Bridges = null, string? Software = null);

/// <summary>The way from a gateway to the city.</summary>
/// <param name="Address">Address of the uplink, https://host:8443.</param>
internal sealed record GatewayUplink(string? Address = null);

/// <summary>Where a gateway listens.</summary>
/// <param name="MqttPort">Port of MQTT on loopback; 0 = any free one.</param>
/// <param name="WebSocket">on or off: MQTT over WebSocket.</param>
/// <param name="WebSocketPort">Its port.</param>
/// <param name="TlsAddress">Address of MQTT over TLS, * for all.</param>
/// <param name="TlsPort">Its port.</param>
internal sealed record GatewayListen(int? MqttPort = null, string? WebSocket = null, int? WebSocketPort = null, string? TlsAddress = null, int? TlsPort = null);

/// <summary>A lane of a gateway's spool.</summary>
/// <param name="QuotaBytes">Bytes that it may hold, 1 MiB or more.</param>
/// <param name="WhenFull">Of telemetry alone: refuse, or expire-oldest.</param>
internal sealed record GatewayLane(long? QuotaBytes = null, string? WhenFull = null);

/// <summary>What else a gateway may hold.</summary>
/// <param name="DeadLetterBytes">Bytes of dead letters.</param>
/// <param name="SessionBytes">Bytes of MQTT sessions and retained messages.</param>
/// <param name="Series">Series that are told apart.</param>
/// <param name="DeviceSeries">Series of one device.</param>
/// <param name="Connections">MQTT connections at a time.</param>
internal sealed record GatewayLimits(long? DeadLetterBytes = null, long? SessionBytes = null, int? Series = null, int? DeviceSeries = null, int? Connections = null);

/// <summary>A device's credential.</summary>
/// <param name="Password">Its password, or the hash of it that smartcity-gateway password makes; kept as a hash and shown as a mark.</param>
internal sealed record DeviceCredential(string? Password = null);

/// <summary>A bridge's credential.</summary>
/// <param name="Password">As of a device.</param>
/// <param name="Topics">Topic filters that it may use.</param>
internal sealed record BridgeCredential(string? Password = null, IReadOnlyList<string>? Topics = null);

/// <summary>A version of a gateway's desired configuration.</summary>
/// <param name="Version">Its version, which is its ETag too; 0 where nothing was desired yet.</param>
/// <param name="Hash">SHA-256 of the document as it is kept.</param>
/// <param name="Document">The configuration; marks stand in it in place of passwords. Left out of lists.</param>
/// <param name="Made">When it was made.</param>
/// <param name="By">Who made it.</param>
/// <param name="How">patch, replace, or undo and the version that it goes back to.</param>
/// <param name="State">What the gateway has made of it: applied, trial, rolledBack or refused; left out where it has not said.</param>
/// <param name="Reason">Why it is not in force.</param>
/// <param name="StateAt">When the gateway said so.</param>
internal sealed record TwinVersion(long Version, string Hash, JsonElement? Document, DateTimeOffset? Made = null, string? By = null, string? How = null, string? State = null, string? Reason = null, DateTimeOffset? StateAt = null)
{
    /// <summary>A version as it may be shown.</summary>
    public static TwinVersion Of(DesiredTwin twin) => new(
        twin.Version, twin.Version == 0 ? TwinJson.HashOf("{}"u8) : twin.Hash, twin.Document.Length == 0 ? null : Shown(twin.Document), twin.Version == 0 ? null : UnixMicros.ToTime(twin.Made), twin.By is { Length: > 0 } by ? by : null, twin.How is { Length: > 0 } how ? how : null, twin.State, twin.Reason,
        twin.StateAt is { } at ? UnixMicros.ToTime(at) : null);

    private static JsonElement Shown(string document) => JsonSerializer.SerializeToElement(TwinSecrets.Hide((JsonObject)JsonNode.Parse(document)!));
}

/// <summary>What a gateway has last reported.</summary>
/// <param name="At">When it came.</param>
/// <param name="Version">The desired version that it speaks of; 0 where none has reached it.</param>
/// <param name="State">applied; trial (in force, and kept if the gateway is still connected at the end); rolledBack (the one before is in force again); refused (nothing of it was applied).</param>
/// <param name="Document">The reported document: reason, faults with their places, software, started, uptimeSeconds, lanes, held (where its own settings hold), inForce.</param>
/// <param name="Reason">Why that version is not in force.</param>
internal sealed record TwinReportView(DateTimeOffset At, long Version, string State, JsonElement Document, string? Reason = null)
{
    /// <summary>A report as it is shown; null where there is none.</summary>
    public static TwinReportView? Of(ReportedTwin? twin) => twin is null ? null : new TwinReportView(UnixMicros.ToTime(twin.At), twin.Version, twin.State, JsonSerializer.Deserialize<JsonElement>(twin.Document), twin.Reason);
}

/// <summary>A place at which what is desired is not what is in force.</summary>
/// <param name="Pointer">JSON pointer.</param>
/// <param name="Desired">What is desired there, JSON; left out for nothing.</param>
/// <param name="Reported">What is in force there, JSON; left out for nothing.</param>
/// <param name="HeldHere">Whether the gateway's own settings hold there.</param>
internal sealed record TwinDriftEntry(string Pointer, string? Desired = null, string? Reported = null, bool HeldHere = false);

/// <summary>A gateway's twin.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Desired">What is desired.</param>
/// <param name="Reported">What it has reported; left out where it never has.</param>
/// <param name="Drift">Where the two differ, at most 200 places.</param>
internal sealed record TwinView(string Gateway, TwinVersion Desired, TwinReportView? Reported, IReadOnlyList<TwinDriftEntry> Drift);

/// <summary>Which version to go back to.</summary>
/// <param name="Version">Its number, 0 for the gateway's own settings alone; the one before the present one where left out.</param>
internal sealed record UndoTwin(long? Version = null);

/// <summary>How long a gateway's light is to blink.</summary>
/// <param name="Seconds">0 to 600; 30 where left out.</param>
internal sealed record BlinkRequest(int? Seconds = null);
