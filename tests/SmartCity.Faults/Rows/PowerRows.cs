using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Faults;

/// <summary>Power cuts: what the process has written and the disk has not is gone.</summary>
internal static class PowerRows
{
    private const int Cuts = 10;

    public static IReadOnlyList<FaultRow> All { get; } =
    [
        new("power-cut-gateway", 4, "the power of the gateway's disk is cut ten times at random instants under load", attempt => CutAsync(attempt, attempt.Gateway)) { Needs = [Tool.Root, Tool.Xfs], Starts = false, Seconds = 90 },
        new("power-cut-server", 5, "the power of the server's disk is cut ten times at random instants under load", attempt => CutAsync(attempt, attempt.Server)) { Needs = [Tool.Root, Tool.Xfs], Starts = false, Seconds = 120 },
    ];

    private static async Task CutAsync(Attempt attempt, FaultProcess victim)
    {
        using var disk = new CutDisk(Path.Combine(attempt.City.Folder, "disk"), victim.Data);
        await attempt.City.StartAsync(attempt.Stop);
        var witness = attempt.Witness(new Load { Messages = 1_000_000, Rate = 500 });
        var load = witness.RunAsync(attempt.Stop);
        var unsynced = 0L;
        for (var cut = 1; cut <= Cuts; cut++)
        {
            await attempt.PauseAsync(100, 900);
            // Nothing is acknowledged between the image of the disk and the end of the process.
            victim.Signal(19);
            disk.Copy();
            victim.Kill();
            unsynced += disk.Cut();
            await attempt.RestartAsync(victim);
        }
        witness.Finish();
        attempt.Figures["cuts"] = Cuts;
        attempt.Figures["bytesOfFilesThatTheCutsTook"] = unsynced;
        await attempt.ConcludeAsync(load, witness, 90);
        await attempt.Gateway.StopAsync(attempt.Stop);
        await attempt.Server.StopAsync(attempt.Stop);
    }
}

/// <summary>A disk (ext4 in a file on XFS, which copies it in no time) whose state, as the device has it, can be kept at an instant and come back to.</summary>
internal sealed class CutDisk : IDisposable
{
    private readonly string _host, _mount;

    public CutDisk(string folder, string mount)
    {
        (_host, _mount) = (Path.Combine(folder, "host"), mount);
        Directory.CreateDirectory(_host);
        Directory.CreateDirectory(_mount);
        var image = Path.Combine(folder, "host.img");
        Shell.Run("truncate", "-s", "1200M", image);
        Shell.Run("mkfs.xfs", "-q", "-m", "reflink=1", image);
        Shell.Run("mount", "-o", "loop", image, _host);
        Shell.Run("truncate", "-s", "300M", Path.Combine(_host, "disk.img"));
        Shell.Run("mkfs.ext4", "-F", "-q", Path.Combine(_host, "disk.img"));
        Shell.Run("mount", "-o", "loop", Path.Combine(_host, "disk.img"), _mount);
    }

    /// <summary>Keeps what the device holds now; what the file system has not given it yet is not in it.</summary>
    public void Copy() => Shell.Run("cp", "--reflink=always", Path.Combine(_host, "disk.img"), Path.Combine(_host, "cut.img"));

    /// <summary>Goes on with what was kept. The process must have ended.</summary>
    /// <returns>By how many bytes the files are shorter than they were for the process.</returns>
    public long Cut()
    {
        var seen = Bytes();
        Shell.Run("umount", _mount);
        File.Move(Path.Combine(_host, "cut.img"), Path.Combine(_host, "disk.img"), true);
        Shell.Run("mount", "-o", "loop", Path.Combine(_host, "disk.img"), _mount);
        return seen - Bytes();
    }

    public void Dispose()
    {
        foreach (var mount in (string[])[_mount, _host])
            using (var process = Process.Start("umount", ["-l", mount])) process.WaitForExit();
    }

    private long Bytes() => new DirectoryInfo(_mount).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Sum(file => file.Length);
}
