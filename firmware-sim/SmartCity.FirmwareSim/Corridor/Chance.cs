namespace SmartCity.FirmwareSim.Corridor;

/// <summary>A seeded stream of chance (SplitMix64), the same on every machine. A struct with state: pass it by reference.</summary>
internal struct Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A stream of its own for the <paramref name="index"/>th thing of a <paramref name="purpose"/>; what one thing draws never shifts another.</summary>
    public static Chance Of(int seed, ChancePurpose purpose, long index) =>
        new(Mixed(unchecked(Mixed((ulong)seed * 0x9E3779B97F4A7C15 + (ulong)purpose) + (ulong)index * 0xD6E8FEB86659FD93)));

    /// <summary>0 to 1, 1 excluded.</summary>
    public double Next() => (Bits() >> 11) * (1.0 / (1ul << 53));

    /// <summary>True with a probability.</summary>
    public bool Is(double share) => Next() < share;

    /// <summary>A whole number from 0, below <paramref name="count"/>.</summary>
    public int Below(int count) => (int)(Next() * count);

    /// <summary>A number between two.</summary>
    public double Between(double from, double to) => from + (to - from) * Next();

    /// <summary>One of several.</summary>
    public T Of<T>(ReadOnlySpan<T> several) => several[Below(several.Length)];

    /// <summary>64 bits.</summary>
    public ulong Bits() => Mixed(_state = unchecked(_state + 0x9E3779B97F4A7C15));

    private static ulong Mixed(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}

/// <summary>What chance is drawn for.</summary>
internal enum ChancePurpose
{
    /// <summary>A vehicle.</summary>
    Vehicle = 1,
    /// <summary>A drive along the corridor.</summary>
    Drive,
    /// <summary>What is seen of a vehicle at a toll point.</summary>
    Sight,
    /// <summary>A device.</summary>
    Device,
    /// <summary>Which devices a fault befalls.</summary>
    Fate,
    /// <summary>What becomes of an event.</summary>
    Event,
    /// <summary>Where the numbers of plates begin.</summary>
    Plates,
}
