using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Log;
using SmartCity.Hosting.Files;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Faults;

/// <summary>
/// Looks every two seconds what is wrong, for the page of faults, and writes to the log what that page says of each as it comes, and that it is over.
/// What is no alarm must still be there at the second look. A fault that the process before has left is told as the same one.
/// </summary>
internal sealed partial class FaultWatch(FaultReporter reporter, FaultHistory history, RunRecord run, TimeProvider clock, ILogger<FaultWatch> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(2);
    /// <summary>What the process before has left may take so long to be seen again.</summary>
    private static readonly TimeSpan _again = TimeSpan.FromMinutes(3);
    private readonly Dictionary<(string Kind, string Subject), Seen> _seen = history.Open.GroupBy(row => (row.Kind, row.Subject)).ToDictionary(same => same.Key, same => new Seen(same.Last(), true, true));
    private readonly Lock _gate = new();
    private readonly long _begin = clock.GetTimestamp();
    private volatile IReadOnlyList<FaultRow> _now = [];
    private volatile IReadOnlyList<FaultRow> _past = [.. history.Past];

    /// <summary>What is wrong now, alarms first.</summary>
    public IReadOnlyList<FaultRow> Now => _now;

    /// <summary>What was wrong and is over, the latest first.</summary>
    public IReadOnlyList<FaultRow> Past => _past;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(_every, clock);
        try
        {
            do Look();
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
        catch (LogBrokenException)
        {
            // The log's upkeep says so and ends the process.
        }
        catch (ObjectDisposedException) when (stoppingToken.IsCancellationRequested)
        {
            // The log was closed under a last look.
        }
    }

    /// <summary>Looks once.</summary>
    public void Look()
    {
        lock (_gate) LookOnce();
    }

    private void LookOnce()
    {
        run.Beat();
        var now = new List<FaultRow>();
        var found = new HashSet<(string, string)>();
        foreach (var row in reporter.Take())
        {
            var key = (row.Kind, row.Subject);
            if (!found.Add(key)) continue;
            var seen = _seen.GetValueOrDefault(key);
            // Its words follow what is known of it; its beginning stays.
            var kept = seen is null ? row : row with { Since = seen.Row.Since };
            now.Add(kept);
            var isSaid = seen is { IsSaid: true } || row.IsAlarm || seen is not null;
            _seen[key] = new Seen(kept, isSaid, false);
            if (!isSaid || seen is { IsSaid: true }) continue;
            history.Began(kept);
            var (what, keeps, loses, remedy) = (FaultWords.Say(row, "what"), FaultWords.Say(row, "kept"), FaultWords.Say(row, "lost"), FaultWords.Say(row, "do"));
            Began(row.IsAlarm ? LogLevel.Error : LogLevel.Warning, what, keeps, loses, remedy);
        }
        var mayBeLate = clock.GetElapsedTime(_begin) < _again;
        foreach (var (key, seen) in _seen.Where(one => !found.Contains(one.Key) && !(one.Value.IsLeft && mayBeLate)).ToList())
        {
            _seen.Remove(key);
            if (!seen.IsSaid) continue;
            history.Ended(seen.Row with { Until = UnixMicros.Now(clock) });
            var over = FaultWords.Say(seen.Row, "what");
            Ended(over);
        }
        _now = now;
        _past = [.. history.Past];
    }

    [LoggerMessage(EventId = 5001, Message = "{What} Kept: {Kept} Not kept: {Lost} To do: {Remedy}")]
    private partial void Began(LogLevel level, string what, string kept, string lost, string remedy);

    [LoggerMessage(5002, LogLevel.Information, "Over: {What}")]
    private partial void Ended(string what);

    /// <param name="Row">As it was seen last, since when it is there.</param>
    /// <param name="IsSaid">Whether the log has it.</param>
    /// <param name="IsLeft">Whether only the process before has seen it.</param>
    private sealed record Seen(FaultRow Row, bool IsSaid, bool IsLeft);
}
