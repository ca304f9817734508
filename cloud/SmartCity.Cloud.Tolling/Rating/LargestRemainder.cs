namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>Splits an amount so that the parts add up to it.</summary>
public static class LargestRemainder
{
    /// <summary>Each part is its weight's share, rounded down; what is left goes one by one to the largest remainders, of equal ones to the first.</summary>
    /// <param name="amount">Minor units, at least 0.</param>
    /// <param name="weights">At least one above 0, none below.</param>
    /// <returns>Parts in the order of the weights.</returns>
    public static long[] Split(long amount, IReadOnlyList<long> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        if (weights.Any(weight => weight < 0)) throw new ArgumentException("A weight is at least 0.");
        Int128 whole = 0;
        foreach (var weight in weights) whole += weight;
        if (whole == 0) throw new ArgumentException("No weight is above 0.");
        var parts = weights.Select(weight => (long)((Int128)amount * weight / whole)).ToArray();
        var left = amount - parts.Sum();
        foreach (var i in Enumerable.Range(0, parts.Length).OrderByDescending(i => (Int128)amount * weights[i] % whole).Take((int)left)) parts[i]++;
        return parts;
    }
}
