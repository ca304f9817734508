using System.Globalization;
using System.IO.Compression;
using System.Text;
using CsCheck;
using SmartCity.FirmwareSim.Replay;
using SmartCity.Model;

namespace SmartCity.Tests.FirmwareSim;

public sealed class CsvSourceTests
{
    private static readonly ReplayMapping _columns = new()
    {
        Name = "test",
        Files = ["*"],
        Device = "d-{id}",
        Missing = ["NA"],
        Time = new TimeRule { Text = "{time}", Format = "yyyy-MM-dd HH:mm", Zone = "America/Chicago" },
        Columns = [new ColumnRule { Column = "v", Metric = "value" }, new ColumnRule { Column = "s", Metric = "state", Kind = CellKind.Text, Missing = ["None"] }, new ColumnRule { Column = "o", Metric = "open", Kind = CellKind.Bool }],
    };

    [Fact]
    public void Every_cell_is_a_value_a_null_or_rejected_with_its_reason()
    {
        var (readings, account) = Read(_columns, $"""
            id,time,v,s,o
            1,2026-07-01 12:00,1.50,ok,1
            1,2026-07-01 12:05,NA,None,false
            a/b,2026-07-01 12:10, 7 ,,TRUE
            1,2026-07-01 12:15,x,{new string('y', 257)},2
            1,2026-07-01 12:20,1e400,"a,b",0
            1,noon,1,2,3
            1,2026-03-08 02:30,1,2,3
            1,2026-07-01 12:25,1,2
            {new string('z', 200)},2026-07-01 12:30,1,2,1
            1,2026-07-01 12:35,NaN,Infinity,
            1,2026-07-01 12:40,.5,+5,
            """);
        Assert.Equal(
        [
            "d-1 value=1.50 17:00", "d-1 state=ok 17:00", "d-1 open=true 17:00", "d-1 open=false 17:05", "d-a%2Fb value=7 17:10", "d-a%2Fb open=true 17:10",
            "d-1 state=a,b 17:20", "d-1 open=false 17:20", "d-1 state=Infinity 17:35", "d-1 value=0.5 17:40", "d-1 state=+5 17:40",
        ], readings);
        Assert.Equal("device:id 1, row:columns 1, time:format 1, time:nonexistent 1, value:not-a-number 2, value:overflow 1", Reasons(account, "value"));
        Assert.Equal("device:id 1, row:columns 1, time:format 1, time:nonexistent 1, value:too-long 1", Reasons(account, "state"));
        Assert.Equal("device:id 1, row:columns 1, time:format 1, time:nonexistent 1, value:not-a-bool 1", Reasons(account, "open"));
        Assert.Equal((1, 2, 2), (account.Of("value", null).Nulls, account.Of("state", null).Nulls, account.Of("open", null).Nulls));
        var total = account.Total();
        Assert.Equal(33, total.Cells);
        Assert.Equal(total.Cells, readings.Count + total.Nulls + total.Rejected);
    }

    [Fact]
    public void A_wide_file_has_a_device_a_column_and_may_be_packed()
    {
        var mapping = new ReplayMapping
        {
            Name = "wide", Files = ["*"], Device = "la-{column}", Wide = new WideRule { Metric = "speed" },
            Time = new TimeRule { Start = new DateTime(2012, 3, 11, 1, 50, 0), Step = TimeSpan.FromMinutes(5), Zone = "America/Los_Angeles" },
        };
        // Rows without a time go on as time passes, across the hour that does not exist.
        var (readings, _) = Read(mapping, "7,8\n1,2\n3,\n5,6\n", gzip: true);
        Assert.Equal(["la-7 speed=1 09:50", "la-8 speed=2 09:50", "la-7 speed=3 09:55", "la-7 speed=5 10:00", "la-8 speed=6 10:00"], readings);
    }

    [Theory]
    [InlineData("unix", "1795500723.412", "06:12:03.412")]
    [InlineData("unix-ms", "1795500723412", "06:12:03.412")]
    [InlineData("rfc3339", "2026-11-24T09:42:03.412+03:30", "06:12:03.412")]
    [InlineData("unix", "1795500723412", null)]
    [InlineData("unix-ms", "now", null)]
    [InlineData("rfc3339", "2026-11-24T09:42:03", null)]
    public void Times_with_an_offset_need_no_zone(string format, string text, string? time)
    {
        var mapping = _columns with { Time = new TimeRule { Text = "{time}", Format = format }, Columns = [_columns.Columns[0]] };
        var (readings, account) = Read(mapping, $"id,time,v\n1,{text},5\n");
        if (time is null) Assert.Equal(1, account.Total().Rejected);
        else Assert.Equal([$"d-1 value=5 {time}"], readings);
    }

    [Fact]
    public void A_file_that_lacks_a_column_is_refused_whole()
    {
        Assert.Equal("f.csv has no column s, o; it has id, time, v.", Assert.Throws<InvalidDataException>(() => Read(_columns, "id,time,v\n1,2,3\n")).Message);
        Assert.Equal("f.csv is empty; its first line names the columns.", Assert.Throws<InvalidDataException>(() => Read(_columns, "")).Message);
        Assert.StartsWith("f.csv, line 2: a quote is never closed", Assert.Throws<InvalidDataException>(() => Read(_columns, "id,time,v,s,o\n1,\"2")).Message, StringComparison.Ordinal);
    }

    /// <summary>The library's own stream takes the first two for the end of the file.</summary>
    [Theory]
    [InlineData("cut", "cut off")]
    [InlineData("no tail", "cut off")]
    [InlineData("stub", "cut off")]
    [InlineData("flipped", "damaged")]
    [InlineData("plain", "damaged")]
    public void A_damaged_gzip_file_is_refused(string how, string message)
    {
        using var folder = new TemporaryFolder();
        var text = "id,time,v,s,o\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"1,2026-07-01 12:00,{i * 7_919 % 1_000},ok,1\n"));
        var bytes = Packed(text);
        if (how == "flipped") bytes[bytes.Length / 2] ^= 0xFF;
        File.WriteAllBytes(folder["f.csv.gz"], how switch { "cut" => bytes[..(bytes.Length / 2)], "no tail" => bytes[..^8], "stub" => bytes[..5], "plain" => Encoding.UTF8.GetBytes(text), _ => bytes });
        var error = Assert.Throws<InvalidDataException>(() =>
        {
            using var source = new CsvSource(_columns, folder["f.csv.gz"]);
            _ = source.Read(new ReplayAccount()).Count();
        });
        Assert.StartsWith("f.csv.gz", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    /// <summary>The night on which Chicago's clocks go back: 01:00–02:00 comes twice, first at UTC-5, then at UTC-6.</summary>
    [Theory]
    // A different value of the same local time follows: the second offset.
    [InlineData("00:30=1 01:00=2 01:00=3 02:00=4", "05:30=1 06:00=2 07:00=3 08:00=4")]
    // The same value: the same reading.
    [InlineData("01:00=2 01:00=2 02:00=4", "06:00=2 06:00=2 08:00=4")]
    // No second one: the first offset.
    [InlineData("00:30=1 01:30=2 02:30=4", "05:30=1 06:30=2 08:30=4")]
    // The clock stepped back: what follows within the hour is the second round, whatever its values.
    [InlineData("01:00=1 01:20=1 01:40=1 01:00=1 01:20=1 01:40=1 02:00=1", "06:00=1 06:20=1 06:40=1 07:00=1 07:20=1 07:40=1 08:00=1")]
    public void An_hour_that_comes_twice_falls_where_it_should(string rows, string readings)
    {
        var mapping = _columns with { Columns = [_columns.Columns[0]] };
        var text = "id,time,v\n" + string.Join('\n', rows.Split(' ').Select(row => $"1,2026-11-01 {row.Split('=')[0]},{row.Split('=')[1]}"));
        var (read, _) = Read(mapping, text);
        Assert.Equal(readings.Split(' '), read.Select(one => $"{one.Split(' ')[2]}={one.Split('=')[1].Split(' ')[0]}"));
    }

    [Fact]
    public void Metrics_and_devices_of_such_an_hour_do_not_disturb_each_other()
    {
        var (readings, _) = Read(_columns, """
            id,time,v,s,o
            1,2026-11-01 01:00,5,a,1
            2,2026-11-01 01:00,6,a,1
            1,2026-11-01 01:00,5,b,1
            2,2026-11-01 01:30,7,a,1
            """);
        Assert.Equal(
        [
            "d-1 value=5 06:00", "d-1 state=a 06:00", "d-1 open=true 06:00", "d-2 value=6 06:00", "d-2 state=a 06:00", "d-2 open=true 06:00",
            "d-1 value=5 06:00", "d-1 open=true 06:00", "d-1 state=b 07:00", "d-2 value=7 06:30", "d-2 state=a 06:30", "d-2 open=true 06:30",
        ], readings);
    }

    /// <summary>
    /// A year of local times, made from instants, comes back to the instants, in every zone with clock changes; as long as a row comes at least every half
    /// hour, by which Lord Howe's clocks change.
    /// </summary>
    [Fact]
    public void Any_steady_record_of_a_year_falls_where_it_was_measured() => Gen.Select(Gen.Int[0, 3], Gen.Int[1, 6]).Sample((which, steps) =>
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(new[] { "America/Chicago", "Europe/London", "Australia/Lord_Howe", "Asia/Tehran" }[which]);
        var step = TimeSpan.FromMinutes(5 * steps);
        var start = new DateTimeOffset(2021, 12, 31, 20, 0, 0, TimeSpan.Zero);
        var instants = Enumerable.Range(0, (int)(TimeSpan.FromDays(380) / step)).Select(i => start + i * step).ToArray();
        // Each row has a value of its own, as a running counter has.
        var text = new StringBuilder("id,time,v\n");
        for (var i = 0; i < instants.Length; i++) text.Append(CultureInfo.InvariantCulture, $"1,{TimeZoneInfo.ConvertTime(instants[i], zone):yyyy-MM-dd HH:mm},{i}\n");
        var mapping = _columns with { Columns = [_columns.Columns[0]], Time = _columns.Time with { Zone = zone.Id } };
        var times = new List<long>();
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["f.csv"], text.ToString());
        using var source = new CsvSource(mapping, folder["f.csv"]);
        foreach (var element in source.Read(new ReplayAccount())) times.Add(element.Time);
        Assert.Equal(instants.Select(UnixMicros.From), times);
    }, iter: 6);

    /// <summary>What the recorded sets hold, counted by other means (README of the data, and a script).</summary>
    [Theory]
    [InlineData("la-loops", 2_016, 417_312, 417_312, 0)]
    [InlineData("beijing-air", 52_704, 632_448, 632_185, 263)]
    [InlineData("i94-volume", 48_204, 385_632, 337_489, 48_143)]
    public void A_recorded_set_is_read_whole(string set, int rows, int cells, int values, int nulls)
    {
        Assert.SkipWhen(Repository.RecordedData is null, "There is no recorded data beside the checkout.");
        var folder = Path.Combine(Repository.RecordedData!, set);
        var mapping = MappingReader.Recognise(folder);
        var account = new ReplayAccount();
        var read = (Rows: 0L, Values: 0L);
        foreach (var file in MappingReader.FilesOf(mapping, folder))
        {
            using var source = new CsvSource(mapping, file);
            read.Values += source.Read(account).Sum(element => (long)element.Values.Count);
            read.Rows += source.Rows;
        }
        var total = account.Total();
        Assert.Equal((rows, values, cells, nulls, 0), (read.Rows, read.Values, total.Cells, total.Nulls, total.Rejected));
    }

    private static string Reasons(ReplayAccount account, string metric) => string.Join(", ", account.Of(metric, null).Reasons.Select(one => $"{one.Key} {one.Value}"));

    private static (List<string> Readings, ReplayAccount Account) Read(ReplayMapping mapping, string text, bool gzip = false)
    {
        using var folder = new TemporaryFolder();
        var file = folder[gzip ? "f.csv.gz" : "f.csv"];
        File.WriteAllBytes(file, gzip ? Packed(text) : Encoding.UTF8.GetBytes(text));
        var account = new ReplayAccount();
        using var source = new CsvSource(mapping, file);
        var readings = source.Read(account)
            .SelectMany(element => element.Values.Select(value => $"{element.Device} {value.Metric}={value.Text} {UnixMicros.ToTime(element.Time).ToString(element.Time % 60_000_000 == 0 ? "HH:mm" : "HH:mm:ss.FFF", CultureInfo.InvariantCulture)}"))
            .ToList();
        return (readings, account);
    }

    private static byte[] Packed(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }
}
