using System.Globalization;
using System.Text.Json;
using SmartCity.Model;

namespace SmartCity.Devices.Mappings;

/// <summary>How a mapping finds the time of readings.</summary>
/// <param name="Pointers">Where it stands; texts from several places are joined by a space.</param>
/// <param name="Formats">How it may be written: <see cref="Words"/> or patterns such as <c>dd.MM.yyyy HH:mm:ss</c>.</param>
/// <param name="Zone">Zone of times without an offset; null = the gateway's.</param>
internal sealed record MappingTime(IReadOnlyList<Pointer> Pointers, IReadOnlyList<string> Formats, TimeZoneInfo? Zone)
{
    /// <summary>Formats that have a name.</summary>
    public static readonly string[] Words = ["rfc3339", "local", "s", "ms", "us", "ns"];

    /// <summary>Whether a format is a count of units since 1970.</summary>
    public static bool IsCount(string format) => format is "s" or "ms" or "us" or "ns";

    /// <summary>Reads a time.</summary>
    /// <param name="text">The text, or the number's digits.</param>
    /// <param name="kind">What it is in the payload.</param>
    /// <param name="zone">Zone of times without an offset, if the mapping names none.</param>
    /// <param name="micros">The time, µs since 1970 UTC.</param>
    /// <returns><see cref="RejectReason.None"/>, <see cref="RejectReason.TimeFormat"/> or <see cref="RejectReason.TimeRange"/>. Never throws.</returns>
    public RejectReason TryRead(string text, JsonValueKind kind, TimeZoneInfo zone, out long micros)
    {
        micros = 0;
        var reason = RejectReason.TimeFormat;
        foreach (var format in Formats)
        {
            // Nothing is guessed: a number is a time only where the mapping names its unit.
            if (kind == JsonValueKind.Number && !IsCount(format)) continue;
            var found = format switch
            {
                "rfc3339" => Rfc3339(text, out micros),
                "local" => Rfc3339(text + "Z", out micros) is not RejectReason.None and var wrong ? wrong : ToUtc(ref micros, Zone ?? zone),
                "s" or "ms" or "us" or "ns" => Count(text, format, out micros),
                _ => Pattern(text, format, Zone ?? zone, out micros),
            };
            if (found == RejectReason.None) return found;
            if (found == RejectReason.TimeRange) reason = found;
        }
        return reason;
    }

    private static RejectReason Rfc3339(string text, out long micros)
    {
        Span<byte> bytes = stackalloc byte[64];
        micros = 0;
        return text.Length <= bytes.Length && System.Text.Ascii.FromUtf16(text, bytes, out var length) == System.Buffers.OperationStatus.Done ? DeviceTime.TryParse(bytes[..length], out micros) : RejectReason.TimeFormat;
    }

    private static RejectReason Count(string text, string unit, out long micros)
    {
        micros = 0;
        if (text.Length > 40 || !decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var count))
            return MappingValue.IsNumber(text) ? RejectReason.TimeRange : RejectReason.TimeFormat;
        // Beyond any year even in nanoseconds, and small enough to be multiplied.
        if (Math.Abs(count) > 1e21m) return RejectReason.TimeRange;
        var exact = decimal.Floor(unit switch { "s" => count * 1_000_000, "ms" => count * 1_000, "us" => count, _ => count / 1_000 });
        if (exact < UnixMicros.Min || exact > UnixMicros.Max) return RejectReason.TimeRange;
        micros = (long)exact;
        return RejectReason.None;
    }

    private static RejectReason Pattern(string text, string format, TimeZoneInfo zone, out long micros)
    {
        micros = 0;
        if (format.Contains('z', StringComparison.Ordinal))
        {
            if (!DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var exact)) return RejectReason.TimeFormat;
            micros = UnixMicros.From(exact);
            return RejectReason.None;
        }
        if (!DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return RejectReason.TimeFormat;
        micros = UnixMicros.From(new DateTimeOffset(local, TimeSpan.Zero));
        return ToUtc(ref micros, zone);
    }

    /// <summary>From a local time. One that comes twice is the first; one that the zone leaves out when its clocks go forward is none.</summary>
    private static RejectReason ToUtc(ref long micros, TimeZoneInfo zone)
    {
        var local = UnixMicros.ToTime(micros).DateTime;
        if (zone.IsInvalidTime(local)) return RejectReason.TimeRange;
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        micros -= offset.Ticks / 10;
        return micros < UnixMicros.Min || micros > UnixMicros.Max ? RejectReason.TimeRange : RejectReason.None;
    }
}
