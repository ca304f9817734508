using SmartCity.Cloud.Log;
using SmartCity.Cloud.TimeSeries;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>What a backup is taken of: the data folder of a server, and of one that runs the parts that go on meanwhile.</summary>
/// <param name="Data">The data folder.</param>
/// <param name="City">Names the server among others.</param>
internal sealed record BackupSource(string Data, string City)
{
    /// <summary>Name of the city that gateways' certificates carry; null where any may.</summary>
    public string? CityName { get; init; }

    /// <summary>The running log; null where no server runs.</summary>
    public DurableLog? Log { get; init; }

    /// <summary>The store of readings; null where there is none yet.</summary>
    public IReadingStore? Store { get; init; }

    /// <summary>Does something while no consumer stores anything, so that all their stores are of one moment.</summary>
    public Func<Func<Task>, CancellationToken, Task> StandStill { get; init; } = static (work, _) => work();

    /// <summary>Files outside of the data folder that the server needs, as the settings name them.</summary>
    public IReadOnlyList<string> SettingsFiles { get; init; } = [];

    /// <summary>What is kept elsewhere, in words.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}
