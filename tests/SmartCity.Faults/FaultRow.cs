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
    /// <summary>Whether one attempt tries every instant there is: more attempts try the same ones again.</summary>
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
    /// <summary>Debian's <c>faketime</c>.</summary>
    Faketime,
    /// <summary>Debian's <c>iptables</c>.</summary>
    Iptables,
    /// <summary>Debian's <c>mosquitto</c>.</summary>
    Mosquitto,
}
