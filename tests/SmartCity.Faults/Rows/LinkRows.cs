using System.Diagnostics;

namespace SmartCity.Faults;

/// <summary>The link between gateway and cloud: cut, silent, one-sided, slow, corrupted.</summary>
internal static class LinkRows
{
    public static IReadOnlyList<FaultRow> All { get; } =
    [
        new("partition", 18, "the link passes nothing for some seconds, without a word", attempt => DuringAsync(attempt, 1_500, async link =>
        {
            link.State = LinkState.Silent;
            await attempt.PauseAsync(2_000, 8_000);
            await attempt.HearAsync("partitioned");
            link.State = LinkState.Open;
        })),
        new("acks-lost", 19, "the link passes what the gateway sends and nothing of what the cloud answers, then breaks", attempt => DuringAsync(attempt, 1_500, async link =>
        {
            link.State = LinkState.NothingBack;
            await attempt.PauseAsync(500, 3_000);
            link.State = LinkState.Cut;
            await attempt.HearAsync("cut");
            link.State = LinkState.Open;
        })),
        new("flapping", 20, "the link is there for 2 s and away for 2 s, three times", attempt => DuringAsync(attempt, 4_500, async link =>
        {
            var before = link.Connections;
            for (var i = 0; i < 3; i++)
            {
                link.State = LinkState.Cut;
                await Task.Delay(2_000, attempt.Stop);
                link.State = LinkState.Open;
                await Task.Delay(2_000, attempt.Stop);
            }
            attempt.Figures["connectionsTried"] = link.Connections - before;
        })),
        new("long-way", 21, "300 ms there and back, 1 Mbit a second", attempt => DuringAsync(attempt, 1_500, async link =>
        {
            (link.Delay, link.BytesPerSecond) = (TimeSpan.FromMilliseconds(150), 125_000);
            await Task.Delay(3_000, attempt.Stop);
            await attempt.HearAsync("slow link");
            (link.Delay, link.BytesPerSecond) = (TimeSpan.Zero, 0);
        })),
        new("half-open", 22, "the peer is gone and says nothing: the connection stays and carries nothing for ever", HalfOpenAsync),
        new("corruption", 23, "bits are flipped in transit, under TLS", attempt => DuringAsync(attempt, 1_500, async link =>
        {
            for (var i = 0; i < 3; i++)
            {
                link.CorruptAfter(attempt.Random.Next(0, 4_000));
                await attempt.PauseAsync(300, 900);
            }
        })),
    ];

    private static async Task DuringAsync(Attempt attempt, int messages, Func<LinkProxy, Task> fault)
    {
        var witness = attempt.Witness(new Load { Messages = messages });
        var load = witness.RunAsync(attempt.Stop);
        await attempt.PauseAsync(200, 800);
        await fault(attempt.City.Link);
        await attempt.ConcludeAsync(load, witness);
    }

    private static async Task HalfOpenAsync(Attempt attempt)
    {
        var witness = attempt.Witness(new Load { Messages = 1_500 });
        var load = witness.RunAsync(attempt.Stop);
        await attempt.PauseAsync(200, 800);
        var before = attempt.City.Link.Connections;
        attempt.City.Link.State = LinkState.Silent;
        var begin = Stopwatch.GetTimestamp();
        while (attempt.City.Link.Connections == before)
        {
            Attempt.Require(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30), "the gateway has not given up a dead link after 30 s");
            await Task.Delay(50, attempt.Stop);
        }
        attempt.Figures["foundDeadSeconds"] = Math.Round(Stopwatch.GetElapsedTime(begin).TotalSeconds, 1);
        attempt.City.Link.State = LinkState.Cut;
        attempt.City.Link.State = LinkState.Open;
        await attempt.ConcludeAsync(load, witness);
    }
}
