using System.IO.Pipelines;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace SmartCity.Mqtt.WebSockets;

/// <summary>A WebSocket as a connection with pipes, like those that come from Kestrel's sockets.</summary>
internal sealed class WebSocketConnection : ConnectionContext, IDuplexPipe
{
    private const int ReadBytes = 4096;

    private readonly WebSocket _socket;
    private readonly Pipe _received = new(new PipeOptions(useSynchronizationContext: false));
    private readonly PipeWriter _output;

    public WebSocketConnection(WebSocket socket, string id)
    {
        _socket = socket;
        ConnectionId = id;
        _output = PipeWriter.Create(new FrameStream(socket));
        Transport = this;
    }

    public override string ConnectionId { get; set; }
    public override IDuplexPipe Transport { get; set; }
    public override IFeatureCollection Features { get; } = new FeatureCollection();
    public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();

    PipeReader IDuplexPipe.Input => _received.Reader;
    PipeWriter IDuplexPipe.Output => _output;

    /// <summary>Moves what is received into the pipe until the peer closes, a text frame comes [MQTT-6.0.0-1], or the connection is aborted.</summary>
    public async Task ReceiveAsync()
    {
        var writer = _received.Writer;
        try
        {
            while (true)
            {
                // An empty read waits without a buffer, of which idle connections then hold none.
                var peek = await _socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
                if (peek.MessageType != WebSocketMessageType.Binary) break;
                var read = await _socket.ReceiveAsync(writer.GetMemory(ReadBytes), CancellationToken.None).ConfigureAwait(false);
                if (read.MessageType != WebSocketMessageType.Binary) break;
                writer.Advance(read.Count);
                if ((await writer.FlushAsync().ConfigureAwait(false)).IsCompleted) break;
            }
        }
        catch (Exception error) when (error is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or ConnectionAbortedException)
        {
            // The peer went away, or Abort was called.
        }
        await writer.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Says goodbye, for at most a second.</summary>
    public async Task CloseAsync()
    {
        if (_socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, enough.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    public override void Abort(ConnectionAbortedException abortReason) => _socket.Abort();

    // Each write of the pipe goes out as one binary message.
    private sealed class FrameStream(WebSocket socket) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            socket.SendAsync(buffer, WebSocketMessageType.Binary, true, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
