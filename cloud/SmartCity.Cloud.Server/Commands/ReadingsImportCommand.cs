using System.CommandLine;
using System.Globalization;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>readings import FILE…</c>: files of readings into the log, through the running server or into the files of one that does not run.</summary>
internal sealed class ReadingsImportCommand(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _columns = ["file", "rows", "imported", "before", "deadLettered", "series", "from", "to"];
    private static readonly TimeProvider _clock = TimeProvider.System;

    public Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "CSV or Parquet as export writes it.", Arity = ArgumentArity.OneOrMore };
        files.Validators.Add(found =>
        {
            foreach (var token in found.Tokens)
                if (token.Value.StartsWith('-')) found.AddError($"The option {token.Value} is not known.{Hosting.Configuration.NearestName.Hint(token.Value, ["--dry-run", "--output", "--data"])} A file of that name is written as ./{token.Value}.");
        });
        var dry = new Option<bool>("--dry-run") { Description = "Reads the files and says what is wrong with them; imports nothing." };
        var output = CommonOptions.Output();
        var import = new Command("import", "Imports readings. A file with an error is refused whole; the same file again changes nothing, so what was broken off is begun anew. Exit 1 where a file was refused, 3 where values went to the dead letters.") { files, dry, output };
        import.SetAction(async (result, stop) =>
        {
            var talk = result.InvocationConfiguration.Error;
            var rows = new List<IReadOnlyList<object?>>();
            var hands = new ImportHands(ServerSettings.DataOf(args, result, data), _clock);
            var (refused, deadLettered) = (false, 0L);
            foreach (var path in result.GetRequiredValue(files))
            {
                if (!File.Exists(path)) throw new CommandException(ExitCode.NotFound, $"There is no file {path}.");
                var progress = new ProgressLine(talk, Path.GetFileName(path));
                try
                {
                    var file = await ImportFile.CheckAsync(path, _clock, share => progress.Show("read", share), stop);
                    if (file.Errors.Count > 0)
                    {
                        progress.Clear();
                        refused = true;
                        await SayAsync(talk, file);
                        continue;
                    }
                    var (before, dead) = result.GetValue(dry) ? (0, 0) : await hands.GiveAsync(new ImportLoad(path, file.Epoch, Lane.Telemetry, file.Rows, (before, shown) => new ImportBatches(file).AfterAsync(before, _clock, shown, stop)), progress, stop);
                    deadLettered += dead;
                    progress.Clear();
                    rows.Add([path, file.Rows, result.GetValue(dry) ? 0 : file.Rows - before, before, dead, file.Series, file.Rows > 0 ? UnixMicros.ToTime(file.From) : null, file.Rows > 0 ? UnixMicros.ToTime(file.To) : null]);
                }
                catch (ImportStructureException error)
                {
                    progress.Clear();
                    refused = true;
                    await talk.WriteLineAsync($"{path}: {error.Message.TrimEnd('.')}. Nothing of it was imported{(error.Message.StartsWith("The file was changed", StringComparison.Ordinal) ? " beyond what had been read" : "")}.");
                }
            }
            if (rows.Count > 0) RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _columns, rows);
            return refused ? ExitCode.Failed : deadLettered > 0 ? ExitCode.Findings : ExitCode.Done;
        });
        return import;
    }

    private static async Task SayAsync(TextWriter talk, ImportFile file)
    {
        foreach (var error in file.Errors.First) await talk.WriteLineAsync($"{file.Path}: {error}.");
        if (file.Errors.Count > file.Errors.First.Count) await talk.WriteLineAsync($"{file.Path}: … and {(file.Errors.Count - file.Errors.First.Count).ToString("N0", CultureInfo.InvariantCulture)} more.");
        await talk.WriteLineAsync($"{file.Path}: {file.Errors.Count.ToString("N0", CultureInfo.InvariantCulture)} errors in {file.Rows.ToString("N0", CultureInfo.InvariantCulture)} rows. Nothing of it was imported; put them right and import it again.");
    }
}
