using System.Diagnostics;

namespace SmartCity.Faults;

/// <summary>Disks that fail, fill up, lie or dawdle.</summary>
internal static class DiskRows
{
    public static IReadOnlyList<FaultRow> All { get; } =
    [
        new("fsync-fails-once", 10, "one fdatasync of the gateway fails with EIO", attempt => FsyncFailsAsync(attempt, attempt.Gateway, false)) { Needs = [Tool.Strace], Seconds = 30 },
        new("server-fsync-fails-once", 10, "one fdatasync of the server fails with EIO", attempt => FsyncFailsAsync(attempt, attempt.Server, false)) { Needs = [Tool.Strace] },
        new("fsync-fails-for-ever", 11, "every fdatasync of the gateway fails with EIO, after a restart too", attempt => FsyncFailsAsync(attempt, attempt.Gateway, true)) { Needs = [Tool.Strace] },
        new("disk-full-gateway", 12, "the gateway's volume of 24 MB fills up while the cloud is away", FullGatewayAsync) { Needs = [Tool.Root], Starts = false, Seconds = 30 },
        new("disk-full-server", 13, "the server's volume fills up", FullServerAsync) { Needs = [Tool.Root], Starts = false, Seconds = 30 },
        new("dead-letters-full", 14, "the dead letters are at their quota", FullLettersAsync) { Gateway = ["--Edge:Spool:DeadLetterBytes=1048576"], Starts = false },
        new("slow-disk", 15, "each sync of the gateway takes 400 ms", SlowDiskAsync) { Needs = [Tool.Strace] },
    ];

    private static async Task FsyncFailsAsync(Attempt attempt, FaultProcess victim, bool forEver)
    {
        var witness = attempt.Witness(new Load { Messages = 1_000 });
        var load = witness.RunAsync(attempt.Stop);
        await attempt.PauseAsync(100, 500);
        using (await victim.TraceAsync("fdatasync,fsync", $"fdatasync,fsync:error=EIO:when={attempt.Random.Next(1, 12)}{(forEver ? "+" : "")}", attempt.Stop))
            Attempt.Require(await victim.EndsAsync(TimeSpan.FromSeconds(30), attempt.Stop), $"{victim.Name} goes on after a failed sync");
        Attempt.Require(victim.ExitCode is not (0 or 137), $"{victim.Name} ended with {victim.ExitCode} after a failed sync");
        await attempt.HearAsync("sync failed");
        attempt.KeepComplaints();
        if (forEver)
        {
            var before = witness.Acknowledged;
            victim.Before = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=EIO"];
            victim.Start();
            var ended = await victim.EndsAsync(TimeSpan.FromSeconds(20), attempt.Stop);
            Attempt.Require(ended && victim.ExitCode != 0, $"on a disk that never syncs it {(ended ? $"ended with {victim.ExitCode}" : "goes on")}");
            Attempt.Require(witness.Acknowledged == before, "it acknowledged something on a disk that never syncs");
            attempt.KeepComplaints();
            victim.Before = [];
        }
        await attempt.RestartAsync(victim);
        await attempt.ConcludeAsync(load, witness);
    }

    private static async Task FullGatewayAsync(Attempt attempt)
    {
        using var volume = new SmallVolume(attempt.Gateway.Data, 24);
        attempt.City.Link.State = LinkState.Cut;
        await attempt.Server.StartReadyAsync(TimeSpan.FromSeconds(60), attempt.Stop);
        attempt.Gateway.Start();
        await attempt.Gateway.AnswersAsync(attempt.Stop);
        // The rest of the volume goes to something else, as it does in the street.
        volume.Fill(attempt.Random.Next(200, 1_500) << 10);
        var witness = attempt.Witness(new Load { Messages = 40_000, Rate = 0, InFlight = 50 });
        var load = witness.RunAsync(attempt.Stop);
        for (var begin = Stopwatch.GetTimestamp(); !(await attempt.Gateway.HealthAsync(attempt.Stop)).Contains("spool", StringComparison.Ordinal); await Task.Delay(50, attempt.Stop))
            Attempt.Require(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(40) && !load.IsCompleted, $"the volume did not fill up: {witness.Acknowledged} acknowledged, {volume.Free >> 10} KiB free, {attempt.Gateway.LastWords()}");
        await attempt.HearAsync("full");
        var held = witness.Acknowledged;
        attempt.Figures["acknowledgedBeforeFull"] = held;
        attempt.City.Link.State = LinkState.Open;
        volume.Empty();
        var since = Stopwatch.GetTimestamp();
        while (witness.Acknowledged == held && Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(20)) await Task.Delay(20, attempt.Stop);
        attempt.Figures["resumedSeconds"] = Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds, 2);
        await attempt.ConcludeAsync(load, witness, 90);
        await attempt.Gateway.StopAsync(attempt.Stop);
        attempt.Server.Kill();
    }

    private static async Task FullServerAsync(Attempt attempt)
    {
        using var volume = new SmallVolume(attempt.Server.Data, 160);
        await attempt.City.StartAsync(attempt.Stop);
        var witness = attempt.Witness(new Load { Messages = 30_000, Rate = 0, InFlight = 20 });
        volume.Fill(attempt.Random.Next(20, 300) << 10);
        var load = witness.RunAsync(attempt.Stop);
        var health = "ready";
        for (var begin = Stopwatch.GetTimestamp(); health == "ready" && Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30) && !attempt.Server.HasExited; await Task.Delay(50, attempt.Stop)) health = await attempt.Server.HealthAsync(attempt.Stop);
        await attempt.HearAsync("full");
        Attempt.Require(health != "ready", "the server's volume is full and its health says nothing");
        await Task.Delay(2_000, attempt.Stop);
        volume.Empty();
        if (attempt.Server.HasExited) await attempt.RestartAsync(attempt.Server);
        await attempt.ConcludeAsync(load, witness, 90);
        await attempt.Gateway.StopAsync(attempt.Stop);
        await attempt.Server.StopAsync(attempt.Stop);
    }

    private static async Task FullLettersAsync(Attempt attempt)
    {
        await attempt.City.StartAsync(attempt.Stop);
        var poison = attempt.Witness(new Load { Devices = 2, Messages = 2_000, Rate = 0, PoisonEvery = 1, Padding = 2_000 });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(attempt.Stop);
        var spoils = poison.RunAsync(over.Token);
        var witness = attempt.Witness(new Load { Messages = 1_000 });
        await attempt.ConcludeAsync(witness.RunAsync(attempt.Stop), witness);
        await attempt.HearAsync("dead letters full");
        await over.CancelAsync();
        await spoils;
        Attempt.Require(poison.Poison is > 100 and < 2_000, $"{poison.Poison} of 2000 messages that cannot be decoded were acknowledged");
        attempt.Figures["deadLettersTaken"] = poison.Poison;
        await attempt.Gateway.StopAsync(attempt.Stop);
    }

    private static async Task SlowDiskAsync(Attempt attempt)
    {
        var witness = attempt.Witness(new Load { Messages = 1_000, Rate = 300 });
        using (await attempt.Gateway.TraceAsync("fdatasync,fsync", "fdatasync,fsync:delay_enter=400000", attempt.Stop))
        {
            var load = witness.RunAsync(attempt.Stop);
            await Task.Delay(2_000, attempt.Stop);
            await attempt.HearAsync("slow");
            await attempt.ConcludeAsync(load, witness);
        }
    }
}

/// <summary>A small volume in memory, mounted where a process keeps its data.</summary>
internal sealed class SmallVolume : IDisposable
{
    private readonly string _folder;

    public SmallVolume(string folder, int megabytes)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        Shell.Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder);
    }

    public long Free => new DriveInfo(_folder).AvailableFreeSpace;

    /// <summary>Leaves so many bytes free.</summary>
    public void Fill(long left)
    {
        using var ballast = new FileStream(Path.Combine(_folder, "ballast"), FileMode.Create);
        var block = new byte[4096];
        while (Free > left) ballast.Write(block);
    }

    public void Empty() => File.Delete(Path.Combine(_folder, "ballast"));

    public void Dispose() => Shell.Run("umount", "-l", _folder);
}

/// <summary>A volume (ext4 in a file) that can do as one does that has found an error: nothing can be written to it any more, through files that are open either.</summary>
internal sealed class FailingVolume : IDisposable
{
    private readonly string _image, _folder;

    public FailingVolume(string image, string folder)
    {
        (_image, _folder) = (image, folder);
        Directory.CreateDirectory(folder);
        Shell.Run("truncate", "-s", "200M", image);
        Shell.Run("mkfs.ext4", "-F", "-q", image);
        Mount();
    }

    /// <summary>Fails from now on.</summary>
    public void Fail() => Shell.Run("mount", "-o", "remount,abort", _folder);

    /// <summary>Is checked and mounted again. Nothing may have a file of it open.</summary>
    public void Mend()
    {
        Shell.Run("umount", _folder);
        // Exit 1: it found errors and corrected them.
        using (var check = Process.Start(new ProcessStartInfo("e2fsck", ["-y", _image]) { RedirectStandardOutput = true, RedirectStandardError = true })!)
        {
            check.OutputDataReceived += static (_, _) => { };
            check.ErrorDataReceived += static (_, _) => { };
            check.BeginOutputReadLine();
            check.BeginErrorReadLine();
            check.WaitForExit();
            if (check.ExitCode > 1) throw new FaultException($"e2fsck ended with {check.ExitCode}");
        }
        Mount();
    }

    public void Dispose()
    {
        using var process = Process.Start("umount", ["-l", _folder]);
        process.WaitForExit();
    }

    private void Mount() => Shell.Run("mount", "-o", "loop,errors=remount-ro", _image, _folder);
}
