using SmartCity.Devices.Mappings;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Edge.Gateway.Mappings;

/// <summary>Where the files of mappings lie: those of one's own in the data folder, those that come with the gateway beside its program.</summary>
internal static class MappingFolder
{
    /// <summary>End of the name of a file of vectors.</summary>
    public const string TestEnd = ".test.json";

    /// <summary>Folder of the mappings that come with the gateway.</summary>
    public static string Shipped { get; } = Path.Combine(AppContext.BaseDirectory, "mappings");

    /// <summary>Folder of one's own mappings; it need not exist.</summary>
    /// <param name="data">The gateway's data folder.</param>
    public static string Own(string data) => Path.Combine(data, "mappings");

    /// <summary>Files of mappings in a folder, by name.</summary>
    public static IReadOnlyList<string> In(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateFiles(folder, "*.json").Where(static file => !file.EndsWith(TestEnd, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Reads the mappings that are switched on.</summary>
    /// <param name="names">Their names.</param>
    /// <param name="data">The gateway's data folder.</param>
    /// <exception cref="CommandException">One is missing or wrong; the message names each mistake with its file and line.</exception>
    public static MappingSet Load(IReadOnlyList<string> names, string data)
    {
        var (mappings, wrong) = (new List<Mapping>(), new List<string>());
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            if (FileOf(name, data) is not { } file)
            {
                string[] known = [.. In(Own(data)).Concat(In(Shipped)).Select(NameOf).Distinct().Order(StringComparer.Ordinal)];
                wrong.Add($"Edge:Mappings: there is no mapping \"{name}\"; put its file into {Own(data)}, or name one of {string.Join(", ", known)}.{NearestName.Hint(name, known)}");
            }
            else if (Read(file, out var errors) is { } mapping) mappings.Add(mapping);
            else wrong.AddRange(errors);
        }
        if (wrong.Count > 0) throw new CommandException(ExitCode.WrongUse, $"{string.Join('\n', wrong)}\nTry them with: smartcity-gateway check --mappings");
        return new MappingSet(mappings);
    }

    /// <summary>Reads the mapping of a name, from the data folder or among those that come with the gateway.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="data">The gateway's data folder.</param>
    /// <param name="wrong">Why there is none.</param>
    public static Mapping? Find(string name, string data, out string wrong)
    {
        if (FileOf(name, data) is { } file)
        {
            var mapping = Read(file, out var errors);
            wrong = string.Join(' ', errors.Take(3));
            return mapping;
        }
        string[] known = [.. In(Own(data)).Concat(In(Shipped)).Select(NameOf).Distinct().Order(StringComparer.Ordinal)];
        wrong = $"this gateway has no mapping of this name; write the mapping itself in its place, or name one of {string.Join(", ", known)}.{NearestName.Hint(name, known)}";
        return null;
    }

    /// <summary>Reads one file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="errors">What is wrong with it, each with file and line.</param>
    public static Mapping? Read(string file, out IReadOnlyList<string> errors)
    {
        try
        {
            var mapping = MappingFile.Parse(NameOf(file), File.ReadAllBytes(file), out var found);
            errors = [.. found.Select(error => $"{file}:{error.Line}: {error.Text}")];
            return mapping;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            errors = [$"{file}: it cannot be read: {error.Message}"];
            return null;
        }
    }

    private static string NameOf(string file) => Path.GetFileNameWithoutExtension(file);

    private static string? FileOf(string name, string data)
    {
        // A name is no path.
        if (name.Length == 0 || name.AsSpan().IndexOfAny("/\\\0") >= 0) return null;
        return new[] { Own(data), Shipped }.Select(folder => Path.Combine(folder, name + ".json")).FirstOrDefault(File.Exists);
    }
}
