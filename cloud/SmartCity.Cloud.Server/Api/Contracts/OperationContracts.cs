using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api.Contracts;

/// <summary>The books at one moment: accepted = stored + superseded + queued + deadLettered + expired.</summary>
/// <param name="At">When they were taken.</param>
/// <param name="Current">Whether they are of now.</param>
/// <param name="Reason">Why they are not; null where they are.</param>
/// <param name="Items">The terms by gateway and lane.</param>
internal sealed record AuditBooks(DateTimeOffset At, bool Current, string? Reason, IReadOnlyList<AuditTerms> Items);

/// <summary>What came of one gateway, lane and epoch.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">toll, alarm or telemetry.</param>
/// <param name="Epoch">Epoch, a whole number of up to 64 bits.</param>
/// <param name="First">First number that came.</param>
/// <param name="Last">Last number that came or is known as missing.</param>
/// <param name="Received">Numbers that came.</param>
/// <param name="Since">When the first one came.</param>
/// <param name="Missing">Numbers that will never come.</param>
internal sealed record CompletenessEntry(string Gateway, string Lane, string Epoch, long First, long Last, long Received, DateTimeOffset Since, IReadOnlyList<MissingEntry> Missing);

/// <summary>Numbers that will never come.</summary>
/// <param name="First">First number.</param>
/// <param name="Last">Last number.</param>
/// <param name="Reason">expired, corrupt or released.</param>
/// <param name="Recorded">When that became known.</param>
internal sealed record MissingEntry(long First, long Last, string Reason, DateTimeOffset Recorded);

/// <summary>A gateway; all but the first two are known of one that was seen since the server's start.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Connected">Whether its uplink is open.</param>
/// <param name="Since">When it was opened or closed.</param>
/// <param name="Remote">Address that it came from.</param>
/// <param name="Software">Its software, as it says.</param>
/// <param name="Epoch">Epoch under which it numbers now.</param>
/// <param name="LastBatch">When values came last.</param>
/// <param name="LastStatus">When it reported last.</param>
/// <param name="Status">Its last report.</param>
/// <param name="Refusal">Why its last uplink was refused, with the code.</param>
/// <param name="Copy">Why an uplink was last refused as one of a copy.</param>
internal sealed record GatewayEntry(
    string Gateway, bool Connected, DateTimeOffset? Since = null, string? Remote = null, string? Software = null, string? Epoch = null, DateTimeOffset? LastBatch = null, DateTimeOffset? LastStatus = null,
    GatewayReport? Status = null, string? Refusal = null, string? Copy = null)
{
    /// <summary>What is known of a gateway.</summary>
    public static GatewayEntry Of(GatewayState state) => new(
        state.Gateway, state.Connected, state.Since, state.Remote, state.Software, state.Epoch == 0 ? null : state.Epoch.ToString(System.Globalization.CultureInfo.InvariantCulture), state.LastBatch, state.LastStatus,
        state.Status is not { } status ? null : new GatewayReport(UnixMicros.ToTime(status.TimeMicros), (long)status.QueuedValues, (long)status.QueuedBytes, (long)status.QuotaBytes, (long)status.DeadLetters, status.ConnectedDevices, status.ClockTrusted),
        state.Refusal, state.Copy);
}

/// <summary>What a gateway says of itself.</summary>
/// <param name="Time">By its own clock.</param>
/// <param name="QueuedValues">Values kept and not yet acknowledged.</param>
/// <param name="QueuedBytes">Bytes of its spool.</param>
/// <param name="QuotaBytes">Bytes that it may have.</param>
/// <param name="DeadLetters">Values set aside.</param>
/// <param name="ConnectedDevices">Devices connected.</param>
/// <param name="ClockTrusted">Whether its clock is set.</param>
internal sealed record GatewayReport(DateTimeOffset Time, long QueuedValues, long QueuedBytes, long QuotaBytes, long DeadLetters, long ConnectedDevices, bool ClockTrusted);

/// <summary>A value set aside.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">toll, alarm or telemetry.</param>
/// <param name="Series">Device and metric.</param>
/// <param name="Kind">double, int64, bool or text.</param>
/// <param name="Time">Event time.</param>
/// <param name="Received">When its gateway took it.</param>
/// <param name="Value">The value as text.</param>
/// <param name="Reason">Why, with the code first.</param>
/// <param name="Recorded">When it was set aside.</param>
/// <param name="LogOffset">Offset in the log of a value that a store refused; null for one that ingest set aside.</param>
/// <param name="IsDamaged">Whether its checksum is wrong.</param>
internal sealed record DeadLetterEntry(
    long Id, string Gateway, string Lane, SeriesKey Series, string Kind, DateTimeOffset Time, DateTimeOffset Received, string Value, string Reason, DateTimeOffset Recorded, long? LogOffset = null, bool IsDamaged = false)
{
    /// <summary>A dead letter as it is shown.</summary>
    public static DeadLetterEntry Of(DeadLetter letter) => new(
        letter.Id, letter.Gateway, Lanes.NameOf(letter.Lane), letter.Series, Answer.NameOf(letter.Kind), At(letter.Time), At(letter.Received), letter.Value, letter.Reason, At(letter.Recorded), letter.LogOffset, letter.IsDamaged);

    /// <summary>A value may have been set aside for its very time.</summary>
    private static DateTimeOffset At(long micros) => UnixMicros.ToTime(Math.Clamp(micros, UnixMicros.Min, UnixMicros.Max));
}

/// <summary>The registry whole.</summary>
/// <param name="Models">Models of devices.</param>
/// <param name="Sites">Places with devices.</param>
/// <param name="Devices">Devices.</param>
/// <param name="Gateways">Gateways.</param>
internal sealed record RegistryContent(IReadOnlyList<DeviceModel>? Models = null, IReadOnlyList<Site>? Sites = null, IReadOnlyList<RegisteredDevice>? Devices = null, IReadOnlyList<RegisteredGateway>? Gateways = null);
