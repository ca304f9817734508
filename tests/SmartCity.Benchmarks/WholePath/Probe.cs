using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using MQTTnet;
using MQTTnet.Protocol;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>
/// Devices of its own beside the load, some ten readings a second together: the time from publish until the HTTP API answers with the reading, and until a live
/// connection, such as a browser's tab holds, has it.
/// </summary>
internal sealed class Probe : IDisposable
{
    private const int PerSecond = 10;
    /// <summary>So many that each reports seldom enough for its value to go out live at once.</summary>
    private const int Devices = 5;
    // Each question takes the processors from what is measured; the figure is too great by up to this pause.
    private static readonly TimeSpan _askEvery = TimeSpan.FromMilliseconds(10);
    /// <summary>The first questions compile what answers them and are not counted, as the load's own warm-up is not.</summary>
    private const int Warming = 15;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly OurCity _city;
    private readonly IMqttClient[] _clients = [.. Enumerable.Range(0, Devices).Select(_ => new MqttClientFactory().CreateMqttClient())];
    private readonly ClientWebSocket _live = new();
    private readonly ConcurrentDictionary<long, long> _published = [];
    private readonly List<double> _queryable = [], _seenLive = [];
    private readonly Thread _thread;
    private readonly Task _listening;
    private volatile bool _isOver;

    public Probe(OurCity city)
    {
        _city = city;
        for (var i = 0; i < Devices; i++)
            _clients[i].ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", city.Port).WithClientId($"probe-{i}").Build()).GetAwaiter().GetResult();
        _live.ConnectAsync(new Uri(city.Server.Replace("http://", "ws://", StringComparison.Ordinal) + "/api/v1/live?" + string.Join('&', Enumerable.Range(0, Devices).Select(i => $"device=probe-{i}"))), CancellationToken.None).GetAwaiter().GetResult();
        _listening = Task.Run(ListenAsync);
        _thread = new Thread(Work) { IsBackground = true };
        _thread.Start();
        while (Seen < Warming && _thread.IsAlive) Thread.Sleep(_askEvery);
    }

    /// <summary>Readings published, each of one value.</summary>
    public long Seen => Volatile.Read(ref _seen);
    private long _seen;

    /// <summary>99 % were queryable within this, ms.</summary>
    public double? QueryableP99 => P99(_queryable);

    /// <summary>99 % had reached the live connection within this, ms.</summary>
    public double? LiveP99
    {
        get
        {
            lock (_seenLive) return P99(_seenLive);
        }
    }

    public void Stop()
    {
        _isOver = true;
        _thread.Join();
        _live.Abort();
        _listening.Wait();
    }

    public void Dispose()
    {
        if (!_isOver) Stop();
        _live.Dispose();
        foreach (var client in _clients) client.Dispose();
    }

    private void Work()
    {
        while (!_isOver)
        {
            var device = $"probe-{Seen % Devices}";
            var time = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            var text = time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            var payload = Encoding.UTF8.GetBytes($"{{\"ts\":\"{text}\",\"n\":{Seen}}}");
            var begin = Stopwatch.GetTimestamp();
            if (Seen >= Warming) _published[Seen] = begin;
            // Not awaited: the acknowledgement is not what is measured.
            var published = _clients[Seen % Devices].PublishAsync(new MqttApplicationMessageBuilder().WithTopic($"city/v1/{device}/telemetry").WithPayload(payload).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build());
            var until = time.AddMilliseconds(1).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            while (!IsThere($"{_city.Server}/api/v1/readings?device={device}&metric=n&from={text}&to={until}") && Stopwatch.GetElapsedTime(begin) < _patience) Thread.Sleep(_askEvery);
            if (Seen >= Warming) _queryable.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            published.GetAwaiter().GetResult();
            Volatile.Write(ref _seen, _seen + 1);
            var rest = TimeSpan.FromSeconds(1.0 / PerSecond) - Stopwatch.GetElapsedTime(begin);
            if (rest > TimeSpan.Zero) Thread.Sleep(rest);
        }
    }

    /// <summary>Reads the frames that a page reads: 16 bytes of head, then the values.</summary>
    private async Task ListenAsync()
    {
        var frame = new byte[64 << 10];
        try
        {
            while (true)
            {
                var message = await _live.ReceiveAsync(frame.AsMemory(), CancellationToken.None);
                if (message.MessageType == WebSocketMessageType.Close) return;
                if (message.MessageType != WebSocketMessageType.Binary) continue;
                var now = Stopwatch.GetTimestamp();
                var count = BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(4));
                for (var i = 0; i < count; i++)
                    if (_published.TryRemove((long)BinaryPrimitives.ReadDoubleLittleEndian(frame.AsSpan(16 + (i * 8))), out var begin))
                        lock (_seenLive) _seenLive.Add(Stopwatch.GetElapsedTime(begin, now).TotalMilliseconds);
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The measurement is over.
        }
    }

    private static double? P99(List<double> times) => times.Count == 0 ? null : times.Order().ElementAt((int)(times.Count * 0.99));

    private static bool IsThere(string address)
    {
        try
        {
            return Tools.Get(address).Contains("\"value\"", StringComparison.Ordinal);
        }
        catch (HttpRequestException error) when (error.StatusCode == HttpStatusCode.BadRequest)
        {
            // The API knows no device before its first reading.
            return false;
        }
    }
}
