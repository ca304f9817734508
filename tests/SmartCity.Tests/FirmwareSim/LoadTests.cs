using System.Text.Json;
using SmartCity.FirmwareSim.Load;
using SmartCity.FirmwareSim.Mqtt;
using SmartCity.Hosting.Commands;
using SmartCity.Model;

namespace SmartCity.Tests.FirmwareSim;

public sealed class LoadTests
{
    private static readonly LoadOptions _options = new() { Broker = new BrokerAddress("127.0.0.1", 1, false, null, null), Metrics = 10, Boot = 7, Seed = 3 };

    [Fact]
    public void A_message_is_telemetry_with_its_intended_time_and_the_same_whenever_it_is_repeated()
    {
        var messages = new LoadMessages(_options);
        const long Time = 1_795_485_689_980_123;
        var first = Written(messages, 12, 34, Time);
        Assert.Equal(first, Written(new LoadMessages(_options), 12, 34, Time));
        using var json = JsonDocument.Parse(first);
        Assert.Equal(Time, UnixMicros.From(json.RootElement.GetProperty("ts").GetDateTimeOffset()));
        Assert.Equal(7, json.RootElement.GetProperty("boot").GetInt64());
        Assert.Equal(34, json.RootElement.GetProperty("seq").GetInt64());
        Assert.Equal(34, json.RootElement.GetProperty("count").GetInt64());
        Assert.Equal(messages.Names, json.RootElement.EnumerateObject().Skip(3).Select(member => member.Name));
        Assert.NotEqual(first, Written(messages, 13, 34, Time));
    }

    [Fact]
    public void A_journal_comes_back_without_a_last_record_that_was_cut_off()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "journal");
        var header = new LoadJournalHeader("load-", 2, ["count"], 7);
        using (var journal = new LoadJournal(path, header))
        {
            journal.Attempted(1, 5, 100);
            journal.Acknowledged(1, 5, 100);
            journal.Attempted(0, long.MaxValue, long.MinValue);
        }
        using (var file = File.OpenWrite(path)) file.SetLength(file.Length - 1);
        var read = LoadJournal.Read(path);
        Assert.Equal((header.Prefix, header.Devices, header.Boot), (read.Header.Prefix, read.Header.Devices, read.Header.Boot));
        Assert.Equal([new LoadJournalRecord(false, 1, 5, 100), new LoadJournalRecord(true, 1, 5, 100)], read.Records);
        File.WriteAllText(path, "not a journal\n");
        Assert.Throws<InvalidDataException>(() => LoadJournal.Read(path));
    }

    [Theory]
    [InlineData(0, "--in-flight", "20")]
    [InlineData(1, "--in-flight", "20")]
    [InlineData(2, "--in-flight", "20")]
    [InlineData(1, "--rate", "500")]
    [InlineData(2, "--rate", "500")]
    public async Task What_it_counts_is_what_a_broker_was_told(int qos, string option, string value)
    {
        await using var broker = await MosquittoBroker.StartNewAsync();
        await using var listener = await Listener.ConnectAsync(broker);
        using var folder = new TemporaryFolder();
        // At full speed half a second is plenty for the listener.
        var duration = option == "--rate" ? "1s" : qos == 0 ? "20ms" : "200ms";
        var (exit, output, talk) = await Simulator.RunAsync("load", "--broker", $"mqtt://127.0.0.1:{broker.Port}", "--devices", "7", "--qos", $"{qos}", option, value, "--metrics", "3", "--duration", duration,
            "--idle-subscribers", "3", "--journal", folder["journal"], "--output", "ndjson");
        Assert.True(exit == ExitCode.Done, talk);
        using var summary = JsonDocument.Parse(output);
        var attempted = summary.RootElement.GetProperty("attempted").GetInt32();
        Assert.Equal((attempted, 0, 0), (summary.RootElement.GetProperty("acknowledged").GetInt32(), summary.RootElement.GetProperty("unacknowledged").GetInt32(), summary.RootElement.GetProperty("missed").GetInt32()));
        if (option == "--rate") Assert.Equal(500, attempted);
        await Eventually.HoldsAsync("all has arrived", () => listener.See(one => one.Payloads.Count) >= attempted);
        Assert.Empty(listener.Rejections);
        Assert.Equal(3 * attempted, listener.Readings.DistinctBy(one => (one.Series, one.Time)).Count());

        var (header, records) = LoadJournal.Read(folder["journal"]);
        var heard = listener.Readings.Where(one => one.Series.Metric == "count").Select(one => (one.Series.Device, (long)one.Value.AsNumber()!, one.Time)).Order();
        Assert.Equal(heard, records.Where(record => record.Acknowledged).Select(record => ($"{header.Prefix}{record.Device}", record.Sequence, record.Time)).Order());
    }

    [Fact]
    public async Task After_the_broker_s_death_everything_is_acknowledged_in_the_end()
    {
        await using var broker = await MosquittoBroker.StartNewAsync();
        using var folder = new TemporaryFolder();
        var running = Simulator.RunAsync("load", "--broker", $"mqtt://127.0.0.1:{broker.Port}", "--devices", "5", "--rate", "1000", "--duration", "2s", "--journal", folder["journal"], "--output", "ndjson");
        await Eventually.HoldsAsync("it is on its way", () => File.Exists(folder["journal"]) && new FileInfo(folder["journal"]).Length > 1_000);
        await broker.KillAsync();
        await broker.StartAsync();
        var (exit, output, talk) = await running;
        Assert.True(exit == ExitCode.Done, talk);
        using var summary = JsonDocument.Parse(output);
        Assert.Equal((2_000, 2_000, 5), (summary.RootElement.GetProperty("attempted").GetInt32(), summary.RootElement.GetProperty("acknowledged").GetInt32(), summary.RootElement.GetProperty("connectionsLost").GetInt32()));
        var records = LoadJournal.Read(folder["journal"]).Records.ToList();
        Assert.Equal(2_000, records.Where(record => record.Acknowledged).Distinct().Count());
        Assert.Equal(2_000, records.Where(record => !record.Acknowledged).Distinct().Count());
    }

    [Theory]
    [InlineData("--devices", "0", "--devices 0: 1 to 100,000")]
    [InlineData("--qos", "3", "--qos 3: 0 to 2")]
    [InlineData("--rate", "-1", "--rate -1")]
    [InlineData("--duration", "soon", "--duration soon: a time is needed")]
    [InlineData("--broker", "mqtts://h", "plain TCP only")]
    [InlineData("--prefix", "a/b", "--prefix")]
    public async Task Wrong_use_is_exit_2_with_what_is_needed(string option, string value, string message)
    {
        var (exit, output, talk) = await Simulator.RunAsync("load", option, value);
        Assert.Equal(ExitCode.WrongUse, exit);
        Assert.Contains(message, talk, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    private static byte[] Written(LoadMessages messages, int device, long sequence, long time)
    {
        var payload = new byte[messages.BytesMax];
        return payload[..messages.Write(payload, device, sequence, time)];
    }
}
