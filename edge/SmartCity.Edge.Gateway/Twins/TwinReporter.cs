using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using SmartCity.Devices.Twins;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Protos.Uplink.V1;
using Lane = SmartCity.Model.Lane;

namespace SmartCity.Edge.Gateway.Twins;

/// <summary>Writes the reported document: how the gateway stands to the desired state, and what it is. No password stands in it.</summary>
internal sealed class TwinReporter(TwinAgent agent, TwinSetup setup, DeviceCredentials credentials, Edge.Spool.Spool spool, NewStart newStart, TimeProvider clock)
{
    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly DateTimeOffset _started = clock.GetUtcNow();
    private readonly long _startedAt = clock.GetTimestamp();

    /// <summary>Version of this program.</summary>
    public static string Software { get; } = typeof(TwinReporter).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>A report where there is one since a look before; always for a first look.</summary>
    /// <param name="look">0 for the first look of a stream, then what the look before left there.</param>
    public TwinReport? Report(ref long look)
    {
        // What is put in force by a new start is told of after it.
        if (newStart.IsUnderWay) return null;
        if (look == 0) agent.Opened();
        var standing = agent.Standing;
        if (standing.Number == look) return null;
        look = standing.Number;
        var (state, version) = (standing.Outcome?.State ?? TwinState.Applied, standing.Outcome?.Version ?? 0);
        return new TwinReport { Number = (ulong)standing.Number, Version = version, State = state, Json = ByteString.CopyFrom(Write(standing)) };
    }

    /// <summary>A state as it is written.</summary>
    public static string NameOf(TwinState state) => state switch { TwinState.Trial => "trial", TwinState.RolledBack => "rolledBack", TwinState.Refused => "refused", _ => "applied" };

    private byte[] Write(TwinStanding standing)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, _plain))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", standing.Outcome?.Version ?? 0);
            writer.WriteString("hash", standing.Outcome?.Hash ?? standing.InForce.Hash);
            writer.WriteString("state", NameOf(standing.Outcome?.State ?? TwinState.Applied));
            if (standing.Outcome is { } outcome)
            {
                writer.WriteString("since", outcome.At);
                if (outcome.Reason is { } reason) writer.WriteString("reason", reason);
                if (outcome.Faults is { Count: > 0 } faults)
                {
                    writer.WriteStartArray("faults");
                    foreach (var fault in faults)
                    {
                        writer.WriteStartObject();
                        writer.WriteString("pointer", fault.Pointer);
                        writer.WriteString("text", fault.Text);
                        writer.WriteEndObject();
                    }
                    writer.WriteEndArray();
                }
            }
            if (standing.TrialEnds is { } ends) writer.WriteString("trialEnds", ends);
            writer.WriteString("software", Software);
            writer.WriteString("started", _started);
            writer.WriteNumber("uptimeSeconds", (long)clock.GetElapsedTime(_startedAt).TotalSeconds);
            WriteLanes(writer);
            WriteInForce(writer, standing);
            writer.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private void WriteLanes(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("lanes");
        foreach (var lane in spool.Audit())
        {
            writer.WriteStartObject(Lanes.NameOf((Lane)lane.Lane));
            writer.WriteNumber("quotaBytes", lane.QuotaBytes);
            writer.WriteNumber("heldBytes", lane.Bytes);
            writer.WriteNumber("queued", lane.Queued);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private void WriteInForce(Utf8JsonWriter writer, TwinStanding standing)
    {
        var twin = agent.InForce;
        writer.WriteStartArray("held");
        foreach (var pointer in setup.HeldHere(twin, credentials.HasOwn)) writer.WriteStringValue(pointer);
        writer.WriteEndArray();
        writer.WriteStartObject("inForce");
        writer.WriteNumber("version", standing.InForce.Version);
        writer.WriteString("hash", standing.InForce.Hash);
        writer.WritePropertyName("document");
        TwinSecrets.Hide(TwinJson.ReadObject(standing.InForce.Bytes)).WriteTo(writer);
        writer.WriteEndObject();
    }
}
