using System.Globalization;
using SmartCity.Edge.Gateway.Commands;
using SmartCity.Hosting.Commands;

namespace SmartCity.Tests.Edge.Gateway.Commands;

public sealed class CheckCommandTests : IDisposable
{
    private const string Mapping = """{"topic": "t/{device}", "device": "{device}", "metrics": [{"path": "/**"}]}""";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Exit, string Output, string Talk)> RunAsync(params string[] args)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var talk = new StringWriter(CultureInfo.InvariantCulture);
        var exit = await CommandLine.RunAsync(GatewayCommand.Create(args), args, output, talk, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), talk.ToString());
    }

    private void Write(string name, string text) => File.WriteAllText(_folder[name], text);

    [Fact]
    public async Task The_vectors_of_the_mappings_that_come_with_the_gateway_hold()
    {
        var (exit, output, talk) = await RunAsync("check", "--mappings", "--data", _folder["none"]);
        Assert.True(exit == 0, output + talk);
        foreach (var name in new[] { "chirpstack", "csv", "sensor-community", "tasmota", "tts", "zigbee2mqtt" }) Assert.Matches($"(?m)^{name}: [1-9][0-9]* vectors hold ", output);
    }

    [Fact]
    public async Task What_does_not_hold_is_shown_line_by_line()
    {
        Write("m.json", Mapping);
        Write("m.test.json", """
            {"vectors": [
              {"name": "right", "topic": "t/d", "payload": {"a": 1}, "received": "2026-11-24T06:12:03Z", "device": "d", "readings": [{"metric": "a", "value": 1}]},
              {"name": "wrong", "topic": "t/d", "payload": {"a": 2, "b": "x", "c": 1e999}, "received": "2026-11-24T06:12:03Z", "device": "d", "readings": [{"metric": "a", "value": 3}], "rejected": ["time:"]},
              {"name": "elsewhere", "topic": "x/d", "payload": {}}
            ]}
            """);
        var (exit, output, _) = await RunAsync("check", "--mappings", _folder.Path);
        Assert.Equal(3, exit);
        Assert.Equal(
            $"""
            {_folder["m.test.json"]}:3: "wrong" does not hold; - was expected, + was found:
              - d a 2026-11-24T06:12:03Z 3 quality 1
              + d a 2026-11-24T06:12:03Z 2 quality 1
              + d b 2026-11-24T06:12:03Z "x" quality 1
              + rejected: value:overflow@byte 24 c: 1e999 is beyond the range of a double
              - rejected: time:
            {_folder["m.test.json"]}:4: "elsewhere" does not hold; - was expected, + was found:
              the topic x/d is not of this mapping (t/+)
            m: 2 of 3 vectors do not hold ({_folder["m.json"]})

            """, output);
    }

    [Fact]
    public async Task A_mapping_that_is_wrong_and_one_without_vectors_are_findings()
    {
        Write("bare.json", Mapping);
        Write("wrong.json", "{}");
        Write("odd.json", Mapping);
        Write("odd.test.json", """
            {"vectors": [{"topic": "t/d", "paylod": {}},
              {"topic": "t/d", "payload": {}, "device": "d", "readings": [{"metric": "a", "time": "now", "value": null}]}]}
            """);
        var (exit, output, _) = await RunAsync("check", "--mappings", _folder.Path);
        Assert.Equal(3, exit);
        Assert.Contains($"{_folder["bare.json"]}: it has no vectors; write some beside it, in bare.test.json.", output);
        Assert.Contains($"{_folder["wrong.json"]}:1: \"topic\" is missing here.", output);
        Assert.Contains($"{_folder["odd.test.json"]}:1: \"paylod\" is not known in a vector", output);
        Assert.Contains($"{_folder["odd.test.json"]}:2: \"now\" is no time", output);
        Assert.Contains($"{_folder["odd.test.json"]}:2: \"value\" is missing", output);
    }

    [Theory]
    [InlineData(3, "", "check", "--data", "/nonexistent/folder")]
    [InlineData(4, "There is no mapping", "check", "--mappings", "/nonexistent/folder")]
    [InlineData(2, "", "check", "--mapping")]
    public async Task Wrong_use_is_told(int code, string said, params string[] args)
    {
        var (exit, _, talk) = await RunAsync(args);
        Assert.Equal(code, exit);
        Assert.Contains(said, talk);
    }
}
