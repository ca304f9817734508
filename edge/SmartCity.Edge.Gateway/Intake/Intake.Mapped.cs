using System.Text;
using SmartCity.Devices;
using SmartCity.Devices.Mappings;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Topics;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Edge.Spool;
using SmartCity.Model;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Intake;

// Messages of other systems: a mapping makes native telemetry of them, which takes the road of any.
internal sealed partial class Intake
{
    /// <summary>One a thread: bounded by the threads, and not by the connections, which may be many and hostile.</summary>
    [ThreadStatic]
    private static MappingTranslator? _translatorOfThread;

    private static MappingTranslator Translator => _translatorOfThread ??= new MappingTranslator();

    /// <summary>Takes a PUBLISH to a topic that is none of ours.</summary>
    private PublishResult HandleForeign(MqttPeer peer, in PublishPacket publish)
    {
        var connection = (DeviceConnection)peer.State!;
        // One set for the whole message: another may come into force meanwhile.
        var mappings = _mappings;
        if (mappings.Find(publish.Topic) is not { } mapping)
        {
            if (mappings.Forwards(publish.Topic, out var named)) return connection.MaySpeakOn(publish.Topic, named) ? PublishResult.Forward : RefuseRight();
            if (mappings.Drops(publish.Topic)) return PublishResult.Done;
            Interlocked.Increment(ref Counters.RefusedTopic);
            return PublishResult.TopicInvalid;
        }
        var translator = Translator;
        translator.Translate(mapping, publish.Topic, publish.Payload, _zone);
        // Not even a letter may be filled by who may not speak here.
        if (!connection.MaySpeakOn(publish.Topic, translator.Device ?? connection.Device)) return RefuseRight();
        var isTaken = translator.Device is { } id && connection.SeriesFor(Encoding.ASCII.GetBytes(id), publish.Topic) is { } device
            ? Take(device, TopicKind.Mapped, publish.Topic, publish.Payload, publish.QoS, peer, publish.PacketId, publish.Duplicate)
            : SetAside(publish.Topic, publish.Payload, publish.QoS, translator.Describe([], 0), peer, publish.PacketId);
        if (!isTaken) return PublishResult.QuotaExceeded;
        return publish.QoS == 0 ? PublishResult.Done : PublishResult.Pending;
    }

    private PublishResult RefuseRight()
    {
        Interlocked.Increment(ref Counters.RefusedRight);
        return PublishResult.NotAuthorized;
    }

    /// <summary>Decodes what this thread's translator holds.</summary>
    private PayloadOutcome DecodeMapped(DeviceSeries device, ReadingBatch batch, Receipt receipt, out string reasons)
    {
        var translator = Translator;
        var native = translator.IsWhole ? default : _telemetry.Decode(device, translator.Telemetry, batch, receipt);
        var rejected = translator.Rejected + native.Rejected;
        reasons = rejected > 0 ? translator.Describe(native.Rejected > 0 ? _telemetry.Rejections : [], native.Rejected) : "";
        return new PayloadOutcome(native.Kept, 0, rejected, translator.IsWhole);
    }

    /// <summary>Decodes a letter of a foreign topic by the mapping that is in force now.</summary>
    private (PayloadOutcome Outcome, string Reason) DecodeMapped(DeadLetter letter, Receipt receipt)
    {
        var reason = letter.Reason;
        if (_mappings.Find(letter.Topic.Span) is { } mapping)
        {
            Translator.Translate(mapping, letter.Topic.Span, letter.Payload.Span, _zone);
            if (Translator.Device is { } id) return (DecodeMapped(new DeviceSeries(Encoding.ASCII.GetBytes(id)), _pending.Readings, receipt, out reason), reason);
            reason = Translator.Describe([], 0);
        }
        return (new PayloadOutcome(0, 0, letter.Values, true), reason);
    }
}
