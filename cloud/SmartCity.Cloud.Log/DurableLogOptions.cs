namespace SmartCity.Cloud.Log;

/// <summary>Where the log lives and how much it may take.</summary>
public sealed record DurableLogOptions
{
    /// <summary>Name of the database in <see cref="Folder"/>.</summary>
    public const string FileName = "log.db";

    /// <summary>Folder of the log; made where it does not exist.</summary>
    public required string Folder { get; init; }
    /// <summary>Most bytes of rows; at it nothing more is taken until consumers have moved on. Default 8 GiB.</summary>
    public long QuotaBytes { get; init; } = 8L << 30;
    /// <summary>How long rows stay after the slowest consumer has taken them, quota permitting. Default 7 days.</summary>
    public TimeSpan KeepConsumed { get; init; } = TimeSpan.FromDays(7);
    /// <summary>How long the hours of <see cref="DurableLog.Hours"/> are kept. Default 100 days.</summary>
    public TimeSpan KeepHours { get; init; } = TimeSpan.FromDays(100);
    /// <summary>Most dead letters kept; with more, batches that bring one are refused. Default 1,000,000.</summary>
    public long DeadLettersMax { get; init; } = 1_000_000;
    /// <summary>Bytes set aside on the volume, so that rows can still be deleted when it is full. Default 4 MiB.</summary>
    public long ReserveBytes { get; init; } = 4 << 20;
    /// <summary>Most bytes of the database file, 0 for as many as the volume has.</summary>
    public long FileBytesMax { get; init; }
}
