using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace SmartCity.Devices;

/// <summary>
/// JSON strings without the library's exceptions for text that is not Unicode: a hostile message could ask for thousands of them, each as dear as a
/// hundred good values.
/// </summary>
internal static class JsonText
{
    /// <summary>Answer of <see cref="Unescape"/>: the text is not Unicode.</summary>
    public const int NotUnicode = -1;
    /// <summary>Answer of <see cref="Unescape"/>: the text has no room.</summary>
    public const int TooLong = int.MaxValue;

    /// <summary>Whether the string or name that the reader stands on is <paramref name="expected"/>.</summary>
    public static bool Is(this ref Utf8JsonReader reader, ReadOnlySpan<byte> expected)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan.SequenceEqual(expected);
        Span<byte> text = stackalloc byte[expected.Length];
        return Unescape(reader.ValueSpan, text) == expected.Length && text.SequenceEqual(expected);
    }

    /// <summary>Takes the escapes out of a JSON string (RFC 8259 section 7), whose escapes the reader knows to be well formed.</summary>
    /// <returns>Bytes of the text, or <see cref="NotUnicode"/> or <see cref="TooLong"/>.</returns>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> text)
    {
        var length = 0;
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0) plain = raw.Length;
            if (plain > text.Length - length) return TooLong;
            // Each stretch is whole letters: an escape cannot stand inside one.
            if (!Utf8.IsValid(raw[..plain])) return NotUnicode;
            raw[..plain].CopyTo(text[length..]);
            length += plain;
            raw = raw[plain..];
            if (raw.IsEmpty) break;
            Rune letter;
            if (raw[1] != 'u')
            {
                letter = new Rune(raw[1] switch { (byte)'b' => '\b', (byte)'f' => '\f', (byte)'n' => '\n', (byte)'r' => '\r', (byte)'t' => '\t', var itself => (char)itself });
                raw = raw[2..];
            }
            else
            {
                var high = Unit(raw);
                raw = raw[6..];
                if (!char.IsSurrogate(high)) letter = new Rune(high);
                else
                {
                    if (raw.Length < 6 || raw[0] != '\\' || raw[1] != 'u' || !Rune.TryCreate(high, Unit(raw), out letter)) return NotUnicode;
                    raw = raw[6..];
                }
            }
            if (!letter.TryEncodeToUtf8(text[length..], out var written)) return TooLong;
            length += written;
        }
        return length;
    }

    private static char Unit(ReadOnlySpan<byte> escape) =>
        Utf8Parser.TryParse(escape.Slice(2, 4), out ushort unit, out _, 'X') ? (char)unit : '\uDC00';
}
