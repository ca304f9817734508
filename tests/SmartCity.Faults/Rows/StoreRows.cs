using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Faults;

/// <summary>What befalls the files of spool and log: read-only, copied, put back, bits flipped.</summary>
internal static class StoreRows
{
    public static IReadOnlyList<FaultRow> All { get; } =
    [
        new("spool-read-only", 17, "the gateway's volume becomes read-only under load", ReadOnlyAsync) { Needs = [Tool.Root], Starts = false },
        new("spool-bit-flips", 8, "bits are flipped in the queue of a gateway that is switched off, while the cloud is away", BitFlipsAsync) { Starts = false },
        new("cloned-spool", 41, "a second gateway runs on a copy of the first one's disk, under its id, beside it", ClonedAsync) { Starts = false },
        new("old-log-copy", 42, "the server's data is put back as it was an hour of readings ago", OldLogAsync) { Starts = false },
        new("memory-limit", 35, "the gateway may use 150 MiB, with 1,000 devices and 100,000 values that wait for the cloud", MemoryAsync) { Needs = [Tool.Root, Tool.MemoryGroup], Starts = false, Seconds = 60 },
    ];

    private static async Task ReadOnlyAsync(Attempt attempt)
    {
        using var volume = new FailingVolume(Path.Combine(attempt.City.Folder, "volume.img"), attempt.Gateway.Data);
        await attempt.City.StartAsync(attempt.Stop);
        var witness = attempt.Witness(new Load { Messages = 3_000, Rate = 500 });
        var load = witness.RunAsync(attempt.Stop);
        await attempt.PauseAsync(200, 1_000);
        volume.Fail();
        await Task.Delay(1_000, attempt.Stop);
        var (held, exited) = (witness.Acknowledged, attempt.Gateway.HasExited);
        await Task.Delay(2_000, attempt.Stop);
        await attempt.HearAsync("read-only");
        Attempt.Require(witness.Acknowledged == held, $"{witness.Acknowledged - held} messages were acknowledged on a read-only disk");
        Attempt.Require(exited || await attempt.Gateway.HealthAsync(attempt.Stop) != "ready", "the disk is read-only and health says nothing");
        attempt.Figures["endedByItself"] = attempt.Gateway.HasExited;
        attempt.KeepComplaints();
        // Such a file system is checked and mounted again, which nothing may have open.
        attempt.Gateway.Kill();
        volume.Mend();
        await attempt.RestartAsync(attempt.Gateway);
        await attempt.ConcludeAsync(load, witness, 90);
        await attempt.Gateway.StopAsync(attempt.Stop);
    }

    private static async Task BitFlipsAsync(Attempt attempt)
    {
        await attempt.City.StartAsync(attempt.Stop);
        attempt.City.Link.State = LinkState.Cut;
        var witness = attempt.Witness(new Load { Messages = 3_000, Rate = 1_500 });
        await witness.RunAsync(attempt.Stop).WaitAsync(TimeSpan.FromSeconds(60), attempt.Stop);
        await attempt.Gateway.StopAsync(attempt.Stop);
        var file = new DirectoryInfo(Path.Combine(attempt.Gateway.Data, "spool")).EnumerateFiles("*.db").MaxBy(one => one.Length)!;
        await using (var stream = file.Open(FileMode.Open, FileAccess.ReadWrite))
        {
            // Beyond the first pages: those are the file's own head, and a file without one is set aside whole.
            stream.Position = attempt.Random.NextInt64(32_768, file.Length);
            var at = stream.Position;
            var old = stream.ReadByte();
            stream.Position = at;
            stream.WriteByte((byte)(old ^ 1 << attempt.Random.Next(8)));
            attempt.Figures["at"] = string.Create(CultureInfo.InvariantCulture, $"{at} of {file.Length}");
        }
        attempt.City.Link.State = LinkState.Open;
        await attempt.RestartAsync(attempt.Gateway);
        await EmptiedAsync(attempt, [attempt.Gateway]);
        var after = attempt.Witness(new Load { Messages = 300, Rate = 0 });
        await after.RunAsync(attempt.Stop).WaitAsync(TimeSpan.FromSeconds(30), attempt.Stop);
        await EmptiedAsync(attempt, [attempt.Gateway]);
        attempt.KeepComplaints();
        var none = new Dictionary<string, FaultProcess>();
        var before = await Oracle.CompareAsync(witness, attempt.Server, none, Breakage.None, attempt.Stop);
        var gaps = Oracle.Gaps(Path.Combine(attempt.Server.Data, "log", "log.db"), attempt.City.GatewayId);
        (attempt.Figures["valuesLost"], attempt.Figures["valuesInGaps"]) = (before.Lost, gaps);
        // Where the structure of the file itself was hit, it is set aside whole, and said so; else each lost number stands in a gap.
        var isAside = attempt.Gateway.Words.Contains("set aside", StringComparison.Ordinal);
        attempt.Figures["fileSetAside"] = isAside;
        Attempt.Require(isAside || before.Lost == gaps, $"{before.Lost} values are lost and {gaps} numbers stand in gaps");
        attempt.Found(before with { Lost = 0 });
        attempt.Found(await Oracle.CompareAsync(after, attempt.Server, none, Breakage.None, attempt.Stop));
    }

    private static async Task ClonedAsync(Attempt attempt)
    {
        await attempt.City.StartAsync(attempt.Stop);
        var first = attempt.Witness(new Load { Messages = 400, Rate = 0 });
        await attempt.ConcludeAsync(first.RunAsync(attempt.Stop), first);
        await attempt.Gateway.StopAsync(attempt.Stop);
        var twin = attempt.City.AddGateway(attempt.City.GatewayId, Path.Combine(attempt.City.Folder, "twin"));
        Copy(attempt.Gateway.Data, twin.Data);
        await attempt.RestartAsync(attempt.Gateway);
        twin.Start();
        await twin.AnswersAsync(attempt.Stop);
        // Each has its own devices; both are acknowledged to, so both must arrive.
        var (one, other) = (attempt.Witness(new Load { Messages = 800 }), attempt.Witness(new Load { Messages = 800 }, twin));
        await Task.WhenAll(one.RunAsync(attempt.Stop), other.RunAsync(attempt.Stop)).WaitAsync(TimeSpan.FromSeconds(60), attempt.Stop);
        await attempt.HearAsync("two under one id");
        attempt.Said.Add("the copy: " + await twin.HealthAsync(attempt.Stop));
        foreach (var line in twin.Complaints(0).Take(4)) attempt.Said.Add("log of the copy: " + line);
        await EmptiedAsync(attempt, [attempt.Gateway]);
        Attempt.Require(twin.Words.Contains("E-UPLINK-CLONE", StringComparison.Ordinal) && twin.Words.Contains("stop the other and start this one again", StringComparison.Ordinal), "the copy was not told what it is and what to do");
        // As it is told: the copy sends nothing while it cannot be known which of the two is right; the other is stopped, and the copy started again.
        await attempt.Gateway.StopAsync(attempt.Stop);
        await twin.StopAsync(attempt.Stop);
        await attempt.RestartAsync(twin);
        await EmptiedAsync(attempt, [twin]);
        var none = new Dictionary<string, FaultProcess>();
        foreach (var witness in (Witness[])[first, one, other]) attempt.Found(await Oracle.CompareAsync(witness, attempt.Server, none, Breakage.None, attempt.Stop));
        attempt.Found(new Verdict(0, 0, 0, 0, 0, 0, Oracle.Disordered(Path.Combine(attempt.Server.Data, "log", "log.db"), [attempt.City.GatewayId]), 0));
        Attempt.Require(twin.Words.Contains("is a copy", StringComparison.Ordinal), "nothing was said of the copied disk");
        await twin.StopAsync(attempt.Stop);
    }

    private static async Task OldLogAsync(Attempt attempt)
    {
        await attempt.City.StartAsync(attempt.Stop);
        var first = attempt.Witness(new Load { Messages = 400, Rate = 0 });
        await attempt.ConcludeAsync(first.RunAsync(attempt.Stop), first);
        await attempt.Server.StopAsync(attempt.Stop);
        var copy = Path.Combine(attempt.City.Folder, "copy");
        Copy(attempt.Server.Data, copy);
        await attempt.RestartAsync(attempt.Server);
        // What is acknowledged by the cloud and freed at the gateway before the old copy comes back exists nowhere any more: it must be told.
        var gone = attempt.Witness(new Load { Messages = 300, Rate = 0 });
        await attempt.ConcludeAsync(gone.RunAsync(attempt.Stop), gone);
        await attempt.Server.StopAsync(attempt.Stop);
        // What still waits at the gateway comes again.
        var held = attempt.Witness(new Load { Messages = 300, Rate = 0 });
        await held.RunAsync(attempt.Stop).WaitAsync(TimeSpan.FromSeconds(30), attempt.Stop);
        Directory.Delete(attempt.Server.Data, true);
        Copy(copy, attempt.Server.Data);
        Directory.Delete(copy, true);
        await attempt.RestartAsync(attempt.Server);
        var after = attempt.Witness(new Load { Messages = 300, Rate = 0 });
        await after.RunAsync(attempt.Stop).WaitAsync(TimeSpan.FromSeconds(30), attempt.Stop);
        await EmptiedAsync(attempt, [attempt.Gateway]);
        var none = new Dictionary<string, FaultProcess>();
        foreach (var witness in (Witness[])[first, held, after]) attempt.Found(await Oracle.CompareAsync(witness, attempt.Server, none, Breakage.None, attempt.Stop));
        var lost = await Oracle.CompareAsync(gone, attempt.Server, none, Breakage.None, attempt.Stop);
        var gaps = Oracle.Gaps(Path.Combine(attempt.Server.Data, "log", "log.db"), attempt.City.GatewayId);
        (attempt.Figures["valuesGone"], attempt.Figures["valuesInGaps"]) = (lost.Lost, gaps);
        attempt.KeepComplaints();
        Attempt.Require(lost.Lost == gaps, $"the restored log misses {lost.Lost} values and has {gaps} numbers as gaps");
        await attempt.Gateway.StopAsync(attempt.Stop);
        await attempt.Server.StopAsync(attempt.Stop);
    }

    private static async Task MemoryAsync(Attempt attempt)
    {
        using var group = new MemoryGroup(150L << 20);
        // From the start, as a service manager does it: the runtime reads its limit once.
        attempt.Gateway.Before = group.Enter;
        await attempt.City.StartAsync(attempt.Stop);
        attempt.City.Link.State = LinkState.Cut;
        var witness = attempt.Witness(new Load { Devices = 1_000, Messages = 50_000, Rate = 0, InFlight = 20 });
        var load = witness.RunAsync(attempt.Stop);
        await load.WaitAsync(TimeSpan.FromSeconds(120), attempt.Stop);
        attempt.Figures["waitedForTheCloud"] = await attempt.Gateway.AuditAsync("queued", attempt.Stop);
        await attempt.HearAsync("backlog");
        attempt.City.Link.State = LinkState.Open;
        await attempt.ConcludeAsync(load, witness, 120);
        attempt.Figures["peakMegabytesOfTheGroup"] = group.PeakMegabytes;
        if (attempt.Gateway.HasExited) throw new FaultException($"the gateway ended with {attempt.Gateway.ExitCode}");
        await attempt.Gateway.StopAsync(attempt.Stop);
        await attempt.Server.StopAsync(attempt.Stop);
    }

    /// <summary>Waits until gateways hold nothing for the cloud and the server nothing for its store. For rows after which counts cannot go on from before.</summary>
    private static async Task EmptiedAsync(Attempt attempt, IReadOnlyList<FaultProcess> gateways)
    {
        var state = "";
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(60); await Task.Delay(200, attempt.Stop))
        {
            try
            {
                var waits = 0L;
                foreach (var gateway in gateways) waits += await gateway.AuditAsync("queued", attempt.Stop);
                var queued = await attempt.Server.AuditAsync("queued", attempt.Stop);
                if (waits == 0 && queued == 0) return;
                state = $"the gateways hold {waits}, the server holds {queued}";
            }
            catch (HttpRequestException error)
            {
                state = error.Message;
            }
        }
        throw new FaultException($"not emptied after 60 s: {state}. Gateway {await gateways[0].HealthAsync(attempt.Stop)}, server {await attempt.Server.HealthAsync(attempt.Stop)}. {string.Join(" | ", gateways[0].Complaints(0).TakeLast(3))}");
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) if (!File.GetAttributes(file).HasFlag(FileAttributes.ReparsePoint) && Path.GetFileName(file) is not "ports.json" && !file.EndsWith(".sock", StringComparison.Ordinal)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), true);
        foreach (var folder in Directory.GetDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}

/// <summary>A memory cgroup (version 1) with a limit.</summary>
internal sealed class MemoryGroup : IDisposable
{
    public const string Root = "/sys/fs/cgroup/memory";
    private readonly string _folder = $"{Root}/smartcity-faults-{Environment.ProcessId}";

    public MemoryGroup(long bytes)
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(_folder + "/memory.limit_in_bytes", bytes.ToString(CultureInfo.InvariantCulture));
    }

    public long PeakMegabytes => long.Parse(File.ReadAllText(_folder + "/memory.max_usage_in_bytes"), CultureInfo.InvariantCulture) >> 20;

    /// <summary>What a command line begins with so that its process is in the group.</summary>
    public IReadOnlyList<string> Enter => ["sh", "-c", $"echo $$ >{_folder}/cgroup.procs && exec \"$@\"", "sh"];

    public void Dispose()
    {
        foreach (var line in File.ReadAllLines(_folder + "/cgroup.procs")) File.WriteAllText(Root + "/cgroup.procs", line);
        Directory.Delete(_folder);
    }
}
