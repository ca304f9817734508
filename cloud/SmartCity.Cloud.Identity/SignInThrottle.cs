using System.Collections.Concurrent;

namespace SmartCity.Cloud.Identity;

/// <summary>
/// Slows down who guesses passwords without locking out who owns them: the wait grows by account and address, by address, and by account; a browser that
/// has signed in to the account before is told from others by a cookie and waits only for its own mistakes.
/// </summary>
/// <remarks>Kept in memory: a restart forgives. An attempt counts as failed until it has succeeded, so that many at once do not slip through together.</remarks>
public sealed class SignInThrottle(TimeProvider clock)
{
    private const int EntriesMax = 50_000;
    private static readonly TimeSpan _forgiveAfter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan _waitMax = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Failures> _failures = new(StringComparer.Ordinal);

    /// <summary>Asks whether an attempt may be made, and counts it.</summary>
    /// <param name="account">Name that was typed.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="knownBrowser">Id of a browser that signed in to this account before; null for others.</param>
    /// <returns>How long to wait; zero where it may be made now.</returns>
    public TimeSpan Attempt(string account, string address, string? knownBrowser) => Attempt(Keys(account, address, knownBrowser));

    /// <summary>The same for an attempt that names no account, as with a passkey: only where it comes from counts.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <returns>How long to wait; zero where it may be made now.</returns>
    public TimeSpan Attempt(string address) => Attempt([AddressKey(address)]);

    /// <summary>The attempt was right: it and those before it by the same browser are forgiven.</summary>
    public void Succeeded(string account, string address, string? knownBrowser)
    {
        var keys = Keys(account, address, knownBrowser);
        _failures.TryRemove(keys[0].Key, out _);
        foreach (var (key, _) in keys.Skip(1)) Forgive(key);
    }

    /// <summary>An attempt that named no account was right.</summary>
    public void Succeeded(string address) => Forgive(AddressKey(address).Key);

    private TimeSpan Attempt((string Key, int Free)[] keys)
    {
        var now = clock.GetUtcNow();
        var wait = keys.Max(key => _failures.TryGetValue(key.Key, out var failures) ? failures.Last + WaitOf(failures.Count - key.Free) - now : TimeSpan.Zero);
        if (wait > TimeSpan.Zero) return wait;
        if (_failures.Count > EntriesMax) Trim(now);
        foreach (var (key, _) in keys)
            _failures.AddOrUpdate(key, new Failures(1, now), (_, old) => now - old.Last > _forgiveAfter ? new Failures(1, now) : new Failures(old.Count + 1, now));
        return TimeSpan.Zero;
    }

    private void Forgive(string key) => _failures.AddOrUpdate(key, new Failures(0, clock.GetUtcNow()), (_, old) => old with { Count = Math.Max(0, old.Count - 1) });

    /// <summary>Each counter with how many mistakes it lets pass.</summary>
    private static (string Key, int Free)[] Keys(string account, string address, string? knownBrowser)
    {
        var name = account.Length > 64 ? account[..64].ToUpperInvariant() : account.ToUpperInvariant();
        return knownBrowser is not null
            ? [($"browser {knownBrowser} {name}", 5)]
            : [($"pair {address} {name}", 5), AddressKey(address), ($"account {name}", 20)];
    }

    private static (string Key, int Free) AddressKey(string address) => ($"address {address}", 30);

    private static TimeSpan WaitOf(int beyond) => beyond < 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(_waitMax.TotalSeconds, Math.Pow(2, Math.Min(beyond, 10))));

    private void Trim(DateTimeOffset now)
    {
        foreach (var (key, failures) in _failures)
            if (now - failures.Last > _forgiveAfter) _failures.TryRemove(key, out _);
        // Under a flood of names the oldest go; each of them was slowed down by its address too.
        if (_failures.Count > EntriesMax)
            foreach (var (key, _) in _failures.OrderBy(pair => pair.Value.Last).Take(EntriesMax / 4)) _failures.TryRemove(key, out _);
    }

    private sealed record Failures(int Count, DateTimeOffset Last);
}
