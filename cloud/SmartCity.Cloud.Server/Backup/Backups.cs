using System.Text.Json;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>Backups of the running server, one at a time.</summary>
internal sealed class Backups(
    ServerOptions options, DurableLog log, IEnumerable<LogConsumer> consumers, CompletenessCertificates identity, TimeProvider clock, ILogger<Backups> logger, IReadingStore? store = null) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private long _failed;

    /// <summary>Backups that could not be taken since the start.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>When the last whole one was taken; null where none ever was.</summary>
    public DateTimeOffset? Last => LastBackup.Read(options.Data)?.Taken;

    /// <summary>Takes one.</summary>
    /// <exception cref="BackupException">It cannot be taken, or another is under way.</exception>
    public async Task<BackupSummary> TakeAsync(string folder, int? keep, Action<BackupProgress> progress, CancellationToken cancellationToken)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero, cancellationToken)) throw new BackupException("A backup of this server is under way. Wait for its end.");
        try
        {
            var source = new BackupSource(options.Data, identity.KeyId) { CityName = options.Ingest.City, Log = log, Store = store, StandStill = StandStillAsync, SettingsFiles = BackupSettings.FilesOf(options), LeftOut = BackupSettings.LeftOut(options) };
            var summary = await new BackupTaker(source, clock).TakeAsync(folder, keep, progress, cancellationToken);
            LastBackup.Write(options.Data, new LastBackup(summary.Folder, summary.Taken));
            logger.BackupTaken(summary.Folder, summary.Files, summary.Bytes, summary.Linked, summary.Seconds);
            return summary;
        }
        catch (BackupException error)
        {
            Interlocked.Increment(ref _failed);
            logger.BackupFailed(error.Message);
            throw;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Waits until no consumer stores anything, one after the other.</summary>
    private Task StandStillAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        var all = work;
        // The first is outermost, as the audit takes them: two that wait for each other would wait for ever.
        foreach (var consumer in consumers.Reverse())
        {
            var inner = all;
            all = () => consumer.StandStillAsync(async _ =>
            {
                await inner();
                return true;
            }, cancellationToken);
        }
        return all();
    }
}

/// <summary>The last whole backup, in the data folder: for whoever asks how old it is.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Taken">The moment that it shows.</param>
internal sealed record LastBackup(string Folder, DateTimeOffset Taken)
{
    private const string Name = "backup.json";

    public static void Write(string data, LastBackup last) => DurableFile.Replace(Path.Combine(data, Name), JsonSerializer.SerializeToUtf8Bytes(last, JsonSerializerOptions.Web));

    /// <returns>Null where none was taken, or nothing can be read.</returns>
    public static LastBackup? Read(string data)
    {
        try
        {
            return JsonSerializer.Deserialize<LastBackup>(File.ReadAllBytes(Path.Combine(data, Name)), JsonSerializerOptions.Web);
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
