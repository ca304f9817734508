using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>A passage as it really was, with what became of its evidence; whole once <see cref="Open"/> is 0.</summary>
internal sealed class PassageRecord(Crossing crossing)
{
    /// <summary>The vehicle at the toll point.</summary>
    public Crossing Crossing => crossing;
    /// <summary>Key of the classifier's event, also where the event was lost later; null where there never was one.</summary>
    public EventKey? Anchor { get; set; }
    /// <summary>Key of the second half of the vehicle.</summary>
    public EventKey? Ghost { get; set; }
    /// <summary>Events that are handed over.</summary>
    public List<(LaneEvidence Evidence, EventKey Key)> Evidence { get; } = [];
    /// <summary>What faults did.</summary>
    public List<Damage> Damages { get; } = [];
    /// <summary>Sights of it that are no events yet.</summary>
    public int Open { get; set; }

    /// <summary>
    /// Id under which the platform knows a passage: the first 128 bits of SHA-256 over toll point, device, boot and sequence of the classifier's event,
    /// texts in UTF-8 with their length before them (32 bits), numbers in 64 bits, big-endian; 32 hex digits.
    /// </summary>
    public static string IdOf(string tollPoint, EventKey anchor)
    {
        var bytes = new byte[4 + Encoding.UTF8.GetByteCount(tollPoint) + 4 + Encoding.UTF8.GetByteCount(anchor.Device) + 16];
        var at = Put(0, tollPoint);
        at = Put(at, anchor.Device);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), anchor.Boot);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at + 8), anchor.Sequence);
        return Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16));

        int Put(int place, string text)
        {
            var count = Encoding.UTF8.GetBytes(text, bytes.AsSpan(place + 4));
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(place), count);
            return place + 4 + count;
        }
    }
}
