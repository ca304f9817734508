using SmartCity.Devices.Telemetry;

namespace SmartCity.Edge.Gateway.Listen;

/// <summary>What the gateway keeps of one connection: for whom it may speak, and what its decoder remembers. Belongs to the read loop but for <see cref="FlushedWith"/>.</summary>
internal sealed class DeviceConnection
{
    /// <summary>Devices of a bridge that are remembered at a time; beyond it they are learned anew.</summary>
    private const int DevicesMax = 10_000;

    private readonly Func<string, bool>? _mayPublishTo;
    private readonly Dictionary<string, DeviceSeries> _others = new(StringComparer.Ordinal);
    private readonly DeviceSeries? _own;

    /// <summary>A device that speaks for itself.</summary>
    public DeviceConnection(string device) => _own = new DeviceSeries(System.Text.Encoding.UTF8.GetBytes(device));

    /// <summary>A bridge that speaks for the devices whose topics <paramref name="mayPublishTo"/> allows.</summary>
    public DeviceConnection(Func<string, bool> mayPublishTo) => _mayPublishTo = mayPublishTo;

    /// <summary>The device itself; null for a bridge.</summary>
    public string? Device => _own?.Id;

    /// <summary>Whether a bridge may subscribe to a filter: all that it covers must be on its allow-list.</summary>
    public bool MaySubscribeTo(string filter) => _mayPublishTo?.Invoke(filter) ?? false;

    /// <summary>Whether it may publish to a foreign topic that names <paramref name="device"/>; a topic that names none is for bridges.</summary>
    public bool MaySpeakOn(ReadOnlySpan<byte> topic, string? device) =>
        _own is not null ? device == _own.Id : _mayPublishTo!(System.Text.Encoding.UTF8.GetString(topic));

    /// <summary>Number of the commit whose acknowledgements were last flushed here; belongs to the thread that acknowledges.</summary>
    public long FlushedWith { get; set; }

    /// <summary>What is remembered of the device that a topic names; null where this connection may not speak for it.</summary>
    public DeviceSeries? SeriesFor(ReadOnlySpan<byte> device, ReadOnlySpan<byte> topic)
    {
        if (_own is not null) return device.SequenceEqual(_own.Device) ? _own : null;
        if (!_mayPublishTo!(System.Text.Encoding.UTF8.GetString(topic))) return null;
        var id = System.Text.Encoding.UTF8.GetString(device);
        if (_others.TryGetValue(id, out var series)) return series;
        if (_others.Count >= DevicesMax) _others.Clear();
        return _others[id] = new DeviceSeries(device);
    }
}
