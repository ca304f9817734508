using SmartCity.Fuzz.Columns;
using SmartCity.Fuzz.Configuration;
using SmartCity.Fuzz.Devices;
using SmartCity.Fuzz.Mqtt;
using SmartCity.Fuzz.Uplink;

namespace SmartCity.Fuzz;

/// <summary>All harnesses.</summary>
public static class Harnesses
{
    private static readonly Dictionary<string, Func<IHarness>> _all = new()
    {
        ["mqtt-packets"] = static () => new PacketHarness(),
        ["mqtt-session"] = static () => new SessionHarness(),
        ["topics"] = static () => new TopicHarness(),
        ["telemetry"] = static () => new TelemetryHarness(),
        ["toll"] = static () => new TollHarness(),
        ["senml"] = static () => new SenMlHarness(),
        ["mappings"] = static () => new MappingsHarness(),
        ["columns"] = static () => new ColumnsHarness(),
        ["uplink"] = static () => new UplinkHarness(),
        ["settings"] = static () => new SettingsHarness(),
        ["credentials"] = static () => new CredentialsHarness(),
    };

    /// <summary>Their names.</summary>
    public static IReadOnlyCollection<string> Names => _all.Keys;

    /// <summary>Makes one.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public static IHarness Make(string name) => _all[name]();

    /// <summary>Inputs that once broke something, oldest first; each must pass for ever.</summary>
    public static IEnumerable<string> Found(string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Found", name);
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal) : [];
    }
}
