using System.Collections;

namespace SmartCity.Hosting.Configuration;

/// <summary>Where settings come from. A later source wins over an earlier one: files in order, environment, command line.</summary>
public sealed record SettingsSources
{
    /// <summary>Prefix of the environment's variables; two underscores part a section from a key.</summary>
    public const string VariablePrefix = "SMARTCITY__";
    /// <summary>Files of the machine that bear a process's name, <c>server.json</c> e.g., are that process's alone: they may hold secrets, and then no other may read them.</summary>
    private static readonly string[] _processes = ["server", "gateway", "sim", "apphost"];

    /// <summary>JSON files, lowest first; those that do not exist are passed over.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];
    /// <summary>The environment: name and value.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Those of this process: <c>appsettings.json</c> beside the executable, then in the working folder, then <c>/etc/smartcity/*.json</c> by name
    /// without those that bear another process's name, and the environment.
    /// </summary>
    /// <param name="process">Name of this process, e.g. <c>gateway</c>.</param>
    /// <param name="folder">The machine's folder of settings.</param>
    public static SettingsSources OfThisProcess(string process, string folder = "/etc/smartcity")
    {
        var files = new List<string> { Path.Combine(AppContext.BaseDirectory, "appsettings.json"), Path.GetFullPath("appsettings.json") };
        if (Directory.Exists(folder)) files.AddRange(Directory.EnumerateFiles(folder, "*.json").Where(file => IsFor(file, process)).Order(StringComparer.Ordinal));
        return new SettingsSources
        {
            Files = [.. files.Distinct()],
            Variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? ""),
        };
    }

    private static bool IsFor(string file, string process) => Path.GetFileNameWithoutExtension(file) is var name && (name == process || !_processes.Contains(name));
}
