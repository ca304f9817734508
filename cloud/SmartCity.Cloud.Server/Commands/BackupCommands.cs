using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Backup;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Hosting;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>backup</c> and <c>restore</c>.</summary>
internal sealed class BackupCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _taken = ["backup", "folder", "city", "taken", "values", "files", "bytes", "unchanged", "seconds", "removed"];
    private static readonly string[] _restored = ["backup", "city", "taken", "program", "values", "files", "bytes", "data"];

    /// <summary><c>backup DIR [--keep N]</c>.</summary>
    public Command Backup()
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of this server's backups, best on another disk; each backup gets a folder in it." };
        var keep = new Option<int?>("--keep") { Description = "How many backups stay, the new one among them; older ones are removed when it is whole. All where left out.", HelpName = "N" };
        keep.Validators.Add(result => { if (result.GetValueOrDefault<int?>() is < 1) result.AddError("--keep: at least 1 is needed."); });
        var output = CommonOptions.Output();
        var command = new Command("backup", "Takes a backup of a server, whether it runs or not: log, readings, registry, accounts, tolls and keys of one moment. Files that have not changed since the last one are not read again. It holds secrets: keep it as safe as the server.") { folder, keep, output };
        command.SetAction(async (result, stop) =>
        {
            var (into, count) = (Path.GetFullPath(result.GetRequiredValue(folder)), result.GetValue(keep));
            var progress = new ProgressLine(result.InvocationConfiguration.Error, "backup");
            BackupSummary summary;
            try
            {
                var home = ServerSettings.DataOf(args, result, data);
                var socket = AdminSocket.FileIn(home);
                summary = AdminSocket.Answers(socket) ? await AskAsync(socket, into, count, progress, stop) : await TakeAsync(result, home, into, count, progress, stop);
            }
            catch (Exception error) when (error is BackupException or DataFolderInUseException or StoreUnavailableException or InvalidDataException or HttpRequestException or IOException)
            {
                throw new CommandException(error.Message, error);
            }
            finally
            {
                progress.Clear();
            }
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _taken, [[
                summary.Id, summary.Folder, summary.City, summary.Taken, summary.LogEnd, summary.Files, summary.Bytes, summary.Linked, Math.Round(summary.Seconds, 2), summary.Removed.Count]]);
            foreach (var left in summary.LeftOut) await result.InvocationConfiguration.Error.WriteLineAsync($"Not in it: {left}.");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary><c>restore DIR --data NEW [--backup ID] [--dry-run]</c>.</summary>
    public Command Restore()
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of backups, of which the newest is taken, or of one backup." };
        var id = new Option<string>("--backup") { Description = "Which one of many; the newest where left out.", HelpName = "ID" };
        var isDryRun = new Option<bool>("--dry-run") { Description = "Verifies every byte of the backup and restores nothing." };
        var city = new Option<string>("--city") { Description = "Whose backup it must be: a city's name or a server's thumbprint, as backup prints it. Cloud:Ingest:City where left out.", HelpName = "NAME" };
        var output = CommonOptions.Output();
        var command = new Command("restore", "Restores a backup into a new folder (--data), after it was verified, and checks what was restored. Gateways that still hold newer values send them again; what nobody holds any more becomes a gap.") { folder, id, city, isDryRun, output };
        command.SetAction(async (result, stop) =>
        {
            var home = Path.GetFullPath(result.GetRequiredValue(data));
            if (result.GetResult(data) is not { Implicit: false } && !result.GetValue(isDryRun)) throw new CommandException(ExitCode.WrongUse, "restore needs --data NEW: a folder that is not there yet, or is empty.");
            var progress = new ProgressLine(result.InvocationConfiguration.Error, "restore");
            try
            {
                if (!Directory.Exists(result.GetRequiredValue(folder))) throw new CommandException(ExitCode.NotFound, $"There is no folder {Path.GetFullPath(result.GetRequiredValue(folder))}.");
                var (from, manifest) = BackupRestore.Find(result.GetRequiredValue(folder), result.GetValue(id), result.GetValue(city) ?? CityOf(result));
                var restore = new BackupRestore(step => progress.Show(step.Step, step.Total == 0 ? 1 : (double)step.Done / step.Total));
                // Said before an hour of reading.
                if (!result.GetValue(isDryRun)) BackupRestore.CheckTarget(home, manifest.Bytes);
                await restore.VerifyAsync(from, manifest, stop);
                if (!result.GetValue(isDryRun)) await restore.RestoreAsync(from, manifest, home, stop);
                progress.Clear();
                RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _restored, [[
                    manifest.Id, manifest.City, manifest.Taken, manifest.Program, manifest.LogEnd, manifest.Files.Count, manifest.Bytes, result.GetValue(isDryRun) ? "(verified, not restored)" : home]]);
                var talk = result.InvocationConfiguration.Error;
                foreach (var left in manifest.LeftOut) await talk.WriteLineAsync($"Not in it: {left}.");
                if (!result.GetValue(isDryRun) && manifest.Files.Any(file => file.Path.StartsWith("settings/", StringComparison.Ordinal)))
                    await talk.WriteLineAsync($"The certificates that the settings named lie in {Path.Combine(home, "settings")}; put them where the settings of this machine name them.");
                return ExitCode.Done;
            }
            catch (BackupException error)
            {
                throw new CommandException(error.Message, error);
            }
            finally
            {
                progress.Clear();
            }
        });
        return command;
    }

    private static async Task<BackupSummary> AskAsync(string socket, string folder, int? keep, ProgressLine progress, CancellationToken stop)
    {
        using var server = AdminSocket.Connect(socket);
        // Of the beginning alone; a backup takes as long as it takes.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/backups") { Content = JsonContent.Create(new BackupRequest(folder, keep)) };
        using var answer = await server.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        if (!answer.IsSuccessStatusCode) throw new CommandException(AdminSocket.ReasonOf(await answer.Content.ReadAsStringAsync(stop)) ?? $"The server answers {(int)answer.StatusCode}.");
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(stop));
        while (await lines.ReadLineAsync(stop) is { } text)
        {
            var line = JsonSerializer.Deserialize<BackupLine>(text, JsonSerializerOptions.Web)!;
            if (line.Error is { } error) throw new CommandException(error);
            if (line.Summary is { } summary) return summary;
            if (line.Progress is { } step) progress.Show(step.Step, step.Total == 0 ? 0 : (double)step.Done / step.Total);
        }
        throw new CommandException("The server broke off; no backup was taken. See its log, and take it again.");
    }

    private async Task<BackupSummary> TakeAsync(ParseResult result, string home, string folder, int? keep, ProgressLine progress, CancellationToken stop)
    {
        if (!File.Exists(Path.Combine(home, DataFiles.Log))) throw new CommandException(ExitCode.NotFound, $"{home} holds no log. Name the server's folder with --data.");
        using var held = DataFolder.Take(home);
        // One that died leaves the log to be looked at by whoever comes next; opened once, it is as its last commit left it.
        using (DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(home, "log"), ReserveBytes = 0 }, TimeProvider.System)) { }
        var options = OptionsOf(result, home);
        using var identity = CompletenessCertificates.Open(home);
        var services = new ServiceCollection();
        services.AddLogging().AddReadingStore(options);
        await using var provider = services.BuildServiceProvider();
        var store = provider.GetRequiredService<IReadingStore>();
        var isThere = store is ISnapshotSource source && Directory.Exists(source.Folder);
        if (isThere) await store.OpenAsync(stop);
        var taker = new BackupTaker(new BackupSource(home, identity.KeyId) { CityName = options.Ingest.City, Store = isThere ? store : null, SettingsFiles = BackupSettings.FilesOf(options), LeftOut = BackupSettings.LeftOut(options) }, TimeProvider.System);
        var summary = await taker.TakeAsync(folder, keep, step => progress.Show(step.Step, step.Total == 0 ? 0 : (double)step.Done / step.Total), stop);
        LastBackup.Write(home, new LastBackup(summary.Folder, summary.Taken));
        return summary;
    }

    private ServerOptions OptionsOf(ParseResult result, string home)
    {
        try
        {
            return ServerSettings.Load(args, result, data).Get<ServerOptions>();
        }
        catch (SettingsException) when (File.Exists(Path.Combine(home, "readings", "readings.duckdb")))
        {
            // An operator's settings may lack the server's certificates.
            return new ServerOptions { Data = home };
        }
    }

    /// <summary>The city of the settings; a machine that has none yet, or not yet its certificates, names none.</summary>
    private string? CityOf(ParseResult result)
    {
        try
        {
            return ServerSettings.Load(args, result, data).Get<ServerOptions>().Ingest.City;
        }
        catch (SettingsException)
        {
            return null;
        }
    }
}
