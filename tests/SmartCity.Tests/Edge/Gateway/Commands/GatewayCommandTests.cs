using System.Globalization;
using System.Text;
using System.Text.Json;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using SmartCity.Devices.Credentials;
using SmartCity.Edge.Gateway.Commands;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;

namespace SmartCity.Tests.Edge.Gateway.Commands;

public sealed class GatewayCommandTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private GatewayUnderTest? _gateway;

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null) await _gateway.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("correct horse")]
    [InlineData("کلمه‌ی عبور")]
    public async Task Password_prints_a_hash_that_the_password_fits(string password)
    {
        var (exit, output, _) = await RunAsync(password + "\n", "password");
        Assert.Equal(0, exit);
        var hash = PasswordHash.TryParse(output.Trim());
        Assert.True(hash!.Fits(Encoding.UTF8.GetBytes(password)));
        Assert.False(hash.Fits("another"u8));
    }

    [Theory]
    [InlineData("", "There is no password on stdin")]
    [InlineData("\n", "There is no password on stdin")]
    [InlineData("short\n", "shorter than 8")]
    public async Task A_password_that_is_none_is_refused(string input, string said)
    {
        var (exit, output, talk) = await RunAsync(input, "password");
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(said, talk);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dead_letters_are_listed_shown_resubmitted_and_discarded_beside_a_running_gateway_and_without_one(bool isRunning)
    {
        // One series a device: "b" and "c" find no place until the limit is raised.
        await StartAsync("--Edge:Spool:DeviceSeriesMax=1");
        await PublishAsync("d1", """{"a": 1, "b": 2, "c": 3}""");
        await PublishAsync("d1", """{"ts": "when?", "a": 1}""");
        await PublishAsync("d2", [0xFF, 0x00, 0x41]);
        var before = Terms(await RunAsync(0, "spool", "stat", "--output", "json"));
        Assert.Equal((5, 4), (before("accepted"), before("deadLettered")));
        await _gateway!.StopAsync();
        if (isRunning) await StartAsync();

        var list = (await RunAsync(0, "dead-letter", "list", "--output", "ndjson")).Output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal([3, 2, 1], list.Select(letter => letter.GetProperty("id").GetInt64()));
        Assert.Equal("city/v1/d1/telemetry", list[2].GetProperty("topic").GetString());
        Assert.Equal((2, 1), (list[2].GetProperty("values").GetInt32(), list[2].GetProperty("qos").GetInt32()));
        Assert.StartsWith("id,time,lane,topic,qos,values,bytes,reason", (await RunAsync(0, "dead-letter", "list", "--limit", "1", "--output", "csv")).Output);
        var shown = (await RunAsync(0, "dead-letter", "show", "1")).Output;
        Assert.Contains("""{"a": 1, "b": 2, "c": 3}""", shown);
        Assert.Contains("topic    city/v1/d1/telemetry", shown);
        Assert.Contains("00000000  ff 00 41", (await RunAsync(0, "dead-letter", "show", "3")).Output);
        Assert.Equal("/wBB", JsonDocument.Parse((await RunAsync(0, "dead-letter", "show", "3", "--output", "json")).Output).RootElement[0].GetProperty("payload").GetString());

        // Readable now, whole; and what never will be stays.
        Assert.Contains("1,3,0,", (await RunAsync(0, "dead-letter", "resubmit", "1", "--output", "csv")).Output);
        Assert.Contains("There is no dead letter 1", (await RunAsync(4, "dead-letter", "resubmit", "1")).Talk);
        var again = (await RunAsync(3, "dead-letter", "resubmit", "--all", "--output", "csv")).Output;
        Assert.Contains("2,0,1,", again);
        Assert.Contains("3,0,1,", again);
        var after = Terms(await RunAsync(0, "spool", "stat", "--output", "json"));
        Assert.Equal((6, 2, 0), (after("accepted"), after("deadLettered"), after("imbalance")));

        await RunAsync(0, "dead-letter", "discard", "2");
        Assert.Contains("There is no dead letter 2", (await RunAsync(4, "dead-letter", "discard", "2")).Talk);
        Assert.Contains("1 discarded", (await RunAsync(0, "dead-letter", "discard", "--all")).Talk);
        Assert.Equal(2, Terms(await RunAsync(0, "spool", "stat", "--output", "json"))("deadLettered"));
        if (isRunning)
        {
            Assert.Equal((2, 1), (await _gateway.MetricAsync("smartcity_dead_letters_discarded_total"), await _gateway.MetricAsync("smartcity_dead_letters_resubmitted_total")));
            await _gateway.StopAsync();
        }
        var kept = GatewayUnderTest.Kept(_gateway.Data);
        Assert.Equal(["d1/a", "d1/a", "d1/b", "d1/c"], kept.Select(one => one.Series));
        // Under the time at which it came: the store knows the second "a" for a repeat.
        Assert.Single(kept.Select(one => one.Time).Distinct());
        using var spool = GatewayUnderTest.OpenSpool(_gateway.Data);
        Assert.Equal(new SmartCity.Edge.Spool.DeadLetterTotals(2, 2, 1, 2), spool.DeadLetterTotals);
    }

    [Fact]
    public async Task The_operators_socket_is_its_owners_alone_and_nothing_is_changed_by_another_way()
    {
        await StartAsync();
        var socket = AdminSocket.FileIn(_gateway!.Data);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        await PublishAsync("d", "{");
        var stop = TestContext.Current.CancellationToken;
        using (var discard = await _gateway.Http.DeleteAsync(new Uri("/api/v1/dead-letters/1", UriKind.Relative), stop)) Assert.Equal(403, (int)discard.StatusCode);
        using (var again = await _gateway.Http.PostAsync(new Uri("/api/v1/dead-letters/1/resubmit", UriKind.Relative), null, stop)) Assert.Equal(403, (int)again.StatusCode);
        Assert.Equal(1, await _gateway.MetricAsync("smartcity_dead_letters"));
    }

    [Fact]
    public async Task Full_dead_letters_refuse_what_would_need_one_and_take_all_else()
    {
        await StartAsync("--Edge:Spool:DeadLetterBytes=1MiB");
        var bad = "{" + new string(' ', 200_000);
        var verdicts = new List<MqttClientPublishReasonCode>();
        for (var i = 0; i < 5; i++) verdicts.Add(await PublishAsync("d", bad));
        Assert.Equal(MqttClientPublishReasonCode.Success, verdicts[0]);
        Assert.Equal(MqttClientPublishReasonCode.QuotaExceeded, verdicts[^1]);
        Assert.Equal(MqttClientPublishReasonCode.Success, await PublishAsync("d", """{"a": 1}"""));
        var letters = verdicts.Count(verdict => verdict == MqttClientPublishReasonCode.Success);
        Assert.Equal(letters, await _gateway!.MetricAsync("smartcity_dead_letters"));
        await RunAsync(0, "dead-letter", "discard", "--all");
        Assert.Equal(MqttClientPublishReasonCode.Success, await PublishAsync("d", bad));
        Assert.Equal(0, await _gateway.AuditAsync("imbalance"));
        Assert.Equal(letters + 2, await _gateway.AuditAsync("accepted"));
    }

    [Fact]
    public async Task Letters_that_are_resubmitted_at_once_are_kept_once()
    {
        await StartAsync("--Edge:Spool:DeviceSeriesMax=1");
        await PublishAsync("d", """{"a": 1, "b": 2}""");
        await _gateway!.StopAsync();
        await StartAsync();
        var office = _gateway.Get<SmartCity.Edge.Gateway.Status.DeadLetterOffice>();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => office.ResubmitAsync(1)));
        Assert.Single(outcomes, outcome => outcome is { Kept: 2 });
        Assert.All(outcomes.Where(outcome => outcome is { Kept: 0 }), outcome => Assert.Contains("already", outcome!.Reason));
        Assert.Null(await office.ResubmitAsync(1));
        Assert.Equal((3, 0, 0), (await _gateway.AuditAsync("accepted"), await _gateway.AuditAsync("deadLettered"), await _gateway.AuditAsync("imbalance")));
    }

    [Theory]
    [InlineData(2, "Did you mean dead-letter?", "dead-leter", "list")]
    [InlineData(2, "Commands: list, show, resubmit, discard.", "dead-letter", "eat")]
    [InlineData(2, "-1 is no number of a dead letter", "dead-letter", "show", "-1")]
    [InlineData(2, "or --all of them", "dead-letter", "discard")]
    [InlineData(2, "or --all of them", "dead-letter", "resubmit", "1", "--all")]
    [InlineData(2, "--limit", "dead-letter", "list", "--limit", "0")]
    [InlineData(2, "table, json, ndjson, csv", "spool", "stat", "--output", "xml")]
    [InlineData(2, "is not known", "run", "--brokr", "mqtt://x")]
    [InlineData(4, "holds no spool", "spool", "stat")]
    public async Task Wrong_use_and_absent_data_have_their_exit_codes(int exit, string said, params string[] words)
    {
        var (output, talk) = await RunAsync(exit, words);
        Assert.Empty(output);
        Assert.Contains(said, talk);
    }

    private async Task StartAsync(params string[] settings)
    {
        _gateway = new GatewayUnderTest(_folder["gateway"], settings);
        await _gateway.StartAsync();
        AdminSocket.Restrict(_gateway.Data);
    }

    private static Func<string, long> Terms((string Output, string Talk) stat)
    {
        var lanes = JsonDocument.Parse(stat.Output).RootElement.EnumerateArray().ToArray();
        return term => lanes.Sum(lane => lane.GetProperty(term).GetInt64());
    }

    private async Task<(string Output, string Talk)> RunAsync(int exit, params string[] words)
    {
        var (code, output, talk) = await RunAsync("", words);
        Assert.True(code == exit, $"exit {code}: {output} {talk}");
        return (output, talk);
    }

    private async Task<(int Exit, string Output, string Talk)> RunAsync(string input, params string[] words)
    {
        string[] args = [.. words, "--data", _folder["gateway"]];
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var talk = new StringWriter(CultureInfo.InvariantCulture);
        using var stdin = new StringReader(input);
        var exit = await CommandLine.RunAsync(GatewayCommand.Create(args, stdin), args, output, talk, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), talk.ToString());
    }

    private Task<MqttClientPublishReasonCode> PublishAsync(string device, string payload) => PublishAsync(device, Encoding.UTF8.GetBytes(payload));

    private async Task<MqttClientPublishReasonCode> PublishAsync(string device, byte[] payload)
    {
        var stop = TestContext.Current.CancellationToken;
        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _gateway!.Port("mqtt")).WithClientId(device).WithProtocolVersion(MqttProtocolVersion.V500).Build(), stop);
        var message = new MqttApplicationMessageBuilder().WithTopic($"city/v1/{device}/telemetry").WithPayload(payload).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build();
        return (await client.PublishAsync(message, stop)).ReasonCode;
    }
}
