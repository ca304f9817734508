using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Topics;
using SmartCity.FirmwareSim.City.Sensors;

namespace SmartCity.FirmwareSim.City;

/// <summary>
/// One simulated device: what it measures, where it stands, what is wrong with it. With the same seed, and asked at the same moments, it says the same.
/// It publishes its place and kind (<c>lat</c>, <c>lon</c>, <c>kind</c>) in the first message after connecting and then each hour, so that a map needs no registry.
/// </summary>
internal sealed class CityDevice
{
    private static readonly TimeSpan _placeEvery = TimeSpan.FromHours(1);

    private readonly Noise _city, _own;
    private readonly Random _random;
    private readonly CityFaults _faults;
    private readonly DateTimeOffset _begun;
    private DateTimeOffset _placeDue, _backAt;

    /// <summary>Creates it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="sensor">What it measures.</param>
    /// <param name="map">Where it can stand.</param>
    /// <param name="city">The city's chance.</param>
    /// <param name="faults">How often it goes wrong.</param>
    /// <param name="begun">When the city begins; also its start counter, in seconds.</param>
    public CityDevice(string id, Sensor sensor, CityMap map, Noise city, CityFaults faults, DateTimeOffset begun)
    {
        Id = id;
        Sensor = sensor;
        Topic = TopicGrammar.Of(TopicKind.Telemetry, id);
        Boot = (ulong)begun.ToUnixTimeSeconds();
        _city = city;
        _own = city.Of(id);
        _random = new Random(_own.Seed());
        _faults = faults;
        _begun = begun;
        Place = sensor.Locate(map, new Random(city.Of("place of " + id).Seed()));
        Phase = _own.Constant(-1);
        if (_own.Constant(-2) < faults.Drift) DriftPerHour = 0.1 * (_own.Constant(-3) - 0.5);
        if (_own.Constant(-4) < faults.Clock) Clock = (ClockFault)(1 + (int)(4 * _own.Constant(-5)));
    }

    public string Id { get; }
    public Sensor Sensor { get; }
    public string Topic { get; }
    public ulong Boot { get; }
    public Place Place { get; }
    /// <summary>Where in its interval it speaks, 0 to 1.</summary>
    public double Phase { get; }
    /// <summary>Change of its first number, a share an hour; 0 where it does not drift.</summary>
    public double DriftPerHour { get; }
    /// <summary>What is wrong with its clock.</summary>
    public ClockFault Clock { get; }
    /// <summary>Number of its last message.</summary>
    public ulong Sequence { get; private set; }
    /// <summary>Whether its link is down.</summary>
    public bool IsDark { get; private set; }

    /// <summary>Makes the next message tell the device's place again; called when it has connected.</summary>
    public void TellPlace() => _placeDue = default;

    /// <summary>Writes the device's next message.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="writer">An empty writer.</param>
    /// <returns>Values written.</returns>
    public int Speak(DateTimeOffset now, TelemetryWriter writer)
    {
        writer.Begin(TimeOf(now), Boot, ++Sequence);
        var output = new Measurement(writer, 1 + DriftPerHour * (now - _begun).TotalHours);
        Sensor.Measure(new Moment((now - DateTimeOffset.UnixEpoch).TotalSeconds), _city, _own, ref output);
        if (now >= _placeDue)
        {
            _placeDue = now + _placeEvery;
            output.Number("lat"u8, Place.Latitude, 6);
            output.Number("lon"u8, Place.Longitude, 6);
            output.Text("kind"u8, System.Text.Encoding.ASCII.GetBytes(Sensor.Kind));
        }
        writer.End();
        return output.Count;
    }

    /// <summary>Whether the message just written is sent twice.</summary>
    public bool Repeats() => _random.NextDouble() < _faults.Duplicate;

    /// <summary>Decides whether the link goes down or comes back; asked once each message.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="every">Time between two messages.</param>
    /// <param name="until">When the link comes back, where it goes down now.</param>
    public LinkChange DecideLink(DateTimeOffset now, TimeSpan every, out DateTimeOffset until)
    {
        until = _backAt;
        if (IsDark)
        {
            if (now < _backAt) return LinkChange.None;
            IsDark = false;
            return LinkChange.ComesBack;
        }
        if (_random.NextDouble() >= _faults.Outage * every.TotalHours) return LinkChange.None;
        IsDark = true;
        until = _backAt = now + TimeSpan.FromSeconds(10 + 110 * _random.NextDouble());
        return LinkChange.GoesDown;
    }

    private long? TimeOf(DateTimeOffset now) => Clock switch
    {
        ClockFault.Ahead => now.AddHours(2).ToUnixTimeMilliseconds(),
        ClockFault.Epoch => (long)(now - _begun).TotalMilliseconds,
        ClockFault.Late => now.AddSeconds(-40).ToUnixTimeMilliseconds(),
        ClockFault.Missing => null,
        _ => now.ToUnixTimeMilliseconds(),
    };
}

/// <summary>What happens to a device's link.</summary>
internal enum LinkChange
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>It goes down.</summary>
    GoesDown,
    /// <summary>It comes back.</summary>
    ComesBack,
}
