using System.CommandLine;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Move;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Hosting;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>move --from STORE --to STORE</c>.</summary>
internal sealed class MoveCommand(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _columns = ["from", "to", "moved", "readings", "checksum", "targetReadings", "targetChecksum", "different"];

    public Command Create()
    {
        var from = new Option<string>("--from") { Description = "Where the readings are: duckdb, duckdb:FOLDER, influx, influx://host:8086/database, victoria, victoria://host:8428.", HelpName = "STORE", Required = true };
        var to = new Option<string>("--to") { Description = "Where they shall be, named in the same way; it must be empty.", HelpName = "STORE", Required = true };
        var output = CommonOptions.Output();
        var command = new Command("move", "Moves the readings of a server that does not run from one store to another, and compares both at the end; then start the server with the new store. Broken off, it goes on where it was. The old store stays as it is. Exit 3 where a reading differs.") { from, to, output };
        command.SetAction(async (result, stop) =>
        {
            var progress = new ProgressLine(result.InvocationConfiguration.Error, "move");
            try
            {
                return await RunAsync(result, result.GetRequiredValue(from), result.GetRequiredValue(to), result.GetValue(output), progress, stop);
            }
            catch (FormatException error)
            {
                throw new CommandException(ExitCode.WrongUse, error.Message);
            }
            catch (StoreUnavailableException error)
            {
                throw new CommandException($"{error.Message} Give the same command again to go on.", error);
            }
            catch (Exception error) when (error is MoveException or DataFolderInUseException or LogInUseException or LogBrokenException or InvalidDataException or IOException)
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

    private async Task<int> RunAsync(ParseResult result, string fromText, string toText, OutputFormat output, ProgressLine progress, CancellationToken stop)
    {
        var home = ServerSettings.DataOf(args, result, data);
        var settings = OptionsOf(result, home);
        var (from, to) = (StoreAddress.Parse(fromText, settings), StoreAddress.Parse(toText, settings));
        if (from.Store == to.Store && from.Place == to.Place) throw new CommandException(ExitCode.WrongUse, $"{from.Place} is both the source and the target.");
        if (AdminSocket.Answers(AdminSocket.FileIn(home))) throw new CommandException($"The server of {home} runs. Stop it first; gateways hold what comes meanwhile.");
        if (!File.Exists(Path.Combine(home, "log", DurableLogOptions.FileName))) throw new CommandException(ExitCode.NotFound, $"{home} holds no log. Name the server's folder with --data.");
        using var held = DataFolder.Take(home);
        using var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(home, "log"), ReserveBytes = 0 }, TimeProvider.System);
        await using var source = new OpenedStore(from);
        await using var target = new OpenedStore(to);
        var sourceOffset = await source.Store.OpenAsync(stop);
        if (sourceOffset == 0) throw new CommandException(ExitCode.NotFound, $"{from.Place} holds no readings of this server.");
        if ((await source.Store.RejectedAsync(stop)).Count > 0) throw new CommandException("The source still knows values that it refused. Start the server with it once, so that they become dead letters, stop it, and move then.");
        var targetOffset = await target.Store.OpenAsync(stop);
        var mark = MoveMark.Read(home) is { } before && before.To == to.Place && before.From == from.Place && before.Offset == sourceOffset ? before : null;
        if (mark is null && targetOffset > 0)
        {
            throw new CommandException(targetOffset >= sourceOffset ? $"{to.Place} holds readings up to offset {targetOffset} already; a move goes into an empty store."
                : $"{to.Place} holds readings that are not of this move. Empty it (also {Folder(target.Store)}), or name another.");
        }
        mark ??= new MoveMark(from.Place, to.Place, sourceOffset, 0, null, null, 0);
        mark.Write(home);
        var move = new StoreMove(source.Store, target.Store, new CatalogueNames(log.Series), log.Series.Find, progress.Show);
        var moved = targetOffset >= sourceOffset ? 0 : await move.RunAsync(mark, sourceOffset, targetOffset, now => now.Write(home), stop);
        var both = await move.CompareAsync(stop);
        progress.Clear();
        RowWriter.Write(result.InvocationConfiguration.Output, output, _columns, [[from.Place, to.Place, moved, both.SourceCount, both.SourceChecksum, both.TargetCount, both.TargetChecksum, both.Different]]);
        var talk = result.InvocationConfiguration.Error;
        foreach (var difference in both.Differences) await talk.WriteLineAsync($"{difference}.");
        if (both.Different > 0)
        {
            await talk.WriteLineAsync($"{both.Different} readings differ. The server must not be started with the new store; the old one is as it was.");
            return ExitCode.Findings;
        }
        if (targetOffset < sourceOffset) await target.Store.AdoptAsync(sourceOffset, await source.Store.CountsAsync(stop), stop);
        MoveMark.Remove(home);
        if (both.SourceChecksum != both.TargetChecksum)
            await talk.WriteLineAsync($"The checksums differ by what {to.Store} is known not to keep: times to {target.Store.Capabilities.TimeStep} µs, numbers to {target.Store.Capabilities.Digits} digits{(target.Store.Capabilities.KeepsReceived ? "" : ", no gateway's time")}.");
        await talk.WriteLineAsync($"Now set Cloud:Store={to.Store} and where it is, and start the server. {from.Place} is as it was; remove it when the new one has proven itself.");
        return ExitCode.Done;
    }

    private static string Folder(IReadingStore store) => store is ISnapshotSource files ? files.Folder : store.Name;

    private ServerOptions OptionsOf(ParseResult result, string home)
    {
        try
        {
            return ServerSettings.Load(args, result, data).Get<ServerOptions>();
        }
        catch (SettingsException)
        {
            // An operator's settings may lack the server's certificates.
            return new ServerOptions { Data = home };
        }
    }

    /// <summary>A store with the services that it came from.</summary>
    private sealed class OpenedStore : IAsyncDisposable
    {
        private readonly ServiceProvider _services;

        public OpenedStore(StoreAddress address)
        {
            var services = new ServiceCollection();
            services.AddLogging().AddReadingStore(address.Options);
            _services = services.BuildServiceProvider();
            Store = _services.GetRequiredService<IReadingStore>();
        }

        public IReadingStore Store { get; }

        public ValueTask DisposeAsync() => _services.DisposeAsync();
    }
}
