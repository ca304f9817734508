using System.Globalization;
using System.Text;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Commands;
using SmartCity.Cloud.Server.Import;
using SmartCity.Hosting.Commands;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Cloud.Server;

/// <summary><c>toll ingest</c> into the log of a server that does not run.</summary>
public sealed class TollIngestTests : IDisposable
{
    private const string Avc = """{"device":"L1","boot":7,"seq":1,"ts":"2026-11-24T06:12:03.412Z","clock":"locked","lane":"THN-1-L2","kind":"avc","axles":2,"class":"car","count":1}""";
    private const string Health = """{"device":"L1","boot":7,"seq":2,"ts":"2026-11-24T06:12:04Z","clock":"locked","lane":"THN-1-L2","kind":"health","cpu":0.5,"state":"ok"}""";
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
    private string Data => _folder["data"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Events_reach_the_toll_lane_once_and_their_health_the_telemetry_lane()
    {
        await MakeLogAsync();
        var file = Write($"{Avc}\n{Health}\r\n");
        Assert.StartsWith($"{file},2,2,0,1,2,", await RunAsync(0, file));
        Assert.StartsWith($"{file},2,0,2,1,2,", await RunAsync(0, file));
        var (events, readings) = ReadLog();
        Assert.Equal([("L1", 7UL, 1UL, TollEventKind.Avc), ("L1", 7UL, 2UL, TollEventKind.Health)], events.Select(e => (e.Device, e.Boot, e.Sequence, e.Kind)));
        Assert.All(events, e => Assert.Equal(e.Time, e.Received));
        Assert.Equal(["L1/cpu", "L1/state"], readings);
    }

    [Theory]
    [InlineData("""{"device": "L1", "boot":7,"seq":1,"ts":"2026-11-24T06:12:03Z","clock":"locked","lane":"L","kind":"loop","occupied_ms":5}""")]
    [InlineData("""{"boot":7,"seq":1,"ts":"2026-11-24T06:12:03Z", "device":"L1" ,"clock":"locked","lane":"L","kind":"loop","occupied_ms":5}""")]
    [InlineData("""{"boot":7,"seq":1,"ts":"2026-11-24T06:12:03Z","clock":"locked","lane":"L","kind":"loop","occupied_ms":5,"device":"L1"}""")]
    public async Task An_event_is_kept_as_the_device_sends_it_without_the_device(string line)
    {
        await MakeLogAsync();
        await RunAsync(0, Write(line));
        Assert.Equal("""{"boot":7,"seq":1,"ts":"2026-11-24T06:12:03Z","clock":"locked","lane":"L","kind":"loop","occupied_ms":5}""",
            Encoding.UTF8.GetString(Assert.Single(ReadLog().Events).Json.Span).Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_events_than_a_batch_holds_all_arrive()
    {
        await MakeLogAsync();
        var file = Write(string.Join('\n', Enumerable.Range(1, 4_500).Select(seq => Avc.Replace("\"seq\":1", string.Create(CultureInfo.InvariantCulture, $"\"seq\":{seq}"), StringComparison.Ordinal))));
        await RunAsync(0, file);
        Assert.Equal(Enumerable.Range(1, 4_500).Select(seq => (ulong)seq), ReadLog().Events.Select(e => e.Sequence));
    }

    [Theory]
    [InlineData("", "line 1, byte 1: found an empty file")]
    [InlineData("not json", "line 2, line: found \"not json\", expected one JSON object in UTF-8")]
    [InlineData("""{"boot":7,"seq":1,"ts":"2026-11-24T06:12:03Z","clock":"locked","lane":"L","kind":"loop","occupied_ms":5}""", "line 2, device: found nothing")]
    [InlineData("""{"device":"a b","boot":7,"seq":1}""", "line 2, device: found \"a b\"")]
    [InlineData("""{"device":"L1","device":"L2"}""", "device stands here twice")]
    [InlineData("""{"device":"L1","boot":7,"seq":0,"ts":"2026-11-24T06:12:03Z","clock":"locked","lane":"L","kind":"loop","occupied_ms":5}""", "is no unsigned 64-bit integer from 1")]
    [InlineData("""{"device":"L1","boot":7,"seq":3,"ts":"2199-11-24T06:12:03Z","clock":"locked","lane":"L","kind":"loop","occupied_ms":5}""", "line 2, ts")]
    public async Task A_file_with_an_error_is_refused_whole_with_its_place(string line, string said)
    {
        await MakeLogAsync();
        var talk = await RunAsync(1, Write(line.Length == 0 ? "" : $"{Avc}\n{line}\n{Health}\n"));
        Assert.Contains(said, talk);
        Assert.Contains("Nothing of it was taken", talk);
        Assert.Empty(ReadLog().Events);
    }

    [Fact]
    public async Task A_dry_run_takes_nothing()
    {
        await MakeLogAsync();
        var file = Write(Avc);
        Assert.StartsWith($"{file},1,0,0,1,0,", await RunAsync(0, file, "--dry-run"));
        Assert.Empty(ReadLog().Events);
    }

    private string Write(string content)
    {
        File.WriteAllText(_folder["events.ndjson"], content);
        return _folder["events.ndjson"];
    }

    private DurableLog OpenLog() => DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(Data, "log"), ReserveBytes = 0 }, TimeProvider.System);

    private async Task MakeLogAsync()
    {
        using var log = OpenLog();
        await log.SaveConsumerAsync("tolling", 0, Stop);
    }

    private (List<TollEvent> Events, List<string> Readings) ReadLog()
    {
        using var log = OpenLog();
        using var reader = log.OpenReader();
        var events = new List<TollEvent>();
        var readings = new List<string>();
        var decoded = new List<TollEvent>();
        var batch = new ReadingBatch();
        reader.ReadAsync(0, _ => true, int.MaxValue, (in LogRow row, ReadOnlySpan<byte> columns) =>
        {
            Assert.Equal(LogImporter.Gateway, row.Gateway);
            if (row.Lane == Lane.Toll)
            {
                Assert.Equal(ColumnsError.None, TollColumns.TryDecode(columns, decoded));
                events.AddRange(decoded);
                return;
            }
            Assert.Equal(ColumnsError.None, ReadingColumns.TryDecode(columns, batch));
            for (var i = 0; i < batch.Count; i++)
            {
                Assert.True(batch.Quality[i].HasFlag(ReadingQuality.Backfilled));
                readings.Add(log.Series[batch.Series[i]].Key.ToString());
            }
        }, Stop).GetAwaiter().GetResult();
        return (events, readings);
    }

    /// <returns>The last row of the output where it went well, else what was said.</returns>
    private async Task<string> RunAsync(int exit, params string[] words)
    {
        string[] all = ["toll", "ingest", .. words, "--output", "csv", "--data", Data];
        using var output = new StringWriter();
        using var talk = new StringWriter();
        var found = await CommandLine.RunAsync(ServerCommand.Create(all), all, output, talk, Stop);
        Assert.True(exit == found, string.Create(CultureInfo.InvariantCulture, $"Exit {found}, not {exit}. {talk}{output}"));
        return exit == 0 ? output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1] : talk.ToString();
    }
}
