namespace SmartCity.Durable;

/// <summary>
/// A 64-bit checksum of a record's fields. Each step is one-to-one, so that damage within one field never goes unnoticed, and other damage once in 2^64.
/// One flipped bit is not only found but put right: the reading goes on with what was written.
/// </summary>
public static class Seal
{
    /// <summary>Each bit is tried with a checksum of the whole: 1 KiB takes about a millisecond.</summary>
    private const int RepairBytesMax = 1024;

    /// <summary>How SQLite stores whole numbers: in 1, 2, 3, 4, 6 or 8 bytes. The top bit of a short one is that of all above it.</summary>
    private static readonly long[] _flips = [.. Enumerable.Range(0, 64).Select(bit => 1L << bit), -1L << 7, -1L << 15, -1L << 23, -1L << 31, -1L << 47];

    /// <summary>The seal of <paramref name="fields"/> of a record of <paramref name="kind"/>; one kind never passes for another.</summary>
    public static long Of(int kind, params ReadOnlySpan<long> fields)
    {
        unchecked
        {
            // The finalizer of splitmix64 (Steele, Lea, Flood 2014), once a field.
            var hash = (ulong)kind * 0x9E3779B97F4A7C15;
            foreach (var field in fields)
            {
                hash += (ulong)field + 0x9E3779B97F4A7C15;
                hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
                hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
                hash ^= hash >> 31;
            }
            return (long)hash;
        }
    }

    /// <summary>Binds the fields of a record to the first parameters and their seal to the next.</summary>
    public static Statement Bind(Statement statement, int kind, params ReadOnlySpan<long> fields)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return statement.With(fields).Bind(fields.Length + 1, Of(kind, fields));
    }

    /// <summary>Compares with the seal that was kept, and puts one flipped bit right in <paramref name="fields"/>.</summary>
    /// <param name="kind">Kind of the record.</param>
    /// <param name="fields">Its fields; as they were before where it is damaged beyond repair.</param>
    /// <param name="seal">What was kept; null in a record of an older version, which has none.</param>
    public static SealVerdict Check(int kind, Span<long> fields, long? seal)
    {
        if (seal is not { } kept) return SealVerdict.Whole;
        var now = Of(kind, fields);
        if (now == kept) return SealVerdict.Whole;
        foreach (var flip in _flips) if ((now ^ kept) == flip) return SealVerdict.Repaired;
        for (var i = 0; i < fields.Length; i++)
            foreach (var flip in _flips)
            {
                fields[i] ^= flip;
                if (Of(kind, fields) == kept) return SealVerdict.Repaired;
                fields[i] ^= flip;
            }
        return SealVerdict.Damaged;
    }

    /// <summary>The same for a record with a text: the last of <paramref name="fields"/> is its CRC32C, and one bit of the text may be put right too.</summary>
    public static SealVerdict Check(int kind, Span<long> fields, byte[] text, long? seal)
    {
        ArgumentNullException.ThrowIfNull(text);
        fields[^1] = Crc32C.Of(text);
        var verdict = Check(kind, fields, seal);
        // A repaired checksum means that the text is not what was written.
        if (verdict == SealVerdict.Whole || (verdict == SealVerdict.Repaired && fields[^1] == Crc32C.Of(text))) return verdict;
        if (text.Length > RepairBytesMax) return SealVerdict.Damaged;
        for (var i = 0; i < text.Length * 8; i++)
        {
            text[i / 8] ^= (byte)(1 << i % 8);
            fields[^1] = Crc32C.Of(text);
            if (Of(kind, fields) == seal) return SealVerdict.Repaired;
            text[i / 8] ^= (byte)(1 << i % 8);
        }
        return SealVerdict.Damaged;
    }
}

/// <summary>What a seal says of a record.</summary>
public enum SealVerdict
{
    /// <summary>As it was written.</summary>
    Whole,
    /// <summary>One bit had flipped; the fields are as they were written.</summary>
    Repaired,
    /// <summary>Not what was written.</summary>
    Damaged,
}
