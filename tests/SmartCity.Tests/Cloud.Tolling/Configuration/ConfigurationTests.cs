using System.Globalization;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Model;
using SmartCity.Tests.Cloud.Tolling.Rating;

namespace SmartCity.Tests.Cloud.Tolling.Configuration;

public sealed class ConfigurationTests
{
    [Fact]
    public void The_shipped_examples_have_no_error()
    {
        Assert.Empty(Examples.Load.Errors);
        Assert.Contains(Examples.Load.Warnings, warning => warning.ToString().StartsWith("tehran-north.json line", StringComparison.Ordinal) && warning.Reason.Contains("truck-2", StringComparison.Ordinal));
    }

    [Fact]
    public void The_order_of_files_is_of_no_matter() =>
        Assert.Equal(Examples.Configuration.Hash, TollConfiguration.Load(Examples.Files.Reverse()).Configuration!.Hash);

    [Fact]
    public void The_hash_of_a_version_follows_what_it_says_and_not_how_it_is_written()
    {
        var members = "\"prices\": [{ \"point\": \"p\", \"class\": \"car\", \"amount\": 1 }], \"rounding\": { \"unit\": 0.01, \"stage\": \"line\" }";
        string Hash(string text) => Assert.Single(Made.Load(Made.Document(Made.Tariff(text))).Configuration!.Tariffs).Hash;
        Assert.Equal(Hash(members), Hash("\"rounding\": {\n \"stage\": \"line\",\n \"unit\": 0.01 }, \"prices\": [{ \"class\": \"car\", \"point\": \"p\", \"amount\": 1 }]"));
        Assert.NotEqual(Hash(members), Hash(members.Replace("\"amount\": 1", "\"amount\": 2", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("2024-10-24T10:00", DayKind.Working, "normal")]
    [InlineData("2024-10-25T10:00", DayKind.Weekend, "peak")]
    // 13 Farvardin 1403 and 22 Bahman 1403.
    [InlineData("2024-04-01T10:00", DayKind.Holiday, "peak")]
    [InlineData("2025-02-10T10:00", DayKind.Holiday, "peak")]
    [InlineData("2025-02-09T10:00", DayKind.Eve, "normal")]
    public void Yearly_Persian_holidays_come_every_year(string at, DayKind kind, string band)
    {
        Assert.True(LocalDates.TryParse(at, DateSystem.Gregorian, out var local));
        var calendar = Examples.Configuration.CalendarAt("iran-friday-peak", local)!;
        Assert.Equal((kind, band), (calendar.KindOf(DateOnly.FromDateTime(local)), calendar.BandAt(local)));
    }

    [Theory]
    [InlineData("1403-12-30", true)]
    [InlineData("1404-12-30", false)]
    [InlineData("1403-07-31", false)]
    [InlineData("1403-08-03T24:00", false)]
    [InlineData("1403-08-03T23:59:59", true)]
    [InlineData("1403-8-3", false)]
    [InlineData("۱۴۰۳-۰۸-۰۳", false)]
    [InlineData("0000-01-01", false)]
    [InlineData("9999-01-01", false)]
    public void Persian_dates_are_read_strictly(string text, bool isDate) => Assert.Equal(isDate, LocalDates.TryParse(text, DateSystem.Persian, out _));

    [Fact]
    public void A_Persian_date_is_the_Gregorian_one()
    {
        Assert.True(LocalDates.TryParse("1403-08-03", DateSystem.Persian, out var local));
        Assert.Equal(new DateTime(2024, 10, 24), local);
    }

    [Theory]
    [InlineData("0.005", "0.01", RoundingMode.HalfAwayFromZero, "0.01")]
    [InlineData("-0.005", "0.01", RoundingMode.HalfAwayFromZero, "-0.01")]
    [InlineData("140.5", "1", RoundingMode.HalfAwayFromZero, "141")]
    [InlineData("140.5", "1", RoundingMode.HalfToEven, "140")]
    [InlineData("141.5", "1", RoundingMode.HalfToEven, "142")]
    [InlineData("-1500", "1000", RoundingMode.HalfToEven, "-2000")]
    [InlineData("1001", "1000", RoundingMode.Up, "2000")]
    [InlineData("-1001", "1000", RoundingMode.Up, "-2000")]
    [InlineData("-1999", "1000", RoundingMode.Down, "-1000")]
    [InlineData("9223372036854775807.999999", "1", RoundingMode.Up, "9223372036854775808")]
    public void Amounts_round_as_the_mode_says(string amount, string unit, RoundingMode mode, string expected)
    {
        Assert.True(ExactAmount.TryParse(amount, out var exact));
        Assert.True(ExactAmount.TryParse(unit, out var step));
        Assert.Equal(expected, exact.RoundTo(step, mode).ToString());
    }

    [Theory]
    [InlineData("switch", "2021-03-21T20:29:59", "2021-03-21T23:59:59")]
    [InlineData("switch", "2021-03-21T20:30:00", "2021-03-22T01:00:00")]
    [InlineData("switch", "2022-09-21T19:29:59", "2022-09-21T23:59:59")]
    [InlineData("switch", "2022-09-21T19:30:00", "2022-09-21T23:00:00")]
    [InlineData("switch", "2024-10-23T20:30:00", "2024-10-24T00:00:00")]
    [InlineData("gothenburg", "2026-03-29T01:00:00", "2026-03-29T03:00:00")]
    public void The_wall_clock_follows_the_law_of_its_time(string corridor, string utc, string local) =>
        Assert.Equal(DateTime.Parse(local, CultureInfo.InvariantCulture), Examples.Configuration.LocalOf(corridor, UnixMicros.From(new DateTimeOffset(DateTime.Parse(utc, CultureInfo.InvariantCulture), TimeSpan.Zero))));

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void A_time_beyond_the_calendar_has_no_wall_clock(long time) => Assert.Null(Examples.Configuration.LocalOf("switch", time));
}
