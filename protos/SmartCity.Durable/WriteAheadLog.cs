using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace SmartCity.Durable;

/// <summary>
/// Tells damage within SQLite's write-ahead log from a write that a power cut has torn. SQLite takes a frame whose checksum is wrong for the end of the log,
/// whatever stands behind it: a flipped bit would cost every commit from there on without a word.
/// </summary>
/// <remarks>
/// One flipped bit is put right: the checksums are sums modulo 2^32, and what they are off by tells which bit is wrong. The weights of the words repeat modulo
/// small powers of two, so that this names one bit alone only up to bit 22 of a word. Of a higher one several could be it: then the frame is made to fit its
/// checksum again, so that all behind it can be read, and its database is told to be damaged, for the seals of its records tell which of them are not what was
/// written. Nor can more bits be put right; that is damage where commits stand behind the frame's own: each was synced before the next was written, so the frame
/// was whole once. Behind the last commit nothing tells such damage from a torn write, which was never acknowledged.
/// The file format is SQLite's own (fileformat2.html, section 4).
/// </remarks>
public static class WriteAheadLog
{
    private const int HeaderBytes = 32, FrameHeaderBytes = 24;
    private const uint Magic = 0x377F0682, Version = 3_007_000;

    /// <summary>Looks at the write-ahead log of a database that nobody has open, and puts right what one flipped bit has broken.</summary>
    /// <param name="database">Path of the database; without a log beside it there is nothing to do.</param>
    /// <exception cref="IOException">The log cannot be read or written.</exception>
    public static WalVerdict Mend(string database)
    {
        var path = database + "-wal";
        if (!File.Exists(path)) return new WalVerdict(0, null);
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        if (file.Length < HeaderBytes + FrameHeaderBytes) return new WalVerdict(0, null);
        var header = new byte[HeaderBytes];
        file.ReadExactly(header);
        var (repaired, damage) = (0, (string?)null);
        if (!IsSound(header))
        {
            var first = new byte[FrameHeaderBytes];
            file.ReadExactly(first);
            if (MendHeader(header, file)) repaired += Write(file, 0, header);
            // A header that a power cut has torn is that of a log begun anew: nothing was written behind it, and what stands there is older.
            else return IsOf(first, header) ? new WalVerdict(0, "the header of its write-ahead log is not what was written") : new WalVerdict(0, null);
        }
        if (SizeIn(header) is not { } size) return new WalVerdict(repaired, null);
        var (sum, isBigEndian) = (SumIn(header), IsBigEndian(header));
        var frame = new byte[FrameHeaderBytes + size];
        for (var (at, number) = ((long)HeaderBytes, 1L); at + frame.Length <= file.Length; at += frame.Length, number++)
        {
            file.Position = at;
            file.ReadExactly(frame);
            var now = sum.Add(frame.AsSpan(0, 8), isBigEndian).Add(frame.AsSpan(FrameHeaderBytes), isBigEndian);
            if (!IsOf(frame, header) || now != SumOf(frame))
            {
                var after = at + frame.Length;
                if (MendFrame(frame, header, sum, now, one => IsFollowed(file, after, header, size, one), isBigEndian, out var isOneOfSeveral))
                {
                    repaired += Write(file, at, frame);
                    if (isOneOfSeveral) damage ??= string.Create(CultureInfo.InvariantCulture, $"a bit of frame {number} of its write-ahead log is not what was written, and which one cannot be told");
                }
                else return new WalVerdict(repaired, Behind(file, at, frame, header) is > 0 and var more
                    ? string.Create(CultureInfo.InvariantCulture, $"frame {number} of its write-ahead log is not what was written, and {more} frames of commits behind it cannot be read any more") : damage);
                now = SumOf(frame);
            }
            sum = now;
        }
        return new WalVerdict(repaired, damage);
    }

    private static bool IsSound(ReadOnlySpan<byte> header) =>
        (BinaryPrimitives.ReadUInt32BigEndian(header) & ~1u) == Magic && new Sum(0, 0).Add(header[..24], IsBigEndian(header)) == SumIn(header);

    private static bool IsBigEndian(ReadOnlySpan<byte> header) => (header[3] & 1) != 0;

    private static Sum SumIn(ReadOnlySpan<byte> header) => new(BinaryPrimitives.ReadUInt32BigEndian(header[24..]), BinaryPrimitives.ReadUInt32BigEndian(header[28..]));

    /// <summary>Bytes of a page; null where the header says what cannot be. 65,536 is written as 1 in the database's header alone; here it stands as it is.</summary>
    private static int? SizeIn(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32BigEndian(header[8..]) is >= 512 and <= 65_536 and var size && BitOperations.IsPow2(size) ? size : null;

    /// <summary>Of the bits that would make the checksum right, the wrong one is that from which the first frame's follows.</summary>
    private static bool MendHeader(byte[] header, FileStream file)
    {
        for (var bit = 0; bit < HeaderBytes * 8; bit++)
        {
            header[bit / 8] ^= (byte)(1 << bit % 8);
            if (IsSound(header) && BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)) == Version && SizeIn(header) is { } size && IsFollowed(file, HeaderBytes, header, size, SumIn(header))) return true;
            header[bit / 8] ^= (byte)(1 << bit % 8);
        }
        return false;
    }

    /// <summary>Whether a frame was written since this log was begun: those of before have other salts.</summary>
    private static bool IsOf(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> header) => frame.Slice(8, 8).SequenceEqual(header.Slice(16, 8));

    private static Sum SumOf(ReadOnlySpan<byte> frame) => new(BinaryPrimitives.ReadUInt32BigEndian(frame[16..]), BinaryPrimitives.ReadUInt32BigEndian(frame[20..]));

    private static bool MendFrame(byte[] frame, ReadOnlySpan<byte> header, Sum before, Sum now, Func<Sum, bool> isFollowed, bool isBigEndian, out bool isOneOfSeveral)
    {
        isOneOfSeveral = false;
        var kept = SumOf(frame);
        var salts = BinaryPrimitives.ReadUInt64BigEndian(frame.AsSpan(8)) ^ BinaryPrimitives.ReadUInt64BigEndian(header[16..]);
        if (salts != 0)
        {
            // The salts are not in the sum: where that is right, they alone are wrong.
            if (BitOperations.PopCount(salts) != 1 || now != kept) return false;
            header.Slice(16, 8).CopyTo(frame.AsSpan(8));
            return true;
        }
        var count = FindFlip(frame, now, kept, isBigEndian, out var at, out var mask);
        // The sum itself, unless the frame behind goes by what is kept.
        if (BitOperations.PopCount(now.First ^ kept.First) + BitOperations.PopCount(now.Second ^ kept.Second) == 1 && (count == 0 || !isFollowed(kept)))
        {
            isOneOfSeveral = count > 0 && !isFollowed(now);
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(16), now.First);
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(20), now.Second);
            return true;
        }
        if (count == 0) return false;
        isOneOfSeveral = count > 1;
        frame[at] ^= mask;
        if (before.Add(frame.AsSpan(0, 8), isBigEndian).Add(frame.AsSpan(FrameHeaderBytes), isBigEndian) == kept) return true;
        frame[at] ^= mask;
        return false;
    }

    /// <summary>Whether a frame of this log stands there whose checksum follows from that of the one before.</summary>
    private static bool IsFollowed(FileStream file, long at, ReadOnlySpan<byte> header, int size, Sum before)
    {
        var frame = new byte[FrameHeaderBytes + size];
        file.Position = at;
        var isBigEndian = IsBigEndian(header);
        return file.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length && IsOf(frame, header)
            && before.Add(frame.AsSpan(0, 8), isBigEndian).Add(frame.AsSpan(FrameHeaderBytes), isBigEndian) == SumOf(frame);
    }

    /// <summary>
    /// Finds the bits whose change turns one sum into the other, from the last word backwards: a word before has its part in each step behind it. Returns how many
    /// there are, and one of them: where it can be, one of a word of zeros, which is most likely space that nothing uses.
    /// </summary>
    private static int FindFlip(ReadOnlySpan<byte> frame, Sum now, Sum kept, bool isBigEndian, out int at, out byte mask)
    {
        var (count, isOfZeros) = (0, false);
        (at, mask) = (0, 0);
        unchecked
        {
            var (first, second) = (kept.First - now.First, kept.Second - now.Second);
            // What 1 more in a word adds to both sums; the words come in pairs.
            var (odd, even) = ((First: 0u, Second: 1u), (First: 1u, Second: 1u));
            for (var pair = (8 + frame.Length - FrameHeaderBytes) / 8 - 1; pair >= 0; pair--)
            {
                for (var half = 1; half >= 0; half--)
                {
                    var part = half == 1 ? odd : even;
                    var place = pair == 0 ? half * 4 : FrameHeaderBytes + (pair - 1) * 8 + half * 4;
                    var word = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(frame[place..]) : BinaryPrimitives.ReadUInt32LittleEndian(frame[place..]);
                    for (var bit = 0; bit < 32; bit++)
                    {
                        var change = (word >> bit & 1) == 0 ? 1u << bit : 0u - (1u << bit);
                        if (part.First * change != first || part.Second * change != second) continue;
                        if (count++ > 0 && (isOfZeros || word != 0)) continue;
                        isOfZeros = word == 0;
                        at = place + (isBigEndian ? 3 - bit / 8 : bit / 8);
                        mask = (byte)(1 << bit % 8);
                    }
                }
                (odd, even) = (Step(odd), Step(even));
            }
        }
        return count;

        static (uint, uint) Step((uint First, uint Second) part) => unchecked((part.First + part.Second, part.First + 2 * part.Second));
    }

    /// <summary>Frames of this log that stand behind the commit to which a broken frame belongs.</summary>
    private static long Behind(FileStream file, long at, byte[] broken, ReadOnlySpan<byte> header)
    {
        var frame = new byte[FrameHeaderBytes];
        // A frame that ends a commit says how large the database is then.
        var isOver = IsOf(broken, header) && BinaryPrimitives.ReadUInt32BigEndian(broken.AsSpan(4)) != 0;
        var behind = 0L;
        for (at += broken.Length; at + broken.Length <= file.Length; at += broken.Length)
        {
            file.Position = at;
            file.ReadExactly(frame);
            if (!IsOf(frame, header)) continue;
            if (isOver) behind++;
            else isOver = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(4)) != 0;
        }
        return behind;
    }

    private static int Write(FileStream file, long at, ReadOnlySpan<byte> bytes)
    {
        file.Position = at;
        file.Write(bytes);
        // Synced by SQLite with its first checkpoint, before it lets go of the log; until then the next start finds the same bit again.
        file.Flush();
        return 1;
    }

    /// <summary>SQLite's running checksum of a write-ahead log.</summary>
    private readonly record struct Sum(uint First, uint Second)
    {
        public Sum Add(ReadOnlySpan<byte> bytes, bool isBigEndian)
        {
            unchecked
            {
                var (first, second) = (First, Second);
                for (var i = 0; i + 8 <= bytes.Length; i += 8)
                {
                    first += (isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[i..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..])) + second;
                    second += (isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[(i + 4)..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i + 4)..])) + first;
                }
                return new Sum(first, second);
            }
        }
    }
}

/// <summary>What was found in a write-ahead log.</summary>
/// <param name="Repaired">Frames in which one flipped bit was put right.</param>
/// <param name="Damage">What is damaged beyond that, in words; null where nothing is.</param>
public readonly record struct WalVerdict(int Repaired, string? Damage)
{
    /// <summary>What an operator should know of what was put right; null where nothing was.</summary>
    public string? Note => Repaired == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"A flipped bit was put right in each of {Repaired} frames of the write-ahead log; nothing is lost by it. Check the disk.");
}
