using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>A system whose far end can be away.</summary>
internal interface IOutage : IDisposable
{
    /// <summary>Its name in the table.</summary>
    string Name { get; }
    /// <summary>Port of its MQTT, on loopback.</summary>
    int Port { get; }

    /// <summary>Whether it is known to wait for each answer, so that a long road makes it slow.</summary>
    bool IsSlow { get; }

    /// <summary>Messages at the far end so far.</summary>
    long Arrived();

    /// <summary>The far end goes away.</summary>
    void BeginOutage();

    /// <summary>The far end comes back.</summary>
    void EndOutage();

    /// <summary>Why its own books do not balance; null where they do or where it keeps none.</summary>
    string? Imbalance();
}

/// <summary>How fast a backlog drains after ten minutes without the far end: as many messages as come in that time, published as fast as they are taken.</summary>
internal static class DrainBench
{
    /// <summary>What comes in ten minutes at 1,000 messages a second.</summary>
    private const int Backlog = 600_000;
    /// <summary>What a bridge of 20 in flight takes some 25 s for where the way there and back is 50 ms: enough to know its rate by.</summary>
    private const int SlowBacklog = 10_000;

    private static readonly (TimeSpan RoundTrip, string Name)[] _roads =
        [(TimeSpan.Zero, "loopback"), (TimeSpan.FromMilliseconds(50), "50 ms there and back")];

    /// <summary>Measures each system on each road and returns a table.</summary>
    /// <param name="folder">Holds their data.</param>
    /// <param name="isQuick">Takes a twentieth of the backlog.</param>
    /// <param name="faults">Told of rows that do not count.</param>
    public static string Run(string folder, bool isQuick, Action<string> faults)
    {
        var table = new StringBuilder();
        var invariant = CultureInfo.InvariantCulture;
        table.Append("\nA backlog at QoS 1, published while the far end is away. Rate: from the first to the last message that arrives after it is back.\n\n");
        table.Append("| road to the far end | system | backlog, messages | drained messages/s | ours, times as fast | lost |\n|---|---|---:|---:|---:|---|\n");
        foreach (var (roundTrip, road) in _roads)
        {
            var ours = 0.0;
            foreach (var create in (Func<string, IOutage>[])[at => new OurCity(at, roundTrip), at => new MosquittoBridge(at, 20, roundTrip), at => new MosquittoBridge(at, 0, roundTrip)])
            {
                var place = Path.Combine(folder, "drain");
                using (var system = create(place))
                {
                    Console.Error.WriteLine($"Backlog, {road}: {system.Name} …");
                    var messages = (roundTrip > TimeSpan.FromMilliseconds(10) && system.IsSlow ? SlowBacklog : Backlog) / (isQuick ? 20 : 1);
                    var (rate, fault) = Measure(system, place, messages);
                    if (ours == 0) ours = rate;
                    table.Append(invariant, $"| {road} | {system.Name} | {messages:N0} | {rate:N0} | {(rate == ours ? "" : (ours / rate).ToString("0.0", invariant))} | {fault ?? "0"} |\n");
                    Console.Error.WriteLine(string.Create(invariant, $"  {rate:N0} messages/s{(fault is null ? "" : "; " + fault)}"));
                    if (fault is not null) faults(fault);
                }
                Directory.Delete(place, true);
            }
        }
        return table.ToString();
    }

    private static (double Rate, string? Fault) Measure(IOutage system, string folder, int messages)
    {
        var warm = PathBench.Load(system.Port, "--devices 100 --qos 1 --in-flight 10 --prefix warm-", 2, folder).Acknowledged;
        PathBench.Settled(system.Arrived, warm, TimeSpan.FromSeconds(60));
        system.BeginOutage();
        var expected = system.Arrived();
        // At a rate that every broker takes, so that the backlog is the same.
        var published = Math.Min(20_000, messages);
        expected += PathBench.Load(system.Port, string.Create(CultureInfo.InvariantCulture, $"--devices 1000 --qos 1 --in-flight 10 --rate {published}"), messages / published, folder).Acknowledged;
        var before = system.Arrived();
        system.EndOutage();
        var patience = Stopwatch.GetTimestamp();
        while (system.Arrived() == before && Stopwatch.GetElapsedTime(patience) < TimeSpan.FromSeconds(60)) Thread.Sleep(10);
        var (begin, first) = (Stopwatch.GetTimestamp(), system.Arrived());
        var arrived = PathBench.Settled(system.Arrived, expected, TimeSpan.FromSeconds(600), TimeSpan.FromMilliseconds(20), out var lastAt);
        var rate = (arrived - first) / Math.Max(1e-3, Stopwatch.GetElapsedTime(begin, lastAt).TotalSeconds);
        var fault = arrived < expected ? $"{expected - arrived:N0} of {expected - before:N0} messages are missing" : arrived > expected ? $"{arrived - expected:N0} messages came twice" : system.Imbalance();
        return (rate, fault);
    }
}
