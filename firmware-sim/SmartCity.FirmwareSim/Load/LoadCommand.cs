using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Load;

/// <summary><c>smartcity-sim load</c>: open-loop or closed-loop load with a latency histogram and a journal.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var broker = new Option<string>("--broker") { Description = "Broker, plain TCP.", HelpName = "mqtt://HOST[:PORT]", DefaultValueFactory = _ => "mqtt://127.0.0.1:1883" };
        var devices = Number("--devices", "Publishing connections, one a device.", 1_000, 1, 100_000);
        var rate = new Option<double?>("--rate") { Description = "Messages a second over all devices, each at its intended time whatever the broker does. Without it: as fast as --in-flight lets it." };
        rate.Validators.Add(result => { if (result.Tokens.Count == 1 && result.GetValueOrDefault<double?>() is not (> 0 and <= 10_000_000)) result.AddError("--rate: more than 0 and at most 10,000,000 is needed."); });
        var inFlight = Number("--in-flight", "Messages of a connection that may wait for their acknowledgement; at QoS 0 the messages of one write. Without --rate only.", 1, 1, 10_000);
        var qos = Number("--qos", "Quality of service.", 1, 0, 2);
        var metrics = Number("--metrics", "Values of a message.", 4, 1, 100);
        var duration = Number("--duration", "Seconds during which messages are made.", 30, 1, 604_800);
        var drain = Number("--drain", "Seconds to wait for acknowledgements after that.", 60, 0, 86_400);
        var journal = new Option<FileInfo?>("--journal") { Description = "File for attempts and acknowledgements, the witness of an audit.", HelpName = "FILE" };
        var idle = Number("--idle-subscribers", "Further connections that subscribe to their commands and do nothing else.", 0, 0, 100_000);
        var prefix = new Option<string>("--prefix") { Description = "First part of the device ids.", DefaultValueFactory = _ => "load-" };
        prefix.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (result.Tokens[0].Value.Length > 64 || result.Tokens[0].Value.Any(letter => !char.IsAsciiLetterOrDigit(letter) && !"._:-".Contains(letter, StringComparison.Ordinal))))
                result.AddError("--prefix: at most 64 of A-Z a-z 0-9 . _ : - are needed.");
        });
        var seed = Number("--seed", "Seed of the values.", 1, 0, int.MaxValue);
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
                Host = address.Address.ToString(),
                Port = address.Port,
                Devices = result.GetValue(devices),
                Rate = result.GetValue(rate),
                InFlight = result.GetValue(inFlight),
                QoS = result.GetValue(qos),
                Metrics = result.GetValue(metrics),
                Duration = TimeSpan.FromSeconds(result.GetValue(duration)),
                Drain = TimeSpan.FromSeconds(result.GetValue(drain)),
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

    private static Option<int> Number(string name, string description, int usual, int min, int max)
    {
        var option = new Option<int>(name) { Description = $"{description} {min:N0}–{max:N0}.", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var number) && (number < min || number > max)) result.AddError($"{name}: {min:N0} to {max:N0} is needed.");
        });
        return option;
    }

    private static async Task<IPEndPoint> AddressOf(string broker, CancellationToken stop)
    {
        if (!Uri.TryCreate(broker, UriKind.Absolute, out var uri) || uri.Scheme != "mqtt" || uri.Host.Length == 0)
            throw new CommandException(ExitCode.WrongUse, $"--broker {broker}: mqtt://HOST[:PORT] is needed; the load generator speaks plain TCP only.");
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(uri.Host, stop);
            return new IPEndPoint(addresses[0], uri.Port < 0 ? 1883 : uri.Port);
        }
        catch (SocketException error)
        {
            throw new CommandException($"--broker {broker}: {error.Message}");
        }
    }
}
