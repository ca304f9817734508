using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace SmartCity.Devices.SenMl;

/// <summary>Reads the CBOR that a pack may hold (RFC 8949): all major types, lengths given or not. Never throws: what is wrong sets <see cref="Fault"/>.</summary>
internal ref struct CborCursor(ReadOnlySpan<byte> bytes, int depthMax)
{
    /// <summary>Length of a map or array that ends with a break.</summary>
    public const long Open = -1;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _depth;

    public int At { get; private set; }
    public SenMlFault Fault { get; private set; }
    public readonly bool IsSound => Fault.Reason == RejectReason.None;
    public readonly bool IsAtEnd => At == _bytes.Length;

    /// <summary>Major type of what comes next, 0–7; -1 at the end.</summary>
    public readonly int Major => At < _bytes.Length ? _bytes[At] >> 5 : -1;

    /// <summary>Enters an array (4) or map (5).</summary>
    /// <returns>Items, or pairs, or <see cref="Open"/>.</returns>
    public long Enter(int major)
    {
        if (++_depth > depthMax) return Fail(RejectReason.CborDepth, $"nested deeper than {depthMax}; send flatter records");
        var (type, argument, isOpen) = Head();
        if (!IsSound) return 0;
        if (type != major) return Fail(RejectReason.CborSyntax, "is not what a pack has here");
        if (isOpen) return Open;
        return argument > (ulong)(_bytes.Length - At) ? Fail(RejectReason.CborTruncated, "the payload ends in the middle; send the whole pack") : (long)argument;
    }

    /// <summary>Whether one more item follows; counts it.</summary>
    public bool Next(ref long left)
    {
        if (!IsSound) return false;
        if (left == Open)
        {
            if (At < _bytes.Length && _bytes[At] == 0xFF)
            {
                At++;
                _depth--;
                return false;
            }
            return true;
        }
        if (left-- > 0) return true;
        _depth--;
        return false;
    }

    /// <summary>Reads whatever comes next; arrays, maps and null count as <see cref="SenMlKind.Other"/>.</summary>
    public (SenMlKind Kind, double Number, string Text) Any()
    {
        switch (Major)
        {
            case 0 or 1:
                var (type, argument, isOpen) = Head();
                if (isOpen) Fail(RejectReason.CborSyntax, "a number has no open length");
                return (SenMlKind.Number, type == 0 ? argument : -1.0 - argument, "");
            case 2 or 3:
                return Text();
            case 4 or 5:
                SkipContainer();
                return default;
            case 6:
                return Tagged();
            default:
                return Simple();
        }
    }

    private (SenMlKind, double, string) Text()
    {
        var start = At;
        var (major, length, isOpen) = Head();
        byte[] whole;
        if (!isOpen)
        {
            if (!IsSound || !TryTake(length, out var piece)) return default;
            whole = piece.ToArray();
        }
        else
        {
            using var joined = new MemoryStream();
            while (IsSound && At < _bytes.Length && _bytes[At] != 0xFF)
            {
                var (part, partLength, isNested) = Head();
                if (IsSound && (part != major || isNested)) Fail(RejectReason.CborSyntax, "a piece of a text is of another type");
                if (!IsSound || !TryTake(partLength, out var piece)) return default;
                joined.Write(piece);
            }
            if (IsSound && IsAtEnd) Fail(RejectReason.CborTruncated, "the payload ends in the middle; send the whole pack");
            if (!IsSound) return default;
            At++;
            whole = joined.ToArray();
        }
        if (major == 2) return (SenMlKind.Data, 0, Convert.ToBase64String(whole).TrimEnd('=').Replace('+', '-').Replace('/', '_'));
        if (Utf8.IsValid(whole)) return (SenMlKind.Text, 0, Encoding.UTF8.GetString(whole));
        At = start;
        Fail(RejectReason.CborSyntax, "a text is not UTF-8");
        return default;
    }

    /// <summary>A decimal fraction (tag 4) is a number; of other tags what they stand before.</summary>
    private (SenMlKind, double, string) Tagged()
    {
        if (++_depth > depthMax)
        {
            Fail(RejectReason.CborDepth, $"nested deeper than {depthMax}; send flatter records");
            return default;
        }
        var (_, tag, isOpen) = Head();
        if (isOpen) Fail(RejectReason.CborSyntax, "a tag has no open length");
        if (!IsSound) return default;
        (SenMlKind, double, string) value;
        if (tag != 4 || Major != 4) value = Any();
        else
        {
            var left = Enter(4);
            Span<double> parts = stackalloc double[2];
            var count = 0;
            while (Next(ref left))
            {
                var (kind, number, _) = Any();
                if (kind != SenMlKind.Number || count == 2) Fail(RejectReason.CborSyntax, "a decimal fraction is two integers");
                else parts[count++] = number;
            }
            // Both are exact up to 10^22, so that one operation rounds once and right.
            value = (SenMlKind.Number, parts[0] < 0 ? parts[1] / Math.Pow(10, -parts[0]) : parts[1] * Math.Pow(10, parts[0]), "");
            if (IsSound && count != 2) Fail(RejectReason.CborSyntax, "a decimal fraction is two integers");
        }
        _depth--;
        return value;
    }

    private (SenMlKind, double, string) Simple()
    {
        if (IsAtEnd)
        {
            Fail(RejectReason.CborTruncated, "the payload ends in the middle; send the whole pack");
            return default;
        }
        var head = _bytes[At];
        var (_, bits, isOpen) = Head();
        if (isOpen) Fail(RejectReason.CborSyntax, "a break stands where a value is needed");
        return (head & 31) switch
        {
            20 => (SenMlKind.Bool, 0, ""),
            21 => (SenMlKind.Bool, 1, ""),
            25 => (SenMlKind.Number, (double)BitConverter.UInt16BitsToHalf((ushort)bits), ""),
            26 => (SenMlKind.Number, BitConverter.UInt32BitsToSingle((uint)bits), ""),
            27 => (SenMlKind.Number, BitConverter.UInt64BitsToDouble(bits), ""),
            _ => default,
        };
    }

    private void SkipContainer()
    {
        var isMap = Major == 5;
        var left = Enter(Major);
        while (Next(ref left))
        {
            Any();
            if (isMap && IsSound) Any();
        }
    }

    private (int Major, ulong Argument, bool IsOpen) Head()
    {
        if (IsAtEnd)
        {
            Fail(RejectReason.CborTruncated, "the payload ends in the middle; send the whole pack");
            return default;
        }
        var first = _bytes[At];
        var (major, low) = (first >> 5, first & 31);
        if (low < 24)
        {
            At++;
            return (major, (ulong)low, false);
        }
        if (low == 31)
        {
            At++;
            return (major, 0, true);
        }
        if (low > 27)
        {
            Fail(RejectReason.CborSyntax, "this is not CBOR (RFC 8949)");
            return default;
        }
        var length = 1 << (low - 24);
        if (length > _bytes.Length - At - 1)
        {
            Fail(RejectReason.CborTruncated, "the payload ends in the middle; send the whole pack");
            return default;
        }
        Span<byte> wide = stackalloc byte[8];
        wide.Clear();
        _bytes.Slice(At + 1, length).CopyTo(wide[(8 - length)..]);
        At += 1 + length;
        return (major, BinaryPrimitives.ReadUInt64BigEndian(wide), false);
    }

    private bool TryTake(ulong length, out ReadOnlySpan<byte> piece)
    {
        piece = default;
        if (length > (ulong)(_bytes.Length - At))
        {
            Fail(RejectReason.CborTruncated, "the payload ends in the middle; send the whole pack");
            return false;
        }
        piece = _bytes.Slice(At, (int)length);
        At += (int)length;
        return true;
    }

    private long Fail(RejectReason reason, string words)
    {
        if (IsSound) Fault = new SenMlFault(reason, At, words);
        return 0;
    }
}
