namespace SmartCity.Faults;

/// <summary>A row of the fault matrix: a fault that can be brought about again and again.</summary>
/// <param name="Name">As the command line calls it.</param>
/// <param name="Number">Its number in the matrix.</param>
/// <param name="Fault">What happens.</param>
/// <param name="Run">Brings it about once under load, and has the witness compared in the end.</param>
internal sealed record FaultRow(string Name, int Number, string Fault, Func<Attempt, Task> Run)
{
    /// <summary>What the machine must have.</summary>
    public IReadOnlyList<Tool> Needs { get; init; } = [];
    /// <summary>Further settings of the gateway.</summary>
    public IReadOnlyList<string> Gateway { get; init; } = [];
    /// <summary>Further settings of the server.</summary>
    public IReadOnlyList<string> Server { get; init; } = [];
    /// <summary>Whether both processes run before an attempt begins; otherwise the row starts them.</summary>
    public bool Starts { get; init; } = true;
    /// <summary>Seconds that an attempt takes on a machine with two cores, roughly; for the rotation.</summary>
    public int Seconds { get; init; } = 20;
    /// <summary>What of it is known not to hold; null where nothing is. Such a row is not in the rotation.</summary>
    public string? Open { get; init; }
    /// <summary>Whether it runs in a process with network, mounts and process ids of its own.</summary>
    public bool IsIsolated { get; init; }
    /// <summary>Whether <see cref="Table.Times"/> attempts together try every instant there is.</summary>
    public bool IsExhaustive { get; init; }
}

/// <summary>What a row needs of the machine, beyond the programs under test.</summary>
internal enum Tool
{
    /// <summary>To be root.</summary>
    Root,
    /// <summary>Debian's <c>strace</c>.</summary>
    Strace,
    /// <summary>Loop devices, and Debian's <c>xfsprogs</c>.</summary>
    Xfs,
    /// <summary>Namespaces, a packet device and Debian's <c>iproute2</c>.</summary>
    Namespace,
    /// <summary>The memory cgroup, version 1.</summary>
    MemoryGroup,
    /// <summary>Debian's <c>libfaketime</c>.</summary>
    Faketime,
    /// <summary>Debian's <c>mosquitto</c>.</summary>
    Mosquitto,
}
