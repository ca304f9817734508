using System.Globalization;
using System.Text;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Commands;
using SmartCity.Cloud.Server.Import;
using SmartCity.Hosting.Certificates;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Files;
using SmartCity.Model;
using SmartCity.Model.Columns;

namespace SmartCity.Tests.Cloud.Server;

/// <summary><c>readings export</c> and <c>import</c>, beside a running server and without one.</summary>
public sealed class ReadingsTransferTests : IDisposable
{
    private const string Header = "device,metric,ts,received,value,quality,type\r\n";
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
    private string Data => _folder["data"];

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Broken => new()
    {
        { "", "line 1, byte 1: found an empty file" },
        { "device;metric;ts;value\na;b;2026-11-24T06:00:00Z;1\n", "line 1, byte 7: found semicolons between the columns, expected commas" },
        { "device\tmetric\tts\tvalue\na\tb\t2026-11-24T06:00:00Z\t1\n", "line 1, byte 7: found tabs between the columns, expected commas" },
        { "\uFEFFdevice,metric,ts,value\n", "line 1, byte 1: found a byte order mark" },
        { "device,metric,ts,value\ra,b,2026-11-24T06:00:00Z,1\r", "line 1, byte 24: found CR alone, expected LF or CR LF" },
        { "device,metric,value\na,b,1\n", "line 1, header: found no column ts, expected at least device, metric, ts, value" },
        { "device,metric,ts,valu\na,b,2026-11-24T06:00:00Z,1\n", "line 1, column 4: found \"valu\", expected one of device, metric, ts, received, value, quality, type. Did you mean value?" },
        { "device,metric,ts,value,ts\n", "line 1, column 5: found ts a second time, expected each column once" },
        { "device,metric,ts,value\na,b,2026-11-24T06:00:00Z,1\na,\"b,2026-11-24T06:00:00Z,1\n", "line 3, byte 3: found the end of the file after a quotation mark, expected another that closes it" },
        { "device,metric,ts,value\na,\"b" + new string('x', 70_000) + "\n", "line 2, byte 3: found more than 65,536 bytes after a quotation mark" },
        { "device,metric,ts,value\na,b" + new string('x', 70_000) + "\n", "line 2, byte 3: found a row of more than 65,536 bytes" },
        { "device,metric,ts,value\na,b,2026-11-24T06:00:00Z,1,7\n", "line 2, row: found 5 cells, expected 4 as in the header" },
        { "device,metric,ts,value\n\na,b,2026-11-24T06:00:00Z,1\n", "line 2, row: found an empty line" },
        { "device,metric,ts,value\na\"b,c,2026-11-24T06:00:00Z,1\n", "line 2, byte 2: found a quotation mark inside a cell" },
        { "device,metric,ts,value\n\"a\"b,c,2026-11-24T06:00:00Z,1\n", "line 2, byte 4: found more after a closing quotation mark" },
        { "device,metric,ts,value\na,b\0,2026-11-24T06:00:00Z,1\n", "line 2, byte 4: found a NUL byte" },
        { "PAR1 and no more", "This is no Parquet file, or one that is not whole" },
    };

    [Theory, MemberData(nameof(Broken))]
    public async Task A_file_that_is_no_csv_of_ours_is_refused_whole_with_line_column_found_and_expected(string content, string said)
    {
        await MakeLogAsync();
        var (_, talk) = await RunAsync(1, "readings", "import", Write("file.csv", Encoding.UTF8.GetBytes(content)));
        Assert.Contains(said, talk);
        Assert.Contains("Nothing of it was imported.", talk);
        Assert.Empty(ReadLog());
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Utf16_is_refused_by_name(bool isBigEndian)
    {
        await MakeLogAsync();
        var encoding = new UnicodeEncoding(isBigEndian, byteOrderMark: true);
        var (_, talk) = await RunAsync(1, "readings", "import", Write("file.csv", [.. encoding.GetPreamble(), .. encoding.GetBytes("device,metric,ts,value\n")]));
        Assert.Contains("line 1, byte 1: found UTF-16, expected UTF-8", talk);
    }

    [Theory]
    [InlineData("a b,m,2026-11-24T06:00:00Z,,1,0,double", "device: found \"a b\", expected 1–128 of")]
    [InlineData(",m,2026-11-24T06:00:00Z,,1,0,double", "device: found \"\", expected 1–128 of")]
    [InlineData("a,m,2026-11-24T06:00:00,,1,0,double", "ts: found \"2026-11-24T06:00:00\", expected RFC 3339 with an offset")]
    [InlineData("a,m,2026-11-24,,1,0,double", "ts: found \"2026-11-24\", expected RFC 3339")]
    [InlineData("a,m,2999-11-24T06:00:00Z,,1,0,double", "ts: found \"2999-11-24T06:00:00.000Z\", expected no time that lies ahead")]
    [InlineData("a,m,2026-11-24T06:00:00Z,soon,1,0,double", "received: found \"soon\", expected RFC 3339")]
    [InlineData("a,m,2026-11-24T06:00:00Z,,\"21,5\",0,double", "value: found \"21,5\", expected a number with a decimal point")]
    [InlineData("a,m,2026-11-24T06:00:00Z,,NaN,0,double", "value: found \"NaN\", expected a number")]
    [InlineData("a,m,2026-11-24T06:00:00Z,,,0,double", "value: found nothing, expected a number")]
    [InlineData("a,m,2026-11-24T06:00:00Z,,1.5,0,int64", "value: found \"1.5\", expected a whole number")]
    [InlineData("a,m,2026-11-24T06:00:00Z,,yes,0,bool", "value: found \"yes\", expected true or false")]
    [InlineData("a,m,2026-11-24T06:00:00Z,,1,256,double", "quality: found \"256\", expected flags from 0 to 255")]
    [InlineData("a,m,2026-11-24T06:00:00Z,,1,0,float", "type: found \"float\", expected double, int64, bool or text")]
    [InlineData("first,m,2026-11-24T06:00:01Z,,true,0,bool", "value: found \"bool\", expected double, which first/m holds since line 2")]
    public async Task A_wrong_row_is_named_by_line_and_column_and_nothing_is_imported(string row, string said)
    {
        await MakeLogAsync();
        var file = Write("file.csv", Encoding.UTF8.GetBytes(Header + "first,m,2026-11-24T06:00:00Z,,1,0,double\r\n" + row + "\r\n"));
        var (_, talk) = await RunAsync(1, "readings", "import", file);
        Assert.Contains($"{file}: line 3, {said}", talk);
        Assert.Contains("1 errors in 2 rows. Nothing of it was imported", talk);
        Assert.Empty(ReadLog());
    }

    [Fact]
    public async Task The_first_hundred_errors_are_listed_and_the_rest_counted()
    {
        var file = Write("file.csv", Encoding.UTF8.GetBytes(Header + string.Concat(Enumerable.Range(0, 250).Select(i => $"a,m,2026-11-24T06:00:00Z,,x{i},0,double\n"))));
        var (_, talk) = await RunAsync(1, "readings", "import", "--dry-run", file);
        Assert.Equal(102, talk.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("line 101, value: found \"x99\"", talk);
        Assert.Contains("… and 150 more.", talk);
    }

    [Fact]
    public async Task Without_a_server_a_file_goes_into_its_log_once_however_often_it_is_imported()
    {
        await MakeLogAsync();
        var readings = Mixed(20_000).ToList();
        var file = Write("file.csv", await CsvAsync(readings));
        Assert.Equal($"{file},20000,0,0,0,5,2026-11-01T00:00:00Z,2026-11-01T01:06:39Z", Row(await RunAsync(0, "readings", "import", "--dry-run", file, "--output", "csv")));
        Assert.Empty(ReadLog());
        Assert.Equal($"{file},20000,20000,0,0,5,2026-11-01T00:00:00Z,2026-11-01T01:06:39Z", Row(await RunAsync(0, "readings", "import", file, "--output", "csv")));
        Assert.Equal(readings.Select(reading => reading with { Quality = reading.Quality | ReadingQuality.Backfilled }), ReadLog());
        Assert.Equal($"{file},20000,0,20000,0,5,2026-11-01T00:00:00Z,2026-11-01T01:06:39Z", Row(await RunAsync(0, "readings", "import", file, "--output", "csv")));
        Assert.Equal(20_000, ReadLog().Count);
    }

    [Fact]
    public async Task What_was_broken_off_goes_on_where_it_ended()
    {
        var readings = Mixed(20_000).ToList();
        var path = Write("file.csv", await CsvAsync(readings));
        using (var log = OpenLog())
        {
            var file = await ImportFile.CheckAsync(path, TimeProvider.System, _ => { }, Stop);
            using var importer = new LogImporter(log, file.Epoch, Lane.Telemetry, TimeProvider.System);
            await foreach (var batch in new ImportBatches(file).AfterAsync(0, TimeProvider.System, _ => { }, Stop))
            {
                Assert.Equal(AppendStatus.Appended, (await importer.TakeAsync(batch, Stop)).Status);
                break;
            }
        }
        Assert.Equal(8_192, ReadLog().Count);
        Assert.StartsWith($"{path},20000,11808,8192,0,", Row(await RunAsync(0, "readings", "import", path, "--output", "csv")));
        Assert.Equal(readings.Select(reading => (reading.Series, reading.Time, reading.Value)), ReadLog().Select(reading => (reading.Series, reading.Time, reading.Value)));
    }

    [Fact]
    public async Task A_value_of_another_kind_than_its_series_goes_to_the_dead_letters_and_costs_no_neighbour()
    {
        await MakeLogAsync();
        await RunAsync(0, "readings", "import", Write("one.csv", Encoding.UTF8.GetBytes("device,metric,ts,value\na,m,2026-11-24T06:00:00Z,1\n")));
        var second = Write("two.csv", Encoding.UTF8.GetBytes(Header + "a,m,2026-11-24T06:00:01Z,,open,0,text\na,n,2026-11-24T06:00:01Z,,2,0,double\n"));
        Assert.StartsWith($"{second},2,2,0,1,2,", Row(await RunAsync(3, "readings", "import", second, "--output", "csv")));
        Assert.Equal(["a/m", "a/n"], ReadLog().Select(reading => reading.Series.ToString()));
        Assert.Contains("a/m", (await RunAsync(0, "dead-letter", "list")).Output);
        Assert.DoesNotContain("@import", (await RunAsync(0, "gateway", "list")).Output);
        Assert.Contains("@import", (await RunAsync(0, "completeness")).Output);
    }

    [Fact]
    public async Task Beside_a_running_server_what_was_exported_is_imported_again_as_it_was()
    {
        using var authority = LocalAuthority.Open(_folder["pki"], "tehran");
        var (certificate, key) = authority.Server();
        string[] settings = ["--Cloud:HttpPort=0", "--Cloud:Ingest:Port=0", $"--Cloud:Ingest:Certificate={certificate}", $"--Cloud:Ingest:Key={key}", $"--Cloud:Ingest:Authority={authority.AuthorityFile}"];
        var readings = Mixed(9_000).ToList();
        var file = Write("file.csv", await CsvAsync(readings));
        using var stop = new CancellationTokenSource();
        var serving = RunUntilAsync([.. Words("serve"), .. settings], stop.Token);
        await Eventually.HoldsAsync("the server has written its ports", () => PortsFile.TryRead(Data) is { Count: 3 } || serving.IsCompleted);
        Assert.False(serving.IsCompleted, serving.IsCompleted ? (await serving).Talk : "");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{PortsFile.TryRead(Data)!["http"]}") };

        Assert.StartsWith($"{file},9000,9000,0,0,5,", Row(await RunAsync(0, "readings", "import", file, "--output", "csv")));
        Assert.StartsWith($"{file},9000,0,9000,0,5,", Row(await RunAsync(0, "readings", "import", file, "--output", "csv")));
        await StoredAsync(9_000, 0);
        string[] range = ["--from", "2026-11-01T00:00:00Z", "--to", "2026-11-02T00:00:00Z"];
        await RunAsync(0, ["readings", "export", "--device", "d-1,d-2", .. range, "--file", _folder["out.csv"]]);
        await RunAsync(0, ["readings", "export", "--device", "d-1,d-2", .. range, "--format", "parquet", "--file", _folder["out.parquet"]]);
        var expected = readings.Select(reading => reading with { Quality = reading.Quality | ReadingQuality.Backfilled })
            .OrderBy(reading => reading.Series.ToString(), StringComparer.Ordinal).ThenBy(reading => reading.Time).ToList();
        Assert.Equal(expected, await ReadAsync(_folder["out.csv"]));
        Assert.Equal(expected, await ReadAsync(_folder["out.parquet"]));
        await RunAsync(0, ["readings", "export", "--device", "d-1,d-2", .. range, "--format", "lp", "--file", _folder["out.lp"]]);
        Assert.Equal(expected, await ReadAsync(_folder["out.lp"]));
        string[] days = ["readings", "export", "--folder", _folder["days"], "--from", "2026-10-31", "--to", "2026-11-02", "--tz", "UTC", "--format", "parquet"];
        Assert.Contains("2 files written.", (await RunAsync(0, days)).Talk);
        Assert.Equal(expected, await ReadAsync(_folder["days/date=2026-11-01/readings-00001.parquet"]));
        File.Delete(_folder["days/date=2026-10-31/readings-00001.parquet"]);
        Assert.Contains("1 files written, 1 were there.", (await RunAsync(0, days)).Talk);
        Assert.Equal(await File.ReadAllTextAsync(_folder["out.csv"], Stop), (await RunAsync(0, ["readings", "export", "--device", "d-1,d-2", .. range])).Output);
        Assert.StartsWith("device,metric,start,end,count,coverage,flagged\r\nd-1,count,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,1800,,1\r\n",
            (await RunAsync(0, ["readings", "export", "--device", "d-1", "--metric", "count", .. range, "--bucket", "day", "--fn", "count", "--tz", "UTC"])).Output);

        // The same readings in another file replace themselves.
        await RunAsync(0, "readings", "import", _folder["out.parquet"]);
        await StoredAsync(9_000, 9_000);
        Assert.Contains("No device d-3 has ever sent.", (await RunAsync(2, ["readings", "export", "--device", "d-3", "--file", _folder["none.csv"]])).Talk);
        Assert.False(File.Exists(_folder["none.csv"]) || File.Exists(_folder["none.csv.part"]));
        // What is imported is no sign of life, and only the socket's owner imports.
        Assert.Equal("{\"items\":[]}", (await http.GetStringAsync("/api/v1/gateways", Stop)).Replace(" ", "", StringComparison.Ordinal));
        Assert.DoesNotContain("\"live\"", await http.GetStringAsync("/api/v1/devices", Stop));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await http.GetAsync("/api/v1/imports/1/telemetry", Stop)).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await http.PostAsync("/api/v1/imports/1/telemetry/batches", new ByteArrayContent([]), Stop)).StatusCode);

        await stop.CancelAsync();
        Assert.Equal(0, (await serving).Exit);
        // From the files of the server that does not run any more, without its certificates.
        Assert.Equal(await File.ReadAllTextAsync(_folder["out.csv"], Stop), (await RunAsync(0, ["readings", "export", "--device", "d-1,d-2", .. range])).Output);

        async Task StoredAsync(long stored, long superseded) => await Eventually.HoldsAsync($"{stored} are stored and {superseded} superseded", async () =>
        {
            using var audit = System.Text.Json.JsonDocument.Parse(await http.GetStringAsync("/audit", Stop));
            return audit.RootElement.GetProperty("items").EnumerateArray().Any(lane => lane.GetProperty("gateway").GetString() == "@import"
                && lane.GetProperty("stored").GetInt64() == stored && lane.GetProperty("superseded").GetInt64() == superseded && lane.GetProperty("imbalance").GetInt64() == 0);
        });
    }

    [Fact]
    public async Task Every_text_comes_back_from_csv_and_none_of_them_is_a_formula()
    {
        var random = new Random(23);
        const string Letters = "=+-@\t\r\n'\",;aé😀 ";
        var readings = new List<Reading>();
        for (var i = 0; i < 500; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Letters.EnumerateRunes().ElementAt(random.Next(15)).ToString()));
            readings.Add(new Reading(new SeriesKey("d-1", "state"), UnixMicros.From(DateTimeOffset.UnixEpoch.AddSeconds(i)), 0, ReadingValue.Of(text), 0));
        }
        readings.Add(new Reading(new SeriesKey("d-1", "=cmd|'/c calc'!A1"), 1, 2, ReadingValue.Of(-1.5), 0));
        var csv = await CsvAsync(readings);
        Assert.Contains(",'=cmd|'/c calc'!A1,", Encoding.UTF8.GetString(csv));
        Assert.Equal(readings, await ReadAsync(Write("file.csv", csv)));
    }

    [Theory]
    [InlineData("pm25,device=a value=1.5 1795485689980000001", "a/pm25 1795485689980000 1.5 Double 0")]
    [InlineData("pm25,device=a int=7i,quality=4i,received=9i 1000", "a/pm25 1 7 Int64 4")]
    [InlineData("# a remark\n\ncpu,host=web-1,core=cpu0 idle=98,busy=t 2000", "web-1/cpu.cpu0.idle 2 98 Double 0|web-1/cpu.cpu0.busy 2 true Bool 0")]
    [InlineData("a\\,b\\ c,device=x text=\"so \\\"said\\\",\n= he\" 3000\r\nz,device=x value=1e3 4000", "x/a,b c 3 so \"said\",\n= he Text 0|x/z 4 1000 Double 0")]
    [InlineData("50%25,device=d%3A1 bool=false -1000", "d:1/50% -1 false Bool 0")]
    public async Task Lines_of_line_protocol_are_read_as_readings(string lines, string expected)
    {
        var path = Write("file.lp", Encoding.UTF8.GetBytes(lines));
        var found = await ReadAsync(path);
        Assert.Equal(expected, string.Join('|', found.Select(reading => $"{reading.Series} {reading.Time} {reading.Value} {reading.Value.Kind} {(int)reading.Quality}")));
    }

    [Theory]
    [InlineData("pm25,device=a value=1.5", "line 1, time: found \"\", expected a time in ns since 1970")]
    [InlineData("pm25,device=a value=1.5 soon", "line 1, time: found \"soon\"")]
    [InlineData("pm25 value=1.5 1000", "line 1, tag: found nothing, expected a tag device, or host")]
    [InlineData("pm25,device=a value=NaN 1000", "line 1, value: found \"NaN\", expected a number")]
    [InlineData("pm25,device=a value 1000", "line 1, field: found \"value\", expected name=value")]
    [InlineData("pm25,device=a", "line 1, row: found \"pm25,device=a\"")]
    [InlineData("pm25,device=a value=1 1000\npm25,device=a text=\"open 1000", "line 2, row: found the end of the file after a quotation mark")]
    [InlineData("pm25,device=ab\\ c value=1 1000", "line 1, device: found \"ab c\", expected 1–128 of")]
    [InlineData("pm25,device=a value=1,int=7i 99999999999999999999999999", "line 1, time: found")]
    public async Task Lines_that_are_none_are_told_and_nothing_of_the_file_is_imported(string lines, string said)
    {
        await MakeLogAsync();
        var (_, talk) = await RunAsync(1, "readings", "import", Write("file.lp", Encoding.UTF8.GetBytes(lines)));
        Assert.Contains(said, talk);
        Assert.Empty(ReadLog());
    }

    [Theory]
    [InlineData(4, "There is no file", "import", "nowhere.csv")]
    [InlineData(4, "holds no log", "import", "file.csv")]
    [InlineData(2, "FILE", "import")]
    [InlineData(2, "--device", "export")]
    [InlineData(2, "csv", "export", "--device", "a", "--format", "xlsx")]
    [InlineData(2, "The option --dryrun is not known. Did you mean --dry-run?", "import", "file.csv", "--dryrun")]
    [InlineData(4, "holds no readings", "export", "--device", "a")]
    public async Task Wrong_use_and_absent_files_have_their_exit_codes(int exit, string said, params string[] words)
    {
        var file = Write("file.csv", Encoding.UTF8.GetBytes("device,metric,ts,value\na,m,2026-11-24T06:00:00Z,1\n"));
        using var authority = LocalAuthority.Open(_folder["pki"], "tehran");
        var (certificate, key) = authority.Server();
        var (_, talk) = await RunAsync(exit, ["readings", .. words.Select(word => word == "file.csv" ? file : word),
            $"--Cloud:Ingest:Certificate={certificate}", $"--Cloud:Ingest:Key={key}", $"--Cloud:Ingest:Authority={authority.AuthorityFile}"]);
        Assert.Contains(said, talk);
    }

    /// <summary>Values of all kinds of two devices, a second apart, some with doubts.</summary>
    private static IEnumerable<Reading> Mixed(int count)
    {
        var start = UnixMicros.From(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        for (var i = 0; i < count; i++)
        {
            var time = start + (i / 5 * UnixMicros.PerSecond);
            var (device, metric, value) = (i % 5) switch
            {
                0 => ("d-1", "level", ReadingValue.Of(i / 10.0)),
                1 => ("d-1", "count", ReadingValue.Of((long)i << 32)),
                2 => ("d-1", "door", ReadingValue.Of(i % 3 == 0)),
                3 => ("d-2", "state", ReadingValue.Of(i % 7 == 0 ? "=1+1, \"quoted\"\r\nline" : "ok")),
                _ => ("d-2", "هوا, =دما", ReadingValue.Of(-i * 0.3)),
            };
            yield return new Reading(new SeriesKey(device, metric), time, time + 20_123, value, (ReadingQuality)(i % 11 == 0 ? 5 : 0));
        }
    }

    private static async Task<byte[]> CsvAsync(IEnumerable<Reading> readings)
    {
        using var stream = new MemoryStream();
        var output = System.IO.Pipelines.PipeWriter.Create(stream);
        await RowsAnswer.WriteAsync(ReadingRows.Raw(readings.ToAsyncEnumerable()), CsvText.MediaType, output, Stop);
        await output.CompleteAsync();
        return stream.ToArray();
    }

    /// <summary>The rows of a file as an import sees them.</summary>
    private static async Task<List<Reading>> ReadAsync(string path)
    {
        var file = await ImportFile.CheckAsync(path, TimeProvider.System, _ => { }, Stop);
        Assert.Empty(file.Errors.First);
        await using var source = await file.ReadAsync(TimeProvider.System, Stop);
        var readings = new List<Reading>();
        while (await source.ReadAsync(Stop))
        {
            var row = source.Row;
            readings.Add(new Reading(row.Series, row.Time, row.Received, row.Text is { } text ? ReadingValue.Of(text) : ReadingValue.FromBits(row.Kind, row.Bits), row.Quality));
        }
        return readings;
    }

    private string Write(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        return _folder[name];
    }

    private DurableLog OpenLog() => DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(Data, "log"), ReserveBytes = 0 }, TimeProvider.System);

    private async Task MakeLogAsync()
    {
        using var log = OpenLog();
        await log.SaveConsumerAsync("readings", 0, Stop);
    }

    /// <summary>What the log holds, in its order.</summary>
    private List<Reading> ReadLog()
    {
        using var log = OpenLog();
        using var reader = log.OpenReader();
        var readings = new List<Reading>();
        var batch = new ReadingBatch();
        reader.ReadAsync(0, _ => true, int.MaxValue, (in LogRow row, ReadOnlySpan<byte> columns) =>
        {
            Assert.Equal((LogImporter.Gateway, Lane.Telemetry), (row.Gateway, row.Lane));
            Assert.Equal(ColumnsError.None, ReadingColumns.TryDecode(columns, batch));
            for (var i = 0; i < batch.Count; i++) readings.Add(new Reading(log.Series[batch.Series[i]].Key, batch.Time[i], batch.Received[i], batch.ValueAt(i), batch.Quality[i]));
        }, Stop).GetAwaiter().GetResult();
        return readings;
    }

    private static string Row((string Output, string Talk) run) => run.Output.Split("\r\n")[1];

    private string[] Words(params string[] words) => ["--data", Data, .. words];

    private async Task<(string Output, string Talk)> RunAsync(int exit, params string[] words)
    {
        var (found, output, talk) = await RunUntilAsync(Words(words), Stop);
        Assert.True(exit == found, string.Create(CultureInfo.InvariantCulture, $"Exit {found}, not {exit}. {talk}{output}"));
        return (output, talk);
    }

    private static async Task<(int Exit, string Output, string Talk)> RunUntilAsync(string[] words, CancellationToken stop)
    {
        using var output = new StringWriter();
        using var talk = new StringWriter();
        var exit = await CommandLine.RunAsync(ServerCommand.Create(words), words, output, talk, stop);
        return (exit, output.ToString(), talk.ToString());
    }
}
