using System.Text.Json;

namespace SmartCity.Hosting.Files;

/// <summary>
/// <c>{data}/run.json</c>: stands there while a process runs and is taken away when it ends in good order. One that is found at a start tells a person
/// what a killed process cannot: that it ended without a word, when it was last seen, and why where it could still say so.
/// </summary>
/// <remarks>A comfort, nothing hangs on it: what cannot be written or read is left out. The file's own time says when the process was last seen, so that a full disk does not stop that.</remarks>
public sealed class RunRecord : IDisposable
{
    /// <summary>Name of the file in the data folder.</summary>
    public const string Name = "run.json";
    /// <summary>How long after a start the end before it is told.</summary>
    public static readonly TimeSpan ToldFor = TimeSpan.FromDays(1);

    private static readonly Lazy<string?> _boot = new(ReadBoot);
    private readonly string _file;
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _began;
    private readonly EndBefore? _before;
    private bool _hasFailed;

    private RunRecord(string file, TimeProvider clock, EndBefore? before) => (_file, _clock, _began, _before) = (file, clock, clock.GetUtcNow(), before);

    /// <summary>How the run before ended, where that was without notice and this one began less than <see cref="ToldFor"/> ago; else null.</summary>
    public EndBefore? Before => _before is not null && _clock.GetUtcNow() - _began < ToldFor ? _before : null;

    /// <summary>Begins a run: reads what the one before left, and puts this one's in its place.</summary>
    /// <param name="data">The process's data folder; it exists and is held by this process.</param>
    /// <param name="clock">Clock.</param>
    public static RunRecord Begin(string data, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var file = Path.Combine(data, Name);
        var record = new RunRecord(file, clock, Read(file, clock.GetUtcNow()));
        record.Write(null);
        return record;
    }

    /// <summary>The process lives. To be called every few seconds.</summary>
    public void Beat()
    {
        try
        {
            File.SetLastWriteTimeUtc(_file, _clock.GetUtcNow().UtcDateTime);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // A disk that fails is told of elsewhere; a clock of 1970 is no file time everywhere.
        }
    }

    /// <summary>The process is about to end because of <paramref name="reason"/>; the next run tells.</summary>
    public void Failed(string reason)
    {
        _hasFailed = true;
        Write(reason);
    }

    /// <summary>The process ends in good order, unless it has <see cref="Failed"/>.</summary>
    public void Dispose()
    {
        if (_hasFailed) return;
        try
        {
            File.Delete(_file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Then the next start tells of an end without notice that was none.
        }
    }

    private void Write(string? reason)
    {
        try
        {
            File.WriteAllBytes(_file, JsonSerializer.SerializeToUtf8Bytes(new Content(_began, _boot.Value, reason)));
            Beat();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // See the remarks of the class.
        }
    }

    private static EndBefore? Read(string file, DateTimeOffset now)
    {
        try
        {
            if (!File.Exists(file)) return null;
            var seen = new DateTimeOffset(File.GetLastWriteTimeUtc(file));
            var content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(file));
            var cause = content?.Reason is not null ? EndCause.Failed : content?.Boot is { } boot && _boot.Value is { } present && boot != present ? EndCause.Machine : EndCause.Process;
            return new EndBefore(seen, now, cause, content?.Reason);
        }
        catch (JsonException)
        {
            // Cut off while it was written: the power went.
            return new EndBefore(new DateTimeOffset(File.GetLastWriteTimeUtc(file)), now, EndCause.Machine, null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Linux makes a new one at each start of the machine.
    private static string? ReadBoot()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed record Content(DateTimeOffset Began, string? Boot, string? Reason);
}

/// <summary>How a run ended that did so without notice.</summary>
/// <param name="Seen">When it was last seen alive.</param>
/// <param name="Again">When the next one began.</param>
/// <param name="Cause">What is known of why.</param>
/// <param name="Reason">What it said itself; null where it could not.</param>
public sealed record EndBefore(DateTimeOffset Seen, DateTimeOffset Again, EndCause Cause, string? Reason);

/// <summary>Why a run ended without notice.</summary>
public enum EndCause
{
    /// <summary>The process alone: killed, or out of memory.</summary>
    Process,
    /// <summary>The whole machine: power, or a restart.</summary>
    Machine,
    /// <summary>It ended itself, as after a failed disk.</summary>
    Failed,
}
