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
            foreach (var one in _golden.GetProperty("dates").EnumerateArray()) Assert.Equal(Expected(one, language), text.Date(one.GetProperty("ms").GetInt64() * 1000));
            foreach (var one in _golden.GetProperty("ages").EnumerateArray()) Assert.Equal(Expected(one, language), text.Age(TimeSpan.FromSeconds(one.GetProperty("seconds").GetDouble())));
        }
    }

    [Theory]
    [InlineData("12.5", "۱۲٫۵")]
    [InlineData("-0.0001250", "-۰٫۰۰۰۱۲۵۰")]
    [InlineData("9007199254740993", "۹۰۰۷۱۹۹۲۵۴۷۴۰۹۹۳")]
    [InlineData("THN-1", "THN-1")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("true", "true")]
    [InlineData("", "")]
    [InlineData(null, null)]
    public void A_kept_value_has_all_its_digits_in_those_of_the_language(string? kept, string? persian)
    {
        Assert.Equal(persian, new LocalText(Language.Persian, TimeZoneInfo.Utc).Value(kept));
        Assert.Equal(kept, new LocalText(Language.English, TimeZoneInfo.Utc).Value(kept));
        Assert.Equal(kept, new LocalText(Language.Persian, TimeZoneInfo.Utc, Digits.Latin).Value(kept));
    }

    [Fact]
    public void Every_persian_year_from_1300_to_1500_begins_on_the_day_of_the_golden_file_and_ends_on_the_day_before_the_next()
    {
        var text = new LocalText(Language.Persian, TimeZoneInfo.Utc, Digits.Latin);
        var years = _golden.GetProperty("newYears").EnumerateObject().ToList();
        Assert.Equal(201, years.Count);
        foreach (var year in years)
        {
            var begin = new DateTimeOffset(DateTime.ParseExact(year.Value.GetString()!, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero);
            Assert.Equal($"{year.Name}-01-01", text.Date(begin.ToUnixTimeMilliseconds() * 1000));
            Assert.StartsWith($"{int.Parse(year.Name, System.Globalization.CultureInfo.InvariantCulture) - 1}-12-", text.Date((begin.ToUnixTimeMilliseconds() - 1) * 1000));
        }
    }

    [Fact]
    public void Dates_are_read_and_refused_as_the_golden_file_says()
    {
        foreach (var one in _golden.GetProperty("parsed").EnumerateArray()) Assert.Equal(Day(one, "date"), CityDates.Parse(one.GetProperty("text").GetString()));
        foreach (var one in _golden.GetProperty("refused").EnumerateArray()) Assert.True(CityDates.Parse(one.GetString()) is null, $"\"{one}\" was taken for a date");
    }

    [Fact]
    public void Months_begin_and_end_where_the_golden_file_says_in_every_year_of_the_picker()
    {
        foreach (var grid in _golden.GetProperty("grids").EnumerateArray())
        {
            var month = $"{grid.GetProperty("year").GetInt32():0000}-{grid.GetProperty("month").GetInt32():00}";
            var first = CityDates.Parse($"{month}-01")!.Value;
            Assert.Equal((Day(grid, "first"), grid.GetProperty("lead").GetInt32(), grid.GetProperty("length").GetInt32()), (first, ((int)first.DayOfWeek + 1) % 7, Length(month)));
        }
        var years = _golden.GetProperty("newYears").EnumerateObject().ToDictionary(year => int.Parse(year.Name, System.Globalization.CultureInfo.InvariantCulture), year => DateOnly.Parse(year.Value.GetString()!, System.Globalization.CultureInfo.InvariantCulture));
        var text = new LocalText(Language.Persian, TimeZoneInfo.Utc, Digits.Latin);
        for (var (year, day) = (1300, years[1300]); year < 1500; year++)
        {
            for (var month = 1; month <= 12; month++)
            {
                var length = Length($"{year}-{month:00}");
                Assert.Equal(month <= 6 ? 31 : month < 12 ? 30 : years[year + 1].DayNumber - years[year].DayNumber == 366 ? 30 : 29, length);
                Assert.Equal((day, $"{year}-{month:00}-01"), (CityDates.Parse($"{year}-{month:00}-01"), text.Date(day)));
                day = day.AddDays(length);
            }
            Assert.Equal(years[year + 1], day);
        }

        static int Length(string month) => Enumerable.Range(1, 31).Last(day => CityDates.Parse($"{month}-{day:00}") is not null);
    }

    [Fact]
    public void Days_begin_at_the_instants_of_the_golden_file_also_where_midnight_was_skipped_or_came_twice()
    {
        foreach (var one in _golden.GetProperty("starts").EnumerateArray())
            Assert.Equal((one.ToString(), one.GetProperty("ms").GetInt64() * 1_000), (one.ToString(), ZonedDates.StartOf(Day(one, "date"), TimeZoneInfo.FindSystemTimeZoneById(one.GetProperty("zone").GetString()!))));
    }

    [Fact]
    public void Digits_follow_the_setting_and_not_the_language_where_one_is_set()
    {
        Assert.Equal("۱٬۰۱۳", new LocalText(Language.English, TimeZoneInfo.Utc, Digits.Persian).Number(1013));
        Assert.Equal("1,013", new LocalText(Language.Persian, TimeZoneInfo.Utc, Digits.Latin).Number(1013));
    }

    [Fact]
    public void A_search_finds_what_is_written_with_other_code_points()
    {
        foreach (var one in _golden.GetProperty("search").EnumerateArray()) Assert.Equal(one.GetProperty("folded").GetString(), SearchText.Fold(one.GetProperty("text").GetString()!));
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

    private static DateOnly Day(JsonElement one, string name) => DateOnly.ParseExact(one.GetProperty(name).GetString()!, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static string Expected(JsonElement one, Language language) => one.GetProperty(language.Code).GetString()!;

    private static IEnumerable<string> Places(string word) => System.Text.RegularExpressions.Regex.Matches(word, @"\{\d\}").Select(match => match.Value).Distinct().Order(StringComparer.Ordinal);
}
