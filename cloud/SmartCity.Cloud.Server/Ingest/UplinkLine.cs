using Grpc.Core;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>The way back of a stream, on which acknowledgements and commands come from different threads: one message at a time.</summary>
internal sealed class UplinkLine(IServerStreamWriter<UplinkResponse> writer) : IServerStreamWriter<UplinkResponse>, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    public WriteOptions? WriteOptions { get => writer.WriteOptions; set => writer.WriteOptions = value; }

    public Task WriteAsync(UplinkResponse message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(UplinkResponse message, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await writer.WriteAsync(message, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
