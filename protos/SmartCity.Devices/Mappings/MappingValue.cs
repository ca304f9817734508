using System.Globalization;
using System.Text;
using System.Text.Json;
using SmartCity.Devices.Telemetry;

namespace SmartCity.Devices.Mappings;

/// <summary>What a rule makes of a value.</summary>
internal enum MappedType : byte
{
    /// <summary>What it is in the payload.</summary>
    AsSent,
    /// <summary>A number, also one written as a text.</summary>
    Number,
    /// <summary>A text.</summary>
    Text,
    /// <summary>A truth value, also one written as a text.</summary>
    Bool,
}

/// <summary>A value that a rule's <c>values</c> puts in place of a text.</summary>
/// <param name="Kind">Number, text or truth value.</param>
/// <param name="Text">Its digits, text, <c>true</c> or <c>false</c>.</param>
internal readonly record struct FixedValue(JsonValueKind Kind, string Text);

/// <summary>Turns values of a payload into those of readings.</summary>
/// <param name="Type">What they become.</param>
/// <param name="Table">Texts that stand for values; null = none.</param>
/// <param name="Scale">What numbers are multiplied by.</param>
/// <param name="Offset">What is added then.</param>
/// <param name="Divisor">What that is divided by.</param>
/// <param name="Decimal">Decimal mark of numbers that are texts.</param>
internal sealed record MappingValue(MappedType Type, IReadOnlyDictionary<string, FixedValue>? Table, decimal Scale, decimal Offset, decimal Divisor, char Decimal)
{
    private const int DigitsMax = 64;

    /// <summary>Whether a text is a number: <c>[+-]digits[.digits][e[+-]digits]</c>, digits on one side of the point at least.</summary>
    public static bool IsNumber(ReadOnlySpan<char> text)
    {
        if (text is ['+' or '-', .. var unsigned]) text = unsigned;
        var whole = Digits(ref text);
        if (text is ['.', .. var rest])
        {
            text = rest;
            whole += Digits(ref text);
        }
        if (whole == 0) return false;
        if (text is ['e' or 'E', .. var power])
        {
            text = power is ['+' or '-', .. var plain] ? plain : power;
            if (Digits(ref text) == 0) return false;
        }
        return text.IsEmpty;
    }

    /// <summary>Writes what a value becomes.</summary>
    /// <param name="node">The value; it holds no others and is not null.</param>
    /// <param name="writer">Takes it.</param>
    /// <param name="metric">Its metric.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="words">What is wrong with it.</param>
    /// <returns>Why it is of no use; <see cref="RejectReason.None"/> where it is written.</returns>
    public RejectReason Write(PayloadNode node, TelemetryWriter writer, ReadOnlySpan<byte> metric, PayloadLimits limits, out string words)
    {
        words = "is not Unicode (UTF-8 without lone surrogates)";
        if (node.Text is not { } text) return RejectReason.ValueEncoding;
        var kind = node.Kind;
        if (Table is not null)
        {
            words = $"stands for nothing in the mapping's values: {string.Join(", ", Table.Keys.Take(16))}";
            if (!Table.TryGetValue(text, out var meant)) return RejectReason.MappingValue;
            (kind, text) = (meant.Kind, meant.Text);
        }
        switch (Type)
        {
            case MappedType.Number when kind != JsonValueKind.Number:
            {
                words = "is no number; the mapping expects one";
                if (kind != JsonValueKind.String) return RejectReason.MappingValue;
                var plain = Decimal == '.' ? text : text.Contains('.', StringComparison.Ordinal) ? "" : text.Replace(Decimal, '.');
                return IsNumber(plain) ? WriteNumber(plain, false, writer, metric, out words) : RejectReason.MappingValue;
            }
            case MappedType.Bool when kind is not (JsonValueKind.True or JsonValueKind.False):
                words = "is neither true nor false; name what stands for them in the mapping's values";
                if (text is not ("true" or "false")) return RejectReason.MappingValue;
                writer.Add(metric, text == "true");
                return RejectReason.None;
            case MappedType.Text when kind != JsonValueKind.String:
                kind = JsonValueKind.String;
                break;
        }
        switch (kind)
        {
            case JsonValueKind.Number: return WriteNumber(text, true, writer, metric, out words);
            case JsonValueKind.True or JsonValueKind.False: writer.Add(metric, kind == JsonValueKind.True); return RejectReason.None;
        }
        words = $"is longer than {limits.TextBytesMax} bytes";
        if (text.Length > limits.TextBytesMax) return RejectReason.ValueTooLong;
        writer.Add(metric, Encoding.UTF8.GetBytes(text));
        return RejectReason.None;
    }

    private RejectReason WriteNumber(string digits, bool isJson, TelemetryWriter writer, ReadOnlySpan<byte> metric, out string words)
    {
        words = "is beyond the range of a double";
        var isScaled = Scale != 1 || Offset != 0 || Divisor != 1;
        if (isJson && !isScaled && digits.Length <= DigitsMax)
        {
            writer.AddDigits(metric, Encoding.ASCII.GetBytes(digits));
            return RejectReason.None;
        }
        // Numbers as sensors send them are reckoned with exactly; 214 tenths are 21.4 and not 21.400000000000002.
        if (isScaled && digits.Length <= 18 && digits.AsSpan().IndexOfAny('e', 'E') < 0 && Math.Abs(Scale) <= 1e9m && Math.Abs(Offset) <= 1e15m && Divisor >= 1e-9m && Math.Abs(Scale / Divisor) is >= 1e-6m and <= 1e9m)
        {
            var exact = (decimal.Parse(digits, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * Scale + Offset) / Divisor;
            writer.AddDigits(metric, Encoding.ASCII.GetBytes(exact.ToString(CultureInfo.InvariantCulture)));
            return RejectReason.None;
        }
        var number = (double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture) * (double)Scale + (double)Offset) / (double)Divisor;
        if (!double.IsFinite(number)) return RejectReason.ValueOverflow;
        writer.Add(metric, number);
        return RejectReason.None;
    }

    private static int Digits(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        var count = end < 0 ? text.Length : end;
        text = text[count..];
        return count;
    }
}
