using System.Security.Cryptography;
using System.Text;
using SmartCity.Cloud.Tolling.Configuration.Reading;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>
/// Everything a toll road is charged by, read from files and checked whole. Immutable; safe for any number of threads. A version is chosen by wall-clock time
/// of the corridor: in the hour that a clock repeats, both times count as the same.
/// </summary>
public sealed class TollConfiguration
{
    private readonly Dictionary<string, Timeline<Corridor>> _corridors;
    private readonly Dictionary<string, Timeline<TollCalendar>> _calendars;
    private readonly Dictionary<string, Timeline<Tariff>> _tariffs;
    private readonly Dictionary<string, Timeline<PenaltyPolicy>> _policies;
    private readonly Dictionary<string, TollPointLayout> _pointOfLane = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _corridorOfPoint = new(StringComparer.Ordinal);

    internal TollConfiguration(ConfigParts parts, string hash)
    {
        Hash = hash;
        (Corridors, Calendars, Tariffs, PenaltyPolicies) = (parts.Corridors, parts.Calendars, parts.Tariffs, parts.PenaltyPolicies);
        Registers = new TollRegisters(parts);
        _corridors = Timeline.ByKey(Corridors, corridor => corridor.Id);
        _calendars = Timeline.ByKey(Calendars, calendar => calendar.Id);
        _tariffs = Timeline.ByKey(Tariffs, tariff => tariff.Corridor);
        _policies = Timeline.ByKey(PenaltyPolicies, policy => policy.Id);
        // Of all versions: what a device said before it was taken away is still correlated.
        var devices = Corridors.SelectMany(corridor => corridor.Points).SelectMany(point => point.Lanes).GroupBy(lane => lane.Id, StringComparer.Ordinal).Where(lanes => lanes.All(lane => lane.Devices.Count > 0))
            .ToDictionary(lanes => lanes.Key, lanes => (IReadOnlySet<string>)lanes.SelectMany(lane => lane.Devices).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var corridor in Corridors)
        {
            foreach (var point in corridor.Points) _corridorOfPoint[point.Id] = corridor.Id;
            foreach (var layout in corridor.Layouts(devices.GetValueOrDefault))
                foreach (var lane in layout.Lanes) _pointOfLane[lane.Id] = layout;
        }
    }

    /// <summary>Nothing: every use has a problem.</summary>
    public static TollConfiguration Empty { get; } = new(new ConfigParts(), HashOf([]));

    /// <summary>Lower-case hex SHA-256 over the names and contents of the files, in the order of the names.</summary>
    public string Hash { get; }
    /// <summary>All versions, withdrawn ones too, in the order of id and version.</summary>
    public IReadOnlyList<Corridor> Corridors { get; }
    /// <summary>All versions, withdrawn ones too.</summary>
    public IReadOnlyList<TollCalendar> Calendars { get; }
    /// <summary>All versions, withdrawn ones too.</summary>
    public IReadOnlyList<Tariff> Tariffs { get; }
    /// <summary>All versions, withdrawn ones too.</summary>
    public IReadOnlyList<PenaltyPolicy> PenaltyPolicies { get; }
    /// <summary>Issuers, accounts, tags, plates and exception lists.</summary>
    public TollRegisters Registers { get; }

    /// <summary>Reads files and checks them together. Pure: nothing is changed by it, and wrong files give no configuration.</summary>
    /// <param name="files">JSON (first character <c>{</c>) or CSV, in any order; their names are different.</param>
    /// <returns>The configuration, or every error with its place and, of conflicts, both places. Never throws for any content.</returns>
    public static TollConfigurationLoad Load(IEnumerable<ConfigFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var given = files.OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
        var issues = new ConfigIssues();
        for (var i = 1; i < given.Count; i++)
            if (given[i].Name == given[i - 1].Name) issues.Add(new ConfigPlace(given[i].Name, 0), "two files have this name");
        var parts = ConfigurationReader.Read(given, issues);
        if (issues.Count == 0) ConfigurationRules.Check(parts, issues);
        return issues.Result(() => new TollConfiguration(parts, HashOf(given)));
    }

    /// <summary>The corridor that a toll point is of; null where the point is not known.</summary>
    public string? CorridorOf(string point) => _corridorOfPoint.GetValueOrDefault(point);

    /// <summary>The toll point that a lane is of, in the newest version that has it; null where none has.</summary>
    public TollPointLayout? PointOfLane(string lane) => _pointOfLane.GetValueOrDefault(lane);

    /// <summary>Zone of a corridor; null where it is not known.</summary>
    public TimeZoneInfo? ZoneOf(string corridor) => _corridors.GetValueOrDefault(corridor)?.Any.Zone;

    /// <summary>Wall-clock time of a corridor; null where the corridor is not known, or within a day of the ends of the years 1–9999.</summary>
    /// <param name="corridor">Corridor.</param>
    /// <param name="time">µs since 1970 UTC.</param>
    public DateTime? LocalOf(string corridor, long time) =>
        ZoneOf(corridor) is { } zone && time >= UnixMicros.Min + UnixMicros.PerDay && time <= UnixMicros.Max - UnixMicros.PerDay ? TimeZoneInfo.ConvertTime(UnixMicros.ToTime(time), zone).DateTime : null;

    /// <summary>The version of a corridor at a wall-clock time; null where there is none.</summary>
    public Corridor? CorridorAt(string corridor, DateTime local) => _corridors.GetValueOrDefault(corridor)?.At(local);
    /// <summary>The version of a calendar at a wall-clock time; null where there is none.</summary>
    public TollCalendar? CalendarAt(string calendar, DateTime local) => _calendars.GetValueOrDefault(calendar)?.At(local);
    /// <summary>The tariff version of a corridor at a wall-clock time; null where there is none.</summary>
    public Tariff? TariffAt(string corridor, DateTime local) => _tariffs.GetValueOrDefault(corridor)?.At(local);
    /// <summary>The version of a penalty policy for passages at a wall-clock time; null where there is none.</summary>
    public PenaltyPolicy? PenaltyPolicyAt(string policy, DateTime local) => _policies.GetValueOrDefault(policy)?.At(local);

    internal IEnumerable<string> CorridorIds => _corridors.Keys;
    internal IEnumerable<string> PolicyIds => _policies.Keys;
    internal IEnumerable<DateTime> ChangesOfPolicy(string policy) => _policies.TryGetValue(policy, out var versions) ? versions.Changes : [];

    /// <summary>The moments at which the version of a corridor, its tariff or a calendar may change.</summary>
    internal IEnumerable<DateTime> ChangesOf(string corridor)
    {
        IEnumerable<DateTime> calendars = _tariffs.TryGetValue(corridor, out var tariffs)
            ? tariffs.Versions.Select(tariff => tariff.Calendar).Distinct(StringComparer.Ordinal).SelectMany(id => _calendars.TryGetValue(id, out var versions) ? versions.Changes : [])
            : [];
        return calendars.Concat(tariffs?.Changes ?? []).Concat(_corridors.TryGetValue(corridor, out var corridors) ? corridors.Changes : []);
    }

    internal static string HashOf(IEnumerable<ConfigFile> files)
    {
        var text = string.Concat(files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Name.Length}:{file.Name}{file.Hash}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
