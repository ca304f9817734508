using System.Collections.Concurrent;

namespace SmartCity.Cloud.Fleet.Enrolment;

/// <summary>
/// Locks out whoever guesses codes: after ten wrong ones from an address it waits a minute, twice as long with each further one, an hour at most. Only codes
/// that were never made count, so that neither a thousand boxes behind one address nor one that sends its code again wait. Kept in memory; a restart forgives.
/// </summary>
public sealed class EnrolmentThrottle(TimeProvider clock)
{
    private const int Free = 10;
    private const int EntriesMax = 10_000;
    private static readonly TimeSpan _first = TimeSpan.FromMinutes(1), _most = TimeSpan.FromHours(1), _forgiveAfter = TimeSpan.FromHours(2);
    private readonly ConcurrentDictionary<string, Failures> _failures = new(StringComparer.Ordinal);
    private long _guesses;

    /// <summary>Codes that were never made and came since the start.</summary>
    public long Guesses => Volatile.Read(ref _guesses);

    /// <summary>Addresses that are locked out now.</summary>
    public IReadOnlyList<string> Locked
    {
        get
        {
            var now = clock.GetUtcNow();
            return [.. _failures.Where(pair => pair.Value.Until > now).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>How long an address must wait; zero where it need not.</summary>
    public TimeSpan Wait(string address) => _failures.TryGetValue(address, out var failures) && failures.Until - clock.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero;

    /// <summary>Counts a wrong code.</summary>
    /// <returns>How long the address is locked out from now on; zero where it is not.</returns>
    public TimeSpan Failed(string address)
    {
        Interlocked.Increment(ref _guesses);
        var now = clock.GetUtcNow();
        if (_failures.Count > EntriesMax)
            foreach (var (key, _) in _failures.OrderBy(pair => pair.Value.Last).Take(EntriesMax / 4)) _failures.TryRemove(key, out _);
        var after = _failures.AddOrUpdate(address, _ => new Failures(1, now, now), (_, before) =>
        {
            if (now - before.Last > _forgiveAfter) return new Failures(1, now, now);
            // Sent before the lock was there, answered after it.
            if (before.Until > now) return before with { Last = now };
            var beyond = before.Count + 1 - Free;
            var wait = beyond < 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(_most.TotalSeconds, _first.TotalSeconds * Math.Pow(2, Math.Min(beyond, 10))));
            return new Failures(before.Count + 1, now, now + wait);
        });
        return after.Until - now;
    }

    private sealed record Failures(int Count, DateTimeOffset Last, DateTimeOffset Until);
}
