using System.Text;
using SmartCity.Cloud.Tolling.Configuration;

namespace SmartCity.Tests.Cloud.Tolling.Rating;

/// <summary>A small configuration with one thing changed: corridor <c>c</c> with point <c>p</c> and classes car and bus, a calendar of one band, a tariff in EUR with cents.</summary>
internal static class Made
{
    public const string Corridor = """{ "id": "c", "version": 1, "validFrom": "2020-01-01", "name": "C", "zone": "UTC", "classes": ["car", "bus"], "points": [{ "id": "p", "directions": ["all"], "lanes": [{ "id": "L1", "direction": "all", "devices": ["d1"] }] }] }""";
    public const string Calendar = """{ "id": "k", "version": 1, "validFrom": "2020-01-01", "weekend": ["friday"], "holidays": ["2026-01-01"], "defaultBand": "all" }""";

    /// <summary>Members of the tariff; those of <paramref name="members"/> win.</summary>
    public static string Tariff(string members)
    {
        string[] usual = ["\"id\": \"t\"", "\"version\": 1", "\"validFrom\": \"2020-01-01\"", "\"corridor\": \"c\"", "\"calendar\": \"k\"", "\"currency\": \"EUR\"", "\"scale\": 2", "\"basis\": \"point\""];
        var kept = usual.Where(member => !members.Contains(member[..member.IndexOf(':')] + ":", StringComparison.Ordinal));
        return $"{{ {string.Join(", ", kept.Append(members))} }}";
    }

    public static string Document(string tariffs, string corridor = Corridor, string calendar = Calendar, string more = "") =>
        $$"""
        {
          "corridors": [{{corridor}}],
          "calendars": [{{calendar}}],
          "tariffs": [{{tariffs}}]{{more}}
        }
        """;

    public static ConfigFile File(string text, string name = "a.json") => new(name, Encoding.UTF8.GetBytes(text));

    public static TollConfigurationLoad Load(params string[] texts) => TollConfiguration.Load(texts.Select((text, i) => File(text, $"{(char)('a' + i)}.{(text.TrimStart().StartsWith('{') ? "json" : "csv")}")));

    public static TollConfiguration Configuration(string tariffMembers)
    {
        var load = Load(Document(Tariff(tariffMembers)));
        return load.Configuration ?? throw new InvalidOperationException(string.Join('\n', load.Errors));
    }
}
