using System.Globalization;
using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Alarms.Conditions;

/// <summary>Reads a <see cref="Condition"/> by the grammar that stands there, by recursive descent.</summary>
internal sealed class ConditionParser(string text)
{
    /// <summary>Parts within parts at most, so that no text takes the stack away.</summary>
    private const int DepthMax = 64;
    private const long WindowMax = 7 * UnixMicros.PerDay;
    private static readonly string[] _functions = ["rate", "avg", "min", "max", "nodata", "silent", "flagged", "neighbours", "abs"];
    /// <summary>Longer signs before those that they begin with.</summary>
    private static readonly (string Sign, Comparison Comparison)[] _comparisons =
    [
        ("<=", Comparison.AtMost), (">=", Comparison.AtLeast), ("!=", Comparison.Other), ("<>", Comparison.Other), ("==", Comparison.Same), ("<", Comparison.Less), (">", Comparison.Greater), ("=", Comparison.Same),
    ];
    private static readonly string[] _words = ["and", "or", "not", "true", "false"];

    private readonly List<SeriesRef> _series = [];
    private readonly List<long> _windows = [];
    private readonly List<(int Series, long After)> _noData = [];
    private bool _asksSilence, _asksNeighbours;
    private int _at, _depth;

    public Condition Parse()
    {
        if (text.Length > Condition.LengthMax) throw new ConditionException($"A condition has at most {Condition.LengthMax} characters; this one has {text.Length}.");
        if (string.IsNullOrWhiteSpace(text)) throw new ConditionException("A condition is needed, e.g. pm25 > 75.");
        var root = Or();
        Skip();
        if (_at < text.Length) throw Wrong($"\"{Rest()}\" is not expected here; and, or, a comparison or the end is.");
        return new Condition(text, root, _series, _windows, _noData, _asksSilence, _asksNeighbours);
    }

    private ConditionNode Or()
    {
        var left = And();
        while (Word("or")) left = new OrNode(left, And());
        return left;
    }

    private ConditionNode And()
    {
        var left = Not();
        while (Word("and")) left = new AndNode(left, Not());
        return left;
    }

    private ConditionNode Not()
    {
        if (!Word("not")) return Compare();
        Deeper();
        var inner = Not();
        _depth--;
        return new NotNode(inner);
    }

    private ConditionNode Compare()
    {
        var left = Sum();
        foreach (var (sign, comparison) in _comparisons)
            if (Sign(sign)) return new CompareNode(comparison, left, Sum());
        return left;
    }

    private ConditionNode Sum()
    {
        var left = Product();
        while (true)
        {
            if (Sign("+")) left = new ArithmeticNode('+', left, Product());
            else if (Sign("-")) left = new ArithmeticNode('-', left, Product());
            else return left;
        }
    }

    private ConditionNode Product()
    {
        var left = Factor();
        while (true)
        {
            if (Sign("*")) left = new ArithmeticNode('*', left, Factor());
            else if (Sign("/")) left = new ArithmeticNode('/', left, Factor());
            else return left;
        }
    }

    private ConditionNode Factor()
    {
        Skip();
        if (_at == text.Length) throw Wrong("a value is missing: a number, a 'text', a metric or a function.");
        if (Sign("-"))
        {
            Deeper();
            var inner = Factor();
            _depth--;
            return new ArithmeticNode('-', new ConstantNode(Operand.Of(0d)), inner);
        }
        if (Sign("("))
        {
            Deeper();
            var inner = Or();
            _depth--;
            Expect(")");
            return inner;
        }
        if (char.IsAsciiDigit(text[_at])) return new ConstantNode(Operand.Of(Number()));
        if (text[_at] == '\'') return new ConstantNode(Operand.Of(Quoted()));
        if (text[_at] == '{') return new SeriesNode(Place(Braced()));
        var start = _at;
        var name = Name();
        if (name is "true" or "false") return new ConstantNode(Operand.Of(name == "true"));
        if (_words.Contains(name)) throw new ConditionException($"\"{name}\" is not expected here; a value is.", start + 1);
        if (!Sign("(")) return new SeriesNode(Place(new SeriesRef(null, name)));
        return Function(name, start);
    }

    private ConditionNode Function(string name, int start)
    {
        Deeper();
        ConditionNode node;
        switch (name)
        {
            case "silent":
                _asksSilence = true;
                node = new SilentNode();
                break;
            case "abs":
                node = new AbsoluteNode(Sum());
                break;
            case "rate":
                var rated = Place(Series());
                // Without a span: between the newest two readings that lie within an hour.
                node = new RateNode(rated, Look(rated, Sign(",") ? Span() : 3_600 * UnixMicros.PerSecond));
                break;
            case "avg" or "min" or "max":
                var folded = Place(Series());
                Expect(",");
                node = new WindowNode(folded, Look(folded, Span()), name switch { "avg" => WindowFunction.Average, "min" => WindowFunction.Least, _ => WindowFunction.Greatest });
                break;
            case "nodata":
                var missed = Place(Series());
                Expect(",");
                var after = Span();
                _noData.Add((missed, after));
                node = new NoDataNode(missed, after);
                break;
            case "flagged":
                node = new FlaggedNode(Place(Series()));
                break;
            case "neighbours":
                var series = Series();
                if (series.Device is not null) throw new ConditionException("neighbours takes a metric of the alarm's own device.", start + 1);
                _asksNeighbours = true;
                node = new NeighboursNode(Place(series));
                break;
            default:
                throw new ConditionException($"there is no function {name}; known are {string.Join(", ", _functions)}.", start + 1);
        }
        Expect(")");
        _depth--;
        return node;
    }

    private SeriesRef Series()
    {
        Skip();
        if (_at < text.Length && text[_at] == '{') return Braced();
        var start = _at;
        var name = Name();
        return _words.Contains(name) ? throw new ConditionException($"\"{name}\" is no metric; one of that name is written in braces: {{{name}}}.", start + 1) : new SeriesRef(null, name);
    }

    private SeriesRef Braced()
    {
        var start = _at;
        var end = text.IndexOf('}', _at);
        if (end < 0) throw Wrong("the closing } is missing.");
        var inner = text[(_at + 1)..end].Trim();
        _at = end + 1;
        var slash = inner.IndexOf('/');
        if (inner.Length == 0 || slash == 0 || slash == inner.Length - 1) throw new ConditionException("a series is written {metric} or {device/metric}.", start + 1);
        return slash < 0 ? new SeriesRef(null, inner) : new SeriesRef(inner[..slash], inner[(slash + 1)..]);
    }

    private string Name()
    {
        Skip();
        var start = _at;
        while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] is '_' or '.')) _at++;
        if (_at == start) throw Wrong($"\"{Rest()}\" is not expected here; a number, a 'text', a metric or a function is. A metric with other characters than letters, digits, _ and . is written in braces, e.g. {{no2-raw}}.");
        return text[start.._at];
    }

    private double Number()
    {
        var start = _at;
        while (_at < text.Length && (char.IsAsciiDigit(text[_at]) || text[_at] is '.' or 'e' or 'E' || (text[_at] is '+' or '-' && text[_at - 1] is 'e' or 'E'))) _at++;
        if (_at < text.Length && char.IsLetter(text[_at])) throw new ConditionException($"\"{text[start..Math.Min(text.Length, _at + 1)]}\" is no number; units are not written, the series' own are meant.", start + 1);
        return double.TryParse(text.AsSpan(start, _at - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number : throw new ConditionException($"\"{text[start.._at]}\" is no number.", start + 1);
    }

    private string Quoted()
    {
        var end = text.IndexOf('\'', _at + 1);
        if (end < 0) throw Wrong("the closing ' is missing.");
        var inner = text[(_at + 1)..end];
        _at = end + 1;
        return inner;
    }

    private long Span()
    {
        Skip();
        var start = _at;
        while (_at < text.Length && (char.IsAsciiDigit(text[_at]) || text[_at] == '.')) _at++;
        var unit = _at < text.Length ? text[_at] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 0 } : 0;
        if (unit == 0 || !double.TryParse(text.AsSpan(start, _at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || !(number > 0) || number * unit * UnixMicros.PerSecond > WindowMax)
            throw new ConditionException("a span of time up to 7d is needed: a number with s, m, h or d, e.g. 10m.", start + 1);
        _at++;
        return (long)(number * unit * UnixMicros.PerSecond);
    }

    private int Place(SeriesRef series)
    {
        var place = _series.IndexOf(series);
        if (place >= 0) return place;
        if (_series.Count == Condition.SeriesMax) throw Wrong($"a condition names at most {Condition.SeriesMax} series.");
        _series.Add(series);
        _windows.Add(0);
        return _series.Count - 1;
    }

    private long Look(int place, long window)
    {
        _windows[place] = Math.Max(_windows[place], window);
        return window;
    }

    private bool Sign(string sign)
    {
        Skip();
        if (string.CompareOrdinal(text, _at, sign, 0, sign.Length) != 0) return false;
        _at += sign.Length;
        return true;
    }

    private bool Word(string word)
    {
        Skip();
        if (string.Compare(text, _at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) != 0) return false;
        var end = _at + word.Length;
        if (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '_' or '.')) return false;
        _at = end;
        return true;
    }

    private void Expect(string sign)
    {
        if (!Sign(sign)) throw Wrong($"\"{sign}\" is missing{(_at < text.Length ? $" before \"{Rest()}\"" : "")}.");
    }

    private void Deeper()
    {
        if (++_depth > DepthMax) throw Wrong($"at most {DepthMax} parentheses stand within each other.");
    }

    private void Skip()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
    }

    private string Rest() => _at >= text.Length ? "" : text.Length - _at > 20 ? $"{text.AsSpan(_at, 20)}…" : text[_at..];

    private ConditionException Wrong(string what) => new(what, _at + 1);
}
