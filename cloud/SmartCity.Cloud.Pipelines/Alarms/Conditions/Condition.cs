namespace SmartCity.Cloud.Pipelines.Alarms.Conditions;

/// <summary>
/// A condition over series, e.g. <c>pm25 &gt; 75 and rate(pm25, 10m) &gt; 0</c>. Three-valued: what is not known makes unknown what depends on it, and a rule
/// holds its state while its condition is unknown.
/// </summary>
/// <remarks>
/// <code>
/// or      = and { "or" and }
/// and     = not { "and" not }
/// not     = "not" not | compare
/// compare = sum [ ("&lt;" | "&lt;=" | "&gt;" | "&gt;=" | "=" | "!=") sum ]
/// sum     = product { ("+" | "-") product }
/// product = factor { ("*" | "/") factor }
/// factor  = number | 'text' | "true" | "false" | series | function "(" … ")" | "-" factor | "(" or ")"
/// series  = name | "{" [ device "/" ] metric "}"
/// span    = number ("s" | "m" | "h" | "d")
/// </code>
/// Functions: <c>rate(series[, span])</c> change a second; <c>avg</c>, <c>min</c>, <c>max</c>(series, span); <c>nodata(series, span)</c>; <c>silent()</c>;
/// <c>flagged(series)</c>; <c>neighbours(metric)</c>; <c>abs(number)</c>.
/// </remarks>
public sealed class Condition
{
    /// <summary>Most characters.</summary>
    public const int LengthMax = 2_000;
    /// <summary>Most series that it may name.</summary>
    public const int SeriesMax = 32;

    internal Condition(string text, ConditionNode root, IReadOnlyList<SeriesRef> series, IReadOnlyList<long> windows, IReadOnlyList<(int Series, long After)> noData, bool asksSilence, bool asksNeighbours) =>
        (Text, Root, Series, Windows, NoData, AsksSilence, AsksNeighbours) = (text, root, series, windows, noData, asksSilence, asksNeighbours);

    /// <summary>The text that it was read from.</summary>
    public string Text { get; }
    /// <summary>The series that it names, each once.</summary>
    public IReadOnlyList<SeriesRef> Series { get; }
    /// <summary>Whether it asks for silence.</summary>
    public bool AsksSilence { get; }
    /// <summary>Whether it compares with neighbours.</summary>
    public bool AsksNeighbours { get; }
    /// <summary>How far it looks back at each of <see cref="Series"/>, µs.</summary>
    internal IReadOnlyList<long> Windows { get; }
    /// <summary>The times without data that it asks for, by place in <see cref="Series"/>, µs.</summary>
    internal IReadOnlyList<(int Series, long After)> NoData { get; }
    internal ConditionNode Root { get; }

    /// <summary>Reads a condition.</summary>
    /// <exception cref="ConditionException">It cannot be read.</exception>
    public static Condition Parse(string text) => new ConditionParser(text).Parse();

    internal bool? Holds(IConditionInputs inputs, int[] places) => Root.Evaluate(inputs, places).Truth;

    /// <inheritdoc/>
    public override string ToString() => Text;
}
