using SmartCity.Edge.Spool;
using SmartCity.Hosting.Files;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>
/// Writes to the log what the page says of each fault as it comes, and that it is over: who has only the log reads the same there.
/// Looks every two seconds; what is no alarm must still be there at the second look.
/// </summary>
internal sealed partial class FaultLog(Reporter reporter, RunRecord run, TimeProvider clock, ILogger<FaultLog> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, Seen> _seen = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Look();
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
        catch (SpoolBrokenException)
        {
            // The commit loop says so and ends the process.
        }
    }

    /// <summary>Takes a report and writes what has changed.</summary>
    public void Look()
    {
        run.Beat();
        var faults = Fault.Of(reporter.Take(), PageText.English, TimeZoneInfo.Utc).Select(Plain).ToList();
        // A kind counts once: two full lanes are one thing to look at.
        foreach (var fault in faults.DistinctBy(fault => fault.Kind))
        {
            if (_seen.TryGetValue(fault.Kind, out var seen) && seen.IsSaid) continue;
            var isSaid = fault.IsAlarm || seen is not null;
            _seen[fault.Kind] = new Seen(fault.What, isSaid);
            if (isSaid) Began(fault.IsAlarm ? LogLevel.Error : LogLevel.Warning, fault.What, fault.Kept, fault.Lost, fault.Remedy);
        }
        foreach (var kind in _seen.Keys.Where(kind => faults.All(fault => fault.Kind != kind)).ToList())
            if (_seen.Remove(kind, out var over) && over.IsSaid) Ended(over.What);
    }

    // The page's marks of direction are nothing to a log.
    private static Fault Plain(Fault fault) => fault with { What = Plain(fault.What), Kept = Plain(fault.Kept), Lost = Plain(fault.Lost), Remedy = Plain(fault.Remedy) };

    private static string Plain(string words) => words.Replace("\u2068", "", StringComparison.Ordinal).Replace("\u2069", "", StringComparison.Ordinal);

    [LoggerMessage(EventId = 5001, Message = "{What} Kept: {Kept} Not kept: {Lost} To do: {Remedy}")]
    private partial void Began(LogLevel level, string what, string kept, string lost, string remedy);

    [LoggerMessage(5002, LogLevel.Information, "Over: {What}")]
    private partial void Ended(string what);

    private sealed record Seen(string What, bool IsSaid);
}
