using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Mqtt;

namespace SmartCity.Fuzz.Mqtt;

/// <summary>
/// A whole session in memory: one connection against the listener with its broker, on this thread alone. First byte: bit 0 publishes are acknowledged
/// later rather than at once; the upper half says into what pieces the input is cut the second time.
/// </summary>
internal sealed class SessionHarness : IHarness
{
    /// <summary>A shorter input cannot have more packets in flight than one connection may.</summary>
    private const int BytesMax = 4_000;

    public string Name => "mqtt-session";
    public IEnumerable<byte[]> Seeds => new byte[] { 3, 4, 5 }.SelectMany(Conversations.Of).Select((bytes, i) => (byte[])[(byte)(i << 4 & 0xF0 | i & 1), .. bytes]);
    public IEnumerable<byte[]> Words => Conversations.Words;

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty || input.Length > BytesMax) return;
        var later = (input[0] & 1) != 0;
        var bytes = input[1..].ToArray();
        var whole = Converse(bytes, bytes.Length, later);
        // What is acknowledged later is so at the end of what was read in one go: there, where the cuts are makes a difference.
        if (later) return;
        var cut = Converse(bytes, 1 + (input[0] >> 4), later);
        Must.Hold(whole.Published.SequenceEqual(cut.Published), "cut otherwise, other messages are taken");
        // The CONNACK may bring an id that is made up anew each time; it is as long as the other.
        Must.Equal(whole.Output.Length, cut.Output.Length, "bytes of the answers, cut otherwise");
        Must.Hold(AfterFirst(whole.Output).SequenceEqual(AfterFirst(cut.Output)), "cut otherwise, other answers are given");
    }

    private static ReadOnlySpan<byte> AfterFirst(ReadOnlySpan<byte> output)
    {
        // A CONNACK of ours is shorter than 128 bytes but for long reasons, which then begin with the same bytes.
        return output.Length < 2 || output[1] >= 128 || output.Length < 2 + output[1] ? [] : output[(2 + output[1])..];
    }

    private static (List<string> Published, byte[] Output) Converse(byte[] bytes, int piece, bool later)
    {
        var handler = new Handler(later);
        var hub = new MqttHub();
        using var listener = new MqttListener(handler, handler, hub, new MqttListenerOptions(), StoppedClock.Instance, NullLogger<MqttListener>.Instance);
        listener.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        var options = new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false);
        var (toListener, toClient) = (new Pipe(options), new Pipe(options));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var serving = listener.ServeAsync(new Context(toListener.Reader, toClient), null);
        for (var at = 0; at < bytes.Length && !serving.IsCompleted; at += piece)
            Must.Hold(toListener.Writer.WriteAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at))).AsTask().IsCompleted, "an unbounded pipe makes its writer wait");
        toListener.Writer.Complete();
        Must.Hold(serving.Wait(TimeSpan.FromSeconds(5)), "the connection does not end");
        serving.GetAwaiter().GetResult();
        Must.Allocate(before, (1 << 20) + 4_000L * bytes.Length, "serving a connection");

        Must.Equal(0L, hub.Counters.Closed(MqttReason.ImplementationError), "connections closed for faults of our own");
        Must.Equal(0, hub.ConnectionCount, "connections left");
        Must.Hold(hub.Counters.Publishes >= handler.Published.Count, "more publishes handled than read");
        Must.Hold(hub.Counters.ClosedByReason().Sum(reason => reason.Count) <= 1, "one connection closed more than once");
        var output = toClient.Reader.TryRead(out var read) ? read.Buffer.ToArray() : [];
        Check(output);
        return (handler.Published, output);
    }

    /// <summary>What is sent is a row of whole packets that a server may send, the first a CONNACK.</summary>
    private static void Check(ReadOnlySpan<byte> output)
    {
        for (var isFirst = true; !output.IsEmpty; isFirst = false)
        {
            var type = output[0] >> 4;
            Must.Hold(type is 2 or 3 or 4 or 5 or 6 or 7 or 9 or 11 or 13 or 14, $"a packet that begins with 0x{output[0]:X2} is sent");
            Must.Equal(isFirst, type == 2, "whether a CONNACK comes first and only there");
            int length = 0, at = 1;
            for (; ; at++)
            {
                Must.Hold(at < output.Length && at < 5, "a header that does not end is sent");
                length |= (output[at] & 0x7F) << (7 * (at - 1));
                if (output[at] < 0x80) break;
            }
            Must.Hold(at + 1 + length <= output.Length, "half a packet is sent");
            output = output[(at + 1 + length)..];
        }
    }

    private sealed class Handler(bool later) : IPublishHandler, IMqttAuthenticator
    {
        private readonly List<(ushort PacketId, byte QoS)> _waiting = [];

        public List<string> Published { get; } = [];

        public PublishResult Handle(MqttPeer peer, in PublishPacket publish)
        {
            Must.Hold(publish.Topic.Length is > 0 and <= 512 && System.Text.Unicode.Utf8.IsValid(publish.Topic), "a topic beyond its limits reaches the handler");
            Must.Hold(publish.QoS <= 2 && (publish.QoS == 0) == (publish.PacketId == 0), "QoS and packet id that contradict each other");
            Published.Add($"{publish.QoS} {publish.PacketId} {Convert.ToHexString(publish.Topic)} {Convert.ToHexString(publish.Payload)}");
            switch (publish.Topic[0])
            {
                case (byte)'f': return PublishResult.Forward;
                case (byte)'n': return PublishResult.NotAuthorized;
                case (byte)'q': return PublishResult.QuotaExceeded;
                case (byte)'i': return PublishResult.TopicInvalid;
                default:
                    if (!later || publish.QoS == 0) return PublishResult.Done;
                    _waiting.Add((publish.PacketId, publish.QoS));
                    return PublishResult.Pending;
            }
        }

        public void EndOfRead(MqttPeer peer)
        {
            foreach (var (packetId, qos) in _waiting)
            {
                if (packetId % 3 == 2) peer.Refuse(packetId, qos, MqttReason.QuotaExceeded);
                else peer.Acknowledge(packetId, qos);
            }
            _waiting.Clear();
            peer.Flush();
        }

        public ValueTask<MqttVerdict> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken) =>
            ValueTask.FromResult(request.UserName == "stranger" ? MqttVerdict.BadUserNameOrPassword("unknown user") : MqttVerdict.Accept());

        public bool MaySubscribe(MqttPeer peer, string filter) => !filter.StartsWith("secret", StringComparison.Ordinal);
    }

    private sealed class Context(PipeReader input, Pipe output) : ConnectionContext, IDuplexPipe
    {
        public override string ConnectionId { get; set; } = "fuzz";
        public override IDuplexPipe Transport { get => this; set => throw new NotSupportedException(); }
        public override IFeatureCollection Features { get; } = new FeatureCollection();
        public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();
        public PipeReader Input => input;
        public PipeWriter Output => output.Writer;

        public override void Abort(ConnectionAbortedException abortReason)
        {
            input.CancelPendingRead();
            output.Reader.Complete(abortReason);
        }
    }

    /// <summary>A clock that stands: no timer ever fires.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        public static readonly StoppedClock Instance = new();

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(56);
        public override long GetTimestamp() => 1_000_000;
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;
            public void Dispose()
            {
            }
            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
