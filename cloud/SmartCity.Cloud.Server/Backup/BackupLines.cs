using System.Diagnostics;
using System.Text.Json;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>Lines of an answer that grows: progress a few times a second, and an end. A reader that does not keep up delays nothing: it misses progress.</summary>
internal sealed class BackupLines(Stream to)
{
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(250);
    private readonly Lock _gate = new();
    private Task _written = Task.CompletedTask;
    private long _told;

    /// <summary>Writes how far it is, unless that was done a moment ago.</summary>
    public void Tell(BackupProgress progress)
    {
        lock (_gate)
        {
            if (!_written.IsCompleted || Stopwatch.GetElapsedTime(_told) < _every) return;
            _told = Stopwatch.GetTimestamp();
            _written = WriteAsync(new BackupLine { Progress = progress }, CancellationToken.None);
        }
    }

    /// <summary>Writes the last line.</summary>
    public async Task EndAsync(BackupLine line, CancellationToken cancellationToken)
    {
        await _written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await WriteAsync(line, cancellationToken);
    }

    private async Task WriteAsync(BackupLine line, CancellationToken cancellationToken)
    {
        await to.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(line, JsonSerializerOptions.Web), (byte)'\n'], cancellationToken);
        await to.FlushAsync(cancellationToken);
    }
}
