using System.CommandLine;
using System.Globalization;
using SmartCity.FirmwareSim.Mqtt;
using SmartCity.Hosting.Commands;
using Spectre.Console;

namespace SmartCity.FirmwareSim.City;

/// <summary><c>city</c>: plays a seeded city of sensors until it is told to stop.</summary>
internal static class CityCommand
{
    public static Command Create()
    {
        var broker = BrokerAddress.Option();
        var authority = BrokerAddress.AuthorityOption();
        var devices = Numbers.Option("--devices", "Devices, 1–100,000.", 100, 1, 100_000);
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same city.", DefaultValueFactory = _ => 1 };
        var rate = Numbers.Option("--rate", "Messages a second of the whole city; left out, each kind keeps its own interval of 5 to 60 s.", 0.01, 20_000);
        var duration = Durations.Option("Ends after this time; left out, it goes on until it is told to stop.");
        var faults = new Option<CityFaults?>("--faults")
        {
            Description = "none, or how often devices go wrong: drift and clock (share of devices), outage (an hour and device), duplicate (share of messages). Left out, as in the example.",
            HelpName = "none|drift=0.03,clock=0.01,outage=0.2,duplicate=0.002",
            CustomParser = result =>
            {
                if (CityFaults.TryParse(result.Tokens.Count == 1 ? result.Tokens[0].Value : "", out var read) is { } wrong) result.AddError($"--faults: {wrong}");
                return read;
            },
        };
        var truth = new Option<string>("--truth") { Description = "Writes what the city really did, every 10 s and at the end, as JSON.", HelpName = "FILE" };
        var command = new Command("city", "Plays a seeded city of sensors: air, noise, traffic, parking, lights, water, waste, weather, energy.") { broker, authority, devices, seed, rate, duration, faults, truth };
        command.SetAction(async (result, stop) =>
        {
            var options = new CityOptions
            {
                Broker = BrokerAddress.Of(result, broker, authority),
                Devices = result.GetValue(devices),
                Seed = result.GetValue(seed),
                Rate = result.GetValue(rate),
                Faults = result.GetValue(faults) ?? new CityFaults(),
                TruthFile = result.GetValue(truth) is { } file ? Path.GetFullPath(file) : null,
            };
            if (options.TruthFile is { } place && !Directory.Exists(Path.GetDirectoryName(place))) throw new CommandException(ExitCode.NotFound, $"--truth: the folder of {place} does not exist.");
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            if (result.GetValue(duration) is { } span) end.CancelAfter(span);
            return await RunAsync(options, result.InvocationConfiguration.Error, end.Token);
        });
        return command;
    }

    private static async Task<int> RunAsync(CityOptions options, TextWriter talk, CancellationToken stop)
    {
        using var city = new CityRun(options, TimeProvider.System);
        var running = city.RunAsync(stop);
        if (Console.IsErrorRedirected) await TalkAsync(city, options, talk, running);
        else await ShowAsync(city, options, running);
        await running;
        var totals = city.Truth().Totals;
        await talk.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{totals.Messages:N0} messages with {totals.Values:N0} values; {totals.AcknowledgedMessages:N0} acknowledged, {totals.DroppedMessages:N0} lost on devices that were away too long."));
        return ExitCode.Done;
    }

    /// <summary>Off a terminal: a line when trouble begins, and one when it ends.</summary>
    private static async Task TalkAsync(CityRun city, CityOptions options, TextWriter talk, Task running)
    {
        await talk.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{options.Devices:N0} devices of the city with seed {options.Seed} speak to {options.Broker}."));
        string? told = null;
        while (await Task.WhenAny(running, Task.Delay(1_000)) != running)
        {
            var trouble = city.Trouble;
            if (trouble is not null && told is null) await talk.WriteLineAsync($"Devices cannot stay connected to {options.Broker}: {trouble}. They go on trying.");
            if (trouble is null && told is not null) await talk.WriteLineAsync($"Devices are connected to {options.Broker} again.");
            told = trouble;
        }
    }

    private static async Task ShowAsync(CityRun city, CityOptions options, Task running)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Status().StartAsync("connecting", async status =>
        {
            while (await Task.WhenAny(running, Task.Delay(500)) != running)
            {
                var totals = city.Truth().Totals;
                var line = string.Create(CultureInfo.InvariantCulture, $"{city.Connected:N0} of {options.Devices:N0} devices, {totals.AcknowledgedMessages:N0} messages acknowledged, {totals.Values - totals.AcknowledgedValues - totals.DroppedValues:N0} values waiting");
                status.Status(Markup.Escape(city.Trouble is { } trouble ? $"{line}; {trouble}" : line));
            }
        });
    }
}
