using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Edge.Gateway.Mappings;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Files;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Commands;

/// <summary>The files of a gateway that does not run, held for a command.</summary>
internal sealed class GatewayFiles : IAsyncDisposable
{
    private readonly DataFolder _folder;
    private readonly Intake.Intake _intake;
    private readonly CommitLoop _commits;

    private GatewayFiles(DataFolder folder, GatewayOptions options)
    {
        _folder = folder;
        var mappings = MappingFolder.Load(options.Mappings, folder.FullPath);
        Spool = Edge.Spool.Spool.Open(GatewayHost.SpoolOf(options.Spool, folder.FullPath));
        _intake = new Intake.Intake(Spool, options.Spool, new ClockTrust(TimeProvider.System), TimeProvider.System, mappings, options.ZoneUsed);
        _commits = new CommitLoop(Spool, _intake, new MqttHub(), NullLogger<CommitLoop>.Instance, static reason =>
        {
            Console.Error.WriteLine(reason);
            Environment.Exit(ExitCode.Failed);
        });
        Office = new DeadLetterOffice(Spool, _intake, NullLogger<DeadLetterOffice>.Instance);
    }

    /// <summary>The spool.</summary>
    public Edge.Spool.Spool Spool { get; }

    /// <summary>Its dead letters.</summary>
    public DeadLetterOffice Office { get; }

    /// <summary>Takes the folder and opens what lies in it.</summary>
    /// <exception cref="CommandException">There is no spool.</exception>
    /// <exception cref="DataFolderInUseException">A gateway runs there whose socket does not answer.</exception>
    public static async Task<GatewayFiles> OpenAsync(string data, GatewayOptions options)
    {
        if (!File.Exists(Path.Combine(data, "spool", Edge.Spool.SpoolOptions.FileName))) throw new CommandException(ExitCode.NotFound, $"{data} holds no spool. Name the gateway's folder with --data.");
        var folder = DataFolder.Take(data);
        try
        {
            var files = new GatewayFiles(folder, options);
            await files._commits.StartAsync(CancellationToken.None);
            return files;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _commits.StopAsync(CancellationToken.None);
        _commits.Dispose();
        _intake.Dispose();
        Spool.Dispose();
        _folder.Dispose();
    }
}
