using System.Globalization;
using System.Numerics;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>
/// A decimal number of any size, exact under addition and multiplication; only <see cref="RoundTo"/> and <see cref="Divide"/> round, and they say how.
/// <c>decimal</c> rounds in silence at its 28th digit, and a price times kilometres times two percentages gets there. Equal when the numbers are.
/// </summary>
public readonly struct ExactAmount : IEquatable<ExactAmount>, IComparable<ExactAmount>
{
    private const int DigitsMax = 19, DecimalsMax = 6;
    private readonly BigInteger _units;
    private readonly int _scale;

    private ExactAmount(BigInteger units, int scale) => (_units, _scale) = (units, scale);

    /// <summary>0.</summary>
    public static ExactAmount Zero => default;

    /// <summary>Below, at or above zero: −1, 0, 1.</summary>
    public int Sign => _units.Sign;

    /// <summary>A whole number of minor units as an amount in major units.</summary>
    /// <param name="minor">Minor units.</param>
    /// <param name="scale">Decimal places of the minor unit, 0–9.</param>
    public static ExactAmount OfMinor(long minor, int scale) => new(minor, scale);

    /// <summary>Reads <c>-?digits(.digits)?</c>: at most 19 digits before the point and 6 after it; no exponent, no sign +, no separators.</summary>
    /// <returns>Whether it is one. Never throws.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out ExactAmount amount)
    {
        amount = default;
        var digits = text is ['-', ..] ? text[1..] : text;
        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var part = point < 0 ? [] : digits[(point + 1)..];
        if (whole.Length is 0 or > DigitsMax || whole.ContainsAnyExceptInRange('0', '9') || (point >= 0 && part.Length is 0 or > DecimalsMax) || part.ContainsAnyExceptInRange('0', '9')) return false;
        var units = BigInteger.Parse(string.Concat(whole, part), NumberStyles.None, CultureInfo.InvariantCulture);
        amount = new ExactAmount(text[0] == '-' ? -units : units, part.Length);
        return true;
    }

    /// <summary>Rounds to a whole number of <paramref name="unit"/>.</summary>
    /// <param name="unit">Above 0.</param>
    /// <param name="mode">Direction.</param>
    public ExactAmount RoundTo(ExactAmount unit, RoundingMode mode) => new(Divide(this, unit, mode) * unit._units, unit._scale);

    /// <summary>The quotient as a whole number.</summary>
    /// <param name="dividend">Dividend.</param>
    /// <param name="divisor">Above 0.</param>
    /// <param name="mode">Direction of rounding.</param>
    public static BigInteger Divide(ExactAmount dividend, ExactAmount divisor, RoundingMode mode)
    {
        var (top, bottom, _) = Align(dividend, divisor);
        var whole = BigInteger.DivRem(top, bottom, out var rest);
        if (rest.IsZero) return whole;
        var twice = BigInteger.Abs(rest) * 2;
        var away = mode switch
        {
            RoundingMode.Down => false,
            RoundingMode.Up => true,
            RoundingMode.HalfToEven => twice > bottom || (twice == bottom && !whole.IsEven),
            _ => twice >= bottom,
        };
        return away ? whole + top.Sign : whole;
    }

    /// <summary>Minor units of an amount that is a whole number of them.</summary>
    /// <param name="scale">Decimal places of the minor unit.</param>
    /// <exception cref="OverflowException">It does not fit 64 bits.</exception>
    /// <exception cref="InvalidOperationException">It is no whole number of minor units.</exception>
    public long ToMinor(int scale)
    {
        if (_scale <= scale) return (long)(_units * BigInteger.Pow(10, scale - _scale));
        var whole = BigInteger.DivRem(_units, BigInteger.Pow(10, _scale - scale), out var rest);
        return rest.IsZero ? (long)whole : throw new InvalidOperationException($"{this} is not rounded to {scale} decimals.");
    }

    /// <summary>Whether it is a whole number of <paramref name="unit"/>.</summary>
    public bool IsMultipleOf(ExactAmount unit)
    {
        var (top, bottom, _) = Align(this, unit);
        return (top % bottom).IsZero;
    }

    /// <summary>The lesser.</summary>
    public static ExactAmount Min(ExactAmount a, ExactAmount b) => a <= b ? a : b;
    /// <summary>The greater.</summary>
    public static ExactAmount Max(ExactAmount a, ExactAmount b) => a >= b ? a : b;

    /// <summary>Sum.</summary>
    public static ExactAmount operator +(ExactAmount a, ExactAmount b)
    {
        var (x, y, scale) = Align(a, b);
        return new ExactAmount(x + y, scale);
    }

    /// <summary>Difference.</summary>
    public static ExactAmount operator -(ExactAmount a, ExactAmount b)
    {
        var (x, y, scale) = Align(a, b);
        return new ExactAmount(x - y, scale);
    }

    /// <summary>Negation.</summary>
    public static ExactAmount operator -(ExactAmount a) => new(-a._units, a._scale);

    /// <summary>Product.</summary>
    public static ExactAmount operator *(ExactAmount a, ExactAmount b) => new(a._units * b._units, a._scale + b._scale);

    /// <summary>So many hundredths of it.</summary>
    public ExactAmount Percent(ExactAmount percent) => new(_units * percent._units, _scale + percent._scale + 2);

    /// <summary>A whole number.</summary>
    public static implicit operator ExactAmount(long whole) => new(whole, 0);

    /// <summary>Numerical order.</summary>
    public int CompareTo(ExactAmount other)
    {
        var (x, y, _) = Align(this, other);
        return x.CompareTo(y);
    }

    /// <summary>Equal numbers, however they were written.</summary>
    public bool Equals(ExactAmount other) => CompareTo(other) == 0;
    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ExactAmount other && Equals(other);
    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
    /// <summary>Equal numbers.</summary>
    public static bool operator ==(ExactAmount a, ExactAmount b) => a.CompareTo(b) == 0;
    /// <summary>Different numbers.</summary>
    public static bool operator !=(ExactAmount a, ExactAmount b) => a.CompareTo(b) != 0;
    /// <summary>Numerical order.</summary>
    public static bool operator <(ExactAmount a, ExactAmount b) => a.CompareTo(b) < 0;
    /// <summary>Numerical order.</summary>
    public static bool operator >(ExactAmount a, ExactAmount b) => a.CompareTo(b) > 0;
    /// <summary>Numerical order.</summary>
    public static bool operator <=(ExactAmount a, ExactAmount b) => a.CompareTo(b) <= 0;
    /// <summary>Numerical order.</summary>
    public static bool operator >=(ExactAmount a, ExactAmount b) => a.CompareTo(b) >= 0;

    /// <summary>As <see cref="TryParse"/> reads it, without trailing zeros after the point: <c>57.89</c>, <c>0</c>, <c>-1200</c>.</summary>
    public override string ToString()
    {
        var digits = BigInteger.Abs(_units).ToString(CultureInfo.InvariantCulture).PadLeft(_scale + 1, '0');
        var text = _scale == 0 ? digits : $"{digits[..^_scale]}.{digits[^_scale..]}".TrimEnd('0').TrimEnd('.');
        return _units.Sign < 0 ? "-" + text : text;
    }

    private static (BigInteger A, BigInteger B, int Scale) Align(ExactAmount a, ExactAmount b) =>
        a._scale == b._scale ? (a._units, b._units, a._scale)
        : a._scale < b._scale ? (a._units * BigInteger.Pow(10, b._scale - a._scale), b._units, b._scale)
        : (a._units, b._units * BigInteger.Pow(10, a._scale - b._scale), a._scale);
}
