using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Mqtt;

namespace SmartCity.Tests.Mqtt;

/// <summary>The listener with its broker behind, on pipes instead of sockets and on a clock of the test: fast enough for thousands of connections.</summary>
internal sealed class PipeListener : IPublishHandler, IMqttAuthenticator, IAsyncDisposable
{
    private readonly MqttListener _listener;

    private PipeListener(MqttListenerOptions options, IMqttStore? store, FakeTimeProvider? time)
    {
        Time = time ?? new FakeTimeProvider(DateTimeOffset.UtcNow);
        _listener = new MqttListener(this, this, Hub, options, Time, NullLogger<MqttListener>.Instance, store: store);
    }

    public static async Task<PipeListener> StartAsync(MqttListenerOptions? options = null, IMqttStore? store = null, FakeTimeProvider? time = null)
    {
        var listener = new PipeListener(options ?? new MqttListenerOptions(), store, time);
        await listener._listener.StartAsync(TestContext.Current.CancellationToken);
        return listener;
    }

    public FakeTimeProvider Time { get; }
    public MqttHub Hub { get; } = new();
    public ConcurrentQueue<string> Payloads { get; } = [];
    public ConcurrentQueue<string> Topics { get; } = [];
    public MqttPeer? Peer { get; private set; }
    public Func<string, PublishResult> OnPublish { get; set; } = static _ => PublishResult.Done;

    public Connection Open(PipeOptions? output = null) => new(_listener, output);

    /// <summary>A connection that has its CONNACK.</summary>
    public async Task<Connection> ConnectAsync(byte level, byte[]? connect = null, PipeOptions? output = null)
    {
        var connection = Open(output);
        await connection.SendAsync(connect ?? Raw.Connect(level));
        var answer = await connection.ReceiveAsync();
        Assert.Equal((0x20, 0), (answer[0], answer[3]));
        return connection;
    }

    PublishResult IPublishHandler.Handle(MqttPeer peer, in PublishPacket publish)
    {
        Peer = peer;
        var payload = Encoding.UTF8.GetString(publish.Payload);
        Topics.Enqueue(Encoding.UTF8.GetString(publish.Topic));
        Payloads.Enqueue(payload);
        return OnPublish(payload);
    }

    void IPublishHandler.EndOfRead(MqttPeer peer)
    {
    }

    ValueTask<MqttVerdict> IMqttAuthenticator.AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(request.UserName == "stranger" ? MqttVerdict.BadUserNameOrPassword("unknown user") : MqttVerdict.Accept());

    bool IMqttAuthenticator.MaySubscribe(MqttPeer peer, string filter) => !filter.StartsWith("secret", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await _listener.StopAsync(CancellationToken.None);
        _listener.Dispose();
    }

    /// <summary>The client's side of a connection.</summary>
    internal sealed class Connection
    {
        private readonly Pipe _toListener = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        private readonly Pipe _toClient;

        public Connection(MqttListener listener, PipeOptions? output)
        {
            _toClient = new Pipe(output ?? new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
            Ended = Task.Run(async () =>
            {
                var context = new Context(_toListener.Reader, _toClient);
                await listener.ServeAsync(context, null);
            });
        }

        /// <summary>Completes when the listener is through with the connection.</summary>
        public Task Ended { get; }

        public async Task SendAsync(params byte[][] packets) => await _toListener.Writer.WriteAsync(packets.SelectMany(packet => packet).ToArray());

        public void Complete() => _toListener.Writer.Complete();

        /// <summary>The next packet, whole; empty = the listener has closed.</summary>
        public async Task<byte[]> ReceiveAsync()
        {
            while (true)
            {
                var read = await _toClient.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
                var bytes = System.Buffers.BuffersExtensions.ToArray(read.Buffer);
                if (Length(bytes) is { } length && length <= bytes.Length)
                {
                    _toClient.Reader.AdvanceTo(read.Buffer.GetPosition(length));
                    return bytes[..length];
                }
                _toClient.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted) return [];
            }
        }

        /// <summary>All packets until the listener closes. The client closes its side as soon as it sees a DISCONNECT or a refusal.</summary>
        public async Task<List<byte[]>> ReceiveAllAsync()
        {
            var packets = new List<byte[]>();
            while (await ReceiveAsync() is { Length: > 0 } packet)
            {
                packets.Add(packet);
                if (packet[0] == 0xE0 || (packet[0] == 0x20 && packet[3] != 0)) Complete();
            }
            Complete();
            return packets;
        }

        private static int? Length(byte[] bytes)
        {
            var length = 0;
            for (var i = 1; i < Math.Min(bytes.Length, 5); i++)
            {
                length |= (bytes[i] & 0x7F) << (7 * (i - 1));
                if (bytes[i] < 0x80) return length + i + 1;
            }
            return null;
        }

        /// <summary>First byte and reason code of the one packet that comes before the listener closes.</summary>
        public async Task<byte[]> LastWordsAsync() => Assert.Single(await ReceiveAllAsync()) is var packet ? [packet[0], packet[2]] : [];

        private sealed class Context(PipeReader input, Pipe output) : ConnectionContext, IDuplexPipe
        {
            public override string ConnectionId { get; set; } = "pipe";
            public override IDuplexPipe Transport { get => this; set => throw new NotSupportedException(); }
            public override IFeatureCollection Features { get; } = new FeatureCollection();
            public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();
            public PipeReader Input => input;
            public PipeWriter Output => output.Writer;

            public override void Abort(ConnectionAbortedException abortReason)
            {
                input.CancelPendingRead();
                output.Reader.Complete(abortReason); // what a transport does, whose end this is
            }
        }
    }
}
