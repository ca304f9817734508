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
        var operators = new OperatorCommands(Load, DataOf);
        var root = new RootCommand("The gateway: MQTT in, durable on disk, gRPC out.")
        {
            data, broker, run, operators.Spool(), operators.DeadLetter(), EnrolCommand.Create(DataOf, input), CheckCommand.Create(DataOf, Load), PasswordCommand.Create(input), ConfigCommand.Create(Load),
        };
        root.SetAction(RunAsync);
        return root;

        Settings Load(ParseResult result)
        {
            var given = new List<Setting>();
            if (result.GetValue(broker) is { } address) given.Add(new Setting($"{GatewayOptions.Section}:{nameof(GatewayOptions.Broker)}", address, "--broker"));
            if (result.GetResult(data) is { Implicit: false }) given.Add(new Setting($"{GatewayOptions.Section}:{nameof(GatewayOptions.Data)}", result.GetValue(data), "--data"));
            return SettingsLoader.Load("gateway", args, [typeof(GatewayOptions)], given);
        }

        // What --data names can be looked at without settings that can be used.
        string DataOf(ParseResult result) => Path.GetFullPath(result.GetResult(data) is { Implicit: false } ? result.GetRequiredValue(data) : Load(result).Get<GatewayOptions>().Data);

        async Task<int> RunAsync(ParseResult result, CancellationToken stop)
        {
            try
            {
                return await GatewayHost.RunAsync(Load(result), DataOf(result), stop);
            }
            catch (Exception error) when (error is SpoolInUseException or SpoolBrokenException or SpoolFullException or InvalidDataException)
            {
                throw new CommandException(error.Message, error);
            }
        }
    }
}
