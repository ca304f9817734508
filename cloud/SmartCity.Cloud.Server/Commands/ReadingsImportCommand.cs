using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Google.Protobuf;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using Batch = SmartCity.Protos.Uplink.V1.Batch;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>readings import FILE…</c>: files of readings into the log, through the running server or into the files of one that does not run.</summary>
internal sealed class ReadingsImportCommand(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _columns = ["file", "rows", "imported", "before", "deadLettered", "series", "from", "to"];
    private static readonly TimeSpan _retryAfter = TimeSpan.FromSeconds(1);
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
                    var (before, dead) = result.GetValue(dry) ? (0, 0) : await ImportAsync(result, file, progress, stop);
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

    /// <returns>Rows that were in the log before, and those that went to the dead letters.</returns>
    private async Task<(long Before, long DeadLettered)> ImportAsync(ParseResult result, ImportFile file, ProgressLine progress, CancellationToken stop)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        var socket = AdminSocket.FileIn(folder);
        try
        {
            if (AdminSocket.Answers(socket))
            {
                using var server = AdminSocket.Connect(socket);
                var path = string.Create(CultureInfo.InvariantCulture, $"/api/v1/imports/{file.Epoch}");
                return await HandOverAsync(file, (await AskAsync(server, new HttpRequestMessage(HttpMethod.Get, path), stop)).Through,
                    batch => AskAsync(server, new HttpRequestMessage(HttpMethod.Post, path + "/batches") { Content = new ByteArrayContent(batch.ToByteArray()) }, stop), progress, stop);
            }
            if (!File.Exists(Path.Combine(folder, "log", DurableLogOptions.FileName))) throw new CommandException(ExitCode.NotFound, $"{folder} holds no log. Name the server's folder with --data.");
            using var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(folder, "log") }, _clock);
            using var importer = new LogImporter(log, file.Epoch, _clock);
            return await HandOverAsync(file, importer.Through, batch => importer.TakeAsync(batch, stop), progress, stop);
        }
        catch (Exception error) when (error is LogInUseException or LogBrokenException or InvalidDataException or HttpRequestException or UplinkRefusal)
        {
            throw new CommandException($"{file.Path}: {error.Message} Import the same file again to go on where this ended.", error);
        }
    }

    private static async Task<(long Before, long DeadLettered)> HandOverAsync(ImportFile file, long before, Func<Batch, Task<ImportOutcome>> take, ProgressLine progress, CancellationToken stop)
    {
        var deadLettered = 0L;
        if (before >= file.Rows) return (before, 0);
        await foreach (var batch in new ImportBatches(file).AfterAsync(before, _clock, share => progress.Show("imported", share), stop))
        {
            while (true)
            {
                var outcome = await take(batch);
                if (outcome.Status == AppendStatus.Appended)
                {
                    deadLettered += outcome.DeadLettered;
                    break;
                }
                if (outcome.Status == AppendStatus.DeadLettersFull) throw new CommandException($"{file.Path}: the dead letters are full. Look at them and discard them (smartcity dead-letter list, discard), then import the same file again.");
                if (outcome.Status == AppendStatus.OutOfOrder) throw new CommandException($"{file.Path}: another import of the same file is under way. Wait for its end.");
                // The log is full until its consumers have moved on.
                progress.Show("waits for room in the log,", (double)outcome.Through / file.Rows);
                await Task.Delay(_retryAfter, _clock, stop);
            }
        }
        return (before, deadLettered);
    }

    private static async Task<ImportOutcome> AskAsync(HttpClient server, HttpRequestMessage request, CancellationToken stop)
    {
        using (request)
        {
            using var answer = await server.SendAsync(request, stop);
            if (answer.IsSuccessStatusCode) return (await answer.Content.ReadFromJsonAsync<ImportOutcome>(stop))!;
            throw new CommandException(AdminSocket.ReasonOf(await answer.Content.ReadAsStringAsync(stop)) ?? $"The server answers {(int)answer.StatusCode}.");
        }
    }

    /// <summary>One line on a terminal that says how far a file is; nothing elsewhere.</summary>
    private sealed class ProgressLine(TextWriter talk, string file)
    {
        private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(200);
        private readonly bool _isTerminal = !Console.IsErrorRedirected && talk == Console.Error;
        private long _shown;
        private int _width;

        public void Show(string what, double share)
        {
            if (!_isTerminal || Stopwatch.GetElapsedTime(_shown) < _every) return;
            _shown = Stopwatch.GetTimestamp();
            var line = string.Create(CultureInfo.InvariantCulture, $"{file}: {what} {Math.Min(1, share):P0}");
            talk.Write("\r" + line.PadRight(_width));
            _width = line.Length;
        }

        public void Clear()
        {
            if (_width > 0) talk.Write("\r" + new string(' ', _width) + "\r");
            _width = 0;
        }
    }
}
