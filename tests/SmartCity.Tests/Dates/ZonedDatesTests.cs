using SmartCity.Model;

namespace SmartCity.Tests.Dates;

public sealed class ZonedDatesTests
{
    [Theory]
    [InlineData("Asia/Tehran")]
    [InlineData("America/Los_Angeles")]
    [InlineData("UTC")]
    public void Every_date_and_time_that_can_be_written_has_an_answer(string name)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        foreach (var date in (DateOnly[])[DateOnly.MinValue, DateOnly.MinValue.AddDays(1), new(2026, 11, 28), DateOnly.MaxValue.AddDays(-1), DateOnly.MaxValue])
            Assert.True(ZonedDates.StartOf(date, zone) < ZonedDates.EndOf(date, zone), date.ToString("O"));
        Assert.Equal(DateOnly.MinValue, ZonedDates.Of(long.MinValue, zone));
        Assert.Equal(DateOnly.MaxValue, ZonedDates.Of(long.MaxValue, TimeZoneInfo.Utc));
        Assert.Equal(new DateOnly(2026, 11, 28), ZonedDates.Of(ZonedDates.StartOf(new DateOnly(2026, 11, 28), zone), zone));
        Assert.Equal(ZonedDates.StartOf(new DateOnly(2026, 11, 29), zone), ZonedDates.EndOf(new DateOnly(2026, 11, 28), zone));
    }
}
