using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Tests.Edge.Gateway.Uplink;

/// <summary>A cloud end of the uplink that keeps watermarks as the real one does and can be told to misbehave.</summary>
internal sealed class FakeCloud : UplinkService.UplinkServiceBase, IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private Channel<UplinkResponse> _out = Channel.CreateUnbounded<UplinkResponse>();
    private CancellationTokenSource _drop = new();

    private FakeCloud()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.MapGrpcService<FakeCloud>();
    }

    public static async Task<FakeCloud> StartAsync()
    {
        var cloud = new FakeCloud();
        await cloud._app.StartAsync();
        return cloud;
    }

    public ulong InitialCredit { get; set; } = 64 << 20;
    public bool Acknowledges { get; set; } = true;
    public List<Hello> Hellos { get; } = [];
    public List<Batch> Kept { get; } = [];
    public List<Gap> Gaps { get; } = [];
    public List<Protos.Uplink.V1.Status> Statuses { get; } = [];
    public int Received { get; private set; }
    public ConcurrentDictionary<(ulong Epoch, Lane Lane), (ulong Through, uint Names)> Marks { get; } = new();

    public GrpcChannel Connect()
    {
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return GrpcChannel.ForAddress(address);
    }

    public void Drop() => _drop.Cancel();
    public void Say(UplinkResponse response) => _out.Writer.TryWrite(response);
    public void AcknowledgeAll()
    {
        foreach (var (key, mark) in Marks) Say(new UplinkResponse { Ack = new Ack { Epoch = key.Epoch, Lane = key.Lane, Through = mark.Through } });
    }

    public override async Task Uplink(IAsyncStreamReader<UplinkRequest> requestStream, IServerStreamWriter<UplinkResponse> responseStream, ServerCallContext context)
    {
        _out = Channel.CreateUnbounded<UplinkResponse>();
        _drop = new CancellationTokenSource();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_drop.Token, context.CancellationToken);
        await requestStream.MoveNext(end.Token);
        var hello = requestStream.Current.Hello;
        var welcome = new Welcome { CreditBytes = InitialCredit, ServerTimeMicros = Model.UnixMicros.Now(TimeProvider.System) };
        lock (_gate)
        {
            Hellos.Add(hello);
            foreach (var key in hello.Lanes.Select(lane => (lane.Epoch, lane.Lane)).Union(new[] { Lane.Telemetry, Lane.Alarm, Lane.Toll }.Select(lane => (hello.Epoch, lane))))
            {
                var mark = Marks.GetOrAdd(key, (0, 0));
                welcome.Watermarks.Add(new LaneWatermark { Epoch = key.Item1, Lane = key.Item2, Through = mark.Through, NamesKnown = mark.Names });
            }
        }
        await responseStream.WriteAsync(new UplinkResponse { Welcome = welcome }, end.Token);
        var writing = Task.Run(async () =>
        {
            await foreach (var response in _out.Reader.ReadAllAsync(end.Token)) await responseStream.WriteAsync(response, end.Token);
        }, end.Token);
        await foreach (var request in requestStream.ReadAllAsync(end.Token)) Take(request);
        await writing;
    }

    private void Take(UplinkRequest request)
    {
        lock (_gate)
        {
            Received++;
            switch (request.MessageCase)
            {
                case UplinkRequest.MessageOneofCase.Batch:
                    var batch = request.Batch;
                    var mark = Marks[(batch.Epoch, batch.Lane)];
                    Assert.True(batch.FirstName <= mark.Names, "names left out");
                    if (batch.FirstName + batch.NewNames.Count > mark.Names) mark.Names = batch.FirstName + (uint)batch.NewNames.Count;
                    Assert.True(batch.FirstSequence <= mark.Through + 1, $"numbers left out: {batch.FirstSequence} after {mark.Through}");
                    if (batch.Count > 0 && batch.FirstSequence + batch.Count - 1 > mark.Through)
                    {
                        Kept.Add(batch);
                        mark.Through = batch.FirstSequence + batch.Count - 1;
                    }
                    Marks[(batch.Epoch, batch.Lane)] = mark;
                    if (Acknowledges) Say(new UplinkResponse { Ack = new Ack { Epoch = batch.Epoch, Lane = batch.Lane, Through = mark.Through } });
                    break;
                case UplinkRequest.MessageOneofCase.Gap:
                    var gap = request.Gap;
                    Assert.Equal(Marks[(gap.Epoch, gap.Lane)].Through + 1, gap.First);
                    Gaps.Add(gap);
                    Marks[(gap.Epoch, gap.Lane)] = (gap.Last, Marks[(gap.Epoch, gap.Lane)].Names);
                    if (Acknowledges) Say(new UplinkResponse { Ack = new Ack { Epoch = gap.Epoch, Lane = gap.Lane, Through = gap.Last } });
                    break;
                case UplinkRequest.MessageOneofCase.Status:
                    Statuses.Add(request.Status);
                    break;
            }
        }
    }

    public ulong Through(ulong epoch, byte lane) => Marks.TryGetValue((epoch, (Lane)lane), out var mark) ? mark.Through : 0;

    public async ValueTask DisposeAsync()
    {
        Drop();
        await _app.DisposeAsync();
    }
}
