using System.Net;
using System.Text.Json;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The HTTP API over the embedded store: one server with a day of readings for all tests.</summary>
public sealed class ApiTests(ApiTests.City city) : IClassFixture<ApiTests.City>
{
    /// <summary>2026-10-24T00:00 in Tehran, 2 Aban 1405.</summary>
    private static readonly DateTimeOffset _midnight = new(2026, 10, 24, 0, 0, 0, TimeSpan.FromHours(3.5));
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Raw_readings_come_in_pages_whose_keys_never_repeat_or_skip()
    {
        var seen = new List<string>();
        var path = "/api/v1/readings?device=air-1,air-2&metric=pm25&metric=temp&from=2026-10-24&to=2026-10-25&limit=7";
        for (string? next = path; next is not null;)
        {
            var page = await JsonAsync(next);
            Assert.True(page.GetProperty("items").GetArrayLength() <= 7);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => $"{item.GetProperty("device")}/{item.GetProperty("metric")} {item.GetProperty("ts")}"));
            next = page.TryGetProperty("next", out var link) ? link.GetString() : null;
        }
        Assert.Equal(24 + 24 + 24, seen.Count);
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
        Assert.Equal(seen.Distinct(), seen);
    }

    [Fact]
    public async Task A_reading_has_its_value_as_it_was_sent()
    {
        var items = (await JsonAsync("/api/v1/readings?device=bin-1&from=2026-10-24&to=2026-10-25")).GetProperty("items").EnumerateArray().ToDictionary(item => item.GetProperty("metric").GetString()!);
        Assert.Equal("=ok", items["state"].GetProperty("value").GetString());
        Assert.True(items["full"].GetProperty("value").GetBoolean());
        Assert.Equal(9007199254740993, items["count"].GetProperty("value").GetInt64());
        Assert.Equal("2026-10-23T20:30:00.000Z", items["state"].GetProperty("ts").GetString());
        Assert.Equal(5, items["state"].GetProperty("quality").GetInt32());
    }

    [Fact]
    public async Task Buckets_follow_the_clock_and_the_calendar_that_were_asked_for()
    {
        var hours = await JsonAsync("/api/v1/readings?device=air-1&metric=pm25&from=2026-10-24&to=2026-10-25&bucket=6h&fn=avg,min,max,count");
        var buckets = hours.GetProperty("series")[0].GetProperty("buckets");
        Assert.Equal(4, buckets.GetArrayLength());
        Assert.Equal("2026-10-24T06:00:00+03:30", buckets[1].GetProperty("start").GetString());
        Assert.Equal((6.0, 11.0, 8.5, 6), (buckets[1].GetProperty("min").GetDouble(), buckets[1].GetProperty("max").GetDouble(), buckets[1].GetProperty("avg").GetDouble(), buckets[1].GetProperty("count").GetInt32()));
        Assert.False(buckets[1].TryGetProperty("sum", out _));
        Assert.Equal(1, buckets[1].GetProperty("quality").GetProperty("good").GetDouble());

        var month = (await JsonAsync("/api/v1/readings?device=air-1&metric=pm25&from=2026-10-24&to=2026-10-25&bucket=month&calendar=persian&fn=last")).GetProperty("series")[0].GetProperty("buckets")[0];
        Assert.Equal(("1405-08-01", "2026-10-23T00:00:00+03:30", "2026-11-22T00:00:00+03:30", 23.0),
            (month.GetProperty("date").GetString(), month.GetProperty("start").GetString(), month.GetProperty("end").GetString(), month.GetProperty("last").GetDouble()));

        var days = (await JsonAsync("/api/v1/readings?device=air-1&metric=pm25&from=2026-10-23&to=2026-10-26&bucket=day&tz=UTC&fn=count")).GetProperty("series")[0].GetProperty("buckets");
        Assert.Equal([("2026-10-23T00:00:00+00:00", 4), ("2026-10-24T00:00:00+00:00", 20)], days.EnumerateArray().Select(day => (day.GetProperty("start").GetString()!, day.GetProperty("count").GetInt32())));
    }

    [Fact]
    public async Task Points_reduce_a_series_and_say_from_how_many()
    {
        var series = (await JsonAsync("/api/v1/readings?device=air-1&metric=pm25&from=2026-10-24&to=2026-10-25&points=8")).GetProperty("series")[0];
        Assert.Equal(24, series.GetProperty("original").GetInt32());
        var values = series.GetProperty("values").EnumerateArray().Select(value => value.GetDouble()).ToList();
        Assert.Equal((0, 23), (values[0], values[^1]));
        Assert.InRange(values.Count, 4, 10);
        Assert.Equal(_midnight.ToUnixTimeMilliseconds(), series.GetProperty("times")[0].GetDouble());
    }

    [Fact]
    public async Task Rows_come_as_csv_too_and_no_cell_of_a_device_can_become_a_formula()
    {
        var raw = await TextAsync("/api/v1/readings?device=bin-1&from=2026-10-24&to=2026-10-25", "text/csv");
        var lines = raw.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("device,metric,ts,received,value,quality,type", lines[0]);
        Assert.Contains("bin-1,state,2026-10-23T20:30:00.000Z,2026-10-23T20:30:00.000Z,'=ok,5,text", lines);
        Assert.Contains("bin-1,count,2026-10-23T20:30:00.000Z,2026-10-23T20:30:00.000Z,9007199254740993,0,int64", lines);
        var buckets = (await TextAsync("/api/v1/readings?device=air-1&metric=pm25&from=2026-10-24&to=2026-10-25&bucket=day&fn=avg,count", "text/csv")).Split("\r\n");
        Assert.Equal("device,metric,start,end,avg,count,coverage,flagged", buckets[0]);
        Assert.StartsWith("air-1,pm25,2026-10-24T00:00:00+03:30,2026-10-25T00:00:00+03:30,11.5,24,", buckets[1], StringComparison.Ordinal);
        Assert.Equal(25, (await TextAsync("/api/v1/readings?device=air-1&metric=pm25&from=2026-10-24&to=2026-10-25&points=1000", "text/csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Rows_come_as_parquet_with_a_file_name_and_types_of_their_own()
    {
        using var folder = new TemporaryFolder();
        var raw = await ParquetAsync(folder, "/api/v1/readings?device=bin-1,air-1&metric=state,full,count,pm25&from=2026-10-24&to=2026-10-25",
            "SELECT device, metric, strftime(ts AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ'), number, whole, truth, text, quality, type FROM file ORDER BY device, metric, ts");
        Assert.Equal("2-devices-20261024T000000-20261025T000000.parquet", raw.Name);
        Assert.Equal(27, raw.Rows.Count);
        Assert.Equal("air-1 pm25 2026-10-23T21:30:00Z 1 - - - 0 double", raw.Rows[1]);
        Assert.Equal("bin-1 count 2026-10-23T20:30:00Z - 9007199254740993 - - 0 int64", raw.Rows[24]);
        Assert.Equal("bin-1 full 2026-10-23T20:30:00Z - - True - 0 bool", raw.Rows[25]);
        Assert.Equal("bin-1 state 2026-10-23T20:30:00Z - - - =ok 5 text", raw.Rows[26]);
        var buckets = await ParquetAsync(folder, "/api/v1/readings?device=air-1&metric=pm25&from=2026-10-24&to=2026-10-25&bucket=day&fn=avg,count,last",
            "SELECT device, epoch_us(start), epoch_us(\"end\") - epoch_us(start), avg, count, last_number, last_text FROM file");
        Assert.Equal([$"air-1 {_midnight.ToUnixTimeMilliseconds() * 1000} {UnixMicros.PerDay} 11.5 24 23 -"], buckets.Rows);
        var points = await ParquetAsync(folder, "/api/v1/readings?device=air-1&metric=pm25&from=2026-10-24&to=2026-10-25&points=1000", "SELECT count(*), sum(value) FROM file");
        Assert.Equal(["24 276"], points.Rows);
        Assert.Equal(["0"], (await ParquetAsync(folder, "/api/v1/readings?device=air-1&from=2020-10-24&to=2020-10-25", "SELECT count(*) FROM file")).Rows);
    }

    [Theory]
    [InlineData("readings", "device", "At least one device is needed")]
    [InlineData("readings?device=air-1&colour=red", "colour", "There is no such parameter.")]
    [InlineData("readings?device=air-1&metrik=pm25", "metrik", "Did you mean metric?")]
    [InlineData("readings?device=air-11", "device", "No device air-11 has ever sent. Did you mean air-1?")]
    [InlineData("readings?device=air-1&metric=pm52", "metric", "has no metric pm52. Did you mean pm25?")]
    [InlineData("readings?device=air-1&tz=Asia/Teheran", "tz", "There is no time zone \"Asia/Teheran\". Did you mean Asia/Tehran?")]
    [InlineData("readings?device=air-1&tz=Iran%20Standard%20Time", "tz", "There is no time zone")]
    [InlineData("readings?device=air-1&from=yesterday", "from", "\"yesterday\" is no time.")]
    [InlineData("readings?device=air-1&from=2026-10-24T06:00:00", "from", "is no time.")]
    [InlineData("readings?device=air-1&from=2026-10-25&to=2026-10-24", "from", "does not come before to")]
    [InlineData("readings?device=air-1&bucket=7m", "bucket", "\"7m\" is no bucket.")]
    [InlineData("readings?device=air-1&bucket=0h", "bucket", "is no bucket")]
    [InlineData("readings?device=air-1&bucket=1h&fn=mean", "fn", "There is no mean.")]
    [InlineData("readings?device=air-1&fn=avg", "fn", "say bucket too")]
    [InlineData("readings?device=air-1&bucket=1h&points=100", "points", "not both")]
    [InlineData("readings?device=air-1&points=3", "points", "from 4 to 20,000")]
    [InlineData("readings?device=air-1&calendar=jalali", "calendar", "Possible: gregorian, persian.")]
    [InlineData("readings?device=air-1&limit=1&limit=2", "limit", "given 2 times")]
    [InlineData("readings?device=air-1&cursor=xyz", "cursor", "is no place in this list")]
    [InlineData("latest?bbox=1,2,3", "bbox", "is no box")]
    [InlineData("latest?bbox=1,2,3,95", "bbox", "is no box")]
    [InlineData("devices?state=dead", "state", "Possible: live, stale, nodata.")]
    [InlineData("devices/air-1?x=1", "x", "There is no such parameter.")]
    [InlineData("series?cursor=x", "cursor", "is no place in this list")]
    public async Task A_wrong_parameter_is_named_and_put_right(string path, string parameter, string words)
    {
        var response = await city.Cloud.Http.GetAsync($"/api/v1/{path}", Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).RootElement;
        Assert.Contains(words, problem.GetProperty("errors").GetProperty(parameter).GetString());
        Assert.Contains(words, problem.GetProperty("detail").GetString());
        Assert.Equal(400, problem.GetProperty("status").GetInt32());
        Assert.Equal($"/query/{parameter}", Assert.Single(problem.GetProperty("pointers").EnumerateArray()).GetString());
    }

    [Theory]
    [InlineData("readings?device=air-1&bucket=1s&from=2016-10-24&to=2026-10-24", "bucket", 200_000, "buckets")]
    [InlineData("readings?device=air-1&limit=1000000000", "limit", 10_000, "from 1 to 10,000")]
    [InlineData("readings?device=air-1&limit=99999999999999999999", "limit", 10_000, "from 1 to 10,000")]
    [InlineData("readings?device=air-1&points=20001", "points", 20_000, "from 4 to 20,000")]
    [InlineData("devices?limit=10001", "limit", 10_000, "from 1 to 10,000")]
    public async Task What_is_too_much_is_answered_with_how_much_is_possible(string path, string parameter, long maximum, string words)
    {
        var response = await city.Cloud.Http.GetAsync($"/api/v1/{path}", Stop);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).RootElement;
        Assert.Equal(maximum, problem.GetProperty("maxima").GetProperty(parameter).GetInt64());
        Assert.Contains(words, problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task More_live_names_than_fit_are_refused_and_a_request_line_of_a_million_too()
    {
        var many = await city.Cloud.Http.GetAsync("/api/v1/live.sse?" + string.Join('&', Enumerable.Range(0, 501).Select(i => $"device={i}")), Stop);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, many.StatusCode);
        Assert.Contains("At most 500 names", await many.Content.ReadAsStringAsync(Stop));
        var million = await city.Cloud.Http.GetAsync("/api/v1/live.sse?device=" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"d{i}")), Stop);
        Assert.Equal(HttpStatusCode.RequestUriTooLong, million.StatusCode);
    }

    [Theory]
    [InlineData("' OR 1=1--")]
    [InlineData("../../etc/passwd")]
    [InlineData("{{7*7}}")]
    [InlineData("air-1\0")]
    [InlineData("air-1\r\nX-Evil: 1")]
    [InlineData("<img src=x onerror=alert(1)>")]
    public async Task What_would_do_harm_elsewhere_is_the_name_of_no_device_here(string name)
    {
        foreach (var path in (string[])[$"readings?device={Uri.EscapeDataString(name)}", $"readings?device=air-1&metric={Uri.EscapeDataString(name)}", $"readings?device=air-1&tz={Uri.EscapeDataString(name)}", $"readings?device=air-1&from={Uri.EscapeDataString(name)}"])
        {
            var response = await city.Cloud.Http.GetAsync($"/api/v1/{path}", Stop);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.False(response.Headers.Contains("X-Evil"));
        }
        // A NUL in a path is refused before any route is looked for.
        Assert.Equal(name.Contains((char)0) ? HttpStatusCode.BadRequest : HttpStatusCode.NotFound, (await city.Cloud.Http.GetAsync($"/api/v1/devices/{Uri.EscapeDataString(name)}", Stop)).StatusCode);
        Assert.Empty((await JsonAsync($"/api/v1/latest?device={Uri.EscapeDataString(name)}")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task All_wrong_parameters_are_answered_together()
    {
        var problem = JsonDocument.Parse(await (await city.Cloud.Http.GetAsync("/api/v1/readings?tz=Mars&bucket=x&limit=0", Stop)).Content.ReadAsStringAsync(Stop)).RootElement;
        Assert.Equal(["bucket", "device", "limit", "tz"], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name).Order(StringComparer.Ordinal));
        Assert.Equal("Parameters cannot be used.", problem.GetProperty("title").GetString());
    }

    [Fact]
    public async Task Devices_have_kind_place_and_state_and_come_in_pages()
    {
        var devices = (await JsonAsync("/api/v1/devices")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["air-1", "air-2", "bin-1"], devices.Select(device => device.GetProperty("id").GetString()));
        Assert.Equal(("air", "live", 35.7, "g1"), (devices[0].GetProperty("kind").GetString(), devices[0].GetProperty("state").GetString(), devices[0].GetProperty("lat").GetDouble(), devices[0].GetProperty("gateway").GetString()));
        Assert.Equal("nodata", devices[2].GetProperty("state").GetString());
        var first = await JsonAsync("/api/v1/devices?limit=2");
        Assert.Equal("bin-1", Assert.Single((await JsonAsync(first.GetProperty("next").GetString()!)).GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(2, (await JsonAsync("/api/v1/devices?state=nodata")).GetProperty("items").GetArrayLength());
        Assert.Single((await JsonAsync("/api/v1/devices?kind=air&bbox=51.3,35.6,51.5,35.8")).GetProperty("items").EnumerateArray());
        Assert.Equal(6, (await JsonAsync("/api/v1/devices/air-1")).GetProperty("latest").GetArrayLength());
        var missing = await city.Cloud.Http.GetAsync("/api/v1/devices/air-3", Stop);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("Did you mean air-1?", await missing.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task Latest_says_value_age_and_state_and_never_calls_an_old_value_live()
    {
        var items = (await JsonAsync("/api/v1/latest")).GetProperty("items").EnumerateArray().ToDictionary(item => $"{item.GetProperty("device")}/{item.GetProperty("metric")}");
        Assert.Equal((42.0, "live"), (items["air-1/now"].GetProperty("value").GetDouble(), items["air-1/now"].GetProperty("state").GetString()));
        Assert.InRange(items["air-1/now"].GetProperty("age").GetDouble(), 0, 60);
        Assert.Equal("nodata", items["air-1/pm25"].GetProperty("state").GetString());
        Assert.Equal("nodata", items["bin-1/state"].GetProperty("state").GetString());
        Assert.Equal(["air-1/now"], (await JsonAsync("/api/v1/latest?device=air-1&metric=now")).GetProperty("items").EnumerateArray().Select(item => $"{item.GetProperty("device")}/{item.GetProperty("metric")}"));
    }

    [Fact]
    public async Task A_map_gets_features_and_a_client_that_accepts_nothing_of_ours_is_told_so()
    {
        var collection = JsonDocument.Parse(await TextAsync("/api/v1/devices", "application/geo+json")).RootElement;
        Assert.Equal("FeatureCollection", collection.GetProperty("type").GetString());
        var feature = collection.GetProperty("features")[0];
        Assert.Equal((51.4, 35.7), (feature.GetProperty("geometry").GetProperty("coordinates")[0].GetDouble(), feature.GetProperty("geometry").GetProperty("coordinates")[1].GetDouble()));
        Assert.Equal("air-1", feature.GetProperty("properties").GetProperty("id").GetString());
        Assert.Equal(JsonValueKind.Null, collection.GetProperty("features")[1].GetProperty("geometry").ValueKind);
        foreach (var path in (string[])["latest", "series", "devices/air-1"]) Assert.Contains("\"geometry\"", await TextAsync($"/api/v1/{path}", "application/geo+json;q=0.9, application/json;q=0.5"));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/readings?device=air-1") { Headers = { { "Accept", "image/png" } } };
        Assert.Equal(HttpStatusCode.NotAcceptable, (await city.Cloud.Http.SendAsync(request, Stop)).StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/readings?device=air-1&metric=pm25&from=2026-10-24&to=2026-10-25")]
    [InlineData("/api/v1/devices?kind=air")]
    [InlineData("/api/v1/series?device=air-2")]
    [InlineData("/api/v1/latest?device=air-2")]
    public async Task Who_has_the_answer_already_is_told_so(string path)
    {
        var first = await city.Cloud.Http.GetAsync(path, Stop);
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "If-None-Match", first.Headers.ETag!.ToString() } } };
        var second = await city.Cloud.Http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync(Stop));
    }

    [Fact]
    public async Task The_api_describes_itself()
    {
        var paths = (await JsonAsync("/openapi/v1.json")).GetProperty("paths");
        Assert.Superset(new HashSet<string> { "/api/v1/readings", "/api/v1/latest", "/api/v1/devices", "/api/v1/devices/{id}", "/api/v1/series", "/api/v1/live.sse" }, paths.EnumerateObject().Select(path => path.Name).ToHashSet());
        var names = paths.GetProperty("/api/v1/readings").GetProperty("get").GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString());
        Assert.Equal(["device", "metric", "from", "to", "bucket", "fn", "tz", "calendar", "points", "limit", "cursor"], names);
    }

    private async Task<JsonElement> JsonAsync(string path)
    {
        var response = await city.Cloud.Http.GetAsync(path, Stop);
        var body = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonDocument.Parse(body).RootElement;
    }

    private async Task<(string Name, List<string> Rows)> ParquetAsync(TemporaryFolder folder, string path, string sql)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "application/vnd.apache.parquet" } } };
        using var response = await city.Cloud.Http.SendAsync(request, Stop);
        response.EnsureSuccessStatusCode();
        Assert.Equal("application/vnd.apache.parquet", response.Content.Headers.ContentType!.MediaType);
        await File.WriteAllBytesAsync(folder["file.parquet"], await response.Content.ReadAsByteArrayAsync(Stop), Stop);
        using var connection = new DuckDB.NET.Data.DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql.Replace("FROM file", $"FROM '{folder["file.parquet"]}'");
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "-" : Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))));
        return (response.Content.Headers.ContentDisposition!.FileName!.Trim('"'), rows);
    }

    private async Task<string> TextAsync(string path, string mediaType)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", mediaType } } };
        var response = await city.Cloud.Http.SendAsync(request, Stop);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync(Stop);
    }

    /// <summary>Two air sensors of which one reports now, and a bin that has not for long.</summary>
    public sealed class City : IAsyncLifetime
    {
        internal CloudUnderTest Cloud { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Cloud = await CloudUnderTest.StartAsync();
            var readings = new List<Reading>();
            for (var hour = 0; hour < 24; hour++)
                foreach (var (device, metric) in (ReadOnlySpan<(string, string)>)[("air-1", "pm25"), ("air-1", "temp"), ("air-2", "pm25")])
                    readings.Add(Of(device, metric, _midnight.AddHours(hour), ReadingValue.Of((double)hour)));
            readings.Add(Of("air-1", "lat", _midnight, ReadingValue.Of(35.7)));
            readings.Add(Of("air-1", "lon", _midnight, ReadingValue.Of(51.4)));
            readings.Add(Of("air-1", "kind", _midnight, ReadingValue.Of("air")));
            readings.Add(Of("air-1", "now", DateTimeOffset.UtcNow, ReadingValue.Of(42.0)));
            readings.Add(Of("bin-1", "state", _midnight, ReadingValue.Of("=ok")) with { Quality = ReadingQuality.GatewayTime | ReadingQuality.OutOfRange });
            readings.Add(Of("bin-1", "full", _midnight, ReadingValue.Of(true)));
            readings.Add(Of("bin-1", "count", _midnight, ReadingValue.Of(9_007_199_254_740_993)));
            await Cloud.SendAsync(readings);
            await Cloud.StoredAsync();
        }

        public ValueTask DisposeAsync() => Cloud.DisposeAsync();

        private static Reading Of(string device, string metric, DateTimeOffset time, ReadingValue value) =>
            new(new SeriesKey(device, metric), UnixMicros.From(time), UnixMicros.From(time), value, ReadingQuality.Good);
    }
}
