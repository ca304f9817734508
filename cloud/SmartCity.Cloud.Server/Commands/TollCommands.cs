using System.CommandLine;
using System.Globalization;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>toll …</c>: what a toll authority asks of the server.</summary>
internal sealed class TollCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _columns = ["file", "events", "taken", "before", "devices", "healthReadings", "from", "to"];
    private static readonly TimeProvider _clock = TimeProvider.System;

    public Command Create()
    {
        var toll = new Command("toll", "Toll events, what is charged for them, and the books.") { Ingest(), new TollConfigCommands(args, data).Create() };
        foreach (var command in new TollBookCommands(args, data).Create()) toll.Add(command);
        var claims = new TollClaimCommands(args, data);
        foreach (var command in claims.Create()) toll.Add(command);
        toll.Subcommands.Single(command => command.Name == "charge").Add(claims.Charges());
        foreach (var command in new TollReceiptCommands(args, data).Create()) toll.Add(command);
        toll.Add(new TollDisputeCommands(args, data).Create());
        foreach (var command in new TollVaultCommands(args, data).Create()) toll.Add(command);
        return toll;
    }

    private Command Ingest()
    {
        var files = ImportRun.Files("NDJSON: one toll event a line, as a device sends it, with its \"device\".");
        var dry = new Option<bool>("--dry-run") { Description = "Reads the files and says what is wrong with them; takes nothing." };
        var output = CommonOptions.Output();
        var ingest = new Command("ingest", "Takes toll events from files by the road of an event from a gateway. A file with an error is refused whole; the same file again changes nothing. Exit 1 where a file was refused, 3 where values went to the dead letters.") { files, dry, output };
        ingest.SetAction((result, stop) =>
        {
            var hands = new ImportHands(ServerSettings.DataOf(args, result, data), _clock);
            return new ImportRun("take", "taken", _columns).RunAsync(result.GetRequiredValue(files), result.InvocationConfiguration, result.GetValue(output),
                (path, progress) => TakeAsync(path, hands, result.GetValue(dry), progress, stop));
        });
        return ingest;
    }

    private static async Task<ImportedFile> TakeAsync(string path, ImportHands hands, bool isDry, ProgressLine progress, CancellationToken stop)
    {
        var file = await TollFile.CheckAsync(path, _clock, share => progress.Show("read", share), stop);
        var among = string.Create(CultureInfo.InvariantCulture, $"beside {file.Events:N0} good events");
        if (file.Errors.Count > 0) return new ImportedFile(file.Errors, among, [], 0);
        var (before, dead) = (0L, 0L);
        if (!isDry)
        {
            (before, _) = await hands.GiveAsync(new ImportLoad(path, file.Epoch, Lane.Toll, file.Events, (through, shown) => file.EventsAfterAsync(through, shown, stop)), progress, stop);
            if (file.Readings > 0)
                (_, dead) = await hands.GiveAsync(new ImportLoad(path, file.Epoch, Lane.Telemetry, file.Readings, (through, shown) => file.ReadingsAfterAsync(through, shown, stop)), progress, stop);
        }
        return new ImportedFile(file.Errors, among, [path, file.Events, isDry ? 0 : file.Events - before, before, file.Devices, file.Readings, UnixMicros.ToTime(file.From), UnixMicros.ToTime(file.To)], dead);
    }
}
