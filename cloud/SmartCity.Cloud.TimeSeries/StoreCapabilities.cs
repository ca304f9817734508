using SmartCity.Cloud.TimeSeries.InfluxDb;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries;

/// <summary>What a store gives back of a reading. The suite of all stores asks by it, and README's table of stores is written from it.</summary>
/// <param name="Store">Its name in the settings.</param>
/// <param name="TimeStep">Event times are kept to whole multiples of so many µs; two readings of a series within one are the same reading.</param>
/// <param name="Digits">Decimal digits of a number that come back for sure; 17 is every bit.</param>
/// <param name="KeepsReceived">Whether the gateway's time comes back; else the event time stands for it.</param>
/// <param name="KeepsDeviceTime">Whether a device's own time is kept where the gateway's took its place.</param>
/// <param name="TakesAnyNumber">Whether NaN and the infinities are taken.</param>
/// <param name="TimeMin">Least event time that is taken, µs.</param>
/// <param name="TimeMax">Greatest event time that is taken, µs.</param>
/// <param name="Levels">What buckets are answered from.</param>
/// <param name="Retention">How old readings go.</param>
public sealed record StoreCapabilities(
    string Store, long TimeStep, int Digits, bool KeepsReceived, bool KeepsDeviceTime, bool TakesAnyNumber, long TimeMin, long TimeMax, IReadOnlyList<string> Levels, string Retention)
{
    /// <summary>The embedded store.</summary>
    public static StoreCapabilities DuckDb { get; } = new("duckdb", 1, 17, true, true, true, UnixMicros.Min, UnixMicros.Max, ["raw", "1m", "1h", "1d"], "stay");

    /// <summary>InfluxDB of any version.</summary>
    public static StoreCapabilities Influx { get; } = new("influx", 1, 17, true, true, false, InfluxNames.TimeMin, InfluxNames.TimeMax - 1, ["raw"], "the engine's");

    /// <summary>VictoriaMetrics, with what it cannot hold in the index beside it.</summary>
    public static StoreCapabilities VictoriaMetrics { get; } = new("victoria", 1_000, 12, false, false, true, UnixMicros.Min, UnixMicros.Max, ["raw"], "the engine's");

    /// <summary>Whether what comes back of a reading is all that this store keeps of it.</summary>
    /// <param name="appended">As it was appended.</param>
    /// <param name="found">As it comes back.</param>
    public bool IsSame(in Reading appended, in Reading found)
    {
        var time = appended.Time - ((appended.Time % TimeStep) + TimeStep) % TimeStep;
        if (appended.Series != found.Series || time != found.Time || appended.Quality != found.Quality || appended.Value.Kind != found.Value.Kind) return false;
        if (KeepsReceived && appended.Received != found.Received) return false;
        if (appended.Value == found.Value) return true;
        return Digits < 17 && appended.Value.Kind == ValueKind.Double && appended.Value.AsNumber() is { } was && found.Value.AsNumber() is { } now
            && Math.Abs(was - now) <= Math.Abs(was) * Math.Pow(10, 1 - Digits);
    }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<StoreCapabilities> All { get; } = [DuckDb, Influx, VictoriaMetrics];
}
