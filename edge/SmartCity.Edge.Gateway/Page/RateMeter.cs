using SmartCity.Edge.Gateway.Uplink;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>What comes and goes per second: the counters of the last two minutes, looked at every two seconds.</summary>
internal sealed class RateMeter(Intake.Intake intake, UplinkState uplink, TimeProvider clock) : BackgroundService
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private const int LooksMax = 61;
    /// <summary>The present rate is that of so many looks: ten seconds.</summary>
    private const int Recent = 5;
    /// <summary>A mean of fewer says nothing of the disk.</summary>
    private const int CommitsMin = 3;

    private readonly Lock _gate = new();
    private readonly Queue<Look> _looks = new(LooksMax);

    /// <summary>Rates of the last ten seconds, and messages per second between any two looks, the oldest first.</summary>
    public Rates Take()
    {
        lock (_gate)
        {
            if (_looks.Count < 2) return new Rates(0, 0, 0, [], null);
            var looks = _looks.ToArray();
            var (last, before) = (looks[^1], looks[Math.Max(0, looks.Length - 1 - Recent)]);
            var seconds = clock.GetElapsedTime(before.At, last.At).TotalSeconds;
            return new Rates((last.Messages - before.Messages) / seconds, (last.Values - before.Values) / seconds, (last.Sent - before.Sent) / seconds,
                [.. looks.Skip(1).Zip(looks, (after, one) => (after.Messages - one.Messages) / clock.GetElapsedTime(one.At, after.At).TotalSeconds)],
                last.Commits - before.Commits >= CommitsMin ? TimeSpan.FromMicroseconds((last.CommitMicros - before.CommitMicros) / (double)(last.Commits - before.Commits)) : null);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            do
            {
                lock (_gate)
                {
                    if (_looks.Count == LooksMax) _looks.Dequeue();
                    _looks.Enqueue(new Look(clock.GetTimestamp(), Volatile.Read(ref intake.Counters.Messages), Volatile.Read(ref intake.Counters.Values), uplink.ValuesSent,
                        Volatile.Read(ref intake.Counters.Commits), Volatile.Read(ref intake.Counters.CommitMicros)));
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    private readonly record struct Look(long At, long Messages, long Values, long Sent, long Commits, long CommitMicros);
}

/// <summary>What comes and goes.</summary>
/// <param name="Messages">Messages taken, per second.</param>
/// <param name="Values">Values kept, per second.</param>
/// <param name="Sent">Values sent to the cloud, per second, repeats included.</param>
/// <param name="Course">Messages per second over the last two minutes, the oldest first.</param>
/// <param name="Commit">What a commit of the last ten seconds took on average; null where there were too few.</param>
internal sealed record Rates(double Messages, double Values, double Sent, IReadOnlyList<double> Course, TimeSpan? Commit);
