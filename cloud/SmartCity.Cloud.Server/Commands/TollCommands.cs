using System.CommandLine;
using System.Globalization;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>toll …</c>: what a toll authority asks of the server.</summary>
internal sealed class TollCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _columns = ["file", "events", "taken", "before", "devices", "healthReadings", "from", "to"];
    private static readonly TimeProvider _clock = TimeProvider.System;

    public Command Create() => new("toll", "Toll events, what is charged for them, and the books.") { Ingest() };

    private Command Ingest()
    {
        var files = new Argument<string[]>("FILE") { Description = "NDJSON: one toll event a line, as a device sends it, with its \"device\".", Arity = ArgumentArity.OneOrMore };
        files.Validators.Add(found =>
        {
            foreach (var token in found.Tokens)
                if (token.Value.StartsWith('-')) found.AddError($"The option {token.Value} is not known.{NearestName.Hint(token.Value, ["--dry-run", "--output", "--data"])} A file of that name is written as ./{token.Value}.");
        });
        var dry = new Option<bool>("--dry-run") { Description = "Reads the files and says what is wrong with them; takes nothing." };
        var output = CommonOptions.Output();
        var ingest = new Command("ingest", "Takes toll events from files by the road of an event from a gateway. A file with an error is refused whole; the same file again changes nothing. Exit 1 where a file was refused, 3 where values went to the dead letters.") { files, dry, output };
        ingest.SetAction(async (result, stop) =>
        {
            var talk = result.InvocationConfiguration.Error;
            var hands = new ImportHands(ServerSettings.DataOf(args, result, data), _clock);
            var rows = new List<IReadOnlyList<object?>>();
            var (refused, deadLettered) = (false, 0L);
            foreach (var path in result.GetRequiredValue(files))
            {
                if (!File.Exists(path)) throw new CommandException(ExitCode.NotFound, $"There is no file {path}.");
                var progress = new ProgressLine(talk, Path.GetFileName(path));
                try
                {
                    var file = await TollFile.CheckAsync(path, _clock, share => progress.Show("read", share), stop);
                    progress.Clear();
                    if (file.Errors.Count > 0)
                    {
                        refused = true;
                        await SayAsync(talk, file);
                        continue;
                    }
                    var before = 0L;
                    if (!result.GetValue(dry))
                    {
                        (before, _) = await hands.GiveAsync(new ImportLoad(path, file.Epoch, Lane.Toll, file.Events, (through, shown) => file.EventsAfterAsync(through, shown, stop)), progress, stop);
                        var (_, dead) = await hands.GiveAsync(new ImportLoad(path, file.Epoch, Lane.Telemetry, file.Readings, (through, shown) => file.ReadingsAfterAsync(through, shown, stop)), progress, stop);
                        deadLettered += dead;
                        progress.Clear();
                    }
                    rows.Add([path, file.Events, result.GetValue(dry) ? 0 : file.Events - before, before, file.Devices, file.Readings, UnixMicros.ToTime(file.From), UnixMicros.ToTime(file.To)]);
                }
                catch (ImportStructureException error)
                {
                    progress.Clear();
                    refused = true;
                    await talk.WriteLineAsync($"{path}: {error.Message.TrimEnd('.')}. Nothing of it was taken.");
                }
            }
            if (rows.Count > 0) RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _columns, rows);
            return refused ? ExitCode.Failed : deadLettered > 0 ? ExitCode.Findings : ExitCode.Done;
        });
        return ingest;
    }

    private static async Task SayAsync(TextWriter talk, TollFile file)
    {
        foreach (var error in file.Errors.First) await talk.WriteLineAsync($"{file.Path}: {error}.");
        if (file.Errors.Count > file.Errors.First.Count) await talk.WriteLineAsync($"{file.Path}: … and {(file.Errors.Count - file.Errors.First.Count).ToString("N0", CultureInfo.InvariantCulture)} more.");
        await talk.WriteLineAsync($"{file.Path}: {file.Errors.Count.ToString("N0", CultureInfo.InvariantCulture)} errors beside {file.Events.ToString("N0", CultureInfo.InvariantCulture)} good events. Nothing of it was taken; put them right and take it again.");
    }
}
