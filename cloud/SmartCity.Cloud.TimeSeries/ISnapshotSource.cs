namespace SmartCity.Cloud.TimeSeries;

/// <summary>A store with files in a folder of the server's own, which can be copied while it is used.</summary>
public interface ISnapshotSource
{
    /// <summary>Folder of those files, absolute.</summary>
    string Folder { get; }

    /// <summary>Holds the files as they are at this moment, until it is disposed; appends and queries go on meanwhile.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be opened.</exception>
    Task<StoreSnapshot> SnapshotAsync(CancellationToken cancellationToken);
}
