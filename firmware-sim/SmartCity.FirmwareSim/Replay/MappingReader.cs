using System.Globalization;
using System.IO.Enumeration;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>Reads mappings, names every error of one together, and knows the ready-made ones.</summary>
internal static class MappingReader
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>The mappings that come with the program.</summary>
    public static IReadOnlyList<ReplayMapping> ReadyMade { get; } = [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Order()
        .Where(name => name.StartsWith("Mappings/", StringComparison.Ordinal)).Select(ReadResource)];

    /// <summary>Reads a mapping from a file.</summary>
    /// <exception cref="CommandException">It cannot be used; the message says every reason.</exception>
    public static ReplayMapping Read(string file)
    {
        if (!File.Exists(file)) throw new CommandException(ExitCode.NotFound, $"{file} does not exist; --mapping names a JSON file.");
        return Parse(file, File.ReadAllBytes(file));
    }

    /// <summary>The ready-made mapping of a folder's files.</summary>
    /// <exception cref="CommandException">None fits.</exception>
    public static ReplayMapping Recognise(string folder) =>
        ReadyMade.FirstOrDefault(mapping => Fits(mapping, folder))
            ?? throw new CommandException(ExitCode.WrongUse,
                $"{folder} holds none of the sets with a ready-made mapping ({string.Join(", ", ReadyMade.Select(one => one.Name))}). Describe its files with --mapping FILE.");

    /// <summary>The files of a folder that a mapping names, by name.</summary>
    public static IReadOnlyList<string> FilesOf(ReplayMapping mapping, string folder) =>
        [.. Directory.EnumerateFiles(folder).Where(file => mapping.Files.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(file), false))).Order(StringComparer.Ordinal)];

    /// <summary>Reads a mapping.</summary>
    /// <param name="place">Its name for messages.</param>
    /// <param name="json">Its text.</param>
    /// <exception cref="CommandException">It cannot be used; the message says every reason.</exception>
    internal static ReplayMapping Parse(string place, ReadOnlySpan<byte> json)
    {
        ReplayMapping mapping;
        try
        {
            mapping = JsonSerializer.Deserialize<ReplayMapping>(json.StartsWith(Encoding.UTF8.Preamble) ? json[3..] : json, _options)
                ?? throw new CommandException(ExitCode.WrongUse, $"{place}: a mapping is a JSON object, not null.");
        }
        catch (JsonException error)
        {
            throw new CommandException(ExitCode.WrongUse, $"{place}, line {error.LineNumber + 1}, {error.Path ?? "$"}: {error.Message.Split(" Path:")[0]}");
        }
        var errors = ErrorsOf(mapping).Select(error => $"{place}: {error}").ToArray();
        return errors.Length == 0 ? mapping : throw new CommandException(ExitCode.WrongUse, string.Join('\n', errors));
    }

    private static IEnumerable<string> ErrorsOf(ReplayMapping mapping)
    {
        if (mapping.Files.Count == 0) yield return "files is empty; name at least one, e.g. \"*.csv.gz\".";
        foreach (var file in mapping.Files.Where(file => file.Contains('/', StringComparison.Ordinal))) yield return $"files: {file} is a path; files lie in the folder itself.";
        if (mapping.Device.Length == 0) yield return "device is empty; give an id, or text with {columns}.";
        if ((mapping.Columns.Count > 0) == (mapping.Wide is not null)) yield return "give either columns (a metric a column) or wide (a device a column).";
        if (mapping.Wide is not null && !mapping.Device.Contains("{column}", StringComparison.Ordinal)) yield return "device: in a wide file it needs {column}, or all columns are one device.";
        foreach (var name in mapping.Columns.Select(column => column.Metric).Append(mapping.Wide?.Metric ?? "x").Where(name => name.Length == 0 || Encoding.UTF8.GetByteCount(name) > 256))
            yield return $"metric \"{name}\": 1 to 256 bytes are needed.";
        foreach (var twice in mapping.Columns.GroupBy(column => column.Metric).Where(group => group.Count() > 1)) yield return $"metric \"{twice.Key}\" stands more than once.";
        foreach (var error in ErrorsOf(mapping.Time)) yield return error;
    }

    private static IEnumerable<string> ErrorsOf(TimeRule time)
    {
        var isText = time.Text is not null && time.Format is not null;
        if (isText == (time.Start is not null && time.Step is not null)) yield return "time: give either text and format, or start and step.";
        if (time.Step is { Ticks: <= 0 }) yield return "time.step: a span above zero is needed, e.g. \"00:05:00\".";
        if (time.Zone is null && time.Format is not ("unix" or "unix-ms" or "rfc3339")) yield return "time.zone: local times need an IANA zone, e.g. \"Asia/Tehran\".";
        if (time.Zone is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)) yield return $"time.zone: {zone} is no zone that this machine knows.";
        if (time.Format is { } format and not ("unix" or "unix-ms" or "rfc3339") && !IsFormat(format)) yield return $"time.format: {format} is no date and time format.";
    }

    private static bool IsFormat(string format)
    {
        try
        {
            return DateTime.TryParseExact(new DateTime(2026, 11, 24, 6, 12, 3).ToString(format, CultureInfo.InvariantCulture), format, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool Fits(ReplayMapping mapping, string folder)
    {
        if (FilesOf(mapping, folder) is not [var first, ..]) return false;
        try
        {
            using var source = new CsvSource(mapping, first);
            return source.MissingColumns.Count == 0;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static ReplayMapping ReadResource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return Parse(name, copy.ToArray());
    }
}
