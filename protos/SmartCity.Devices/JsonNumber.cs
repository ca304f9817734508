using System.Buffers.Text;

namespace SmartCity.Devices;

/// <summary>JSON numbers as doubles, correctly rounded.</summary>
internal static class JsonNumber
{
    private static readonly double[] _powersOfTen =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>Reads a number of JSON's grammar.</summary>
    /// <returns>False where it is beyond the range of a double.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        // What sensors send has at most 15 digits and no exponent: digits and power of ten are then both exact, and one division rounds
        // once and right (Clinger 1990). All else goes the library's way.
        if (text.Length <= 17)
        {
            var at = text[0] == '-' ? 1 : 0;
            long digits = 0;
            var count = 0;
            var decimals = -1;
            for (; at < text.Length; at++)
            {
                var letter = text[at];
                if (letter == '.') decimals = 0;
                else if (letter is >= (byte)'0' and <= (byte)'9')
                {
                    digits = unchecked(digits * 10 + (letter - '0'));
                    count++;
                    if (decimals >= 0) decimals++;
                }
                else break;
            }
            if (at == text.Length && count <= 15)
            {
                value = decimals > 0 ? digits / _powersOfTen[decimals] : digits;
                if (text[0] == '-') value = -value;
                return true;
            }
        }
        return Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && double.IsFinite(value);
    }
}
