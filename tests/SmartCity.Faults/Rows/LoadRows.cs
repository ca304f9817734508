using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Faults;

/// <summary>What devices, operators and the machine do to a gateway: poison, floods, crowds, copies, limits.</summary>
internal static class LoadRows
{
    public static IReadOnlyList<FaultRow> All { get; } =
    [
        new("no-descriptors", 36, "the gateway is started with room for 512 open files, and 400 devices come", NoDescriptorsAsync) { Starts = false },
        new("cpu-starved", 37, "four threads a core want the processor", StarvedAsync),
        new("crowd", 38, "1,000 devices connect again at once", CrowdAsync) { Seconds = 40 },
        new("poison-some", 39, "1 message in 100 cannot be decoded", attempt => PoisonAsync(attempt, 100)),
        new("poison-all", 39, "no message can be decoded", attempt => PoisonAsync(attempt, 1)),
        new("duplicate-flood", 40, "every message is sent three times, shuffled, over connections that break", DuplicatesAsync),
        new("old-copy", 41, "the spool is replaced with an older copy of itself", OldCopyAsync),
        new("broken-devices-file", 45, "devices.json is overwritten with a broken one under load", BrokenFileAsync),
        new("swizzle", 47, "three gateways lose their links one by one and get them back in another order", SwizzleAsync),
    ];

    private static async Task PoisonAsync(Attempt attempt, int every)
    {
        var before = await attempt.Gateway.AuditAsync("deadLettered", attempt.Stop);
        var witness = attempt.Witness(new Load { Devices = 5, Messages = 1_000, Rate = 0, PoisonEvery = every });
        await attempt.ConcludeAsync(witness.RunAsync(attempt.Stop), witness);
        var letters = await attempt.Gateway.AuditAsync("deadLettered", attempt.Stop) - before;
        Attempt.Require(letters == witness.Poison && witness.Poison > 0, $"{witness.Poison} messages could not be decoded and {letters} dead letters are counted");
        attempt.Said.Add($"audit: deadLettered {letters}");
    }

    private static async Task DuplicatesAsync(Attempt attempt)
    {
        var proxy = new LinkProxy(() => attempt.Gateway.Port("mqtt"));
        using (proxy)
        {
            var superseded = await attempt.Server.AuditAsync("superseded", attempt.Stop);
            var witness = attempt.Witness(new Load { Messages = 1_000, Copies = 3 }, port: () => proxy.Port);
            var load = witness.RunAsync(attempt.Stop);
            for (var i = 0; i < 4; i++)
            {
                await attempt.PauseAsync(150, 500);
                proxy.Drop();
            }
            await attempt.ConcludeAsync(load, witness);
            // The same series and time is the same reading: a copy replaces it, and is counted as superseded at the gateway or at the store.
            attempt.Figures["supersededAtStore"] = await attempt.Server.AuditAsync("superseded", attempt.Stop) - superseded;
            attempt.Said.Add($"audit: the gateway has superseded {await attempt.Gateway.AuditAsync("superseded", attempt.Stop)} in all");
        }
    }

    private static async Task CrowdAsync(Attempt attempt)
    {
        var witness = attempt.Witness(new Load { Devices = 1_000, Messages = 5_000, Rate = 1_000 });
        var load = witness.RunAsync(attempt.Stop);
        await attempt.PauseAsync(1_500, 2_500);
        attempt.Gateway.Kill();
        await attempt.RestartAsync(attempt.Gateway);
        await attempt.ConcludeAsync(load, witness, 60);
    }

    private static async Task StarvedAsync(Attempt attempt)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(attempt.Stop);
        var threads = Enumerable.Range(0, Environment.ProcessorCount * 4).Select(_ => new Thread(() =>
        {
            while (!over.IsCancellationRequested) Thread.SpinWait(1_000);
        }) { IsBackground = true }).ToList();
        foreach (var thread in threads) thread.Start();
        var witness = attempt.Witness(new Load { Messages = 1_000 });
        try
        {
            await attempt.ConcludeAsync(witness.RunAsync(attempt.Stop), witness, 90);
        }
        finally
        {
            await over.CancelAsync();
            foreach (var thread in threads) thread.Join();
        }
        Attempt.Require(witness.ConnectionsLost == 0, $"{witness.ConnectionsLost} connections were lost for want of processor");
    }

    /// <summary>As a service manager limits it: from the start. A limit that is lowered under a process that has more files open ends the .NET runtime, whatever it runs.</summary>
    private static async Task NoDescriptorsAsync(Attempt attempt)
    {
        attempt.Gateway.Before = ["prlimit", "--nofile=512:512"];
        await attempt.City.StartAsync(attempt.Stop);
        var witness = attempt.Witness(new Load { Devices = 400, Messages = 4_000, Rate = 1_000 });
        var load = witness.RunAsync(attempt.Stop);
        var most = 0;
        for (var begin = Stopwatch.GetTimestamp(); !load.IsCompleted && Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(60); await Task.Delay(100, attempt.Stop))
        {
            Attempt.Require(!attempt.Gateway.HasExited, $"the gateway ended: {attempt.Gateway.LastWords()}");
            most = Math.Max(most, Directory.GetFiles($"/proc/{attempt.Gateway.Id}/fd").Length);
        }
        attempt.Figures["openFilesAtMost"] = most;
        attempt.Figures["connectionsRefusedOrLost"] = witness.ConnectionsLost;
        await attempt.ConcludeAsync(load, witness);
        Attempt.Require(witness.ConnectionsLost > 0 && most < 512, $"{witness.ConnectionsLost} connections were refused and at most {most} files were open: the limit was not reached as it was meant to be");
        await attempt.Gateway.StopAsync(attempt.Stop);
    }

    private static async Task OldCopyAsync(Attempt attempt)
    {
        var (spool, copy) = (Path.Combine(attempt.Gateway.Data, "spool"), Path.Combine(attempt.City.Folder, "copy"));
        var first = attempt.Witness(new Load { Messages = 300, Rate = 0 });
        await attempt.ConcludeAsync(first.RunAsync(attempt.Stop), first);
        await attempt.Gateway.StopAsync(attempt.Stop);
        Copy(spool, copy);
        await attempt.RestartAsync(attempt.Gateway);
        var second = attempt.Witness(new Load { Messages = 300, Rate = 0 });
        await attempt.ConcludeAsync(second.RunAsync(attempt.Stop), second);
        await attempt.Gateway.StopAsync(attempt.Stop);
        Directory.Delete(spool, true);
        Copy(copy, spool);
        Directory.Delete(copy, true);
        await attempt.RestartAsync(attempt.Gateway);
        var third = attempt.Witness(new Load { Messages = 300, Rate = 0 });
        await third.RunAsync(attempt.Stop).WaitAsync(TimeSpan.FromSeconds(30), attempt.Stop);
        await attempt.City.SettleAsync(TimeSpan.FromSeconds(30), attempt.Stop);
        var gateways = new Dictionary<string, FaultProcess> { [attempt.City.GatewayId] = attempt.Gateway };
        foreach (var witness in (Witness[])[second, third]) attempt.Found(await Oracle.CompareAsync(witness, attempt.Server, gateways, Breakage.None, attempt.Stop));
        attempt.KeepComplaints();
        Attempt.Require(attempt.Gateway.Words.Contains("older than its last opening", StringComparison.Ordinal) || attempt.Gateway.Words.Contains("is a copy", StringComparison.Ordinal), "nothing was said of the old copy");

        static void Copy(string from, string to)
        {
            Directory.CreateDirectory(to);
            foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), true);
        }
    }

    private static async Task BrokenFileAsync(Attempt attempt)
    {
        var file = Path.Combine(attempt.Gateway.Data, "devices.json");
        await File.WriteAllTextAsync(file, """{"devices": []}""", attempt.Stop);
        var witness = attempt.Witness(new Load { Messages = 1_500 });
        var load = witness.RunAsync(attempt.Stop);
        await attempt.PauseAsync(300, 1_000);
        var from = attempt.Gateway.Words.Length;
        await File.WriteAllTextAsync(file, """{"devices": [{"id": "a", "pass""", attempt.Stop);
        await attempt.ConcludeAsync(load, witness);
        for (var begin = Stopwatch.GetTimestamp(); !attempt.Gateway.Words[from..].Contains("devices.json", StringComparison.Ordinal); await Task.Delay(50, attempt.Stop))
            Attempt.Require(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(15), "nothing was said of the broken devices.json");
        attempt.KeepComplaints();
        Attempt.Require(witness.ConnectionsLost == 0, "devices were disconnected");
    }

    private static async Task SwizzleAsync(Attempt attempt)
    {
        var gateways = new Dictionary<string, FaultProcess> { [attempt.City.GatewayId] = attempt.Gateway };
        for (var i = 2; i <= 3; i++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"s{attempt.Number}-{i}");
            gateways[id] = attempt.City.AddGateway(id, Path.Combine(attempt.City.Folder, id));
            await gateways[id].StartReadyAsync(TimeSpan.FromSeconds(30), attempt.Stop);
            await attempt.City.ConnectedAsync(gateways[id], attempt.Stop);
        }
        var witnesses = gateways.ToDictionary(pair => pair.Key, pair => attempt.Witness(new Load { Messages = 800, Devices = 8, Rate = 200 }, pair.Value));
        var loads = witnesses.ToDictionary(pair => pair.Key, pair => pair.Value.RunAsync(attempt.Stop));
        // Stopped, a gateway's link is silent to its peer; it goes on as if no time had passed.
        var order = gateways.Values.ToArray();
        foreach (var gateway in order)
        {
            gateway.Signal(19);
            await attempt.PauseAsync(100, 700);
        }
        attempt.City.Link.Drop();
        attempt.Random.Shuffle(order);
        foreach (var gateway in order)
        {
            await attempt.PauseAsync(100, 700);
            gateway.Signal(18);
        }
        foreach (var (id, gateway) in gateways) await attempt.ConcludeAsync(loads[id], witnesses[id], 60, gateway, id);
        foreach (var (id, gateway) in gateways) if (gateway != attempt.Gateway) await gateway.StopAsync(attempt.Stop);
    }
}
