using System.Globalization;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>How often each fault happens.</summary>
internal sealed class CorridorFaults
{
    /// <summary>Name, usual share and what it is a share of.</summary>
    private static readonly (CorridorFault Fault, string Name, double Usual, string Of)[] _all =
    [
        (CorridorFault.TagMissed, "tag-missed", 0.01, "tag reads"),
        (CorridorFault.TagNeighbour, "tag-neighbour", 0.02, "tag reads"),
        (CorridorFault.TagNeighbourOnly, "tag-neighbour-only", 0.002, "tag reads"),
        (CorridorFault.TagClass, "tag-class", 0.002, "tagged vehicles"),
        (CorridorFault.PlateMisread, "plate-misread", 0.01, "plate reads"),
        (CorridorFault.PlateUnread, "plate-unread", 0.01, "plate reads"),
        (CorridorFault.PlateWeak, "plate-weak", 0.01, "plate reads"),
        (CorridorFault.PlateMissed, "plate-missed", 0.01, "plate reads"),
        (CorridorFault.PlateNeighbour, "plate-neighbour", 0.01, "plate reads"),
        (CorridorFault.AvcMissed, "avc-missed", 0.001, "vehicles"),
        (CorridorFault.AvcClass, "avc-class", 0.003, "vehicles"),
        (CorridorFault.AvcSplit, "avc-split", 0.02, "trailers"),
        (CorridorFault.Lost, "lost", 0.0005, "events"),
        (CorridorFault.Duplicate, "duplicate", 0.005, "events"),
        (CorridorFault.Conflict, "conflict", 0.0001, "events"),
        (CorridorFault.Restart, "restart", 0.2, "devices"),
        (CorridorFault.Offline, "offline", 0.1, "devices"),
        (CorridorFault.ClockOffset, "clock-offset", 0.02, "devices"),
        (CorridorFault.ClockDrift, "clock-drift", 0.02, "devices"),
        (CorridorFault.ClockStep, "clock-step", 0.02, "devices"),
    ];

    private readonly double[] _shares = new double[_all.Length];

    /// <summary>A perfect corridor.</summary>
    public static CorridorFaults None { get; } = new();

    /// <summary>Every kind, as often as usual.</summary>
    public static CorridorFaults All()
    {
        var faults = new CorridorFaults();
        foreach (var (fault, _, usual, _) in _all) faults._shares[(int)fault] = usual;
        return faults;
    }

    /// <summary>Share of what it befalls, 0 to 1.</summary>
    public double this[CorridorFault fault] => _shares[(int)fault];

    /// <summary>The fault's name, as options and the truth write it.</summary>
    public static string NameOf(CorridorFault fault) => _all[(int)fault].Name;

    /// <summary>A line for each, for those who ask for help.</summary>
    public static string Describe() => string.Join(", ", _all.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} ({one.Usual} of {one.Of})")));

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
            var at = Array.FindIndex(_all, one => one.Name == name);
            if (at < 0) return $"{(name.Length == 0 ? "an empty name" : name)} is no fault; none and all stand alone or first, else there are {string.Join(", ", _all.Select(one => one.Name))}.";
            var value = _all[at].Usual;
            if (share is not null && !(double.TryParse(share, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1)) return $"{parts[i]}: write {name}=X with X from 0 to 1.";
            faults._shares[(int)_all[at].Fault] = value;
        }
        return null;
    }
}
