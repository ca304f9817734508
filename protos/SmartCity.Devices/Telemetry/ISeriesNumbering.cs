using SmartCity.Model;

namespace SmartCity.Devices.Telemetry;

/// <summary>Gives series their numbers. Called where a device's <see cref="DeviceSeries"/> does not know one yet, on the thread that decodes.</summary>
public interface ISeriesNumbering
{
    /// <summary>Answer of <see cref="NumberOf"/>: the metric has values of another kind already.</summary>
    const int KindConflict = -1;
    /// <summary>Answer of <see cref="NumberOf"/>: the device, or the gateway, has as many series as it may.</summary>
    const int TooMany = -2;

    /// <summary>Changes whenever numbers given before stop being valid (a new epoch); every <see cref="DeviceSeries"/> then asks again.</summary>
    int Generation { get; }

    /// <summary>The number of a series, given now if it is new.</summary>
    /// <param name="device">Device id, UTF-8; valid during the call.</param>
    /// <param name="metric">Name of the metric, valid UTF-8 of 1–256 bytes; valid during the call.</param>
    /// <param name="kind">Kind of the value at hand.</param>
    /// <returns>The number, from 0, or <see cref="KindConflict"/> or <see cref="TooMany"/>.</returns>
    int NumberOf(ReadOnlySpan<byte> device, ReadOnlySpan<byte> metric, ValueKind kind);
}
