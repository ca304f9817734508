namespace SmartCity.Devices.Mappings;

/// <summary>
/// Linear conversions between units that devices of a city send, under the names of RFC 8428 section 12.1, RFC 8798 and UCUM. Units that do not stand here are taken by a rule's own
/// <c>scale</c> and <c>offset</c>.
/// </summary>
internal static class UnitConversion
{
    /// <summary>To the first unit of its quantity: (value × Scale + Offset) / Divisor, each exact.</summary>
    private static readonly Dictionary<string, (string Quantity, decimal Scale, decimal Offset, decimal Divisor)> _units = new(StringComparer.Ordinal)
    {
        ["Cel"] = ("temperature", 1, 0, 1), ["K"] = ("temperature", 1, -273.15m, 1), ["degF"] = ("temperature", 5, -160, 9),
        ["Pa"] = ("pressure", 1, 0, 1), ["hPa"] = ("pressure", 100, 0, 1), ["kPa"] = ("pressure", 1_000, 0, 1), ["mbar"] = ("pressure", 100, 0, 1), ["bar"] = ("pressure", 100_000, 0, 1),
        ["mmHg"] = ("pressure", 133.322387415m, 0, 1), ["inHg"] = ("pressure", 3_386.388640341m, 0, 1),
        ["m"] = ("length", 1, 0, 1), ["mm"] = ("length", 0.001m, 0, 1), ["cm"] = ("length", 0.01m, 0, 1), ["km"] = ("length", 1_000, 0, 1), ["ft"] = ("length", 0.3048m, 0, 1), ["in"] = ("length", 0.0254m, 0, 1),
        ["m/s"] = ("speed", 1, 0, 1), ["km/h"] = ("speed", 10, 0, 36), ["mi/h"] = ("speed", 0.44704m, 0, 1), ["kn"] = ("speed", 1_852, 0, 3_600),
        ["J"] = ("energy", 1, 0, 1), ["Wh"] = ("energy", 3_600, 0, 1), ["kWh"] = ("energy", 3_600_000, 0, 1),
        ["W"] = ("power", 1, 0, 1), ["mW"] = ("power", 0.001m, 0, 1), ["kW"] = ("power", 1_000, 0, 1),
        ["V"] = ("voltage", 1, 0, 1), ["mV"] = ("voltage", 0.001m, 0, 1), ["A"] = ("current", 1, 0, 1), ["mA"] = ("current", 0.001m, 0, 1),
        ["kg/m3"] = ("concentration by mass", 1, 0, 1), ["g/m3"] = ("concentration by mass", 0.001m, 0, 1), ["mg/m3"] = ("concentration by mass", 0.000_001m, 0, 1), ["ug/m3"] = ("concentration by mass", 0.000_000_001m, 0, 1),
        ["/"] = ("ratio", 1, 0, 1), ["%"] = ("ratio", 0.01m, 0, 1), ["ppm"] = ("ratio", 0.000_001m, 0, 1), ["ppb"] = ("ratio", 0.000_000_001m, 0, 1),
        ["s"] = ("time", 1, 0, 1), ["ms"] = ("time", 0.001m, 0, 1), ["min"] = ("time", 60, 0, 1), ["h"] = ("time", 3_600, 0, 1), ["d"] = ("time", 86_400, 0, 1),
        ["m3"] = ("volume", 1, 0, 1), ["l"] = ("volume", 0.001m, 0, 1), ["L"] = ("volume", 0.001m, 0, 1),
    };

    /// <summary>How values of one unit become values of another: (value × scale + offset) / divisor.</summary>
    /// <returns>What is wrong; null where nothing is.</returns>
    public static string? TryFind(string from, string to, out decimal scale, out decimal offset, out decimal divisor)
    {
        (scale, offset, divisor) = (1, 0, 1);
        foreach (var unit in (string[])[from, to])
            if (!_units.ContainsKey(unit)) return $"\"{unit}\" is no unit that can be converted; use scale and offset, or one of {string.Join(' ', _units.Keys)}.";
        var (source, target) = (_units[from], _units[to]);
        if (source.Quantity != target.Quantity) return $"{from} is a {source.Quantity} and {to} a {target.Quantity}; name two units of one quantity.";
        (scale, divisor) = (source.Scale * target.Divisor, source.Divisor * target.Scale);
        offset = source.Offset * target.Divisor - target.Offset * source.Divisor;
        return null;
    }
}
