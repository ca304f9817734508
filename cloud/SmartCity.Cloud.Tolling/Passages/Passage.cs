using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SmartCity.Cloud.Tolling.Plates;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>One vehicle at one toll point. Equal when everything is, members too.</summary>
public sealed record Passage
{
    /// <summary>32 hex digits, see <see cref="IdOf"/>; a later read changes the passage, never its id.</summary>
    public required string Id { get; init; }
    /// <summary>The toll point.</summary>
    public required string TollPoint { get; init; }
    /// <summary>The lane of the vehicle.</summary>
    public required string Lane { get; init; }
    /// <summary>Which way it went.</summary>
    public required string Direction { get; init; }
    /// <summary>When it passed, µs since 1970 UTC: the classifier's time, or the gateway's where that is not believed.</summary>
    public required long Time { get; init; }
    /// <summary>What is known of <see cref="Time"/>.</summary>
    public required ClockVerdict Clock { get; init; }
    /// <summary>The classifier's event.</summary>
    public required TollEventRef Anchor { get; init; }
    /// <summary>All events attached, the anchor among them.</summary>
    public required PassageMembers Members { get; init; }
    /// <summary>The tag that counts.</summary>
    public TagId? Tag { get; init; }
    /// <summary>The plate of that tag's account.</summary>
    public Plate? TagPlate { get; init; }
    /// <summary>The plate as the cameras saw it, or as the account has it where the two differ by no more than cameras may err.</summary>
    public Plate? Plate { get; init; }
    /// <summary>What <see cref="Plate"/> is worth.</summary>
    public PlateState PlateState { get; init; }
    /// <summary>Vehicle class by the tag.</summary>
    public string? ClassDeclared { get; init; }
    /// <summary>Vehicle class by the classifier.</summary>
    public string? ClassMeasured { get; init; }
    /// <summary>Vehicle class to charge; null where a human has to say.</summary>
    public string? ClassCharged { get; init; }
    /// <summary>Why that class.</summary>
    public ClassRule ClassRule { get; init; }
    /// <summary>Axles counted by the classifier.</summary>
    public int? Axles { get; init; }
    /// <summary>How good the evidence is.</summary>
    public EvidenceGrade Grade { get; init; }
    /// <summary>What is to be done with it.</summary>
    public PassageState State { get; init; }
    /// <summary>Why a human has to look.</summary>
    public ReviewReasons Review { get; init; }
    /// <summary>The passage that is charged instead of this one.</summary>
    public string? DuplicateOf { get; init; }

    /// <summary>
    /// Names the vehicle across toll points: its confirmed plate, else the plate of its tag's account, else the tag; null where none is known.
    /// </summary>
    public string? Vehicle =>
        PlateState == PlateState.Confirmed && Plate is not null ? Plate.Key : TagPlate is not null ? TagPlate.Key : Tag is { } tag ? $"tag:{tag}" : null;

    /// <summary>
    /// Id of a passage: first 128 bits of SHA-256 over toll point, device, boot and sequence of the classifier's event, each with its length before it.
    /// </summary>
    public static string IdOf(string tollPoint, in TollEventRef anchor)
    {
        var size = 4 + Encoding.UTF8.GetByteCount(tollPoint) + 4 + Encoding.UTF8.GetByteCount(anchor.Device) + 16;
        var bytes = new byte[size];
        var at = Put(bytes, 0, tollPoint);
        at = Put(bytes, at, anchor.Device);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), anchor.Boot);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at + 8), anchor.Sequence);
        return Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16));
    }

    private static int Put(byte[] bytes, int at, string text)
    {
        var count = Encoding.UTF8.GetBytes(text, bytes.AsSpan(at + 4));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), count);
        return at + 4 + count;
    }
}
