namespace SmartCity.Cloud.Server.Backup;

/// <summary>How far a backup or a restore is.</summary>
/// <param name="Step">What it does, in words.</param>
/// <param name="Done">Bytes done.</param>
/// <param name="Total">Bytes in all, as far as is known.</param>
internal readonly record struct BackupProgress(string Step, long Done, long Total);

/// <summary>What a backup came to.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="City">The server.</param>
/// <param name="Taken">The moment that it shows.</param>
/// <param name="LogEnd">Values in the log.</param>
/// <param name="Files">Files.</param>
/// <param name="Bytes">Bytes of all files.</param>
/// <param name="Linked">Bytes taken over from the backup before it, without being read.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Removed">Older backups that were removed.</param>
/// <param name="LeftOut">What a whole server has beside it.</param>
internal sealed record BackupSummary(
    string Id, string Folder, string City, DateTimeOffset Taken, long LogEnd, int Files, long Bytes, long Linked, double Seconds, IReadOnlyList<string> Removed, IReadOnlyList<string> LeftOut);
