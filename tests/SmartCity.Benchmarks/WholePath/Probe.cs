using System.Diagnostics;
using System.Globalization;
using System.Text;
using MQTTnet;
using MQTTnet.Protocol;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>Publishes a reading of its own ten times a second and asks the HTTP API until it is there: the time from publish to queryable.</summary>
internal sealed class Probe : IDisposable
{
    private readonly OurCity _city;
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly List<double> _times = [];
    private readonly Thread _thread;
    private volatile bool _isOver;

    public Probe(OurCity city)
    {
        _city = city;
        _client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", city.Port).WithClientId("probe").Build()).GetAwaiter().GetResult();
        _thread = new Thread(Work) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Readings published, each of one value.</summary>
    public long Seen { get; private set; }

    /// <summary>99 % were queryable within this, ms.</summary>
    public double? P99 => _times.Count == 0 ? null : _times.Order().ElementAt((int)(_times.Count * 0.99));

    public void Stop()
    {
        _isOver = true;
        _thread.Join();
    }

    public void Dispose()
    {
        if (!_isOver) Stop();
        _client.Dispose();
    }

    private void Work()
    {
        while (!_isOver)
        {
            var begin = Stopwatch.GetTimestamp();
            var time = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            var text = time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            var payload = Encoding.UTF8.GetBytes($"{{\"ts\":\"{text}\",\"n\":{Seen}}}");
            // Not awaited: the acknowledgement is not what is measured.
            var published = _client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic("city/v1/probe/telemetry").WithPayload(payload).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build());
            var until = time.AddMilliseconds(1).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            while (!IsThere($"{_city.Server}/api/v1/readings?device=probe&metric=n&from={text}&to={until}") && Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30)) Thread.Sleep(5);
            _times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            published.GetAwaiter().GetResult();
            Seen++;
            var rest = TimeSpan.FromMilliseconds(100) - Stopwatch.GetElapsedTime(begin);
            if (rest > TimeSpan.Zero) Thread.Sleep(rest);
        }
    }

    private static bool IsThere(string address) => Tools.Get(address).Contains("\"value\"", StringComparison.Ordinal);
}
