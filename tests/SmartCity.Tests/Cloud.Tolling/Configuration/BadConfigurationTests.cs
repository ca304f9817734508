using System.Text;
using CsCheck;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Tests.Cloud.Tolling.Rating;

namespace SmartCity.Tests.Cloud.Tolling.Configuration;

/// <summary>Each wrong file is refused with its place and a reason; of two rows in conflict both places are named.</summary>
public sealed class BadConfigurationTests
{
    private const string Round = "\"rounding\": { \"unit\": 0.01, \"stage\": \"line\" }";
    private const string Price = "\"prices\": [{ \"point\": \"p\", \"class\": \"car\", \"amount\": 1 }]";

    [Theory]
    [InlineData("", "a.csv", "the file is empty")]
    [InlineData(" \r\n\t", "a.csv", "the file is empty")]
    [InlineData("{", "a.json line 1", "no JSON")]
    [InlineData("{\n \"tariffs\": [], // none\n}", "a.json line 2", "no JSON")]
    [InlineData("/* x */ {}", "a.csv line 1", "no JSON")]
    [InlineData("{ \"tariffs\": [], }", "a.json line 1", "no JSON")]
    [InlineData("{} {}", "a.json line 1", "no JSON")]
    [InlineData("[]", "a.csv line 1 $", "an object is needed here, not a list")]
    [InlineData("{\n\"tariffs\": [],\n\"tariffs\": []}", "a.json line 3 $.tariffs", "stands twice in this object, before on line 2")]
    [InlineData("{ \"tarrifs\": [] }", "a.json line 1 $.tarrifs", "\"tarrifs\" is not known here; known: accounts, calendars")]
    [InlineData("{ \"tariffs\": {} }", "a.json line 1 $.tariffs", "expected a list")]
    [InlineData("{ \"a\\ud800\": [] }", "a.json line 1", "no JSON")]
    [InlineData("[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "a.csv line 1", "no JSON")]
    [InlineData("tariff;version;point\n", "a.csv line 1", "neither JSON, which begins with {, nor a known table")]
    [InlineData("tariff;version;point;class;amount\nt;1;p;car;1\n", "a.csv line 1", "; separates its fields, a comma is needed")]
    [InlineData("tariff\tversion\tpoint\tclass\tamount\nt\t1\tp\tcar\t1\n", "a.csv line 1", "a tab separates its fields, a comma is needed")]
    [InlineData("tariff,version,point,class,price\nt,1,p,car,1\n", "a.csv line 1", "columns are \"tariff,version,point,class,price\", expected one of: ")]
    [InlineData("account,payment\r1,prepaid\r2,cash\r", "a.csv line 3 payment", "\"cash\" is none of prepaid, postpaid")]
    [InlineData("\uFEFFaccount,payment\r\n1,cash\r\n", "a.csv line 2 payment", "\"cash\" is none of prepaid, postpaid")]
    [InlineData("account,payment\n1,\"prepaid\n2,postpaid\n3,postpaid", "a.csv line 2", "a quoted field of this row does not end")]
    [InlineData("tariff,version,point,class,amount\n", "a.csv line 1", "a header and no rows")]
    [InlineData("tariff,version,point,class,amount\nt,1,p,car\n", "a.csv line 2", "4 fields; the header has 5")]
    [InlineData("tariff,version,point,class,amount\nt,1,p,\"car\n,1", "a.csv line 2", "a quoted field of this row does not end")]
    [InlineData("tariff,version,point,class,amount\nt,1,p,\"car\"x,1", "a.csv line 2", "goes on after its quote")]
    [InlineData("tariff,version,point,class,amount\nt,1,p,car,1\n", "a.csv line 2", "prices of tariff \"t\" version 1, which is in no file")]
    [InlineData("tariff,version,version,point,class,amount\nt,1,1,p,car,1\n", "a.csv line 1", "column \"version\" stands twice")]
    [InlineData("issuer,name\n1,A\n2,B\n1,C\n", "a.csv line 4", "issuer 1 stands twice, also at a.csv line 2")]
    [InlineData("issuer,tag,account\n1,7,x\n", "a.csv line 2", "issuer 1 is in no file")]
    [InlineData("plate,account\nZZ!!,\n", "a.csv line 2 plate", "is no plate")]
    [InlineData("plate,account\n12ی34567,\n۱۲ي۳۴۵۶۷,\n", "a.csv line 3", "stands twice, also at a.csv line 2")]
    [InlineData("account,payment,plan\n1,prepaid,gold\n", "a.csv line 2", "plan \"gold\" is of no tariff")]
    [InlineData("account,payment,planFrom\n1,prepaid,2026-01-01\n", "a.csv line 2", "the plan that planFrom and planTo are of is missing")]
    [InlineData("account,payment\n1,cash\n", "a.csv line 2 payment", "\"cash\" is none of prepaid, postpaid")]
    [InlineData("kind,subject,code\nblock,bike:1,\n", "a.csv line 2 subject", "neither tag:ISSUER:NUMBER nor plate:COUNTRY:PLATE")]
    [InlineData("kind,subject,code,from,to\nblock,tag:1:2,,2026-01-01,\nblock,tag:1:2,,2026-02-01,2026-03-01\n", "a.csv line 3", "stands twice for one time, also at a.csv line 2")]
    public void A_wrong_file_is_refused_with_its_place(string text, string place, string reason) => Refused(Made.Load(text), place, reason);

    [Theory]
    [InlineData("\"amount\": 1", "\"amount\": 1e3", "a.json line 4 $.tariffs[0].prices[0].amount", "no exponent")]
    [InlineData("\"amount\": 1", "\"amount\": -1", "a.json line 4 $.tariffs[0].prices[0].amount", "amount is -1")]
    [InlineData("\"amount\": 1", "\"amount\": 0.0000001", "a.json line 4 $.tariffs[0].prices[0].amount", "at most 6 decimals")]
    [InlineData("\"amount\": 1", "\"amount\": \"۱۲\"", "a.json line 4 $.tariffs[0].prices[0].amount", "expected a number")]
    [InlineData("\"amount\": 1", "\"amount\": 9223372036854775808", "a.json line 4 $.tariffs[0].prices[0].amount", "from 0 to 9223372036854775807")]
    [InlineData("\"amount\": 1", "\"amount\": 92233720368547758.08", "a.json line 4 $.tariffs[0].prices[0]", "does not fit 64 bits at scale 2; at most 92233720368547758.07")]
    [InlineData("\"amount\": 1", "\"amount\": 1, \"band\": \"peak\"", "a.json line 4 $.tariffs[0].prices[0]", "band \"peak\" is not one of calendar \"k\"")]
    [InlineData("\"amount\": 1", "\"amount\": 1, \"entry\": \"p\"", "a.json line 4 $.tariffs[0].prices[0].entry", "only a tariff of basis entryExit has it")]
    [InlineData("\"class\": \"car\", \"amount\"", "\"class\": \"bike\", \"amount\"", "a.json line 4 $.tariffs[0].prices[0]", "class \"bike\" is not one of corridor \"c\"")]
    [InlineData("\"point\": \"p\"", "\"point\": \"q\"", "a.json line 4 $.tariffs[0].prices[0]", "point \"q\" is not one of corridor \"c\"")]
    [InlineData("\"corridor\": \"c\"", "\"corridor\": \"d\"", "a.json line 4 $.tariffs[0]", "corridor \"d\" is in no file")]
    [InlineData("\"calendar\": \"k\"", "\"calendar\": \"l\"", "a.json line 4 $.tariffs[0]", "calendar \"l\" is in no file")]
    [InlineData("\"id\": \"t\"", "\"id\": \"t\", \"penaltyPolicy\": \"x\"", "a.json line 4 $.tariffs[0]", "penalty policy \"x\" is in no file")]
    [InlineData("\"currency\": \"EUR\"", "\"currency\": \"eur\"", "a.json line 4 $.tariffs[0].currency", "not three capital letters of ISO 4217")]
    [InlineData("\"scale\": 2", "\"scale\": 7", "a.json line 4 $.tariffs[0].scale", "a whole number from 0 to 6")]
    [InlineData("\"unit\": 0.01", "\"unit\": 0.015", "a.json line 4 $.tariffs[0].rounding.unit", "no whole number of minor units, 0.01")]
    [InlineData("\"unit\": 0.01", "\"unit\": 0", "a.json line 4 $.tariffs[0].rounding.unit", "expected a number from 0.01")]
    [InlineData("\"stage\": \"line\"", "\"stage\": \"Line\"", "a.json line 4 $.tariffs[0].rounding.stage", "\"Line\" is none of component, line, bill")]
    [InlineData("\"basis\": \"point\"", "\"basis\": \"point\", \"dailyCap\": 1.005", "a.json line 4 $.tariffs[0]", "rounding would go beyond it")]
    [InlineData("\"basis\": \"point\"", "\"basis\": \"distance\"", "a.json line 4 $.tariffs[0]", "needs rates")]
    [InlineData("\"basis\": \"point\"", "\"basis\": \"point\", \"freeKmPerDay\": 5", "a.json line 4 $.tariffs[0]", "only a tariff of basis distance has freeKmPerDay")]
    [InlineData("\"basis\": \"point\"", "\"basis\": \"point\", \"plans\": [{ \"plan\": \"a\", \"percent\": 101 }]", "a.json line 4 $.tariffs[0].plans[0].percent", "a number from 0 to 100")]
    [InlineData("\"version\": 1, \"validFrom\": \"2020-01-01\", \"corridor\"", "\"version\": 1, \"validFrom\": \"2020-02-30\", \"corridor\"", "a.json line 4 $.tariffs[0].validFrom", "a Gregorian date such as 2024-10-24")]
    [InlineData("\"version\": 1, \"validFrom\": \"2020-01-01\", \"corridor\"", "\"version\": 1, \"validFrom\": \"2019-01-01\", \"corridor\"", "a.json line 4 $.tariffs[0]", "the tariff begins on 2019-01-01, its corridor")]
    [InlineData("\"zone\": \"UTC\"", "\"zone\": \"Mars/Olympus\"", "a.json line 2 $.corridors[0].zone", "no time zone")]
    [InlineData("\"direction\": \"all\"", "\"direction\": \"up\"", "a.json line 2 $.corridors[0]", "direction \"up\" of lane L1 is none of point p: all")]
    [InlineData("\"2026-01-01\"", "\"2026-01-01\", \"2026-01-01\"", "a.json line 3 $.calendars[0].holidays[1]", "listed twice")]
    [InlineData("\"2026-01-01\"", "\"1404-10-11\"], \"persianHolidays\": [\"1404-13-01\"", "a.json line 3 $.calendars[0].persianHolidays[0]", "no Persian date")]
    [InlineData("\"weekend\": [\"friday\"]", "\"weekend\": [\"jomeh\"]", "a.json line 3 $.calendars[0].weekend[0]", "none of sunday, monday")]
    public void A_wrong_value_is_refused_with_its_place(string good, string bad, string place, string reason)
    {
        var text = Made.Document(Made.Tariff($"{Price}, {Round}"));
        Assert.Empty(Made.Load(text).Errors);
        Assert.Contains(good, text, StringComparison.Ordinal);
        Refused(Made.Load(text.Replace(good, bad, StringComparison.Ordinal)), place, reason);
    }

    [Theory]
    [InlineData("\"validFrom\": \"2021-01-01\", \"validTo\": \"2022-01-01\"", "\"validFrom\": \"2021-06-01\"", "begins on 2021-06-01, before the end on 2022-01-01 of \"t\" version 1")]
    [InlineData("\"validFrom\": \"2021-01-01\"", "\"validFrom\": \"2021-01-01\"", "begins with \"t\" version 1")]
    [InlineData("\"validFrom\": \"2021-01-01\", \"validTo\": \"2022-01-01\"", "\"validFrom\": \"2022-01-02\"", "after the end on 2022-01-01, so that nothing holds between")]
    [InlineData("\"validFrom\": \"2021-01-01\"", "\"validFrom\": \"2021-01-02\", \"replaces\": 1", "replaces, but has not the validity of \"t\" version 1")]
    public void Versions_that_overlap_or_leave_a_gap_are_refused_with_both_places(string first, string second, string reason)
    {
        var text = Made.Document($"{Made.Tariff($"{first}, {Price}, {Round}")},\n{Made.Tariff($"\"version\": 2, {second}, {Price}, {Round}")}");
        var error = Refused(Made.Load(text), "a.json line 5 $.tariffs[1]", reason);
        Assert.Equal(new ConfigPlace("a.json", 4, "$.tariffs[0]"), error.Other);
    }

    [Theory]
    [InlineData(1)] // itself
    [InlineData(2)] // one that replaces it in turn
    public void A_version_that_replaces_itself_or_a_later_one_is_refused(int replaced) =>
        Refused(Made.Load(Made.Document($"{Made.Tariff($"\"replaces\": {replaced}, {Price}, {Round}")},\n{Made.Tariff($"\"version\": 2, \"replaces\": 1, {Price}, {Round}")}")),
            "a.json line 4 $.tariffs[0].replaces", "a version replaces an earlier one");

    [Theory]
    [InlineData("2026-03-29T02:30", "there is no 2026-03-29T02:30:00 in Europe/Oslo")]
    [InlineData("2026-10-25T02:30", "2026-10-25T02:30:00 comes twice in Europe/Oslo")]
    [InlineData("2026-03-29T03:00", null)]
    [InlineData("2026-03-29", null)]
    public void A_tariff_does_not_begin_at_a_time_that_its_zone_leaves_out_or_has_twice(string begin, string? reason)
    {
        var load = Made.Load(Made.Document($"{Made.Tariff($"{Price}, {Round}")},\n{Made.Tariff($"\"version\": 2, \"validFrom\": \"{begin}\", {Price}, {Round}")}").Replace("\"zone\": \"UTC\"", "\"zone\": \"Europe/Oslo\"", StringComparison.Ordinal));
        if (reason is null) Assert.Empty(load.Errors);
        else Refused(load, "a.json line 5 $.tariffs[1]", reason);
    }

    [Fact]
    public void A_version_that_replaces_another_takes_its_place()
    {
        var two = Price.Replace("1", "2", StringComparison.Ordinal);
        var load = Made.Load(Made.Document($"{Made.Tariff($"{Price}, {Round}")},\n{Made.Tariff($"\"version\": 2, \"replaces\": 1, {two}, {Round}")}"));
        Assert.Empty(load.Errors);
        Assert.Equal(2, load.Configuration!.TariffAt("c", new DateTime(2026, 1, 1))!.Version);
        Assert.Equal(2, load.Configuration.Tariffs.Count);
    }

    [Fact]
    public void One_price_in_two_files_is_refused_with_both_rows()
    {
        var load = Made.Load(Made.Document(Made.Tariff($"{Price}, {Round}")), "tariff,version,point,class,band,amount\nt,1,p,bus,,2\nt,1,p,car,,3\n");
        Assert.Equal(new ConfigPlace("a.json", 4, "$.tariffs[0].prices[0]"), Refused(load, "b.csv line 3", "two rows for").Other);
    }

    [Fact]
    public void A_band_without_an_end_is_needed_for_the_last_kilometres() =>
        Refused(Made.Load(Made.Document(Made.Tariff($"\"basis\": \"distance\", \"rates\": [{{ \"component\": \"x\", \"class\": \"car\", \"upToKm\": 200, \"perKm\": 1 }}], {Round}"))), "a.json line 4 $.tariffs[0].rates[0]", "no price beyond 200 km");

    [Fact]
    public void A_point_of_two_corridors_and_a_lane_of_two_points_are_refused()
    {
        var other = Made.Corridor.Replace("\"id\": \"c\"", "\"id\": \"e\"", StringComparison.Ordinal);
        var load = Made.Load(Made.Document("", $"{Made.Corridor},\n{other}"));
        Refused(load, "a.json line 3 $.corridors[1]", "point \"p\" is also one of \"c\" version 1 (a.json line 2 $.corridors[0])");
        Refused(Made.Load(Made.Document("", $"{Made.Corridor},\n{other.Replace("\"id\": \"p\"", "\"id\": \"q\"", StringComparison.Ordinal)}")), "a.json line 3 $.corridors[1]", "lane \"L1\" of point q is also at point p");
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x7B, 0x00 }, "it looks like UTF-16")]
    [InlineData(new byte[] { 0x00, 0x7B, 0x00, 0x7D }, "it looks like UTF-16 or is binary")]
    public void Another_encoding_is_refused(byte[] bytes, string reason) => Refused(TollConfiguration.Load([new ConfigFile("a.json", bytes)]), "a.json", reason);

    [Fact]
    public void A_byte_that_is_no_UTF_8_is_named()
    {
        byte[] windows1256 = [.. "plate,account\n"u8, (byte)'1', (byte)'2', 0xC8, .. "34567,\n"u8];
        Refused(TollConfiguration.Load([new ConfigFile("a.csv", windows1256)]), "a.csv line 2", "byte 17 of the file, 0xC8, is no UTF-8");
    }

    [Fact]
    public void A_UTF_8_mark_at_the_start_is_no_fault() =>
        Assert.Empty(TollConfiguration.Load([new ConfigFile("a.json", (byte[])[.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Made.Document(Made.Tariff($"{Price}, {Round}")))])]).Errors);

    [Fact]
    public void A_file_of_100_MB_is_refused_without_reading_it()
    {
        using var folder = new TemporaryFolder();
        using (var file = File.Create(folder["big.json"])) file.SetLength(100_000_000);
        Assert.Null(ConfigFile.Read(folder["big.json"], out var issue));
        Assert.Equal("big.json: the file has 100000000 bytes; at most 33554432 are read, split it", issue!.ToString());
    }

    [Fact]
    public void Two_files_of_one_name_are_refused() => Refused(TollConfiguration.Load([Made.File("{}"), Made.File("{}")]), "a.json", "two files have this name");

    [Fact]
    public void Of_many_errors_a_hundred_are_told_and_the_rest_counted()
    {
        var rows = string.Concat(Enumerable.Range(0, 250).Select(i => $"{i},cash\n"));
        var load = Made.Load("account,payment\n" + rows);
        Assert.Equal(TollConfigurationLoad.ErrorsMax, load.Errors.Count);
        Assert.EndsWith("150 errors more are not listed", load.Errors[^1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_is_all_commas_is_refused() => Refused(Made.Load(new string(',', 1_000_000)), "a.csv line 1", "more than 100 columns or 4000000 fields");

    [Fact]
    public void No_change_of_a_shipped_file_makes_reading_throw() =>
        (from file in Gen.Int[0, Examples.Files.Count - 1]
         from at in Gen.Int[0, 20_000]
         from length in Gen.Int[0, 8]
         from put in Gen.OneOf(Gen.Byte.Array[0, 4], Gen.Int[0, 5].Select(i => Encoding.UTF8.GetBytes(new[] { "{", "]", "\"", ",", "null", "-9e99" }[i])))
         select (file, at, length, put)).Sample((file, at, length, put) =>
        {
            var files = Examples.Files.ToList();
            var bytes = files[file].Content.ToArray();
            var start = at % bytes.Length;
            files[file] = new ConfigFile(files[file].Name, (byte[])[.. bytes[..start], .. put, .. bytes[Math.Min(bytes.Length, start + length)..]]);
            var load = TollConfiguration.Load(files);
            Assert.Equal(load.Configuration is null, load.Errors.Count > 0);
            Assert.All(load.Errors, error => Assert.False(string.IsNullOrEmpty(error.Place.File)));
        }, iter: 150);

    private static ConfigIssue Refused(TollConfigurationLoad load, string place, string reason)
    {
        Assert.Null(load.Configuration);
        var error = load.Errors.FirstOrDefault(found => found.Place.ToString() == place && found.Reason.Contains(reason, StringComparison.Ordinal));
        Assert.True(error is not null, $"expected {place}: {reason}\n found {string.Join('\n', load.Errors)}");
        return error;
    }
}
