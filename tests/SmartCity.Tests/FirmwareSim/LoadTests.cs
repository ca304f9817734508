using System.Text.Json;
using SmartCity.FirmwareSim.Load;
using SmartCity.Model;

namespace SmartCity.Tests.FirmwareSim;

public sealed class LoadTests
{
    private static readonly LoadOptions _options = new() { Host = "127.0.0.1", Port = 1, Metrics = 10, Boot = 7, Seed = 3 };

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

    private static byte[] Written(LoadMessages messages, int device, long sequence, long time)
    {
        var payload = new byte[messages.BytesMax];
        return payload[..messages.Write(payload, device, sequence, time)];
    }
}
