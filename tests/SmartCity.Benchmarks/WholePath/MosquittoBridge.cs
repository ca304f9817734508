using System.Globalization;
using MQTTnet;
using MQTTnet.Protocol;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>Store and forward as mosquitto does it: one broker bridges to another at QoS 1 and queues in memory while that one is away; a subscriber there counts.</summary>
internal sealed class MosquittoBridge : IOutage
{
    private readonly string _folder;
    private readonly Child _near;
    private readonly int _farPort = Tools.FreePort();
    private readonly DistantLink? _road;
    private Child? _far;
    private IMqttClient? _client;
    private long _messages;

    /// <param name="folder">Folder of both.</param>
    /// <param name="inFlight">Messages under way between them; 20 is mosquitto's default, 0 means no limit.</param>
    /// <param name="roundTrip">How long a byte and its answer are under way between them; zero = they are neighbours.</param>
    public MosquittoBridge(string folder, int inFlight, TimeSpan roundTrip)
    {
        (_folder, Port, IsSlow) = (folder, Tools.FreePort(), inFlight > 0);
        _road = roundTrip > TimeSpan.Zero ? new DistantLink(_farPort, roundTrip) : null;
        Name = inFlight == 20 ? "mosquitto bridge, as it comes (20 in flight)" : "mosquitto bridge, no limit in flight";
        _near = Tools.Mosquitto(Path.Combine(folder, "near"), Port, string.Create(CultureInfo.InvariantCulture, $"""
            connection cloud
            address 127.0.0.1:{_road?.Port ?? _farPort}
            topic city/# out 1
            cleansession false
            restart_timeout 1
            """), inFlight);
        Begin();
    }

    public string Name { get; }
    public int Port { get; }
    public bool IsSlow { get; }

    public long Arrived() => Interlocked.Read(ref _messages);

    public string? Imbalance() => null;

    public void BeginOutage()
    {
        _client?.Dispose();
        _far?.Dispose();
        (_client, _far) = (null, null);
    }

    public void EndOutage() => Begin();

    public void Dispose()
    {
        BeginOutage();
        _near.Dispose();
        _road?.Dispose();
    }

    private void Begin()
    {
        _far = Tools.Mosquitto(Path.Combine(_folder, "far"), _farPort);
        _client = new MqttClientFactory().CreateMqttClient();
        _client.ApplicationMessageReceivedAsync += _ =>
        {
            Interlocked.Increment(ref _messages);
            return Task.CompletedTask;
        };
        _client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _farPort).WithClientId("counter").Build()).GetAwaiter().GetResult();
        _client.SubscribeAsync("city/v1/+/telemetry", MqttQualityOfServiceLevel.AtMostOnce).GetAwaiter().GetResult();
    }
}
