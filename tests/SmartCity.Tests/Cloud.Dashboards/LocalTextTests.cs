using System.Text.Json;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Dashboards;

/// <summary>The golden file that the browser's side is held to as well.</summary>
public sealed class LocalTextTests
{
    private static readonly JsonElement _golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests/SmartCity.Tests/Cloud.Dashboards/local-text.json"))).RootElement;

    [Fact]
    public void Numbers_times_and_ages_are_those_of_the_golden_file()
    {
        foreach (var language in Language.All)
        {
            var text = new LocalText(language, TimeZoneInfo.FindSystemTimeZoneById(_golden.GetProperty("zone").GetString()!));
            foreach (var one in _golden.GetProperty("numbers").EnumerateArray()) Assert.Equal(Expected(one, language), text.Number(one.GetProperty("value").GetDouble()));
            foreach (var one in _golden.GetProperty("times").EnumerateArray()) Assert.Equal(Expected(one, language), text.DateAndTime(one.GetProperty("ms").GetInt64() * 1000));
            foreach (var one in _golden.GetProperty("ages").EnumerateArray()) Assert.Equal(Expected(one, language), text.Age(TimeSpan.FromSeconds(one.GetProperty("seconds").GetDouble())));
        }
    }

    [Fact]
    public void Every_language_has_the_same_words_with_the_same_places_for_values()
    {
        var english = Words.Of(Language.English);
        foreach (var other in Language.All.Select(Words.Of))
        {
            Assert.Equal(english.Keys.Order(StringComparer.Ordinal), other.Keys.Order(StringComparer.Ordinal));
            Assert.All(english.Keys, key => Assert.Equal(Places(english[key]), Places(other[key])));
        }
    }

    private static string Expected(JsonElement one, Language language) => one.GetProperty(language.Code).GetString()!;

    private static IEnumerable<string> Places(string word) => System.Text.RegularExpressions.Regex.Matches(word, @"\{\d\}").Select(match => match.Value).Distinct().Order(StringComparer.Ordinal);
}
