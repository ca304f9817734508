using System.Text.Json;
using SmartCity.Model;

namespace SmartCity.Devices;

/// <summary>Times as devices write them: milliseconds since 1970 UTC, or RFC 3339 with an offset. Nothing is guessed: a local time is no time.</summary>
/// <remarks>RFC 3339 section 5.6: <c>date-time = full-date "T" full-time</c>; <c>time-secfrac</c> beyond a microsecond is cut, a leap second counts as the next second's start.</remarks>
public static class DeviceTime
{
    /// <summary>2000-01-01T00:00:00Z, µs: no device of the city is older.</summary>
    public const long Earliest = 946_684_800L * UnixMicros.PerSecond;

    private const long MillisMin = -62_135_596_800_000;
    private const long MillisMax = 253_402_300_799_999;
    private static ReadOnlySpan<byte> DaysOfMonth => [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

    /// <summary>Reads RFC 3339.</summary>
    /// <returns><see cref="RejectReason.None"/>, <see cref="RejectReason.TimeFormat"/> or <see cref="RejectReason.TimeRange"/>. Never throws.</returns>
    public static RejectReason TryParse(ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        // 0123456789012345678
        // 2026-11-24T06:12:03…
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ') || text[13] != ':' || text[16] != ':') return RejectReason.TimeFormat;
        var year = Number(text, 0, 4);
        var month = Number(text, 5, 2);
        var day = Number(text, 8, 2);
        var hour = Number(text, 11, 2);
        var minute = Number(text, 14, 2);
        var second = Number(text, 17, 2);
        if ((year | month | day | hour | minute | second) < 0) return RejectReason.TimeFormat;
        if (month is < 1 or > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return RejectReason.TimeFormat;
        var isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (day > DaysOfMonth[month - 1] + (isLeap && month == 2 ? 1 : 0)) return RejectReason.TimeFormat;

        var at = 19;
        var fraction = 0;
        if (text[at] == '.')
        {
            var digits = 0;
            for (at++; at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; at++, digits++)
                if (digits < 6) fraction = fraction * 10 + (text[at] - '0');
            if (digits == 0) return RejectReason.TimeFormat;
            for (; digits < 6; digits++) fraction *= 10;
        }
        var offsetMinutes = 0;
        if (at >= text.Length) return RejectReason.TimeFormat;
        if ((text[at] | 0x20) == 'z')
        {
            if (at + 1 != text.Length) return RejectReason.TimeFormat;
        }
        else
        {
            if (text[at] is not ((byte)'+' or (byte)'-') || at + 6 != text.Length || text[at + 3] != ':') return RejectReason.TimeFormat;
            var offsetHour = Number(text, at + 1, 2);
            var offsetMinute = Number(text, at + 4, 2);
            if (offsetHour is < 0 or > 23 || offsetMinute is < 0 or > 59) return RejectReason.TimeFormat;
            offsetMinutes = (offsetHour * 60 + offsetMinute) * (text[at] == '-' ? -1 : 1);
        }
        if (year == 0) return RejectReason.TimeRange;
        var seconds = new DateOnly(year, month, day).DayNumber * 86_400L + hour * 3_600 + minute * 60 + second - offsetMinutes * 60L - 62_135_596_800L;
        micros = seconds * UnixMicros.PerSecond + fraction;
        return micros < UnixMicros.Min || micros > UnixMicros.Max ? RejectReason.TimeRange : RejectReason.None;
    }

    /// <summary>Reads the number that <paramref name="reader"/> stands on as milliseconds since 1970; a fraction is kept to the microsecond.</summary>
    internal static RejectReason TryRead(ref Utf8JsonReader reader, out long micros)
    {
        micros = 0;
        if (reader.TryGetInt64(out var millis))
        {
            if (millis is < MillisMin or > MillisMax) return RejectReason.TimeRange;
            micros = millis * 1_000;
            return RejectReason.None;
        }
        if (!reader.TryGetDecimal(out var exact) || exact < MillisMin || exact >= MillisMax + 1) return RejectReason.TimeRange;
        micros = (long)decimal.Floor(exact * 1_000);
        return RejectReason.None;
    }

    /// <summary>The digits at a place, or -1.</summary>
    private static int Number(ReadOnlySpan<byte> text, int start, int length)
    {
        var number = 0;
        foreach (var digit in text.Slice(start, length))
        {
            if (digit is < (byte)'0' or > (byte)'9') return -1;
            number = number * 10 + (digit - '0');
        }
        return number;
    }
}
