using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Commands;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Server;

public sealed class OperatorCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_a_server_the_files_are_read()
    {
        using (var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(_folder.Path, "log"), ReserveBytes = 0 }, TimeProvider.System))
        {
            var letter = new DeadLetter(0, "g1", Lane.Telemetry, new SeriesKey("d", "t"), ValueKind.Bool, 1, 1, "true", "series:kind", 1);
            await log.AppendAsync(new LogAppend { Gateway = "g1", Epoch = 9, Lane = Lane.Telemetry, FirstSequence = 1, Sequences = 1, DeadLetters = [letter] }, TestContext.Current.CancellationToken);
        }
        Assert.Contains("\"epoch\": \"9\"", (await RunAsync(0, "completeness")).Output);
        Assert.Contains("g1", (await RunAsync(0, "gateway", "list")).Output);
        Assert.Contains("series:kind", (await RunAsync(0, "dead-letter", "show", "1")).Output);
        await RunAsync(0, "dead-letter", "discard", "1");
        await RunAsync(4, "dead-letter", "show", "1");
    }

    [Theory]
    [InlineData(2, "dead-letter", "eat")]
    [InlineData(2, "dead-letter", "show", "-1")]
    [InlineData(2, "completeness", "--gateway")]
    [InlineData(4, "completeness")]
    public async Task Wrong_use_and_absent_data_have_their_exit_codes(int exit, params string[] words)
    {
        var (output, talk) = await RunAsync(exit, words);
        Assert.Empty(output);
        Assert.NotEmpty(talk);
    }

    private async Task<(string Output, string Talk)> RunAsync(int exit, params string[] words)
    {
        using var output = new StringWriter();
        using var talk = new StringWriter();
        Assert.Equal(exit, await OperatorCommand.RunAsync([words[0], "--data", _folder.Path, .. words[1..]], output, talk));
        return (output.ToString(), talk.ToString());
    }
}
