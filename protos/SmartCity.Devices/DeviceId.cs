using System.Buffers;
using System.Globalization;
using System.Text;

namespace SmartCity.Devices;

/// <summary>
/// The ids of devices: 1–128 bytes of <c>A-Za-z0-9 . _ : -</c>, case-sensitive. Any other byte of a foreign id stands %-encoded (<c>%2F</c>, upper-case hex),
/// so a <c>%</c> is valid only in front of two hex digits.
/// </summary>
public static class DeviceId
{
    /// <summary>Longest id, bytes.</summary>
    public const int LengthMax = 128;

    private static readonly SearchValues<byte> _plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"u8);
    private static readonly SearchValues<byte> _hex = SearchValues.Create("0123456789ABCDEF"u8);

    /// <summary>Whether <paramref name="id"/> is a device id. Never throws.</summary>
    public static bool IsValid(ReadOnlySpan<byte> id)
    {
        if (id.Length is 0 or > LengthMax) return false;
        while (true)
        {
            var odd = id.IndexOfAnyExcept(_plain);
            if (odd < 0) return true;
            if (id[odd] != '%' || odd + 2 >= id.Length || id.Slice(odd + 1, 2).ContainsAnyExcept(_hex)) return false;
            id = id[(odd + 3)..];
        }
    }

    /// <summary>Whether <paramref name="id"/> is a device id. Never throws.</summary>
    public static bool IsValid(string id)
    {
        if (id.Length is 0 or > LengthMax) return false;
        Span<byte> bytes = stackalloc byte[LengthMax];
        return Ascii.IsValid(id) && IsValid(bytes[..Encoding.ASCII.GetBytes(id, bytes)]);
    }

    /// <summary>The device id of a foreign id as <see cref="Encode"/> makes it; null where there is none, or it makes none.</summary>
    public static string? TryEncode(string? foreign) =>
        foreign is null or "" || foreign.Length > LengthMax ? null : Write(foreign) is { Length: <= LengthMax } id ? id : null;

    /// <summary>The device id of a foreign id: every byte of its UTF-8 that an id does not allow becomes <c>%XX</c>. A valid id without <c>%</c> comes back as it is.</summary>
    /// <exception cref="ArgumentException">It is empty, or longer than <see cref="LengthMax"/> when encoded.</exception>
    public static string Encode(string foreign)
    {
        var id = Write(foreign);
        return id.Length is > 0 and <= LengthMax ? id
            : throw new ArgumentException($"\"{foreign}\" makes a device id of {id.Length} characters; 1 to {LengthMax} are allowed. Give the device a shorter id in the mapping.", nameof(foreign));
    }

    private static string Write(string foreign)
    {
        var id = new StringBuilder(foreign.Length);
        foreach (var letter in Encoding.UTF8.GetBytes(foreign))
        {
            if (_plain.Contains(letter)) id.Append((char)letter);
            else id.Append('%').Append(letter.ToString("X2", CultureInfo.InvariantCulture));
        }
        return id.ToString();
    }
}
