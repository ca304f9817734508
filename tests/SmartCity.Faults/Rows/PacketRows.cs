using System.Diagnostics;

namespace SmartCity.Faults;

/// <summary>What happens to IP packets and to names, in a network namespace that the row has for itself.</summary>
internal static class PacketRows
{
    private static readonly string[] _patient = ["--Edge:Uplink:KeepAlive=10s"];

    public static IReadOnlyList<FaultRow> All { get; } =
    [
        Row("packet-loss", 21, "1 packet in 20 is lost, each way, all the time", attempt => UnderAsync(attempt, packets => packets.Loss = 0.05)),
        Row("packet-loss-heavy", 21, "3 packets in 10 are lost, each way, for 15 s", attempt => WhileAsync(attempt, packets => packets.Loss = 0.3, packets => packets.Loss = 0, 15)) with { Seconds = 45 },
        Row("reordering", 21, "packets take up to 60 ms longer than others and overtake each other, and 1 in 10 comes twice", attempt => UnderAsync(attempt, packets => (packets.Jitter, packets.Doubled) = (TimeSpan.FromMilliseconds(60), 0.1))),
        Row("latency", 21, "2 s there and 2 s back", attempt => UnderAsync(attempt, packets => packets.Delay = TimeSpan.FromSeconds(2))) with { Gateway = _patient },
        Row("packets-flapping", 20, "no packet passes for 2 s, three times, without a word", attempt => WhileAsync(attempt, packets => packets.Loss = 1, packets => packets.Loss = 0, 2, 3)),
        Row("packets-half-open", 22, "no packet passes any more and the peer has forgotten the connection when they do again", HalfOpenAsync),
        Row("no-names", 21, "the cloud's name is found no more and the connection breaks", NoNamesAsync),
    ];

    private static FaultRow Row(string name, int number, string fault, Func<Attempt, PacketLink, Task> run) => new(name, number, fault, async attempt =>
    {
        Names.Known();
        using var packets = new PacketLink(attempt.Random.Next());
        await attempt.City.StartAsync(attempt.Stop);
        await run(attempt, packets);
        (attempt.Figures["packetsPassed"], attempt.Figures["packetsLost"]) = (packets.Passed, packets.Lost);
        Attempt.Require(packets.Passed > 100, $"only {packets.Passed} packets passed the link that was to be disturbed");
        await attempt.Gateway.StopAsync(attempt.Stop);
        await attempt.Server.StopAsync(attempt.Stop);
    }) { Needs = [Tool.Root, Tool.Namespace], Starts = false, IsIsolated = true };

    private static FaultRow Row(string name, int number, string fault, Func<Attempt, Task> run) => Row(name, number, fault, (attempt, packets) =>
    {
        attempt.Packets = packets;
        return run(attempt);
    });

    /// <summary>The fault lasts until everything is stored.</summary>
    private static async Task UnderAsync(Attempt attempt, Action<PacketLink> disturb)
    {
        disturb(attempt.Packets!);
        var witness = attempt.Witness(new Load { Messages = 1_000 });
        await attempt.ConcludeAsync(witness.RunAsync(attempt.Stop), witness, 90);
    }

    private static async Task WhileAsync(Attempt attempt, Action<PacketLink> disturb, Action<PacketLink> mend, int seconds, int times = 1)
    {
        var witness = attempt.Witness(new Load { Messages = 400 * seconds * times });
        var load = witness.RunAsync(attempt.Stop);
        for (var i = 0; i < times; i++)
        {
            await attempt.PauseAsync(200, 800);
            disturb(attempt.Packets!);
            await Task.Delay(TimeSpan.FromSeconds(seconds), attempt.Stop);
            await attempt.HearAsync("disturbed");
            mend(attempt.Packets!);
        }
        await attempt.ConcludeAsync(load, witness, 120);
    }

    private static async Task HalfOpenAsync(Attempt attempt)
    {
        var witness = attempt.Witness(new Load { Messages = 4_000 });
        var load = witness.RunAsync(attempt.Stop);
        await attempt.PauseAsync(200, 800);
        attempt.Packets!.Loss = 1;
        var begin = Stopwatch.GetTimestamp();
        var told = TimeSpan.Zero;
        for (string said; ; await Task.Delay(100, attempt.Stop))
        {
            said = await attempt.Gateway.HealthAsync(attempt.Stop);
            if (told == TimeSpan.Zero && said.Contains("uplink", StringComparison.Ordinal)) told = Stopwatch.GetElapsedTime(begin);
            if (said.Contains("not connected", StringComparison.Ordinal)) break;
            Attempt.Require(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30), $"a link without packets is not given up after 30 s; health: {said}");
        }
        attempt.Figures["toldSeconds"] = Math.Round(told.TotalSeconds, 1);
        attempt.Figures["foundDeadSeconds"] = Math.Round(Stopwatch.GetElapsedTime(begin).TotalSeconds, 1);
        await attempt.HearAsync("half open");
        attempt.City.Link.Drop();
        attempt.Packets.Loss = 0;
        await attempt.ConcludeAsync(load, witness, 90);
    }

    private static async Task NoNamesAsync(Attempt attempt)
    {
        var witness = attempt.Witness(new Load { Messages = 3_000 });
        var load = witness.RunAsync(attempt.Stop);
        await attempt.PauseAsync(200, 800);
        Names.Gone();
        attempt.City.Link.Drop();
        await Task.Delay(3_000, attempt.Stop);
        await attempt.HearAsync("no names");
        Attempt.Require((await attempt.Gateway.HealthAsync(attempt.Stop)).Contains("not connected", StringComparison.Ordinal), "health does not say that the cloud's name is not found");
        var page = await attempt.Gateway.GetAsync("/?lang=en", "text/html", attempt.Stop);
        Attempt.Require(page.Contains("name is not found", StringComparison.Ordinal), "the page does not say that the cloud's name is not found: " + page[Math.Max(0, page.IndexOf("data-fault", StringComparison.Ordinal))..][..600]);
        Names.Known();
        await attempt.ConcludeAsync(load, witness, 60);
    }
}
