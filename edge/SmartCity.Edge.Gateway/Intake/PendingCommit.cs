using SmartCity.Edge.Spool;
using SmartCity.Model;
using SmartCity.Model.Tolling;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Intake;

/// <summary>What has been decoded since the last commit, and who waits for it. Filled under the intake's lock, used again and again.</summary>
internal sealed class PendingCommit
{
    private Waiting[] _waiting = new Waiting[256];

    public ReadingBatch Readings { get; } = new(4_096);
    public List<TollEvent> Events { get; } = [];
    public List<DeadLetter> Letters { get; } = [];
    /// <summary>Dead letters that were taken up again with it.</summary>
    public List<Resubmission> Resubmissions { get; } = [];
    /// <summary>Known repeats, not kept.</summary>
    public long Repeated { get; set; }
    /// <summary>Bytes of the payloads in it: more than what they take in the spool.</summary>
    public long Bytes { get; set; }
    public long LetterBytes { get; set; }
    /// <summary>Messages of QoS 0 in it.</summary>
    public int Unacknowledged { get; set; }
    /// <summary>Repeat marks changed by it.</summary>
    public Dictionary<string, RepeatMarks.Mark?> Marks { get; set; } = [];
    /// <summary>Keys of the QoS 2 ids among those that wait, to be kept with what they carried.</summary>
    public List<ReadOnlyMemory<byte>> Receipts { get; } = [];
    /// <summary>The listener's records that were committed with it, or could not be, in their order.</summary>
    public List<(MqttChanges Changes, bool IsKept)> Records { get; } = [];
    /// <summary>Who waits for its acknowledgement, in the order of arrival.</summary>
    public ReadOnlySpan<Waiting> Waiters => _waiting.AsSpan(0, WaitingCount);
    public int WaitingCount { get; private set; }

    public bool IsEmpty => Bytes == 0;

    public void Await(MqttPeer peer, ushort packetId, byte qos)
    {
        if (WaitingCount == _waiting.Length) Array.Resize(ref _waiting, _waiting.Length * 2);
        _waiting[WaitingCount++] = new Waiting(peer, packetId, qos);
    }

    public void Clear()
    {
        Readings.Clear();
        Events.Clear();
        Letters.Clear();
        Resubmissions.Clear();
        Marks.Clear();
        Receipts.Clear();
        Records.Clear();
        (Repeated, Bytes, LetterBytes, Unacknowledged) = (0, 0, 0, 0);
        _waiting.AsSpan(0, WaitingCount).Clear();
        WaitingCount = 0;
    }

    /// <summary>A packet that waits for its acknowledgement.</summary>
    internal readonly record struct Waiting(MqttPeer Peer, ushort PacketId, byte QoS);
}
