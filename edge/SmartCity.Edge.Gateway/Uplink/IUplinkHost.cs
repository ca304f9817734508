using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>What the uplink needs of the gateway around it, and gives to it.</summary>
public interface IUplinkHost
{
    /// <summary>The cloud holds everything up to <paramref name="through"/> durably; the rows are to be freed with one of the next commits.</summary>
    void Release(ulong epoch, byte lane, long through);

    /// <summary>The cloud's clock, as it stood in a message that has just come; µs since 1970 UTC.</summary>
    void ObserveServerTime(long micros);

    /// <summary>The gateway's state, for the cloud to show. Called about once a second: cheap.</summary>
    Protos.Uplink.V1.Status Status();

    /// <summary>Takes a command of the cloud to a device. Returns at once; the work goes on behind it.</summary>
    void Execute(Command command);

    /// <summary>Raised when something has become of a command, or of the desired state.</summary>
    event Action? CommandsChanged { add { } remove { } }

    /// <summary>What has become of commands since a look before; all that the cloud is not done with for a first one.</summary>
    /// <param name="look">0 for the first look of a stream, then what the look before left there.</param>
    IReadOnlyList<CommandResult> CommandResults(ref long look) => [];

    /// <summary>The cloud holds what was said of a command.</summary>
    void CommandStored(CommandStored stored) { }

    /// <summary>The desired state, as it came. Returns when it is in force, or not.</summary>
    void Desire(TwinPatch desired) { }

    /// <summary>How the gateway stands to the desired state, where that has changed since a look before; always for a first one. Null where there is nothing to say.</summary>
    /// <param name="look">0 for the first look of a stream, then what the look before left there.</param>
    TwinReport? TwinReport(ref long look) => null;

    /// <summary>The cloud holds what was reported.</summary>
    void TwinStored(TwinStored stored) { }
}
