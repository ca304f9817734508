using MQTTnet;
using MQTTnet.Protocol;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>A broker and one subscriber that counts and throws away: what MQTT itself costs, with nothing decoded and nothing kept.</summary>
internal sealed class MosquittoAlone : IPathSystem
{
    private readonly Child _mosquitto;
    private readonly IMqttClient _client;
    private long _messages;

    public MosquittoAlone(string folder)
    {
        Port = Tools.FreePort();
        _mosquitto = Tools.Mosquitto(Path.Combine(folder, "mosquitto"), Port);
        _client = new MqttClientFactory().CreateMqttClient();
        _client.ApplicationMessageReceivedAsync += _ =>
        {
            Interlocked.Increment(ref _messages);
            return Task.CompletedTask;
        };
        _client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Port).WithClientId("counter").Build()).GetAwaiter().GetResult();
        _client.SubscribeAsync("city/v1/+/telemetry", MqttQualityOfServiceLevel.AtMostOnce).GetAwaiter().GetResult();
    }

    public string Name => "mosquitto, one subscriber at QoS 0";
    public string Durability => "in memory, nothing stored";
    public int Port { get; }
    public IReadOnlyList<Child> Children => [_mosquitto];

    public long Arrived() => Interlocked.Read(ref _messages) * PathBench.Metrics;

    public string? Imbalance() => null;

    public void Dispose()
    {
        _client.Dispose();
        _mosquitto.Dispose();
    }
}
