using SmartCity.Hosting.Certificates;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Files;

namespace SmartCity.AppHost;

/// <summary>
/// The city in a box: store, server, gateway and simulator as real processes, started sinks first and each waited for, stopped sources first.
/// </summary>
internal static class City
{
    private static readonly TimeSpan _healthyWithin = TimeSpan.FromSeconds(90);
    /// <summary>All parts are down ten seconds after the signal; the last half second is for killing what hangs.</summary>
    private static readonly TimeSpan _stoppedWithin = TimeSpan.FromSeconds(9.5);
    /// <summary>A part that takes longer than this to stop does not hold up the next one.</summary>
    private static readonly TimeSpan _partStopsWithin = TimeSpan.FromSeconds(3);

    /// <summary>Runs the city until it is told to stop.</summary>
    /// <exception cref="CommandException">It cannot be brought up; the message says why and what to do.</exception>
    public static async Task<int> RunAsync(CityOptions options, TextWriter output, StatusView view, CancellationToken stop)
    {
        using var data = DataFolder.Take(options.Data);
        if (!options.AnyPort && Ports.Clashes(Ports.Defaults(options.Port)) is { Count: > 0 } clashes)
            throw new CommandException($"{string.Join('\n', clashes)}\nEnd what holds them, or let every part take any free port with --port 0.");
        using var authority = LocalAuthority.Open(Path.Combine(options.Data, "certificates"), CityOptions.City);
        var commands = new CityCommands(options, authority);
        commands.ForgetPorts();
        var influx = options.Store == StoreKind.Influx ? await Influx.FindAsync(Path.Combine(options.Data, "influx"), stop) : null;
        var logs = Directory.CreateDirectory(Path.Combine(options.Data, "logs")).FullName;

        using var starter = new ProcessStarter();
        var parts = new List<Part>();
        if (influx is not null) Add("influxdb", influx.Command, Probes.Answers(new Uri(influx.Address, "/ping")));
        Add("server", () => commands.Server(influx?.Address), Probes.Ready(commands.ServerData));
        Add("gateway", commands.Gateway, Probes.Ready(commands.GatewayData));
        Add("simulator", commands.Simulator, Probes.Runs(), hasAnEnd: options.Replay is not null);
        try
        {
            return await view.ShowAsync(parts, async () =>
            {
                try
                {
                    foreach (var part in parts)
                    {
                        if (part.Name == "gateway") await commands.MakeCodeAsync(stop);
                        await BringUpAsync(part, stop);
                    }
                    view.Say($"The city is up. Ctrl-C stops it. Data and logs: {options.Data}");
                    await output.WriteLineAsync(commands.Page.ToString());
                    if (commands.TakeFirstSecret() is { } secret) view.Say($"First sign-in at {commands.Page}sign-in: name admin, secret {secret}. It serves once, to choose a password, and is not shown again.");
                    if (options.OpensBrowser) Desktop.Open(commands.Page);
                    await WaitForRefusalAsync(parts, stop);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    // Told to stop: what follows is the same, whether the city was up already or not.
                }
                finally
                {
                    await StopAsync(parts);
                }
                return ExitCode.Done;
            });
        }
        finally
        {
            foreach (var part in parts) part.Dispose();
        }

        void Add(string name, Func<PartCommand> command, Func<CancellationToken, Task<string?>> trouble, bool hasAnEnd = false) =>
            parts.Add(new Part(name, starter, command, trouble, new PartLog(Path.Combine(logs, name + ".log")), view.Changed) { HasAnEnd = hasAnEnd });
    }

    private static async Task BringUpAsync(Part part, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        part.Start();
        try
        {
            await part.Healthy.WaitAsync(_healthyWithin, stop);
        }
        catch (TimeoutException)
        {
            throw new CommandException($"The {part.Name} was not healthy within {_healthyWithin.TotalSeconds:0} s: {part.Status.Reason ?? "no reason given"}. Its log: {part.Log.FilePath}");
        }
    }

    /// <summary>Goes on until told to stop, or until a part will never run again.</summary>
    private static async Task WaitForRefusalAsync(IReadOnlyList<Part> parts, CancellationToken stop)
    {
        var ended = await Task.WhenAny(parts.Select(part => part.Ended)).WaitAsync(stop);
        await ended;
        var part = parts.First(part => part.Status.State is PartState.Refused or PartState.Stopped);
        throw new CommandException($"The {part.Name} {part.Status.Reason ?? "has ended"}. Its log: {part.Log.FilePath}");
    }

    /// <summary>Stops sources before sinks, so that what is under way can drain; kills what is left at the end of the time.</summary>
    private static async Task StopAsync(IReadOnlyList<Part> parts)
    {
        var deadline = Task.Delay(_stoppedWithin);
        foreach (var part in parts.Reverse())
        {
            part.Stop();
            await Task.WhenAny(part.Ended, Task.Delay(_partStopsWithin), deadline);
        }
        var all = Task.WhenAll(parts.Select(part => part.Ended));
        await Task.WhenAny(all, deadline);
        foreach (var part in parts.Where(part => !part.Ended.IsCompleted)) part.Kill();
        // The kernel may keep a killed process that waits for a broken disk; it is not waited for.
        await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(1)));
    }
}
