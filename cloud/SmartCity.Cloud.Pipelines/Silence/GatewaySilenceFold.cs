using System.Buffers;
using System.Text.Json;
using SmartCity.Cloud.Pipelines.Frame;

namespace SmartCity.Cloud.Pipelines.Silence;

/// <summary>Silence of one gateway and of the devices behind it.</summary>
internal sealed class GatewaySilenceFold(string gateway, SilenceOptions options) : IFold<Heard, SilenceEvent>
{
    /// <summary>Weight of the newest gap in a device's usual interval.</summary>
    private const double Weight = 0.2;
    /// <summary>A gap teaches at most so many intervals: an outage is no habit, but a device that was made slower is believed in the end.</summary>
    private const double TeachesMax = 4;
    /// <summary>What comes closer together belongs to one message.</summary>
    private const long SameMessage = 50_000;

    private readonly Dictionary<string, Device> _devices = new(StringComparer.Ordinal);
    private long _lastHeard;
    /// <summary>Nobody listened before; µs.</summary>
    private long _judgedFrom;
    private bool _isSilent;

    public IEnumerable<DeviceSilence> Devices => _devices.Select(pair =>
        new DeviceSilence(pair.Key, gateway, pair.Value.LastHeard, pair.Value.Interval > 0 ? TimeSpan.FromMicroseconds(pair.Value.Interval) : null, pair.Value.IsSilent, _isSilent));

    public bool IsSilent => _isSilent;

    public long LastHeard => _lastHeard;

    /// <summary>The device is heard by another gateway now.</summary>
    public void Forget(string device) => _devices.Remove(device);

    public void Apply(Heard input, ICollection<SilenceEvent> outputs)
    {
        if (_isSilent)
        {
            outputs.Add(new SilenceEvent(gateway, null, false, _lastHeard, input.At));
            _isSilent = false;
            Excuse(input.At);
        }
        _lastHeard = Math.Max(_lastHeard, input.At);
        foreach (var id in input.Devices) Hear(id, input.At, outputs);
    }

    /// <summary>Nobody listened until <paramref name="now"/>.</summary>
    public void Resume(long now)
    {
        if (_isSilent) return;
        _judgedFrom = Math.Max(_judgedFrom, now);
        Excuse(now);
    }

    public void Advance(long now, ICollection<SilenceEvent> outputs)
    {
        if (_isSilent) return;
        if (now - Math.Max(_lastHeard, _judgedFrom) > Micros(options.GatewayAfter))
        {
            _isSilent = true;
            outputs.Add(new SilenceEvent(gateway, null, true, _lastHeard, now));
            return;
        }
        foreach (var (id, device) in _devices)
        {
            // Judged by when the gateway was last heard and not by now: if the gateway itself is gone, its devices are not to be blamed.
            if (device.IsSilent || _lastHeard - Math.Max(device.LastHeard, device.JudgedFrom) <= Patience(device)) continue;
            device.IsSilent = true;
            outputs.Add(new SilenceEvent(gateway, id, true, device.LastHeard, now));
        }
    }

    public void Save(IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, new Saved(_lastHeard, _judgedFrom, _isSilent, _devices));
    }

    public void Load(ReadOnlySpan<byte> state)
    {
        Saved saved;
        try
        {
            saved = JsonSerializer.Deserialize<Saved>(state) ?? throw new InvalidDataException("The state is empty.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"This is no state of the silence of a gateway: {error.Message}", error);
        }
        (_lastHeard, _judgedFrom, _isSilent) = (saved.LastHeard, saved.JudgedFrom, saved.IsSilent);
        _devices.Clear();
        foreach (var (id, device) in saved.Devices) _devices[id] = device;
    }

    /// <summary>Nothing could be heard of the devices for a while; each has its whole time again.</summary>
    private void Excuse(long now)
    {
        foreach (var device in _devices.Values) if (!device.IsSilent) device.JudgedFrom = Math.Max(device.JudgedFrom, now);
    }

    private void Hear(string id, long at, ICollection<SilenceEvent> outputs)
    {
        if (!_devices.TryGetValue(id, out var device))
        {
            _devices.Add(id, new Device { LastHeard = at });
            return;
        }
        if (device.IsSilent)
        {
            outputs.Add(new SilenceEvent(gateway, id, false, device.LastHeard, at));
            device.IsSilent = false;
        }
        var gap = at - device.LastHeard;
        if (gap < SameMessage) return;
        // A gap in which nobody listened says nothing of the device's habits.
        if (device.JudgedFrom <= device.LastHeard)
            device.Interval = device.Interval == 0 ? gap : (long)(device.Interval * (1 - Weight) + (Math.Min(gap, device.Interval * TeachesMax) * Weight));
        device.LastHeard = at;
    }

    private long Patience(Device device) => device.Interval == 0
        ? Micros(options.DeviceAfterFirst)
        : (long)Math.Clamp(device.Interval * options.Intervals, Micros(options.DeviceAfterMin), Micros(options.DeviceAfterMax));

    private static long Micros(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    internal sealed class Device
    {
        public long LastHeard { get; set; }
        /// <summary>Usual interval, µs; 0 = not known.</summary>
        public long Interval { get; set; }
        public bool IsSilent { get; set; }
        /// <summary>Nobody listened before; µs.</summary>
        public long JudgedFrom { get; set; }
    }

    private sealed record Saved(long LastHeard, long JudgedFrom, bool IsSilent, Dictionary<string, Device> Devices);
}
