using System.Globalization;
using CsCheck;
using SmartCity.Cloud.TimeSeries.Calendars;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries.Calendars;

public sealed class BucketEdgesTests
{
    private const long Hour = 3_600 * UnixMicros.PerSecond;
    private static readonly BucketWidth _day = new(BucketUnit.Day), _week = new(BucketUnit.Week), _month = new(BucketUnit.Month);

    [Fact]
    public void Tehrans_day_of_the_last_change_back_has_25_hours_and_later_ones_24()
    {
        var edges = Compute("2022-09-20T20:00Z", "2022-09-23T20:00Z", _day, "Asia/Tehran");
        Assert.Equal(["2022-09-20T19:30Z", "2022-09-21T20:30Z", "2022-09-22T20:30Z", "2022-09-23T20:30Z"], Show(edges));
        Assert.Equal([25, 24, 24], Hours(edges));
    }

    [Fact]
    public void Tehrans_day_without_midnight_begins_at_one()
    {
        // 2022-03-22 00:00 was skipped: the clock went from 23:59:59 (+03:30) to 01:00 (+04:30).
        var edges = Compute("2022-03-21T12:00Z", "2022-03-22T12:00Z", _day, "Asia/Tehran");
        Assert.Equal(["2022-03-20T20:30Z", "2022-03-21T20:30Z", "2022-03-22T19:30Z"], Show(edges));
        Assert.Equal([24, 23], Hours(edges));
        var hours = Compute("2022-03-21T19:30Z", "2022-03-21T22:30Z", new(BucketUnit.Second, 3600), "Asia/Tehran");
        Assert.Equal(["2022-03-21T19:30Z", "2022-03-21T20:30Z", "2022-03-21T21:30Z", "2022-03-21T22:30Z"], Show(hours));
    }

    [Fact]
    public void Los_Angeles_has_days_of_23_and_25_hours()
    {
        Assert.Equal([24, 23, 24], Hours(Compute("2026-03-07T08:00Z", "2026-03-10T07:00Z", _day, "America/Los_Angeles")));
        Assert.Equal([24, 25, 24], Hours(Compute("2026-10-31T07:00Z", "2026-11-03T08:00Z", _day, "America/Los_Angeles")));
    }

    [Fact]
    public void A_repeated_hour_gives_two_buckets_and_quarters_of_a_day_follow_the_clock()
    {
        var hours = Compute("2026-11-01T07:00Z", "2026-11-02T08:00Z", new(BucketUnit.Second, 3600), "America/Los_Angeles");
        Assert.Equal(25, hours.Length - 1);
        Assert.All(Hours(hours), hour => Assert.Equal(1, hour));
        Assert.Equal([7, 6, 6, 6], Hours(Compute("2026-11-01T07:00Z", "2026-11-02T08:00Z", new(BucketUnit.Second, 21_600), "America/Los_Angeles")));
        Assert.Equal([5, 6, 6, 6], Hours(Compute("2026-03-08T08:00Z", "2026-03-09T07:00Z", new(BucketUnit.Second, 21_600), "America/Los_Angeles")));
    }

    [Fact]
    public void Half_an_hour_of_change_leaves_an_hour_as_long_as_it_is()
    {
        // Lord Howe, 2026-04-05: 02:00 (+11:00) goes back to 01:30 (+10:30).
        Assert.Equal(["2026-04-04T13:00Z", "2026-04-04T14:00Z", "2026-04-04T15:30Z", "2026-04-04T16:30Z"],
            Show(Compute("2026-04-04T13:00Z", "2026-04-04T16:30Z", new(BucketUnit.Second, 3600), "Australia/Lord_Howe")));
    }

    [Fact]
    public void A_day_that_the_zone_left_out_has_no_bucket() =>
        Assert.Equal(["2011-12-29T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"], Show(Compute("2011-12-29T10:00Z", "2011-12-31T10:00Z", _day, "Pacific/Apia")));

    [Fact]
    public void Weeks_begin_on_Monday_or_Saturday()
    {
        Assert.Equal(["2026-11-23T00:00Z", "2026-11-30T00:00Z"], Show(Compute("2026-11-24T06:00Z", "2026-11-25T00:00Z", _week, "UTC")));
        Assert.Equal(["2026-11-21T00:00Z", "2026-11-28T00:00Z"], Show(Compute("2026-11-24T06:00Z", "2026-11-25T00:00Z", _week, "UTC", BucketCalendar.Persian)));
    }

    [Fact]
    public void Persian_months_are_those_of_the_calendar_through_leap_years()
    {
        var calendar = new PersianCalendar();
        var edges = Compute("2019-03-21T00:00Z", "2031-03-21T00:00Z", _month, "UTC", BucketCalendar.Persian);
        var expected = new List<string>();
        for (var (year, month) = (1398, 1); (year, month) != (1410, 2); (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1))
            expected.Add(calendar.ToDateTime(year, month, 1, 0, 0, 0, 0).ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture));
        Assert.Equal(expected, Show(edges));
        Assert.Equal(["2021-02-19T00:00Z", "2021-03-21T00:00Z"], Show(Compute("2021-03-01T00:00Z", "2021-03-02T00:00Z", _month, "UTC", BucketCalendar.Persian)));   // Esfand 1399, a leap year: 30 days
    }

    [Fact]
    public void The_whole_calendar_can_be_cut()
    {
        foreach (var zone in (string[])["UTC", "Asia/Tehran", "America/Los_Angeles", "Pacific/Kiritimati"])
            foreach (var calendar in Enum.GetValues<BucketCalendar>())
            {
                var edges = BucketEdges.Compute(UnixMicros.Min, UnixMicros.Max, _month, TimeZoneInfo.FindSystemTimeZoneById(zone), calendar);
                Covers(edges, UnixMicros.Min, UnixMicros.Max);
                foreach (var width in (BucketWidth[])[_day, _week, new(BucketUnit.Second, 3600)])
                {
                    Covers(BucketEdges.Compute(UnixMicros.Min, UnixMicros.Min + 3 * UnixMicros.PerDay, width, TimeZoneInfo.FindSystemTimeZoneById(zone), calendar), UnixMicros.Min, UnixMicros.Min + 3 * UnixMicros.PerDay);
                    Covers(BucketEdges.Compute(UnixMicros.Max - 3 * UnixMicros.PerDay, UnixMicros.Max, width, TimeZoneInfo.FindSystemTimeZoneById(zone), calendar), UnixMicros.Max - 3 * UnixMicros.PerDay, UnixMicros.Max);
                }
            }
    }

    [Fact]
    public void Impossible_widths_and_too_many_buckets_are_refused()
    {
        foreach (var width in (BucketWidth[])[new(BucketUnit.Second, 0), new(BucketUnit.Second, 7), new(BucketUnit.Second, 90_000), new(BucketUnit.Day, 2)])
            Assert.Throws<ArgumentException>(() => Compute("2026-01-01T00:00Z", "2026-01-02T00:00Z", width, "UTC"));
        Assert.Contains("wider bucket", Assert.Throws<ArgumentException>(() => Compute("2026-01-01T00:00Z", "2026-12-31T00:00Z", new(BucketUnit.Second, 1), "UTC")).Message, StringComparison.Ordinal);
        Assert.Empty(Compute("2026-01-01T00:00Z", "2026-01-01T00:00Z", _day, "UTC"));
    }

    [Fact]
    public void In_every_zone_days_are_cut_where_its_own_date_changes()
    {
        foreach (var zone in TimeZoneInfo.GetSystemTimeZones())
            Gen.Long[At("1990-01-01T00:00Z"), At("2035-01-01T00:00Z")].Sample(from =>
            {
                var to = from + 40 * UnixMicros.PerDay;
                var edges = BucketEdges.Compute(from, to, _day, zone, BucketCalendar.Gregorian);
                Covers(edges, from, to);
                Covers(BucketEdges.Compute(from, to, new(BucketUnit.Second, 3600), zone, BucketCalendar.Gregorian), from, to);
                for (var i = 0; i + 1 < edges.Length; i++)
                {
                    var (first, before) = (DateIn(zone, edges[i]), DateIn(zone, edges[i] - 1));
                    // The repeated evening of a change back over midnight belongs to the new day already.
                    Assert.True(first > before || zone.IsAmbiguousTime(UnixMicros.ToTime(edges[i])), $"{zone.Id} {UnixMicros.ToTime(edges[i]):O}");
                    var noon = edges[i] + (edges[i + 1] - edges[i]) / 2;
                    Assert.Equal(first, DateIn(zone, noon));
                }
                return true;
            }, iter: 3, threads: 1);
    }

    [Fact]
    public void Finer_buckets_of_a_zone_never_cross_coarser_ones()
    {
        foreach (var id in (string[])["Asia/Tehran", "America/Los_Angeles", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Asia/Kathmandu"])
            foreach (var seconds in (int[])[60, 900, 3600, 21_600])
            {
                var zone = TimeZoneInfo.FindSystemTimeZoneById(id);
                var (from, to) = (At("2005-02-01T00:00Z"), At("2005-05-01T00:00Z"));
                var fine = BucketEdges.Compute(from, to, new(BucketUnit.Second, seconds), zone, BucketCalendar.Gregorian).ToHashSet();
                Assert.All(BucketEdges.Compute(from, to, _day, zone, BucketCalendar.Gregorian)[1..^1], edge => Assert.Contains(edge, fine));
            }
    }

    private static void Covers(long[] edges, long from, long to)
    {
        Assert.True(edges.Length >= 2 && edges[0] <= from && edges[^1] >= to);
        for (var i = 1; i < edges.Length; i++) Assert.True(edges[i] > edges[i - 1]);
        Assert.True(edges[1] > from && edges[^2] < to);
    }

    private static DateTime DateIn(TimeZoneInfo zone, long instant) => TimeZoneInfo.ConvertTime(UnixMicros.ToTime(instant), zone).Date;

    private static long[] Compute(string from, string to, BucketWidth width, string zone, BucketCalendar calendar = BucketCalendar.Gregorian) =>
        BucketEdges.Compute(At(from), At(to), width, TimeZoneInfo.FindSystemTimeZoneById(zone), calendar);

    private static long At(string time) => UnixMicros.From(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));

    private static string[] Show(long[] edges) => [.. edges.Select(edge => UnixMicros.ToTime(edge).ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture))];

    private static double[] Hours(long[] edges) => [.. edges.Zip(edges.Skip(1), (start, end) => (end - start) / (double)Hour)];
}
