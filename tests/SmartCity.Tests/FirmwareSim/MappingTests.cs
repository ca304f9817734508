using System.Text;
using SmartCity.FirmwareSim.Replay;
using SmartCity.Hosting.Commands;

namespace SmartCity.Tests.FirmwareSim;

public sealed class MappingTests
{
    private const string Good = """
        {
          // Comments are allowed.
          "name": "test", "files": ["*.csv"], "device": "d-{id}", "missing": ["NA"],
          "time": { "text": "{day} {time}", "format": "yyyy-MM-dd HH:mm", "zone": "Asia/Tehran" },
          "columns": [ { "column": "PM2.5", "metric": "pm25", "unit": "ug/m3", "kind": "number" }, { "column": "s", "metric": "state", "kind": "text", "missing": ["?"] }, ],
        }
        """;

    [Fact]
    public void A_mapping_is_read()
    {
        var mapping = MappingReader.Parse("m.json", Encoding.UTF8.GetBytes("\uFEFF" + Good));
        Assert.Equal(("test", "d-{id}", "Asia/Tehran", ','), (mapping.Name, mapping.Device, mapping.Time.Zone, mapping.Delimiter));
        Assert.Equal([("pm25", CellKind.Number), ("state", CellKind.Text)], mapping.Columns.Select(column => (column.Metric, column.Kind)));
    }

    /// <summary>What is changed in the good one, and what is said of it.</summary>
    [Theory]
    [InlineData("\"name\": \"test\",", "", "m.json, line 6, $: ")]
    [InlineData("\"name\": \"test\"", "\"nam\": \"test\"", "nam")]
    [InlineData("\"name\": \"test\"", "\"name\": null", "name")]
    [InlineData("\"name\": \"test\"", "\"name\": 7", "m.json, line 3, $.name: ")]
    [InlineData("\"name\": \"test\"", "\"name\": ", "m.json, line 3, ")]
    [InlineData("[\"*.csv\"]", "[]", "m.json: files is empty")]
    [InlineData("[\"*.csv\"]", "[\"../*.csv\"]", "m.json: files: ../*.csv is a path")]
    [InlineData("\"d-{id}\"", "\"\"", "m.json: device is empty")]
    [InlineData("yyyy-MM-dd HH:mm", "%", "m.json: time.format: % is no date")]
    [InlineData("Asia/Tehran", "Asia/Nowhere", "m.json: time.zone: Asia/Nowhere is no zone")]
    [InlineData(", \"zone\": \"Asia/Tehran\"", "", "m.json: time.zone: local times need")]
    [InlineData("\"text\": \"{day} {time}\", ", "", "m.json: time: give either text and format, or start and step.")]
    [InlineData("\"text\": \"{day} {time}\", ", "\"start\": \"2026-01-01\", \"step\": \"-00:05:00\", ", "m.json: time.step: a span above zero")]
    [InlineData("\"kind\": \"number\"", "\"kind\": \"nombre\"", "m.json, line 5, $.columns[0].kind: ")]
    [InlineData("\"metric\": \"state\"", "\"metric\": \"pm25\"", "m.json: metric \"pm25\" stands more than once.")]
    [InlineData("\"metric\": \"state\"", "\"metric\": \"\"", "m.json: metric \"\": 1 to 256 bytes")]
    [InlineData("\"missing\": [\"NA\"],", "\"wide\": { \"metric\": \"x\" },", "m.json: give either columns")]
    public void A_bad_mapping_is_refused_with_its_place(string good, string bad, string message)
    {
        Assert.Contains(good, Good, StringComparison.Ordinal);
        var error = Assert.Throws<CommandException>(() => MappingReader.Parse("m.json", Encoding.UTF8.GetBytes(Good.Replace(good, bad, StringComparison.Ordinal))));
        Assert.Equal(ExitCode.WrongUse, error.ExitCode);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_of_a_mapping_are_said_together()
    {
        var text = Good.Replace("[\"*.csv\"]", "[]", StringComparison.Ordinal).Replace("Asia/Tehran", "Mars/Base", StringComparison.Ordinal);
        Assert.Equal(2, Assert.Throws<CommandException>(() => MappingReader.Parse("m.json", Encoding.UTF8.GetBytes(text))).Message.Split('\n').Length);
    }

    [Theory]
    [InlineData("la-loops")]
    [InlineData("beijing-air")]
    [InlineData("i94-volume")]
    public void A_recorded_set_is_recognised_by_its_files(string set)
    {
        Assert.SkipWhen(Repository.RecordedData is null, "There is no recorded data beside the checkout.");
        Assert.Equal(set, MappingReader.Recognise(Path.Combine(Repository.RecordedData!, set)).Name);
    }

    [Fact]
    public void A_folder_of_other_files_is_not()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["hourly.csv"], "a,b\n1,2\n");
        Assert.Contains("--mapping", Assert.Throws<CommandException>(() => MappingReader.Recognise(folder.Path)).Message, StringComparison.Ordinal);
    }
}
