using System.Text.Json;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>Rules, schedules and channels as a file: JSON, <c>{"rules": […], "schedules": […], "channels": […]}</c>. What is written is read again without a difference.</summary>
internal static class AlarmSettingsFile
{
    /// <summary>How entries are read: null is none where something is needed.</summary>
    public static JsonSerializerOptions Reading { get; } = new(RegistryJson.Options) { RespectNullableAnnotations = true };

    private static readonly JsonSerializerOptions _written = new(RegistryJson.Options) { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a file.</summary>
    /// <exception cref="AlarmRulesException">It cannot be read; with line and what is needed.</exception>
    public static AlarmSettings Read(ReadOnlySpan<byte> content, string name)
    {
        if (content.TrimStart(" \t\r\n"u8).IsEmpty) throw new AlarmRulesException($"{name} is empty. A JSON object with rules, schedules or channels is needed.");
        try
        {
            var settings = JsonSerializer.Deserialize<AlarmSettings>(content, Reading) ?? throw new AlarmRulesException($"{name}: a JSON object is needed.");
            return settings with { Rules = Listed(settings.Rules, "rules"), Schedules = Listed(settings.Schedules, "schedules"), Channels = Listed(settings.Channels, "channels") };
        }
        catch (JsonException error)
        {
            throw new AlarmRulesException($"{name}, line {error.LineNumber + 1}, {error.Path ?? "$"}: {error.Message.Split(" Path:")[0]}", error);
        }

        IReadOnlyList<T> Listed<T>(IReadOnlyList<T> list, string member) where T : class =>
            list.Any(entry => entry is null) ? throw new AlarmRulesException($"{name}, {member}: null is no entry.") : list;
    }

    /// <summary>Writes a file.</summary>
    public static string Write(AlarmSettings settings) => JsonSerializer.Serialize(settings, _written) + "\n";

    /// <summary>One entry as JSON.</summary>
    public static string Json<T>(T entry) => JsonSerializer.Serialize(entry, RegistryJson.Options);

    /// <summary>What is there, with the entries of a file in the place of those of their ids.</summary>
    public static AlarmSettings Merge(AlarmSettings present, AlarmSettings file) => new()
    {
        Rules = Merged(present.Rules, file.Rules, rule => rule.Id), Schedules = Merged(present.Schedules, file.Schedules, schedule => schedule.Id), Channels = Merged(present.Channels, file.Channels, channel => channel.Id),
    };

    /// <summary>What must be written to come from one to the other.</summary>
    public static IReadOnlyList<(string Kind, string Id, string? Json)> Changes(AlarmSettings from, AlarmSettings to) =>
        [.. Of("channel", from.Channels, to.Channels, one => one.Id), .. Of("schedule", from.Schedules, to.Schedules, one => one.Id), .. Of("rule", from.Rules, to.Rules, one => one.Id)];

    private static List<T> Merged<T>(IReadOnlyList<T> present, IReadOnlyList<T> file, Func<T, string> idOf)
    {
        var byId = file.GroupBy(idOf, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        var merged = present.SelectMany(entry => byId.Remove(idOf(entry), out var replaced) ? replaced : [entry]).ToList();
        merged.AddRange(file.Where(entry => byId.ContainsKey(idOf(entry))));
        return merged;
    }

    private static List<(string, string, string?)> Of<T>(string kind, IReadOnlyList<T> from, IReadOnlyList<T> to, Func<T, string> idOf)
    {
        var before = from.ToDictionary(idOf, Json, StringComparer.Ordinal);
        var changes = new List<(string, string, string?)>();
        foreach (var entry in to)
        {
            var json = Json(entry);
            if (!before.Remove(idOf(entry), out var known) || known != json) changes.Add((kind, idOf(entry), json));
        }
        changes.AddRange(before.Keys.Select(id => (kind, id, (string?)null)));
        return changes;
    }
}
