using SmartCity.Devices.Telemetry;

namespace SmartCity.FirmwareSim.City;

/// <summary>Where a sensor writes its values; counts them, rounds them and adds the sensor's drift to the first number.</summary>
/// <param name="writer">The open element.</param>
/// <param name="drift">Factor of the first number; 1 where the sensor does not drift.</param>
internal struct Measurement(TelemetryWriter writer, double drift)
{
    private bool _isDrifted;

    /// <summary>Values written.</summary>
    public int Count { get; private set; }

    /// <summary>Writes a number.</summary>
    public void Number(ReadOnlySpan<byte> metric, double value, int decimals)
    {
        if (!_isDrifted) value *= drift;
        _isDrifted = true;
        writer.Add(metric, Math.Round(value, decimals, MidpointRounding.AwayFromZero));
        Count++;
    }

    /// <summary>Writes a truth value.</summary>
    public void Flag(ReadOnlySpan<byte> metric, bool value)
    {
        writer.Add(metric, value);
        Count++;
    }

    /// <summary>Writes a text.</summary>
    public void Text(ReadOnlySpan<byte> metric, ReadOnlySpan<byte> value)
    {
        writer.Add(metric, value);
        Count++;
    }
}
