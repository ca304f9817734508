using System.Globalization;
using System.Security.Cryptography;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Names one stored event: its key, and the digest that tells two events of one key apart. Ordered by device, boot, sequence, digest.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Boot">Start counter of the device.</param>
/// <param name="Sequence">Number within the start.</param>
/// <param name="Digest">First 128 bits of the SHA-256 of the event's JSON.</param>
public readonly record struct TollEventRef(string Device, ulong Boot, ulong Sequence, UInt128 Digest) : IComparable<TollEventRef>
{
    /// <summary>The name of <paramref name="e"/>.</summary>
    public static TollEventRef Of(TollEvent e)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(e.Json.Span, hash);
        return new TollEventRef(e.Device, e.Boot, e.Sequence, System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash));
    }

    /// <summary>Whether both have the same key, whatever they say.</summary>
    public bool HasKeyOf(in TollEventRef other) => Sequence == other.Sequence && Boot == other.Boot && string.Equals(Device, other.Device, StringComparison.Ordinal);

    /// <inheritdoc/>
    public int CompareTo(TollEventRef other)
    {
        var order = string.CompareOrdinal(Device, other.Device);
        if (order == 0) order = Boot.CompareTo(other.Boot);
        if (order == 0) order = Sequence.CompareTo(other.Sequence);
        return order != 0 ? order : Digest.CompareTo(other.Digest);
    }

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(TollEventRef left, TollEventRef right) => left.CompareTo(right) < 0;
    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(TollEventRef left, TollEventRef right) => left.CompareTo(right) <= 0;
    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(TollEventRef left, TollEventRef right) => left.CompareTo(right) > 0;
    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(TollEventRef left, TollEventRef right) => left.CompareTo(right) >= 0;

    /// <summary><c>device/boot/seq</c>, as people quote it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Device}/{Boot}/{Sequence}");
}

/// <summary>An event with its name, which its store knows already.</summary>
internal readonly record struct NamedEvent(TollEvent Event, TollEventRef Name);
