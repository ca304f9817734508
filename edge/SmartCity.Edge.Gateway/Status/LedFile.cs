using SmartCity.Edge.Gateway.Uplink;

namespace SmartCity.Edge.Gateway.Status;

/// <summary>Keeps the file of the box's light: <c>online</c>, <c>offline</c> or <c>blink</c>, replaced at once whenever it changes. Thread-safe.</summary>
internal sealed class LedFile(string file, UplinkState link, TimeProvider clock, ILogger<LedFile> logger) : BackgroundService
{
    /// <summary>Longest blinking.</summary>
    public static readonly TimeSpan BlinkMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(500);
    private readonly Lock _gate = new();
    private string? _written, _trouble;
    private long _blinkSince;
    private TimeSpan _blinkFor;

    /// <summary>What the light shows.</summary>
    public string State
    {
        get { lock (_gate) return _blinkFor > TimeSpan.Zero && clock.GetElapsedTime(_blinkSince) < _blinkFor ? "blink" : link.IsOpen ? "online" : "offline"; }
    }

    /// <summary>Blinks for a while from now on, in place of an order before; zero ends it.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Blink(TimeSpan span)
    {
        lock (_gate) (_blinkSince, _blinkFor) = (clock.GetTimestamp(), span);
        if (Write() is { } trouble) throw new IOException(trouble);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // What a process that was killed has left is not true any more.
        Write();
        using var timer = new PeriodicTimer(_every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Write();
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
        lock (_gate) _blinkFor = TimeSpan.Zero;
        Write("offline");
    }

    private string? Write(string? state = null)
    {
        lock (_gate)
        {
            state ??= State;
            if (state == _written) return null;
            try
            {
                // Whoever reads it sees the word before or the one after. It need not outlast a power cut.
                var fresh = file + ".new";
                File.WriteAllText(fresh, state + "\n");
                File.Move(fresh, file, overwrite: true);
                (_written, _trouble) = (state, null);
                return null;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                var trouble = $"{file} cannot be written: {error.Message}";
                if (_trouble != trouble) logger.LedNotWritten(trouble);
                return _trouble = trouble;
            }
        }
    }
}

internal static partial class LedLog
{
    [LoggerMessage(3301, LogLevel.Warning, "The light of the box cannot be told what to show: {Reason}")]
    public static partial void LedNotWritten(this ILogger logger, string reason);
}
