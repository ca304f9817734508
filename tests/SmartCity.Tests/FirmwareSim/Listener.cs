using System.Buffers;
using System.Text;
using MQTTnet;
using MQTTnet.Protocol;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Topics;
using SmartCity.Model;
using SmartCity.Tests.Devices;

namespace SmartCity.Tests.FirmwareSim;

/// <summary>Hears everything that a broker is told, and decodes its telemetry.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Lock _gate = new();
    private readonly TestNumbering _numbering = new();
    private readonly TelemetryDecoder _decoder;
    private readonly Dictionary<string, DeviceSeries> _devices = [];
    private readonly ReadingBatch _batch = new();

    private Listener() => _decoder = new TelemetryDecoder(_numbering);

    /// <summary>Every reading heard, in order.</summary>
    public List<(SeriesKey Series, long Time, ReadingValue Value, ReadingQuality Quality)> Readings { get; } = [];
    /// <summary>Payloads of telemetry heard, with their devices.</summary>
    public List<(string Device, string Payload)> Payloads { get; } = [];
    /// <summary>Status messages heard, with their devices.</summary>
    public List<(string Device, string Status)> Statuses { get; } = [];
    /// <summary>What could not be decoded.</summary>
    public List<string> Rejections { get; } = [];

    public static async Task<Listener> ConnectAsync(MosquittoBroker broker)
    {
        var listener = new Listener();
        listener._client.ApplicationMessageReceivedAsync += message =>
        {
            listener.Hear(message.ApplicationMessage);
            return Task.CompletedTask;
        };
        await listener._client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", broker.Port).WithClientId("listener").Build(), TestContext.Current.CancellationToken);
        await listener._client.SubscribeAsync("city/v1/#", MqttQualityOfServiceLevel.AtLeastOnce, TestContext.Current.CancellationToken);
        return listener;
    }

    /// <summary>What was heard, seen under the listener's lock.</summary>
    public T See<T>(Func<Listener, T> look)
    {
        lock (_gate) return look(this);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected) await _client.DisconnectAsync();
        _client.Dispose();
    }

    private void Hear(MqttApplicationMessage message)
    {
        Assert.True(TopicGrammar.TryParse(Encoding.UTF8.GetBytes(message.Topic), out var topic));
        var device = Encoding.UTF8.GetString(topic.Device);
        var payload = Encoding.UTF8.GetString(message.Payload.ToArray());
        lock (_gate)
        {
            if (topic.Kind == TopicKind.Status)
            {
                Statuses.Add((device, payload));
                return;
            }
            Payloads.Add((device, payload));
            if (!_devices.TryGetValue(device, out var series)) _devices[device] = series = new DeviceSeries(topic.Device);
            _batch.Clear();
            var outcome = _decoder.Decode(series, message.Payload, _batch, new Receipt(UnixMicros.Now(TimeProvider.System), true));
            if (outcome.Rejected > 0) Rejections.Add(_decoder.DescribeRejections());
            for (var i = 0; i < _batch.Count; i++) Readings.Add((_numbering.Names[_batch.Series[i]].Key, _batch.Time[i], _batch.ValueAt(i), _batch.Quality[i]));
        }
    }
}
