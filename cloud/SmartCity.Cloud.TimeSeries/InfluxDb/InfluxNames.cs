using System.Globalization;
using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>
/// How series and fields are called in InfluxDB: the measurement is the metric, the tag <c>device</c> the device, the value's field is named by its kind.
/// </summary>
/// <remarks>
/// Line protocol cannot spell every name (a line break, a backslash at the end, <c>#</c> at the start), so in names the bytes up to the blank and
/// <c>" # % ' , = \</c> and DEL stand as %XX, and nothing needs an escape, neither there nor in InfluxQL. Two measurements of the store's own
/// begin with a % that no metric's name can.
/// </remarks>
internal static class InfluxNames
{
    /// <summary>Whose readings the database holds: one point with the id of the store.</summary>
    public const string OwnerMeasurement = "%store";

    /// <summary>The devices' own times where the gateway's stands in.</summary>
    public const string RepairMeasurement = "%time_repairs";

    /// <summary>Least and greatest event time, µs, that InfluxDB's nanoseconds hold, each a whole day inside.</summary>
    public static readonly long TimeMin = long.MinValue / 1000 + UnixMicros.PerDay, TimeMax = long.MaxValue / 1000 - UnixMicros.PerDay;

    public static string FieldOf(ValueKind kind) => kind switch
    {
        ValueKind.Double => "value",
        ValueKind.Int64 => "int",
        ValueKind.Bool => "bool",
        _ => "text",
    };

    public static string Encode(string name)
    {
        if (name.AsSpan().IndexOfAny(_encoded) < 0) return name;
        var text = new StringBuilder(name.Length + 8);
        foreach (var c in name)
        {
            if (_encoded.Contains(c)) text.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
            else text.Append(c);
        }
        return text.ToString();
    }

    public static string Decode(string name)
    {
        if (!name.Contains('%', StringComparison.Ordinal)) return name;
        var text = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == '%' && i + 2 < name.Length && byte.TryParse(name.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                text.Append((char)code);
                i += 2;
            }
            else text.Append(name[i]);
        }
        return text.ToString();
    }

    /// <summary>What stands before the fields in each line of a series.</summary>
    public static byte[] PrefixOf(SeriesKey series) => Encoding.UTF8.GetBytes($"{Encode(series.Metric)},device={Encode(series.Device)} ");

    /// <summary>The FROM and the WHERE of a series and a range; the times are cut to what InfluxDB holds.</summary>
    public static string Of(SeriesKey series, long from, long to) => string.Create(CultureInfo.InvariantCulture,
        $"FROM \"{Encode(series.Metric)}\" WHERE \"device\" = '{Encode(series.Device)}' AND time >= {Math.Clamp(from, TimeMin, TimeMax)}u AND time < {Math.Clamp(to, TimeMin, TimeMax)}u");

    private static readonly System.Buffers.SearchValues<char> _encoded =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 0x21).Select(code => (char)code), '"', '#', '%', '\'', ',', '=', '\\', '\x7f']);
}
