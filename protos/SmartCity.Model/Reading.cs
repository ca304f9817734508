using System.Globalization;

namespace SmartCity.Model;

/// <summary>One value of one series at one time, as people and APIs see it; the trunk carries <see cref="ReadingBatch"/>.</summary>
/// <param name="Series">Device and metric.</param>
/// <param name="Time">Event time, µs since 1970 UTC (<see cref="UnixMicros"/>). Same series and time = the same reading.</param>
/// <param name="Received">Gateway time, µs since 1970 UTC.</param>
/// <param name="Value">The value.</param>
/// <param name="Quality">What is doubtful about it.</param>
public readonly record struct Reading(SeriesKey Series, long Time, long Received, ReadingValue Value, ReadingQuality Quality);

/// <summary>A value of one of the four kinds.</summary>
public readonly record struct ReadingValue
{
    private ReadingValue(ValueKind kind, long bits, string? text) => (Kind, Bits, Text) = (kind, bits, text);

    /// <summary>Which kind it is.</summary>
    public ValueKind Kind { get; }
    /// <summary>The double's IEEE bits, the integer, or 1 for true; 0 for text.</summary>
    public long Bits { get; }
    /// <summary>The text, where <see cref="Kind"/> is <see cref="ValueKind.Text"/>.</summary>
    public string? Text { get; }

    /// <summary>A double.</summary>
    public static ReadingValue Of(double value) => new(ValueKind.Double, BitConverter.DoubleToInt64Bits(value), null);
    /// <summary>A 64-bit integer.</summary>
    public static ReadingValue Of(long value) => new(ValueKind.Int64, value, null);
    /// <summary>A truth value.</summary>
    public static ReadingValue Of(bool value) => new(ValueKind.Bool, value ? 1 : 0, null);
    /// <summary>A text.</summary>
    public static ReadingValue Of(string value) => new(ValueKind.Text, 0, value);
    /// <summary>A value from the bits of a batch column.</summary>
    public static ReadingValue FromBits(ValueKind kind, long bits) =>
        kind == ValueKind.Text ? throw new ArgumentException("Text has no bits; use Of(string).", nameof(kind)) : new(kind, bits, null);

    /// <summary>As a number: the double, the integer, 1 or 0 for a truth value; null for text.</summary>
    public double? AsNumber() => Kind switch
    {
        ValueKind.Double => BitConverter.Int64BitsToDouble(Bits),
        ValueKind.Int64 or ValueKind.Bool => Bits,
        _ => null,
    };

    /// <summary>Invariant text: <c>12.5</c>, <c>7</c>, <c>true</c>, or the text itself.</summary>
    public override string ToString() => Kind switch
    {
        ValueKind.Double => BitConverter.Int64BitsToDouble(Bits).ToString("R", CultureInfo.InvariantCulture),
        ValueKind.Int64 => Bits.ToString(CultureInfo.InvariantCulture),
        ValueKind.Bool => Bits != 0 ? "true" : "false",
        _ => Text ?? "",
    };
}
