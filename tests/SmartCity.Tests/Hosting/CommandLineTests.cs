using System.CommandLine;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Tests.Hosting;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData(2, "The option --rats is not known. Did you mean --rate?", "load", "--rats", "5")]
    [InlineData(2, "The word laod is not known. Did you mean load?", "laod")]
    [InlineData(2, "--rate", "load", "--rate")]
    [InlineData(2, "ten", "load", "--rate", "ten")]
    [InlineData(2, "one of table, json, ndjson, csv is needed", "load", "--output", "xml")]
    [InlineData(4, "There is no such thing.", "load", "--rate", "4")]
    [InlineData(2, "command line: Edge:X: is not known.", "load", "--rate", "2")]
    [InlineData(5, "no right", "load", "--rate", "5")]
    [InlineData(1, "disk", "load", "--rate", "1")]
    public async Task Wrong_use_and_failures_have_their_codes_and_talk_on_the_error_stream(int exit, string said, params string[] args)
    {
        var (code, output, talk) = await RunAsync(args);
        Assert.Equal(exit, code);
        Assert.Empty(output);
        Assert.Contains(said, talk);
    }

    [Fact]
    public async Task Help_and_version_are_data()
    {
        var (code, output, talk) = await RunAsync(["--help"]);
        Assert.Equal((0, ""), (code, talk));
        Assert.Contains("load", output);
        Assert.Equal(0, (await RunAsync(["--version"])).Code);
        Assert.Contains("--data", (await RunAsync(["load", "--help"])).Output);
    }

    [Fact]
    public async Task Settings_pass_by_the_parser() => Assert.Equal(0, (await RunAsync(["load", "--Edge:Uplink:Key", "k", "--rate", "0", "--Sim:A=b"])).Code);

    [Fact]
    public async Task A_command_that_is_stopped_is_interrupted()
    {
        using var stop = new CancellationTokenSource();
        var run = RunUntilAsync(stop.Token, "load", "--rate", "9");
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Interrupted, (await run).Code);
    }

    [Fact]
    public void Rows_are_printed_in_each_format()
    {
        Assert.Equal("name  count\n----  -----\na\"·b      1\nc        12\n", Print(OutputFormat.Table));
        Assert.Equal("""
            [
              {"name":"a\"\nb","count":1},
              {"name":"c","count":12}
            ]

            """, Print(OutputFormat.Json));
        Assert.Equal("{\"name\":\"a\\\"\\nb\",\"count\":1}\n{\"name\":\"c\",\"count\":12}\n", Print(OutputFormat.Ndjson));
        Assert.Equal("name,count\r\n\"a\"\"\nb\",1\r\nc,12\r\n", Print(OutputFormat.Csv));
        Assert.Equal("[]\n", Print(OutputFormat.Json, 0));
    }

    private static string Print(OutputFormat format, int rows = 2)
    {
        using var output = new StringWriter();
        RowWriter.Write(output, format, ["name", "count"], new object?[][] { ["a\"\nb", 1L], ["c", 12L] }.Take(rows));
        return output.ToString();
    }

    private static Task<(int Code, string Output, string Talk)> RunAsync(string[] args) => RunUntilAsync(TestContext.Current.CancellationToken, args);

    private static async Task<(int Code, string Output, string Talk)> RunUntilAsync(CancellationToken cancellationToken, params string[] args)
    {
        var rate = new Option<int>("--rate");
        var load = new Command("load", "Loads.") { rate, CommonOptions.Output() };
        load.SetAction(async (result, stop) => result.GetValue(rate) switch
        {
            1 => throw new IOException("disk"),
            2 => throw new SettingsException([new SettingsError("command line", "Edge:X", "is not known.")]),
            4 => throw new CommandException(ExitCode.NotFound, "There is no such thing."),
            5 => throw new UnauthorizedAccessException("no right"),
            9 => await WaitAsync(stop),
            _ => 0,
        });
        using var output = new StringWriter();
        using var talk = new StringWriter();
        var code = await CommandLine.RunAsync(new RootCommand("Test.") { load, CommonOptions.Data("test") }, args, output, talk, cancellationToken);
        return (code, output.ToString(), talk.ToString());

        static async Task<int> WaitAsync(CancellationToken stop)
        {
            await Task.Delay(Timeout.Infinite, stop);
            return 0;
        }
    }
}
