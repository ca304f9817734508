using System.Globalization;

namespace SmartCity.Cloud.Pipelines.Alarms.Conditions;

/// <summary>What a part of a condition comes to: a number, a truth value, a text, or unknown, which makes unknown whatever depends on it.</summary>
internal readonly struct Operand
{
    private enum Kind : byte { Unknown, Number, Truth, Text }

    private readonly Kind _kind;
    private readonly double _number;
    private readonly string? _text;

    private Operand(Kind kind, double number, string? text) => (_kind, _number, _text) = (kind, number, text);

    public static Operand Unknown => default;

    /// <summary>A number; one that is none (NaN) is unknown.</summary>
    public static Operand Of(double number) => double.IsNaN(number) ? default : new(Kind.Number, number, null);

    public static Operand Of(bool truth) => new(Kind.Truth, truth ? 1 : 0, null);

    public static Operand Of(bool? truth) => truth is { } known ? Of(known) : default;

    public static Operand Of(string text) => new(Kind.Text, 0, text);

    /// <summary>As a number: truth values are 1 and 0; null for a text and the unknown.</summary>
    public double? Number => _kind is Kind.Number or Kind.Truth ? _number : null;

    /// <summary>As a truth value: a number is true unless it is 0; null for a text and the unknown.</summary>
    public bool? Truth => _kind is Kind.Number or Kind.Truth ? _number != 0 : null;

    /// <summary>Compares; null where one is unknown, or a text meets a number.</summary>
    public static int? Compare(Operand left, Operand right) =>
        left._kind == Kind.Text && right._kind == Kind.Text ? string.CompareOrdinal(left._text, right._text)
        : left.Number is { } one && right.Number is { } other ? one.CompareTo(other)
        : null;

    public override string ToString() => _kind switch { Kind.Text => _text!, Kind.Unknown => "?", _ => _number.ToString("R", CultureInfo.InvariantCulture) };
}
