using System.Reflection;

namespace SmartCity.Hosting.Configuration;

/// <summary>
/// Loads a process's settings from <c>appsettings.json</c>, <c>/etc/smartcity/*.json</c> (not those named after another process), the environment (<c>SMARTCITY__Section__Key</c>) and the
/// command line (<c>--Section:Key=value</c>), later ones first. Connects to nothing and reports every error together.
/// </summary>
public static class SettingsLoader
{
    /// <summary>Sections that a machine's shared files may hold for other processes of the house, and the framework's own.</summary>
    private static readonly HashSet<string> _foreign = new(StringComparer.OrdinalIgnoreCase) { "Cloud", "Edge", "Sim", "AppHost", "Logging" };

    /// <summary>Loads the settings of a process.</summary>
    /// <param name="process">Its name, e.g. <c>gateway</c>.</param>
    /// <param name="args">The command line; only <c>--Section:Key</c> arguments are read, see <see cref="Split"/>.</param>
    /// <param name="types">Its option records, each with a constant <c>Section</c>. A record held by another one's property needs no place here.</param>
    /// <param name="options">Keys that other options of the command line set, e.g. <c>--port</c>; they win over all else.</param>
    /// <param name="sources">Files and variables; those of this process if left out.</param>
    /// <exception cref="SettingsException">Some setting cannot be used.</exception>
    public static Settings Load(string process, IReadOnlyList<string> args, IReadOnlyList<Type> types, IEnumerable<Setting>? options = null, SettingsSources? sources = null)
    {
        sources ??= SettingsSources.OfThisProcess(process);
        var errors = new List<SettingsError>();
        var read = new List<Setting>();
        foreach (var file in sources.Files.Where(File.Exists)) SettingsReader.ReadFile(file, read, errors);
        SettingsReader.ReadVariables(sources.Variables, read);
        SettingsReader.ReadArguments(Split(args).Settings, read, errors);
        read.AddRange(options ?? []);

        var settings = new Dictionary<string, Setting>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in read) settings[setting.Key] = setting;

        var binder = new SettingsBinder(settings, errors);
        var bound = types.ToDictionary(type => type, type => binder.Bind(type, SectionOf(type)));
        var own = types.Select(type => SectionOf(type).Split(':')[0]);
        binder.RefuseUnknown(_foreign.Except(own, StringComparer.OrdinalIgnoreCase).ToHashSet(StringComparer.OrdinalIgnoreCase));
        // A record that is registered and also held by another one's property says its errors twice.
        return errors.Count == 0 ? new Settings(process, bound, settings, [.. binder.Shown.Distinct()]) : throw new SettingsException([.. errors.Distinct()]);
    }

    /// <summary>Parts a command line into the arguments that set keys (<c>--Section:Key=value</c>, <c>--Section:Key value</c>) and all others.</summary>
    public static (IReadOnlyList<string> Settings, IReadOnlyList<string> Others) Split(IReadOnlyList<string> args)
    {
        var settings = new List<string>();
        var others = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            if (!SettingsReader.IsSetting(args[i])) others.Add(args[i]);
            else
            {
                settings.Add(args[i]);
                if (!args[i].Contains('=', StringComparison.Ordinal) && i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal)) settings.Add(args[++i]);
            }
        }
        return (settings, others);
    }

    private static string SectionOf(Type type) =>
        type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string
            ?? throw new InvalidOperationException($"{type} needs a public constant Section.");
}
