using System.IO.Pipelines;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Mqtt;
using SmartCity.Mqtt.Packets;

namespace SmartCity.Benchmarks.Mqtt;

/// <summary>PUBLISH packets of 4 metrics: judged in the buffer they came in, and through a whole connection up to their acknowledgement. Baseline: 0 B a message.</summary>
/// <remarks>Estimate: a topic of 30 bytes looked through three times by vector and a dozen branches, 30–50 ns a packet; through a connection 100–200 ns more.</remarks>
[MemoryDiagnoser]
public class PacketBenchmarks : IPublishHandler, IMqttAuthenticator
{
    private const int Packets = 1_000;
    private readonly byte[] _old = Conversation(4);
    private readonly byte[] _current = Conversation(5);
    private readonly Pipe _toListener = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private Func<Task> _close = null!;

    /// <summary>Opens a connection on pipes.</summary>
    [GlobalSetup]
    public async Task Open()
    {
        var listener = new MqttListener(this, this, new MqttHub(), new MqttListenerOptions(), TimeProvider.System, NullLogger<MqttListener>.Instance);
        await listener.StartAsync(CancellationToken.None);
        var serving = listener.ServeAsync(new Context(_toListener.Reader, _toClient.Writer), null);
        _close = async () =>
        {
            await _toListener.Writer.CompleteAsync();
            await serving;
            await listener.StopAsync(CancellationToken.None);
            listener.Dispose();
        };
        await _toListener.Writer.WriteAsync(new byte[] { 0x10, 15, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0, 3, (byte)'b', (byte)'n', (byte)'c' });
        await ReceiveAsync(4);
    }

    /// <summary>Ends it.</summary>
    [GlobalCleanup]
    public Task Close() => _close();

    /// <summary>Headers and bodies of 3.1.1.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Packets)]
    public int Decode311() => Decode(_old, false);

    /// <summary>Headers and bodies of 5.0, with two properties.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int Decode5() => Decode(_current, true);

    /// <summary>Pipe, read loop, handler, PUBACK, pipe.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public async Task Connection()
    {
        await _toListener.Writer.WriteAsync(_old);
        await ReceiveAsync(4 * Packets);
    }

    PublishResult IPublishHandler.Handle(MqttPeer peer, in PublishPacket publish) => PublishResult.Done;

    void IPublishHandler.EndOfRead(MqttPeer peer)
    {
    }

    ValueTask<MqttVerdict> IMqttAuthenticator.AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken) => ValueTask.FromResult(MqttVerdict.Accept());

    bool IMqttAuthenticator.MaySubscribe(MqttPeer peer, string filter) => false;

    private static int Decode(ReadOnlySpan<byte> bytes, bool version5)
    {
        var payload = 0;
        while (PacketHeader.TryRead(bytes, 1 << 18, out var header, out _))
        {
            if (!PublishBody.Read(header.Flags, bytes.Slice(header.HeaderBytes, header.BodyBytes), version5, out var publish).IsNone) throw new InvalidOperationException("The packets are valid.");
            payload += publish.Payload.Length;
            bytes = bytes[header.TotalBytes..];
        }
        return payload;
    }

    private async ValueTask ReceiveAsync(int bytes)
    {
        while (bytes > 0)
        {
            var read = await _toClient.Reader.ReadAsync();
            bytes -= (int)read.Buffer.Length;
            _toClient.Reader.AdvanceTo(read.Buffer.End);
        }
    }

    private static byte[] Conversation(byte version)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < Packets; i++)
        {
            var topic = Encoding.UTF8.GetBytes($"city/v1/3f2a9c1e{i:x4}/telemetry");
            byte[] body = [0, (byte)topic.Length, .. topic, (byte)(i + 1 >> 8), (byte)((i + 1) & 0xFF), .. version == 5 ? new byte[] { 7, 1, 1, 2, 0, 0, 0, 60 } : [],
                .. """{"ts":1795500723412,"pm25":12.5,"pm10":31.7,"temp":-3.25,"rh":61.5}"""u8];
            bytes.AddRange([0x32, .. body.Length < 128 ? new[] { (byte)body.Length } : [(byte)(body.Length & 0x7F | 0x80), (byte)(body.Length >> 7)], .. body]);
        }
        return [.. bytes];
    }

    private sealed class Context(PipeReader input, PipeWriter output) : ConnectionContext, IDuplexPipe
    {
        public override string ConnectionId { get; set; } = "bench";
        public override IDuplexPipe Transport { get => this; set => throw new NotSupportedException(); }
        public override IFeatureCollection Features { get; } = new FeatureCollection();
        public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();
        public PipeReader Input => input;
        public PipeWriter Output => output;
    }
}
