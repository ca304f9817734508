using System.CommandLine;
using SmartCity.Edge.Spool;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Edge.Gateway.Commands;

/// <summary>The command line of <c>smartcity-gateway</c>.</summary>
internal static class GatewayCommand
{
    /// <param name="args">The process's arguments.</param>
    /// <param name="input">In place of the console's stdin, for tests.</param>
    public static RootCommand Create(IReadOnlyList<string> args, TextReader? input = null)
    {
        var data = CommonOptions.Data("gateway");
        var broker = new Option<string?>("--broker") { Description = "Also consumes an external broker; acknowledges to it only what is on the disk.", HelpName = "mqtt://[USER:PASSWORD@]HOST[:PORT]" };

        var run = new Command("run", "Reads devices, keeps what they say, and sends it to the cloud.") { broker };
        run.SetAction(RunAsync);
        var operators = new OperatorCommands(Load, data);
        var root = new RootCommand("The gateway: MQTT in, durable on disk, gRPC out.")
        {
            data, broker, run, operators.Spool(), operators.DeadLetter(), EnrolCommand.Create(data, input), CheckCommand.Create(data, Load), PasswordCommand.Create(input), ConfigCommand.Create(Load),
        };
        root.SetAction(RunAsync);
        return root;

        Settings Load(ParseResult result) =>
            SettingsLoader.Load("gateway", args, [typeof(GatewayOptions)], result.GetValue(broker) is { } address ? [new Setting($"{GatewayOptions.Section}:Broker", address, "--broker")] : []);

        async Task<int> RunAsync(ParseResult result, CancellationToken stop)
        {
            try
            {
                return await GatewayHost.RunAsync(Load(result), Path.GetFullPath(result.GetRequiredValue(data)), stop);
            }
            catch (Exception error) when (error is SpoolInUseException or SpoolBrokenException or SpoolFullException or InvalidDataException)
            {
                throw new CommandException(error.Message, error);
            }
        }
    }
}
