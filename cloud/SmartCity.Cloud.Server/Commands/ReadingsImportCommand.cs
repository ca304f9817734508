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
        var files = ImportRun.Files("CSV or Parquet as export writes it, or line protocol in a file whose name ends in .lp.");
        var dry = new Option<bool>("--dry-run") { Description = "Reads the files and says what is wrong with them; imports nothing." };
        var output = CommonOptions.Output();
        var import = new Command("import", "Imports readings. A file with an error is refused whole; the same file again changes nothing, so what was broken off is begun anew. Exit 1 where a file was refused, 3 where values went to the dead letters.") { files, dry, output };
        import.SetAction((result, stop) =>
        {
            var hands = new ImportHands(ServerSettings.DataOf(args, result, data), _clock);
            return new ImportRun("import", "imported", _columns).RunAsync(result.GetRequiredValue(files), result.InvocationConfiguration, result.GetValue(output),
                (path, progress) => ImportAsync(path, hands, result.GetValue(dry), progress, stop));
        });
        return import;
    }

    private static async Task<ImportedFile> ImportAsync(string path, ImportHands hands, bool isDry, ProgressLine progress, CancellationToken stop)
    {
        var file = await ImportFile.CheckAsync(path, _clock, share => progress.Show("read", share), stop);
        var among = string.Create(CultureInfo.InvariantCulture, $"in {file.Rows:N0} rows");
        if (file.Errors.Count > 0) return new ImportedFile(file.Errors, among, [], 0);
        var (before, dead) = isDry ? (0, 0) : await hands.GiveAsync(new ImportLoad(path, file.Epoch, Lane.Telemetry, file.Rows, (through, shown) => new ImportBatches(file).AfterAsync(through, _clock, shown, stop)), progress, stop);
        return new ImportedFile(file.Errors, among,
            [path, file.Rows, isDry ? 0 : file.Rows - before, before, dead, file.Series, file.Rows > 0 ? UnixMicros.ToTime(file.From) : null, file.Rows > 0 ? UnixMicros.ToTime(file.To) : null], dead);
    }
}
