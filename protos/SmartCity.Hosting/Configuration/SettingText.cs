using System.Globalization;

namespace SmartCity.Hosting.Configuration;

/// <summary>Reads the text of one value as the type of its setting.</summary>
internal static class SettingText
{
    /// <summary>Units of time, longest name first so that <c>ms</c> is not read as <c>m</c> and <c>s</c>.</summary>
    private static readonly (string Unit, double Seconds)[] _times = [("ms", 0.001), ("us", 1e-6), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];
    private static readonly (string Unit, long Bytes)[] _sizes = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("B", 1)];

    public static bool IsScalar(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type == typeof(bool) || type == typeof(TimeSpan) || type == typeof(Uri) || type.IsEnum
            || type == typeof(int) || type == typeof(long) || type == typeof(uint) || type == typeof(ulong) || type == typeof(short) || type == typeof(ushort)
            || type == typeof(byte) || type == typeof(double) || type == typeof(float) || type == typeof(decimal);
    }

    /// <summary>Null when read; else what the value should have been.</summary>
    public static string? TryRead(string text, Type type, string name, out object? value)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        value = null;
        if (type == typeof(string)) value = text;
        else if (type == typeof(bool)) return bool.TryParse(text, out var flag) ? Take(flag, out value) : "true or false is needed";
        else if (type == typeof(TimeSpan)) return TryTime(text, out var time) ? Take(time, out value) : TimeIsNeeded(text);
        else if (type == typeof(Uri)) return Uri.TryCreate(text, UriKind.Absolute, out var uri) ? Take(uri, out value) : "an absolute address is needed, e.g. https://host:8443";
        else if (type.IsEnum) return TryEnum(text, type, out value) ? null : $"one of {string.Join(", ", Enum.GetNames(type).Select(KebabOf))} is needed";
        else if (type == typeof(double) || type == typeof(float) || type == typeof(decimal))
            return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? Take(Convert.ChangeType(number, type, CultureInfo.InvariantCulture), out value) : "a number is needed";
        else return TryWhole(text, type, name, out value);
        return null;
    }

    /// <summary>A span such as <c>250ms</c>, <c>5s</c>, <c>1.5h</c>, <c>7d</c> or <c>00:05:00</c>. A bare number has no unit and is refused.</summary>
    public static bool TryTime(string text, out TimeSpan time)
    {
        text = text.Trim();
        if (text.Contains(':', StringComparison.Ordinal)) return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out time);
        foreach (var (unit, seconds) in _times)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (!double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count)) break;
            // Written so that what is no number is refused too: double.TryParse takes NaN whatever it is told.
            if (!(Math.Abs(count * seconds) <= TimeSpan.MaxValue.TotalSeconds - 1)) break;
            time = TimeSpan.FromTicks((long)Math.Round(count * seconds * TimeSpan.TicksPerSecond));
            return true;
        }
        time = default;
        return false;
    }

    private static string TimeIsNeeded(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? $"a time needs its unit: {text}ms, {text}s, {text}m, {text}h or {text}d"
            : "a time is needed, e.g. 250ms, 5s, 10m, 1h, 7d or 00:05:00";

    private static string? TryWhole(string text, Type type, string name, out object? value)
    {
        value = null;
        var isSize = name.Contains("Bytes", StringComparison.Ordinal);
        var factor = 1L;
        if (isSize && _sizes.FirstOrDefault(size => text.EndsWith(size.Unit, StringComparison.Ordinal)) is { Unit: { } unit, Bytes: var bytes })
        {
            factor = bytes;
            text = text[..^unit.Length].TrimEnd();
        }
        var least = Convert.ToDecimal(type.GetField("MinValue")!.GetValue(null), CultureInfo.InvariantCulture);
        var most = Convert.ToDecimal(type.GetField("MaxValue")!.GetValue(null), CultureInfo.InvariantCulture);
        // Nineteen digits times a TiB still fit a decimal.
        if (text.Length > 20 || !decimal.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return isSize ? "a number of bytes is needed, e.g. 65536, 64KiB or 8GiB" : "a whole number is needed";
        number *= factor;
        return number >= least && number <= most ? Take(Convert.ChangeType(number, type, CultureInfo.InvariantCulture), out value)
            : $"a whole number from {least.ToString(CultureInfo.InvariantCulture)} to {most.ToString(CultureInfo.InvariantCulture)} is needed";
    }

    /// <summary>Takes the name as written in code or with hyphens; never a number, which would name no choice.</summary>
    private static bool TryEnum(string text, Type type, out object? value)
    {
        var name = text.Replace("-", "", StringComparison.Ordinal);
        value = null;
        return name.Length > 0 && char.IsLetter(name[0]) && Enum.TryParse(type, name, ignoreCase: true, out value) && Enum.IsDefined(type, value);
    }

    /// <summary><c>ExpireOldest</c> as it is written in settings: <c>expire-oldest</c>.</summary>
    public static string KebabOf(string name) =>
        string.Concat(name.Select((letter, i) => char.IsUpper(letter) && i > 0 ? "-" + char.ToLowerInvariant(letter) : char.ToLowerInvariant(letter).ToString()));

    private static string? Take(object taken, out object? value)
    {
        value = taken;
        return null;
    }
}
