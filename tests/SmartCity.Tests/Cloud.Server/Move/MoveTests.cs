using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Commands;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Move;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Hosting.Commands;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server.Move;

/// <summary>Readings go from one store to another and back, with real engines.</summary>
public sealed class MoveTests : IDisposable
{
    private static readonly long _start = UnixMicros.From(new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero));
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
    private string Data => _folder["data"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task There_and_back_the_checksum_is_the_same_and_so_are_the_books()
    {
        await using var influx = await InfluxServer.StartNewAsync();
        await using var victoria = await VictoriaServer.StartNewAsync();
        await FillAsync();
        var toInflux = $"influx://127.0.0.1:{influx.Address.Port}/city";
        var there = await MoveAsync(0, "duckdb", toInflux);
        var back = await MoveAsync(0, toInflux, $"duckdb:{_folder["again"]}");
        Assert.Equal(there.GetProperty("checksum").GetString(), back.GetProperty("targetChecksum").GetString());
        Assert.Equal(there.GetProperty("checksum").GetString(), there.GetProperty("targetChecksum").GetString());
        Assert.Equal((1_604, 1_604), (there.GetProperty("moved").GetInt64(), back.GetProperty("targetReadings").GetInt64()));
        var onwards = await MoveAsync(0, "duckdb", $"victoria://127.0.0.1:{victoria.Address.Port}");
        Assert.Equal((1_604, 0), (onwards.GetProperty("targetReadings").GetInt64(), onwards.GetProperty("different").GetInt64()));

        await using var again = Open(_folder["again"]);
        await using var first = Open(Path.Combine(Data, "readings"));
        Assert.Equal(await first.OpenAsync(Stop), await again.OpenAsync(Stop));
        Assert.Equal(await first.CountsAsync(Stop), await again.CountsAsync(Stop));
        Assert.Contains("a move goes into an empty store", (await RunAsync("move", "--from", "duckdb", "--to", toInflux)).Talk);
    }

    [Fact]
    public async Task A_move_that_breaks_off_goes_on_where_it_was()
    {
        await FillAsync();
        using var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(Data, "log"), ReserveBytes = 0 }, TimeProvider.System);
        await using var source = Open(Path.Combine(Data, "readings"));
        var offset = await source.OpenAsync(Stop);
        var mark = new MoveMark("a", "b", offset, 0, null, null, 0);
        var random = new Random(5);
        for (var tries = 0; ; tries++)
        {
            await using var target = Open(_folder["target"]);
            var has = await target.OpenAsync(Stop);
            var left = random.Next(1, 4);
            var move = new StoreMove(source, target, new CatalogueNames(log.Series), log.Series.Find, static (_, _) => { }) { AtOnce = 100 };
            try
            {
                // The mark is behind what the target has where it breaks off between both.
                var moved = await move.RunAsync(mark, offset, has, now => mark = left-- > 0 ? now : throw new IOException("broken off"), Stop);
                Assert.Equal(1_604 - has, moved);
            }
            catch (IOException)
            {
                continue;
            }
            var both = await move.CompareAsync(Stop);
            Assert.Equal((1_604, 1_604, 0, both.SourceChecksum), (both.SourceCount, both.TargetCount, both.Different, both.TargetChecksum));
            Assert.True(tries > 3, "it was never broken off");
            return;
        }
    }

    [Fact]
    public async Task What_differs_is_told_and_nothing_is_adopted()
    {
        await FillAsync();
        var target = $"duckdb:{_folder["target"]}";
        await MoveAsync(0, "duckdb", target);
        using (var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(Data, "log"), ReserveBytes = 0 }, TimeProvider.System))
        {
            await using var source = Open(Path.Combine(Data, "readings"));
            await using var changed = Open(_folder["target"]);
            var offset = await changed.OpenAsync(Stop);
            await source.OpenAsync(Stop);
            var batch = new ReadingBatch();
            batch.Add(log.Series.Find(new SeriesKey("d0", "t")), _start, _start, -1.0, ReadingQuality.Good);
            await changed.AppendAsync([new StoreBatch(offset, "g", Lane.Telemetry, batch, new CatalogueNames(log.Series))], offset + 1, Stop);
            var both = await new StoreMove(source, changed, new CatalogueNames(log.Series), log.Series.Find, static (_, _) => { }).CompareAsync(Stop);
            Assert.Equal(1, both.Different);
            Assert.Contains("d0/t at 2026-11-24T00:00:00", Assert.Single(both.Differences));
            Assert.NotEqual(both.SourceChecksum, both.TargetChecksum);
        }
    }

    [Theory]
    [InlineData(2, "names no store", "--from", "duckdb", "--to", "oracle")]
    [InlineData(2, "is both the source and the target", "--from", "duckdb", "--to", "duckdb")]
    [InlineData(2, "--to", "--from", "duckdb")]
    [InlineData(4, "holds no log", "--from", "duckdb", "--to", "duckdb:/nowhere/at/all")]
    public async Task Wrong_use_is_said(int exit, string said, params string[] words)
    {
        var (found, output, talk) = await RunAsync(["move", .. words]);
        Assert.Equal((exit, ""), (found, output));
        Assert.Contains(said, talk);
    }

    [Theory]
    [InlineData("influx://ops:p%40ss@db.example:9999/city%20one", "influx", "http://db.example:9999/", "city one", "ops", "p@ss")]
    [InlineData("influxs://db.example/x", "influx", "https://db.example/", "x", null, null)]
    [InlineData("victoria://10.0.0.7:8428", "victoria", "http://10.0.0.7:8428/", null, null, null)]
    public void An_address_says_where_and_who(string text, string store, string address, string? database, string? user, string? password)
    {
        var found = StoreAddress.Parse(text, new ServerOptions());
        Assert.Equal(store, found.Store);
        if (store == "influx") Assert.Equal((address, database, user, password), (found.Options.Influx.Address.AbsoluteUri, found.Options.Influx.Database, found.Options.Influx.User, found.Options.Influx.Password));
        else Assert.Equal(address, found.Options.Victoria.Address.AbsoluteUri);
    }

    /// <summary>A log and an embedded store of 1,604 readings of all kinds, some replaced, with the offset beyond them.</summary>
    private async Task FillAsync()
    {
        using var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(Data, "log"), ReserveBytes = 0 }, TimeProvider.System);
        await using var store = Open(Path.Combine(Data, "readings"));
        await store.OpenAsync(Stop);
        var batch = new ReadingBatch();
        for (var i = 0; i < 1_600; i++)
            batch.Add(log.Series.NumberOf(new SeriesKey(string.Create(CultureInfo.InvariantCulture, $"d{i % 7}"), "t"), ValueKind.Double), _start + i * 1_000_000L, _start + i * 1_000_000L + 77, Math.Round(i / 7.0, 3), (ReadingQuality)(i % 5 == 0 ? 4 : 0));
        var state = log.Series.NumberOf(new SeriesKey("d0", "state"), ValueKind.Text);
        batch.AddText(state, _start, _start, "باز"u8, ReadingQuality.Good);
        batch.AddText(state, _start + 1_000_000, _start, "shut"u8, ReadingQuality.Good);
        batch.Add(log.Series.NumberOf(new SeriesKey("d0", "count"), ValueKind.Int64), _start, _start, ValueKind.Int64, (1L << 60) + 1, ReadingQuality.Good);
        batch.Add(log.Series.NumberOf(new SeriesKey("d0", "door"), ValueKind.Bool), _start, _start, ValueKind.Bool, 1, ReadingQuality.Good);
        batch.Add(log.Series.NumberOf(new SeriesKey("d1", "t"), ValueKind.Double), _start + 1_000_000, _start, 99.5, ReadingQuality.Good);
        await log.AppendAsync(new LogAppend { Gateway = "g", Epoch = 1, Lane = Lane.Telemetry, FirstSequence = 1, Sequences = 1, DeadLetters = [new DeadLetter(0, "g", Lane.Telemetry, new SeriesKey("x", "y"), ValueKind.Bool, 1, 1, "true", "series:kind", 1)] }, Stop);
        await store.AppendAsync([new StoreBatch(0, "g", Lane.Telemetry, batch, new CatalogueNames(log.Series))], 5_000, Stop);
        await store.SettleAsync(Stop);
    }

    private static DuckDbReadingStore Open(string folder) => new(new DuckDbOptions { Folder = folder }, TimeProvider.System, NullLogger<DuckDbReadingStore>.Instance);

    private async Task<JsonElement> MoveAsync(int exit, string from, string to)
    {
        var (found, output, talk) = await RunAsync("move", "--from", from, "--to", to, "--output", "json");
        Assert.True(exit == found, talk + output);
        return JsonSerializer.Deserialize<JsonElement>(output)[0];
    }

    private async Task<(int Exit, string Output, string Talk)> RunAsync(params string[] words)
    {
        using var output = new StringWriter();
        using var talk = new StringWriter();
        string[] all = [.. words, "--data", Data];
        return (await CommandLine.RunAsync(ServerCommand.Create(all), all, output, talk, Stop), output.ToString(), talk.ToString());
    }
}
