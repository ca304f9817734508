using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Ingest;

namespace SmartCity.Simulation;

/// <summary>Ingest and log of one process of the cloud, from its start to its death.</summary>
internal sealed class CloudNode : IDisposable
{
    private const string Gateway = "g1";

    private readonly TimeProvider _clock;
    private readonly GatewayDirectory _directory = new();
    private readonly GatewaySenders _senders;
    private readonly IngestCounters _counters = new();
    private readonly CancellationTokenSource _death = new();
    private readonly IngestOptions _options = new() { WindowBytes = 64 << 10 };

    public CloudNode(Disk disk, long fileBytesMax, TimeProvider clock)
    {
        _clock = clock;
        Log = DurableLog.Open(new DurableLogOptions { Folder = disk.Folder, ReserveBytes = 0, FileBytesMax = fileBytesMax }, clock);
        _senders = new GatewaySenders(Log, clock, NullLogger<GatewaySenders>.Instance);
    }

    public DurableLog Log { get; }

    /// <summary>Why streams were refused: what is more than a late or replaced one is a finding at the end.</summary>
    public List<string> Refusals { get; } = [];

    /// <summary>Everything that was handed to the log has an outcome.</summary>
    public void Settle() => Log.SaveConsumerAsync("settle", 0, CancellationToken.None).ContinueWith(static _ => { }, TaskScheduler.Default).Wait();

    /// <summary>Serves a link to its end, as the endpoint does.</summary>
    public async Task ServeAsync(Link link)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_death.Token, link.CloudEnd.Token);
        using var stream = new UplinkStream(Gateway, Log, _options, _directory, _counters, null, new CatalogueNames(Log.Series), _clock, NullLogger.Instance);
        try
        {
            var hello = await stream.GreetAsync(link.ToCloud, ending.Token);
            await _senders.AcceptAsync(Gateway, hello.Incarnation, link.OpenedAt, ending.Token);
            var turn = await _directory.TakeOverAsync(Gateway, ending.Token);
            try
            {
                using var replaced = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, turn.Replaced.Token);
                await stream.RunAsync(hello, link.ToCloud, link.ToGateway, null, replaced.Token);
            }
            finally
            {
                _directory.End(Gateway, turn);
            }
        }
        catch (UplinkRefusal refusal)
        {
            Refusals.Add(refusal.Code);
            await link.ToGateway.WriteAsync(new Protos.Uplink.V1.UplinkResponse { Rejected = refusal.ToMessage() }).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception error) when (error is RpcException or IOException or OperationCanceledException or LogBrokenException)
        {
            // The link is cut, replaced, or the node dies.
        }
        link.ToCloud.Break();
        link.ToGateway.CloseWriter();
    }

    /// <summary>Ends its streams; they end in the turns that follow.</summary>
    public void Die() => _death.Cancel();

    public void Dispose()
    {
        Log.Dispose();
        _senders.Dispose();
        _death.Dispose();
    }
}
