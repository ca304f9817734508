using Grpc.Core;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>Whoever sends commands down the uplinks and hears what became of them.</summary>
public interface IUplinkCommands
{
    /// <summary>A gateway's stream is open: what waits for it may be written to <paramref name="line"/>, from any thread, until <see cref="Closed"/>.</summary>
    Task OpenedAsync(string gateway, IServerStreamWriter<UplinkResponse> line, CancellationToken cancellationToken);

    /// <summary>The stream is over.</summary>
    void Closed(string gateway, IServerStreamWriter<UplinkResponse> line);

    /// <summary>A gateway says what became of a command. Once this is durable it is told so; where it cannot be kept, it is not, and says it again on its next stream.</summary>
    Task TakeAsync(string gateway, CommandResult result, IServerStreamWriter<UplinkResponse> line, CancellationToken cancellationToken);
}
