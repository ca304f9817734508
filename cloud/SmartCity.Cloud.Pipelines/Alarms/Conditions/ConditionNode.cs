namespace SmartCity.Cloud.Pipelines.Alarms.Conditions;

/// <summary>A part of a condition. <c>places</c> says where each series that the condition names stands among those of its rule.</summary>
internal abstract class ConditionNode
{
    public abstract Operand Evaluate(IConditionInputs inputs, int[] places);
}

internal sealed class ConstantNode(Operand value) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places) => value;
}

internal sealed class SeriesNode(int series) : ConditionNode
{
    public int Series => series;

    public override Operand Evaluate(IConditionInputs inputs, int[] places) =>
        inputs.Series(places[series]) is { } memory && memory.Time >= inputs.Now - inputs.FreshFor ? memory.Value : Operand.Unknown;
}

internal sealed class AndNode(ConditionNode left, ConditionNode right) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places)
    {
        var one = left.Evaluate(inputs, places).Truth;
        if (one == false) return Operand.Of(false);
        var other = right.Evaluate(inputs, places).Truth;
        return other == false ? Operand.Of(false) : one == true && other == true ? Operand.Of(true) : Operand.Unknown;
    }
}

internal sealed class OrNode(ConditionNode left, ConditionNode right) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places)
    {
        var one = left.Evaluate(inputs, places).Truth;
        if (one == true) return Operand.Of(true);
        var other = right.Evaluate(inputs, places).Truth;
        return other == true ? Operand.Of(true) : one == false && other == false ? Operand.Of(false) : Operand.Unknown;
    }
}

internal sealed class NotNode(ConditionNode inner) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places) => inner.Evaluate(inputs, places).Truth is { } truth ? Operand.Of(!truth) : Operand.Unknown;
}

internal enum Comparison
{
    Less,
    AtMost,
    Greater,
    AtLeast,
    Same,
    Other,
}

internal sealed class CompareNode(Comparison comparison, ConditionNode left, ConditionNode right) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places)
    {
        if (Operand.Compare(left.Evaluate(inputs, places), right.Evaluate(inputs, places)) is not { } order) return Operand.Unknown;
        return Operand.Of(comparison switch
        {
            Comparison.Less => order < 0, Comparison.AtMost => order <= 0, Comparison.Greater => order > 0, Comparison.AtLeast => order >= 0, Comparison.Same => order == 0, _ => order != 0,
        });
    }
}

internal sealed class ArithmeticNode(char sign, ConditionNode left, ConditionNode right) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places)
    {
        if (left.Evaluate(inputs, places).Number is not { } one || right.Evaluate(inputs, places).Number is not { } other) return Operand.Unknown;
        return sign == '/' && other == 0 ? Operand.Unknown : Operand.Of(sign switch { '+' => one + other, '-' => one - other, '*' => one * other, _ => one / other });
    }
}

internal sealed class AbsoluteNode(ConditionNode inner) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places) => inner.Evaluate(inputs, places).Number is { } number ? Operand.Of(Math.Abs(number)) : Operand.Unknown;
}

internal sealed class RateNode(int series, long window) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places) => inputs.Series(places[series])?.Rate(window) ?? Operand.Unknown;
}

internal sealed class WindowNode(int series, long window, WindowFunction function) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places) => inputs.Series(places[series])?.Fold(window, function) ?? Operand.Unknown;
}

/// <summary>
/// Judged by when the gateway was last heard: if the gateway itself is gone, its devices are not to be blamed. Where nobody could have been heard, nothing is known:
/// what is missed stays missed.
/// </summary>
internal sealed class NoDataNode(int series, long after) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places)
    {
        if (inputs.Series(places[series]) is not { IsKnown: true } memory) return Operand.Unknown;
        if (inputs.Now - memory.Time < after) return Operand.Of(false);
        return Math.Min(inputs.Now, inputs.HeardUntil) - Math.Max(memory.Time, inputs.JudgedFrom) >= after ? Operand.Of(true) : Operand.Unknown;
    }
}

internal sealed class SilentNode : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places) => Operand.Of(inputs.IsSilent);
}

internal sealed class FlaggedNode(int series) : ConditionNode
{
    private const Model.ReadingQuality Doubtful = Model.ReadingQuality.OutOfRange | Model.ReadingQuality.Stuck | Model.ReadingQuality.Rate;

    public override Operand Evaluate(IConditionInputs inputs, int[] places) =>
        inputs.Series(places[series]) is { IsKnown: true } memory ? Operand.Of((memory.Quality & Doubtful) != 0) : Operand.Unknown;
}

internal sealed class NeighboursNode(int series) : ConditionNode
{
    public override Operand Evaluate(IConditionInputs inputs, int[] places) => inputs.Neighbours(places[series]);
}
