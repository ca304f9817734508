using SmartCity.Hosting.Operations;
using SmartCity.Model;

namespace SmartCity.Edge.Gateway.Intake;

/// <summary>Whether this machine's clock is right: set by NTP, or within five minutes of the server's, now too: a step of it since the server was last heard counts. Thread-safe.</summary>
internal sealed class ClockTrust(TimeProvider clock)
{
    /// <summary>Furthest that it may be from the server's clock.</summary>
    public static readonly TimeSpan Near = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan _askEvery = TimeSpan.FromSeconds(30);

    private long _askedAt = -1;
    private volatile bool _isSynchronised;
    private volatile Heard? _server;

    /// <summary>Asks NTP; left out in tests.</summary>
    public Func<bool> IsSynchronised { get; init; } = KernelClock.IsSynchronised;

    /// <summary>The verdict now.</summary>
    public bool IsTrusted
    {
        get
        {
            if (_server is { } server) return Math.Abs(UnixMicros.Now(clock) - server.Micros - Micros(clock.GetElapsedTime(server.At))) <= Micros(Near);
            var asked = Volatile.Read(ref _askedAt);
            if (asked < 0 || clock.GetElapsedTime(asked) > _askEvery)
            {
                _isSynchronised = IsSynchronised();
                Volatile.Write(ref _askedAt, clock.GetTimestamp());
            }
            return _isSynchronised;
        }
    }

    /// <summary>Takes the server's time, µs since 1970 UTC, as it stood a moment ago.</summary>
    public void Observe(long serverMicros) => _server = new Heard(serverMicros, clock.GetTimestamp());

    private static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The server's time and when it came, by a clock that does not step.</summary>
    private sealed record Heard(long Micros, long At);
}
