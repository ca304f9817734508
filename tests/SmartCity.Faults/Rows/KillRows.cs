namespace SmartCity.Faults;

/// <summary>Processes that end without a word, at random instants and at every write.</summary>
internal static class KillRows
{
    private const string Writes = "fsync,fdatasync,pwrite64,rename,renameat,renameat2,ftruncate,unlink,unlinkat";

    public static IReadOnlyList<FaultRow> All { get; } =
    [
        new("kill-gateway", 1, "the gateway is killed three times at random instants under load", async attempt => await KillAsync(attempt, attempt.Gateway)) { Seconds = 30 },
        new("kill-gateway-every-write", 2, "the gateway is killed at every write, sync, rename and unlink of a run of 200 messages, and of the start after it", attempt => KillAtEveryAsync(attempt, attempt.Gateway)) { Needs = [Tool.Strace], IsExhaustive = true, Seconds = 150 },
        new("kill-server", 3, "the server is killed three times at random instants under load", async attempt => await KillAsync(attempt, attempt.Server)) { Seconds = 45 },
        new("kill-server-every-write", 3, "the server is killed at every write, sync, rename and unlink of a run of 200 messages, and of the start after it", attempt => KillAtEveryAsync(attempt, attempt.Server)) { Needs = [Tool.Strace], IsExhaustive = true, Seconds = 150 },
        new("kill-server-before-ack", 25, "the server is killed as it is about to send, after a commit", attempt => KillAtSendAsync(attempt, attempt.Server)) { Needs = [Tool.Strace] },
        new("kill-gateway-before-ack", 26, "the gateway is killed as it is about to send, after a commit or after the cloud's acknowledgement", attempt => KillAtSendAsync(attempt, attempt.Gateway)) { Needs = [Tool.Strace] },
        new("terminate", 44, "gateway and server get SIGTERM under load", TerminateAsync),
    ];

    private static async Task KillAsync(Attempt attempt, FaultProcess victim)
    {
        var witness = attempt.Witness(new Load { Messages = 1_200 });
        var load = witness.RunAsync(attempt.Stop);
        for (var kill = 0; kill < 3; kill++)
        {
            await attempt.PauseAsync(50, 600);
            victim.Kill();
            if (kill == 0) await attempt.HearAsync("killed");
            await attempt.RestartAsync(victim);
        }
        await attempt.ConcludeAsync(load, witness);
    }

    /// <summary>
    /// N = k, k + 20, … until a run ends by itself: the share of attempt k, so that 20 attempts together try every call. The calls are counted
    /// for each thread, and one thread commits.
    /// </summary>
    private static async Task KillAtEveryAsync(Attempt attempt, FaultProcess victim)
    {
        var killed = 0;
        var share = (attempt.Number - 1) % Table.Times + 1;
        for (var n = share; ; n += Table.Times)
        {
            var witness = attempt.Witness(new Load { Devices = 4, Messages = 200, Rate = 0, InFlight = 4 });
            Task load;
            bool ended;
            using (await victim.TraceAsync(Writes, $"{Writes}:signal=SIGKILL:when={n}", attempt.Stop))
            {
                load = witness.RunAsync(attempt.Stop);
                var settled = load.ContinueWith(_ => attempt.City.SettleAsync(TimeSpan.FromSeconds(60), attempt.Stop), attempt.Stop, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default).Unwrap();
                var end = victim.EndsAsync(TimeSpan.FromSeconds(120), attempt.Stop);
                await Task.WhenAny(end, settled);
                // What the cloud has acknowledged is deleted a moment later; a server's store commits every 100 ms.
                if (!victim.HasExited) await Task.Delay(400, attempt.Stop);
                ended = victim.HasExited;
            }
            if (ended)
            {
                killed++;
                await attempt.RestartAsync(victim);
            }
            await attempt.ConcludeAsync(load, witness, 120);
            if (!attempt.Verdict.IsClean) throw new FaultException($"killed at call {n}: {attempt.Verdict}");
            attempt.Say($"killed at call {n}: {ended}; {attempt.Verdict}");
            if (!ended) break;
        }
        attempt.Figures["killedAt"] = killed;
        // As it opens what is there: the calls of the start.
        var opened = 0;
        for (var n = share; ; n += Table.Times, opened++)
        {
            victim.Kill();
            victim.Before = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={Writes}", "-e", $"inject={Writes}:signal=SIGKILL:when={n}"];
            victim.Environment["DOTNET_EnableWriteXorExecute"] = "0";
            victim.Environment["DOTNET_EnableDiagnostics"] = "0";
            var ready = true;
            try
            {
                await victim.StartReadyAsync(TimeSpan.FromSeconds(40), attempt.Stop);
            }
            catch (FaultException) when (victim.HasExited)
            {
                ready = false;
            }
            victim.Before = [];
            victim.Environment.Clear();
            if (ready) break;
        }
        victim.Kill();
        await attempt.RestartAsync(victim);
        var after = attempt.Witness(new Load { Devices = 4, Messages = 200, Rate = 0 });
        await attempt.ConcludeAsync(after.RunAsync(attempt.Stop), after);
        attempt.Figures["killedAtOfStart"] = opened;
    }

    private static async Task KillAtSendAsync(Attempt attempt, FaultProcess victim)
    {
        // Counted for each thread: those of the pool share the sends.
        const string Sends = "sendmsg,sendto,write,writev";
        var witness = attempt.Witness(new Load { Messages = 1_000 });
        using (await victim.TraceAsync(Sends, $"{Sends}:signal=SIGKILL:when={attempt.Random.Next(1, 12)}", attempt.Stop))
        {
            var load = witness.RunAsync(attempt.Stop);
            Attempt.Require(await victim.EndsAsync(TimeSpan.FromSeconds(30), attempt.Stop), "it was not killed at a send");
            await attempt.RestartAsync(victim);
            await attempt.ConcludeAsync(load, witness);
        }
    }

    private static async Task TerminateAsync(Attempt attempt)
    {
        var witness = attempt.Witness(new Load { Messages = 1_200 });
        var load = witness.RunAsync(attempt.Stop);
        foreach (var process in (FaultProcess[])[attempt.Gateway, attempt.Server])
        {
            await attempt.PauseAsync(100, 800);
            var took = await process.StopAsync(attempt.Stop);
            Attempt.Require(took < TimeSpan.FromSeconds(10) && process.ExitCode == 0, $"{process.Name} took {took.TotalSeconds:0.0} s from SIGTERM to its end with {process.ExitCode}");
            await attempt.RestartAsync(process);
        }
        await attempt.ConcludeAsync(load, witness);
    }
}
