using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using SmartCity.FirmwareSim.Mqtt;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Load;

/// <summary><c>smartcity-sim load</c>: open-loop or closed-loop load with a latency histogram and a journal.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var broker = BrokerAddress.Option();
        var devices = Numbers.Option("--devices", "Publishing connections, one a device, 1–100,000.", 1_000, 1, 100_000);
        var rate = Numbers.Option("--rate", "Messages a second over all devices, each at its intended time whatever the broker does. Left out: as fast as --in-flight lets it.", 0.001, 10_000_000);
        var inFlight = Numbers.Option("--in-flight", "Messages of a connection that may wait for their acknowledgement, 1–10,000; at QoS 0 the messages of one write. Without --rate only.", 1, 1, 10_000);
        var qos = Numbers.Option("--qos", "Quality of service, 0–2.", 1, 0, 2);
        var metrics = Numbers.Option("--metrics", "Values of a message, 1–100.", 4, 1, 100);
        var duration = Durations.Option("--duration", "How long messages are made.", TimeSpan.FromSeconds(30));
        var drain = Durations.Option("--drain", "How long acknowledgements are waited for after that.", TimeSpan.FromSeconds(60));
        var journal = new Option<FileInfo?>("--journal") { Description = "File for attempts and acknowledgements, the witness of an audit.", HelpName = "FILE" };
        var idle = Numbers.Option("--idle-subscribers", "Further connections that subscribe to their commands and do nothing else, 0–100,000.", 0, 0, 100_000);
        var prefix = new Option<string>("--prefix") { Description = "First part of the device ids.", DefaultValueFactory = _ => "load-" };
        prefix.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (result.Tokens[0].Value.Length > 64 || result.Tokens[0].Value.Any(letter => !char.IsAsciiLetterOrDigit(letter) && !"._:-".Contains(letter, StringComparison.Ordinal))))
                result.AddError("--prefix: at most 64 of A-Z a-z 0-9 . _ : - are needed.");
        });
        var seed = Numbers.Option("--seed", "Seed of the values.", 1, 0, int.MaxValue);
        var output = CommonOptions.Output();
        var command = new Command("load", "Publishes at a fixed rate or as fast as the broker acknowledges, and measures.")
        {
            broker, devices, rate, inFlight, qos, metrics, duration, drain, journal, idle, prefix, seed, output,
        };
        command.SetAction(async (result, stop) =>
        {
            var address = await AddressOf(result.GetRequiredValue(broker), stop);
            var options = new LoadOptions
            {
                Broker = result.GetRequiredValue(broker),
                Devices = result.GetValue(devices),
                Rate = result.GetValue(rate),
                InFlight = result.GetValue(inFlight),
                QoS = result.GetValue(qos),
                Metrics = result.GetValue(metrics),
                Duration = result.GetValue(duration),
                Drain = result.GetValue(drain),
                Journal = result.GetValue(journal)?.FullName,
                IdleSubscribers = result.GetValue(idle),
                Prefix = result.GetRequiredValue(prefix),
                Boot = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
                Seed = result.GetValue(seed),
            };
            var talk = result.InvocationConfiguration.Error;
            Action<string>? progress = Console.IsErrorRedirected ? null : line => talk.Write($"\r{line}   ");
            using var run = new LoadRun(options, address);
            var seen = await Task.Factory.StartNew(() => run.Run(progress, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (progress is not null) await talk.WriteLineAsync();
            Print(result.InvocationConfiguration.Output, result.GetValue(output), seen);
            return stop.IsCancellationRequested ? ExitCode.Interrupted : seen.Unacknowledged + seen.Missed > 0 ? ExitCode.Findings : ExitCode.Done;
        });
        return command;
    }

    private static void Print(TextWriter output, OutputFormat format, LoadResult seen) => RowWriter.Write(output, format,
        ["attempted", "acknowledged", "unacknowledged", "missed", "connectionsLost", "seconds", "messagesPerSecond", "p50Micros", "p90Micros", "p99Micros", "p999Micros", "maxMicros", "lagP99Micros", "processorMicrosPerMessage"],
        [[seen.Attempted, seen.Acknowledged, seen.Unacknowledged, seen.Missed, seen.ConnectionsLost, Math.Round(seen.Seconds, 3), Math.Round(seen.MessagesPerSecond, 1),
            seen.P50Micros, seen.P90Micros, seen.P99Micros, seen.P999Micros, seen.MaxMicros, seen.LagP99Micros, Math.Round(seen.ProcessorMicrosPerMessage, 2)]]);

    private static async Task<IPEndPoint> AddressOf(BrokerAddress broker, CancellationToken stop)
    {
        if (broker.IsTls) throw new CommandException(ExitCode.WrongUse, $"--broker {broker}: the load generator speaks plain TCP only; write mqtt://HOST:PORT.");
        try
        {
            return new IPEndPoint((await Dns.GetHostAddressesAsync(broker.Host, stop))[0], broker.Port);
        }
        catch (SocketException error)
        {
            throw new CommandException($"--broker {broker}: {error.Message}");
        }
    }
}
