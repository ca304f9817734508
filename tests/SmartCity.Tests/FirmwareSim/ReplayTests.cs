using System.Globalization;
using System.Text.Json;
using SmartCity.FirmwareSim.Replay;
using SmartCity.Hosting.Commands;
using SmartCity.Model;

namespace SmartCity.Tests.FirmwareSim;

/// <summary><c>replay</c> through a real mosquitto.</summary>
public sealed class ReplayTests
{
    private const string Mapping = """
        {
          "name": "test", "files": ["*.csv"], "device": "{id}",
          "time": { "text": "{time}", "format": "yyyy-MM-dd HH:mm:ss", "zone": "Asia/Tehran" },
          "columns": [ { "column": "v", "metric": "value" }, { "column": "s", "metric": "state", "kind": "text" } ]
        }
        """;

    [Fact]
    public async Task Every_value_arrives_once_with_its_time_and_the_summary_says_so()
    {
        await using var broker = await MosquittoBroker.StartNewAsync();
        await using var listener = await Listener.ConnectAsync(broker);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["map.json"], Mapping, TestContext.Current.CancellationToken);
        Write(folder["a.csv"], "a", 1_000);
        Write(folder["b.csv"], "b", 130);
        var (exit, output, talk) = await Simulator.RunAsync("replay", folder.Path, "--broker", $"mqtt://127.0.0.1:{broker.Port}", "--mapping", folder["map.json"], "--output", "json");
        Assert.True(exit == ExitCode.Done, talk);
        await Eventually.HoldsAsync("all has arrived", () => listener.See(one => one.Readings.Count) >= 1_130 + 1_017);
        Assert.Empty(listener.Rejections);
        Assert.All(listener.Readings, one => Assert.Equal(ReadingQuality.Good, one.Quality));
        Assert.Equal(Expected("a", 1_000).Concat(Expected("b", 130)).Order(), listener.Readings.Select(one => $"{one.Series} {one.Time} {one.Value}").Order());
        // 50 elements a message at most.
        Assert.Equal(20 + 3, listener.Payloads.Count);

        using var summary = JsonDocument.Parse(output);
        var all = summary.RootElement.EnumerateArray().Last();
        Assert.Equal(("(all)", 1_130, 2_260, 2_147, 113, 0), (all.GetProperty("metric").GetString()!, all.GetProperty("rows").GetInt32(), all.GetProperty("cells").GetInt32(), all.GetProperty("published").GetInt32(), all.GetProperty("nulls").GetInt32(), all.GetProperty("rejected").GetInt32()));
        Assert.Contains("2,147 values of 2 devices acknowledged", talk, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_dies_on_the_way_costs_nothing_but_time()
    {
        await using var broker = await MosquittoBroker.StartNewAsync();
        using var folder = new TemporaryFolder();
        Write(folder["a.csv"], "a", 20_000);
        Write(folder["b.csv"], "b", 20_000);
        var mapping = MappingReader.Parse("map.json", System.Text.Encoding.UTF8.GetBytes(Mapping));
        Assert.Null(SmartCity.FirmwareSim.Mqtt.BrokerAddress.TryParse($"mqtt://127.0.0.1:{broker.Port}", out var address));
        using var replayer = new Replayer(mapping, MappingReader.FilesOf(mapping, folder.Path), new ReplayOptions { Broker = address!, Speed = 20_000 }, TimeProvider.System);
        var running = replayer.RunAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync("it is on its way", () => replayer.Acknowledged > 5_000);
        await broker.KillAsync();
        await broker.StartAsync();
        await running;
        var total = replayer.Account.Total();
        Assert.Equal((total.Published, 80_000L - 4_000), (replayer.Acknowledged, total.Published));
        Assert.Equal(4_000, total.Nulls);
    }

    [Fact]
    public async Task Recorded_time_passes_at_the_speed_that_was_asked_for()
    {
        await using var broker = await MosquittoBroker.StartNewAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["map.json"], Mapping, TestContext.Current.CancellationToken);
        Write(folder["a.csv"], "a", 121);
        var begun = TimeProvider.System.GetTimestamp();
        var (exit, _, talk) = await Simulator.RunAsync("replay", folder.Path, "--broker", $"mqtt://127.0.0.1:{broker.Port}", "--mapping", folder["map.json"], "--speed", "100");
        Assert.True(exit == ExitCode.Done, talk);
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 1.2, 20);
    }

    [Fact]
    public async Task Wrong_use_is_said_with_place_and_remedy()
    {
        using var folder = new TemporaryFolder();
        await Refuses(ExitCode.WrongUse, "does not exist", "replay", folder["none"]);
        await Refuses(ExitCode.WrongUse, "la-loops", "replay", folder.Path);
        await Refuses(ExitCode.NotFound, "does not exist", "replay", folder.Path, "--mapping", folder["none.json"]);
        await File.WriteAllTextAsync(folder["map.json"], "{", TestContext.Current.CancellationToken);
        await Refuses(ExitCode.WrongUse, "map.json, line 1", "replay", folder.Path, "--mapping", folder["map.json"]);
        await File.WriteAllTextAsync(folder["map.json"], Mapping, TestContext.Current.CancellationToken);
        await Refuses(ExitCode.NotFound, "holds no file like *.csv", "replay", folder.Path, "--mapping", folder["map.json"]);
        await Refuses(ExitCode.WrongUse, "mqtt://host:1883", "replay", folder.Path, "--broker", "tcp://h");
        await Refuses(ExitCode.WrongUse, "--speed fast", "replay", folder.Path, "--speed", "fast");
        await Refuses(ExitCode.WrongUse, "--in-flight 0: 1 to 1,000", "replay", folder.Path, "--in-flight", "0");
        await Refuses(ExitCode.WrongUse, "mqtts://", "replay", folder.Path, "--mapping", folder["map.json"], "--ca", folder["map.json"]);
        Write(folder["a.csv"], "a", 1);
        await File.AppendAllTextAsync(folder["a.csv"], "a,\"", TestContext.Current.CancellationToken);
        await using var broker = await MosquittoBroker.StartNewAsync();
        await Refuses(ExitCode.Failed, "a.csv, line 3: a quote is never closed", "replay", folder.Path, "--mapping", folder["map.json"], "--broker", $"mqtt://127.0.0.1:{broker.Port}");
    }

    [Fact]
    public async Task A_broker_that_refuses_the_credentials_ends_it_with_exit_5()
    {
        await using var broker = await MosquittoBroker.StartNewAsync("allow_anonymous false");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["map.json"], Mapping, TestContext.Current.CancellationToken);
        Write(folder["a.csv"], "a", 1);
        await Refuses(ExitCode.NotAllowed, "not authorised", "replay", folder.Path, "--mapping", folder["map.json"], "--broker", $"mqtt://127.0.0.1:{broker.Port}");
    }

    private static async Task Refuses(int exit, string message, params string[] args)
    {
        var (seen, output, talk) = await Simulator.RunAsync(args);
        Assert.True(seen == exit, $"exit {seen}: {talk}");
        Assert.Contains(message, talk, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    /// <summary>A row a second from 2026-01-01 00:00:00 in Tehran; every tenth has no state.</summary>
    private static void Write(string file, string device, int rows) => File.WriteAllText(file, "id,time,v,s\n" + string.Concat(Enumerable.Range(0, rows).Select(i =>
        string.Create(CultureInfo.InvariantCulture, $"{device},{new DateTime(2026, 1, 1).AddSeconds(i):yyyy-MM-dd HH:mm:ss},{i / 10.0},{(i % 10 == 0 ? "" : $"s{i % 3}")}\n"))));

    private static IEnumerable<string> Expected(string device, int rows) => Enumerable.Range(0, rows).SelectMany(i =>
    {
        var time = UnixMicros.From(new DateTimeOffset(2025, 12, 31, 20, 30, 0, TimeSpan.Zero).AddSeconds(i));
        var value = string.Create(CultureInfo.InvariantCulture, $"{device}/value {time} {i / 10.0}");
        return i % 10 == 0 ? [value] : new[] { value, $"{device}/state {time} s{i % 3}" };
    });
}
