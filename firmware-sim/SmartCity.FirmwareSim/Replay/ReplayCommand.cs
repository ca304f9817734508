using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SmartCity.FirmwareSim.Mqtt;
using SmartCity.Hosting.Commands;
using Spectre.Console;

namespace SmartCity.FirmwareSim.Replay;

/// <summary><c>replay DIR</c>: publishes recorded files as if their devices spoke now.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "Folder of recorded CSV files, packed (.gz) or not." };
        folder.AcceptExistingOnly();
        var broker = BrokerAddress.Option();
        var authority = BrokerAddress.AuthorityOption();
        var speed = new Option<double?>("--speed")
        {
            Description = "Recorded seconds a second; max as fast as values are acknowledged (default).",
            HelpName = "X|max",
            CustomParser = result =>
            {
                var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (text == "max") return null;
                if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var factor) && factor > 0 && double.IsFinite(factor)) return factor;
                result.AddError($"--speed {text}: a factor above 0, or max, is needed.");
                return null;
            },
        };
        var mapping = new Option<string>("--mapping") { Description = $"JSON file that says what the columns mean; ready made for {string.Join(", ", MappingReader.ReadyMade.Select(one => one.Name))}.", HelpName = "FILE" };
        var window = Numbers.Option("--in-flight", "Messages in flight on each connection, 1–1,000.", 8, 1, 1_000);
        var format = CommonOptions.Output();
        var command = new Command("replay", "Publishes recorded files through MQTT, each device on its own connection; ends when all is acknowledged.") { folder, broker, authority, speed, mapping, window, format };
        command.SetAction(async (result, stop) =>
        {
            var options = new ReplayOptions { Broker = BrokerAddress.Of(result, broker, authority), Speed = result.GetValue(speed), WindowMax = result.GetValue(window) };
            var directory = result.GetRequiredValue(folder).FullName;
            var chosen = result.GetValue(mapping) is { } file ? MappingReader.Read(file) : MappingReader.Recognise(directory);
            var files = MappingReader.FilesOf(chosen, directory);
            if (files.Count == 0) throw new CommandException(ExitCode.NotFound, $"{directory} holds no file like {string.Join(", ", chosen.Files)}.");
            return await RunAsync(chosen, files, options, result.GetValue(format), result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(ReplayMapping mapping, IReadOnlyList<string> files, ReplayOptions options, OutputFormat format, TextWriter output, TextWriter talk, CancellationToken stop)
    {
        using var replayer = new Replayer(mapping, files, options, TimeProvider.System);
        var watch = Stopwatch.StartNew();
        try
        {
            await WithProgressAsync(replayer, mapping.Name, replayer.RunAsync(stop));
        }
        catch
        {
            await SayAsync();
            throw;
        }
        RowWriter.Write(output, format, ["metric", "unit", "rows", "cells", "published", "nulls", "rejected", "reasons"],
            replayer.Account.Metrics.Append(replayer.Account.Total()).Select(IReadOnlyList<object?> (one) =>
                [one.Metric, one.Unit, one.Unit is null && one.Metric == "(all)" ? replayer.Rows : null, one.Cells, one.Published, one.Nulls, one.Rejected, string.Join(", ", one.Reasons.Select(reason => $"{reason.Key} {reason.Value}"))]));
        await SayAsync();
        return ExitCode.Done;

        Task SayAsync() => talk.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{mapping.Name}: {replayer.Rows:N0} rows of {files.Count} {(files.Count == 1 ? "file" : "files")}; {replayer.Acknowledged:N0} values of {replayer.Devices:N0} devices acknowledged in {replayer.Messages:N0} messages, {replayer.Resent:N0} of them sent again; {watch.Elapsed.TotalSeconds:0.0} s."));
    }

    /// <summary>Shows a bar with rate and remaining time; only where a person looks.</summary>
    private static async Task WithProgressAsync(Replayer replayer, string name, Task running)
    {
        if (Console.IsErrorRedirected)
        {
            await running;
            return;
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).StartAsync(async progress =>
        {
            var bar = progress.AddTask(name);
            var watch = Stopwatch.StartNew();
            while (await Task.WhenAny(running, Task.Delay(250)) != running)
            {
                bar.Value = 100 * replayer.Progress;
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"{name} {replayer.Acknowledged / watch.Elapsed.TotalSeconds:N0} values/s");
            }
            if (running.IsCompletedSuccessfully) bar.Value = 100;
        });
        await running;
    }
}
