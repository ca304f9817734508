using Grpc.Core;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>Whoever sends gateways their desired state and hears how they stand to it.</summary>
public interface IUplinkTwins
{
    /// <summary>A gateway's stream is open: its desired state may be written to <paramref name="line"/>, from any thread, until <see cref="Closed"/>.</summary>
    Task OpenedAsync(string gateway, IServerStreamWriter<UplinkResponse> line, CancellationToken cancellationToken);

    /// <summary>The stream is over.</summary>
    void Closed(string gateway, IServerStreamWriter<UplinkResponse> line);

    /// <summary>A gateway reports. Once that is durable it is told so; where it cannot be kept, it is not, and reports again on its next stream.</summary>
    Task TakeAsync(string gateway, TwinReport report, IServerStreamWriter<UplinkResponse> line, CancellationToken cancellationToken);
}
