using SmartCity.Cloud.Server.Access;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Live;

/// <summary>Which series a connection wants; an empty set means any. Two filters of the same names and areas are equal, so that their connections share frames.</summary>
internal sealed class LiveFilter : IEquatable<LiveFilter>
{
    private readonly HashSet<string> _devices;
    private readonly HashSet<string> _metrics;
    private readonly AreaView? _view;
    private readonly string _key;

    public LiveFilter(IEnumerable<string> devices, IEnumerable<string> metrics, AreaView? view = null)
    {
        _view = view;
        _devices = new HashSet<string>(devices, StringComparer.Ordinal);
        _metrics = new HashSet<string>(metrics, StringComparer.Ordinal);
        _key = string.Join('\u0001', _devices.Order(StringComparer.Ordinal)) + '\u0002' + string.Join('\u0001', _metrics.Order(StringComparer.Ordinal)) + '\u0003' + string.Join('\u0001', (view?.Areas ?? []).Order(StringComparer.Ordinal));
    }

    /// <summary>Another one where what it takes may be other than before.</summary>
    public long Revision => _view?.Revision ?? 0;

    public bool Takes(SeriesKey key) => _view?.Shows(key.Device) != false && (_devices.Count == 0 || _devices.Contains(key.Device)) && (_metrics.Count == 0 || _metrics.Contains(key.Metric));

    public bool Equals(LiveFilter? other) => other is not null && other._key == _key;

    public override bool Equals(object? obj) => Equals(obj as LiveFilter);

    public override int GetHashCode() => _key.GetHashCode(StringComparison.Ordinal);
}
