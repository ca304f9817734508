using System.CommandLine;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>smartcity</c>: the server and what an operator asks of it.</summary>
internal static class ServerCommand
{
    /// <summary>Makes the command; <paramref name="args"/> are the process's, for the settings among them.</summary>
    public static RootCommand Create(IReadOnlyList<string> args)
    {
        var data = CommonOptions.Data("server");
        var access = new AccessCommands(args, data);
        var fleet = new FleetCommands(args, data);
        var operators = new OperatorCommands(args, data);
        var backups = new BackupCommands(args, data);
        var serve = new Command("serve", "Runs the server until it is told to stop; the default.");
        serve.SetAction((result, stop) => ServeCommand.RunAsync(ServerSettings.Load(args, result, data), stop));
        var root = new RootCommand("The smart city's server: takes what gateways send, keeps it, stores it and shows it. Settings are given as --Section:Key=value.")
        {
            data, serve, DoctorCommand.Create(args, data), ConfigCommand.Create(result => ServerSettings.Load(args, result, data)),
            operators.Gateway(fleet), fleet.Authority(), operators.Completeness(), operators.DeadLetter(), new ReadingsCommands(args, data).Create(), new DeviceCommands(args, data).Create(),
            new AlarmCommands(args, data).Create(), new TollCommands(args, data).Create(), access.User(), access.Token(), access.Audit(), backups.Backup(), backups.Restore(), new MoveCommand(args, data).Create(),
        };
        root.SetAction((result, stop) => ServeCommand.RunAsync(ServerSettings.Load(args, result, data), stop));
        return root;
    }
}
