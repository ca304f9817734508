using Google.Protobuf;
using Grpc.Core;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Simulation;

/// <summary>
/// One connection between gateway and cloud: two ordered lines of messages as bytes, each delivered when the simulation says so. When it is cut, what is
/// on the way is lost, and each end notices at its own time.
/// </summary>
internal sealed class Link(long openedAt)
{
    public long OpenedAt { get; } = openedAt;
    public Line<UplinkRequest> ToCloud { get; } = new(UplinkRequest.Parser);
    public Line<UplinkResponse> ToGateway { get; } = new(UplinkResponse.Parser);
    public CancellationTokenSource CloudEnd { get; } = new();
    public bool IsOver => ToCloud.IsBroken && ToGateway.IsBroken;

    /// <summary>The gateway's end as the generated client gives it.</summary>
    public AsyncDuplexStreamingCall<UplinkRequest, UplinkResponse> Call(CancellationToken cancellationToken)
    {
        cancellationToken.Register(BreakAtGateway);
        return new(ToCloud, ToGateway, Task.FromResult(new Metadata()), static () => Grpc.Core.Status.DefaultSuccess, static () => [], BreakAtGateway);
    }

    /// <summary>The gateway's end is gone: it hears nothing more, and what it writes fails.</summary>
    public void BreakAtGateway()
    {
        ToGateway.Break();
        ToCloud.CloseWriter();
    }

    /// <summary>The cloud's end is gone.</summary>
    public void BreakAtCloud()
    {
        ToCloud.Break();
        ToGateway.CloseWriter();
    }
}

/// <summary>One direction of a link, whatever it carries.</summary>
internal interface ILine
{
    /// <summary>Messages written and not delivered.</summary>
    int OnTheWay { get; }

    /// <summary>Delivers the message that has been longest on the way.</summary>
    void Deliver();
}

/// <summary>One direction of a link.</summary>
internal sealed class Line<T>(MessageParser<T> parser) : ILine, IClientStreamWriter<T>, IServerStreamWriter<T>, IAsyncStreamReader<T> where T : class, IMessage<T>
{
    private readonly Queue<byte[]> _onTheWay = new();
    private readonly Queue<T> _arrived = new();
    private TaskCompletionSource<bool>? _waiting;
    private bool _isWriterClosed;

    public WriteOptions? WriteOptions { get; set; }
    public T Current { get; private set; } = null!;
    public int OnTheWay => _onTheWay.Count;
    public bool IsBroken { get; private set; }

    public Task WriteAsync(T message)
    {
        if (_isWriterClosed) return Task.FromException(new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the link is cut")));
        // As bytes: the writer uses its buffers again.
        if (!IsBroken) _onTheWay.Enqueue(message.ToByteArray());
        return Task.CompletedTask;
    }

    public Task WriteAsync(T message, CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : WriteAsync(message);

    public Task CompleteAsync() => Task.CompletedTask;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_arrived.Count == 0)
        {
            if (IsBroken) throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the link is cut"));
            var waiting = _waiting = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.Register(() => waiting.TrySetCanceled(cancellationToken))) await waiting.Task;
        }
        if (_arrived.Count == 0) throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the link is cut"));
        Current = _arrived.Dequeue();
        return true;
    }

    public void Deliver()
    {
        _arrived.Enqueue(parser.ParseFrom(_onTheWay.Dequeue()));
        _waiting?.TrySetResult(true);
    }

    /// <summary>Loses what is on the way; the reader finds the end when it has read what arrived.</summary>
    public void Break()
    {
        IsBroken = true;
        _onTheWay.Clear();
        _waiting?.TrySetResult(false);
    }

    public void CloseWriter() => _isWriterClosed = true;
}

/// <summary>The generated client over a link.</summary>
internal sealed class LinkClient(Link link) : UplinkService.UplinkServiceClient
{
    public override AsyncDuplexStreamingCall<UplinkRequest, UplinkResponse> Uplink(Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) => link.Call(cancellationToken);
}
