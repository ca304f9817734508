using System.Globalization;
using System.Text.Json;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>How often each fault happens.</summary>
internal sealed class CorridorFaults
{
    /// <summary>Usual share and what it is a share of, in the order of the faults.</summary>
    private static readonly (CorridorFault Fault, double Usual, string Of)[] _all =
    [
        (CorridorFault.TagMissed, 0.01, "tag reads"),
        (CorridorFault.TagNeighbour, 0.02, "tag reads"),
        (CorridorFault.TagNeighbourOnly, 0.002, "tag reads"),
        (CorridorFault.TagClass, 0.002, "tagged vehicles"),
        (CorridorFault.PlateMisread, 0.01, "plate reads"),
        (CorridorFault.PlateUnread, 0.01, "plate reads"),
        (CorridorFault.PlateWeak, 0.01, "plate reads"),
        (CorridorFault.PlateMissed, 0.01, "plate reads"),
        (CorridorFault.PlateNeighbour, 0.01, "plate reads"),
        (CorridorFault.AvcMissed, 0.001, "vehicles"),
        (CorridorFault.AvcClass, 0.003, "vehicles"),
        (CorridorFault.AvcSplit, 0.02, "trailers"),
        (CorridorFault.Lost, 0.0005, "events"),
        (CorridorFault.Duplicate, 0.005, "events"),
        (CorridorFault.Conflict, 0.0001, "events"),
        (CorridorFault.Restart, 0.2, "devices"),
        (CorridorFault.Offline, 0.1, "devices"),
        (CorridorFault.ClockOffset, 0.02, "devices"),
        (CorridorFault.ClockDrift, 0.02, "devices"),
        (CorridorFault.ClockStep, 0.02, "devices"),
    ];

    private readonly double[] _shares = new double[_all.Length];

    /// <summary>A perfect corridor.</summary>
    public static CorridorFaults None { get; } = new();

    /// <summary>Every kind, as often as usual.</summary>
    public static CorridorFaults All()
    {
        var faults = new CorridorFaults();
        foreach (var (fault, usual, _) in _all) faults._shares[(int)fault] = usual;
        return faults;
    }

    /// <summary>Share of what it befalls, 0 to 1.</summary>
    public double this[CorridorFault fault] => _shares[(int)fault];

    /// <summary>The name of a fault, a cause or a kind of evidence, as options and files write it.</summary>
    public static string NameOf<T>(T one) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(one.ToString());

    /// <summary>A line for each, for those who ask for help.</summary>
    public static string Describe() => string.Join(", ", _all.Select(one => string.Create(CultureInfo.InvariantCulture, $"{NameOf(one.Fault)} ({one.Usual} of {one.Of})")));

    /// <summary>Reads <c>none</c>, <c>all</c>, or a list of names, each with a share or as often as usual; <c>all</c> may lead the list.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? TryParse(string text, out CorridorFaults faults)
    {
        faults = new CorridorFaults();
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            if (i == 0 && parts[0] == "none" && parts.Length == 1) return null;
            if (i == 0 && parts[0] == "all")
            {
                faults = All();
                continue;
            }
            var (name, share) = parts[i].Split('=', 2) is [var left, var right] ? (left.Trim(), right.Trim()) : (parts[i], null);
            var at = Array.FindIndex(_all, one => NameOf(one.Fault) == name);
            if (at < 0) return $"{(name.Length == 0 ? "an empty name" : name)} is no fault; none and all stand alone or first, else there are {string.Join(", ", _all.Select(one => NameOf(one.Fault)))}.";
            var value = _all[at].Usual;
            if (share is not null && !(double.TryParse(share, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1)) return $"{parts[i]}: write {name}=X with X from 0 to 1.";
            faults._shares[(int)_all[at].Fault] = value;
        }
        return null;
    }
}
