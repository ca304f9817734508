namespace SmartCity.Edge.Spool;

/// <summary>Where a spool lies and how much it may hold.</summary>
public sealed record SpoolOptions
{
    /// <summary>Name of the database file in <see cref="Folder"/>.</summary>
    public const string FileName = "spool.db";

    /// <summary>Folder of the spool; made at need. One process owns it at a time.</summary>
    public required string Folder { get; init; }
    /// <summary>The lanes; every lane that is ever appended to stands here.</summary>
    public required IReadOnlyList<SpoolLane> Lanes { get; init; }
    /// <summary>Bytes of payload and topic that the dead letters may hold. Default 64 MiB.</summary>
    public long DeadLetterQuotaBytes { get; init; } = 64L << 20;
    /// <summary>Size of the file given back to a full volume so that what the cloud has can still be freed. Default 4 MiB; 0 = none.</summary>
    public long ReserveBytes { get; init; } = 4L << 20;
    /// <summary>Greatest size of the database file; 0 (default) = as large as the quotas let it grow.</summary>
    public long FileBytesMax { get; init; }
    /// <summary>Marks kept (<see cref="SpoolTransaction.Mark"/>); the least recently set go first. Default 200,000.</summary>
    public int MarksMax { get; init; } = 200_000;
    /// <summary>Bytes that records (<see cref="SpoolTransaction.Keep"/>) may take, with <see cref="Spool.RowOverheadBytes"/> each; the owner holds it. Default 64 MiB.</summary>
    public long KeptQuotaBytes { get; init; } = 64L << 20;
    /// <summary>What identifies this machine; a spool opened under another one begins a new epoch. Default: <c>/etc/machine-id</c>, else the host name.</summary>
    public string? Machine { get; init; }
    /// <summary>Clock of dead letters and epochs.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Usable bytes of the volume that holds <paramref name="folder"/>: its size less 15 %, and never more than is free plus <paramref name="held"/>.</summary>
    public static long VolumeQuota(string folder, long held)
    {
        var drive = new DriveInfo(Path.GetFullPath(folder));
        var usable = drive.TotalSize - drive.TotalSize / 100 * 15;
        return Math.Max(0, Math.Min(usable, drive.AvailableFreeSpace + held - drive.TotalSize / 100 * 5));
    }
}

/// <summary>A lane: its number and what it may hold.</summary>
/// <param name="Lane">Number of the lane, as the owner counts them.</param>
/// <param name="QuotaBytes">Bytes of columns and names that it may hold before it refuses.</param>
/// <param name="WhenFull">What happens at the quota.</param>
public sealed record SpoolLane(byte Lane, long QuotaBytes, WhenFull WhenFull = WhenFull.Refuse);

/// <summary>What a lane does at its quota.</summary>
public enum WhenFull
{
    /// <summary>Refuses what is new; nothing that was acknowledged is lost.</summary>
    Refuse,
    /// <summary>The operator's rule: gives up the oldest rows, counted as expired, each with a gap record.</summary>
    ExpireOldest,
}
