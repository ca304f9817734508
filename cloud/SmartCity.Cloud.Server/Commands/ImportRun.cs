using System.CommandLine;
using System.Globalization;
using SmartCity.Cloud.Server.Import;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>What became of one file.</summary>
/// <param name="Errors">What is wrong with it; where there is anything, nothing of the file was taken.</param>
/// <param name="Among">What the errors were found among, for words: "in 12 rows".</param>
/// <param name="Row">What to print of a good file.</param>
/// <param name="DeadLettered">Values of it that went to the dead letters.</param>
internal sealed record ImportedFile(ImportErrors Errors, string Among, IReadOnlyList<object?> Row, long DeadLettered);

/// <summary>What the commands that take files have in common: one file after the other, each taken whole or refused whole with its place.</summary>
/// <param name="verb">"import".</param>
/// <param name="done">"imported".</param>
/// <param name="columns">Names of what is printed of a good file.</param>
internal sealed class ImportRun(string verb, string done, string[] columns)
{
    /// <summary>The files of the command line; a misspelt option is not taken for one.</summary>
    public static Argument<string[]> Files(string description)
    {
        var files = new Argument<string[]>("FILE") { Description = description, Arity = ArgumentArity.OneOrMore };
        files.Validators.Add(found =>
        {
            foreach (var token in found.Tokens)
                if (token.Value.StartsWith('-')) found.AddError($"The option {token.Value} is not known.{NearestName.Hint(token.Value, ["--dry-run", "--output", "--data"])} A file of that name is written as ./{token.Value}.");
        });
        return files;
    }

    /// <returns>The exit code.</returns>
    /// <exception cref="CommandException">A file is not there, or could not be handed over.</exception>
    public async Task<int> RunAsync(IReadOnlyList<string> paths, InvocationConfiguration streams, OutputFormat output, Func<string, ProgressLine, Task<ImportedFile>> import)
    {
        var rows = new List<IReadOnlyList<object?>>();
        var (refused, deadLettered) = (false, 0L);
        foreach (var path in paths)
        {
            if (!File.Exists(path)) throw new CommandException(ExitCode.NotFound, $"There is no file {path}.");
            var progress = new ProgressLine(streams.Error, Path.GetFileName(path));
            try
            {
                var file = await import(path, progress);
                progress.Clear();
                if (file.Errors.Count > 0)
                {
                    refused = true;
                    await SayAsync(streams.Error, path, file);
                    continue;
                }
                deadLettered += file.DeadLettered;
                rows.Add(file.Row);
            }
            catch (ImportStructureException error)
            {
                progress.Clear();
                refused = true;
                await streams.Error.WriteLineAsync($"{path}: {error.Message.TrimEnd('.')}. Nothing of it was {done}{(error.Message.StartsWith("The file was changed", StringComparison.Ordinal) ? " beyond what had been read" : "")}.");
            }
        }
        if (rows.Count > 0) RowWriter.Write(streams.Output, output, columns, rows);
        return refused ? ExitCode.Failed : deadLettered > 0 ? ExitCode.Findings : ExitCode.Done;
    }

    private async Task SayAsync(TextWriter talk, string path, ImportedFile file)
    {
        foreach (var error in file.Errors.First) await talk.WriteLineAsync($"{path}: {error}.");
        if (file.Errors.Count > file.Errors.First.Count) await talk.WriteLineAsync($"{path}: … and {(file.Errors.Count - file.Errors.First.Count).ToString("N0", CultureInfo.InvariantCulture)} more.");
        await talk.WriteLineAsync($"{path}: {file.Errors.Count.ToString("N0", CultureInfo.InvariantCulture)} errors {file.Among}. Nothing of it was {done}; put them right and {verb} it again.");
    }
}
