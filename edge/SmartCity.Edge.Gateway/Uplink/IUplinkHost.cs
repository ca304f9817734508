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
}
