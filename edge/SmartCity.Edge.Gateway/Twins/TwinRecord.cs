using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Devices.Twins;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Twins;

/// <summary>
/// What a gateway keeps of its twin, one file: the last good document, the one on trial, and what became of the last one. Replaced whole by a rename, so that
/// a process that is killed leaves the state before or the one after.
/// </summary>
/// <param name="Good">The last good document.</param>
/// <param name="Trial">The one on trial; null where none is.</param>
/// <param name="Outcome">What became of the last one; null where none has come yet.</param>
internal sealed record TwinRecord(KeptTwin Good, TwinTrial? Trial, TwinOutcome? Outcome)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    /// <summary>Before any has come.</summary>
    public static TwinRecord None { get; } = new(KeptTwin.None, null, null);

    /// <summary>The document in force.</summary>
    [JsonIgnore] public KeptTwin InForce => Trial?.Twin ?? Good;

    /// <summary>The document in force in a data folder, for a command beside the gateway or without one; the one that says nothing where there is none.</summary>
    public static TwinDocument InForceIn(string data)
    {
        try
        {
            return Read(File.ReadAllBytes(Path.Combine(data, TwinAgent.FileName))) is { } record && TwinDocument.Parse(record.InForce.Bytes, out _) is { } document ? document : TwinDocument.Empty;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return TwinDocument.Empty;
        }
    }

    /// <summary>As it stands in the file.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, _json);

    /// <summary>Reads a file; null where it is none of these.</summary>
    public static TwinRecord? Read(ReadOnlySpan<byte> file)
    {
        try
        {
            return JsonSerializer.Deserialize<TwinRecord>(file, _json) is { Good: { Hash: not null, Document: not null } } record && record.Trial is null or { Twin: { Hash: not null, Document: not null } }
                && (record.Outcome is null || Enum.IsDefined(record.Outcome.State)) ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A document as it came.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Hash">SHA-256 of it, hex.</param>
/// <param name="Document">The document.</param>
internal sealed record KeptTwin(ulong Version, string Hash, string Document)
{
    /// <summary>The document that says nothing: the gateway's own settings hold.</summary>
    public static KeptTwin None { get; } = new(0, TwinJson.HashOf("{}"u8), "{}");

    /// <summary>Its bytes.</summary>
    [JsonIgnore] public byte[] Bytes => Encoding.UTF8.GetBytes(Document);
}

/// <summary>A document on trial.</summary>
/// <param name="Twin">The document.</param>
/// <param name="Began">When it began, by the wall clock.</param>
/// <param name="Ends">When it ends, by the wall clock; used after a restart alone.</param>
/// <param name="Starts">Starts of the process meanwhile.</param>
/// <param name="Attempt">Which trial of this document it is, from 1.</param>
internal sealed record TwinTrial(KeptTwin Twin, DateTimeOffset Began, DateTimeOffset Ends, int Starts, int Attempt);

/// <summary>What became of a document.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="State">What became of it.</param>
/// <param name="At">When.</param>
/// <param name="Reason">Why it is not in force; null where it is.</param>
/// <param name="Faults">What is wrong in it.</param>
/// <param name="MayRetry">Whether it is tried again when it comes again: the link may have been to blame, and not the document.</param>
/// <param name="Attempt">How often it has been tried.</param>
internal sealed record TwinOutcome(ulong Version, string Hash, TwinState State, DateTimeOffset At, string? Reason = null, IReadOnlyList<TwinFault>? Faults = null, bool MayRetry = false, int Attempt = 1);

/// <summary>How the gateway stands to the desired state.</summary>
/// <param name="Number">Number of the last change of it.</param>
/// <param name="InForce">The document in force.</param>
/// <param name="TrialEnds">When its trial ends; null where it is for good.</param>
/// <param name="Outcome">What became of the last document; null where none has come yet.</param>
internal sealed record TwinStanding(long Number, KeptTwin InForce, DateTimeOffset? TrialEnds, TwinOutcome? Outcome);
