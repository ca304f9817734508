using System.Text;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.TimeSeries;

/// <summary>Makes batches as the log hands them out: consecutive offsets, one catalogue.</summary>
internal sealed class LogOfReadings
{
    public SeriesNames Names { get; } = new();

    /// <summary>Offset that the next value gets.</summary>
    public long End { get; private set; }

    public StoreBatch Batch(params IEnumerable<Reading> readings) => BatchBy("gateway-1", Lane.Telemetry, readings);

    public StoreBatch BatchBy(string gateway, Lane lane, params IEnumerable<Reading> readings)
    {
        var columns = new ReadingBatch(16);
        foreach (var reading in readings)
        {
            var series = Names.NumberOf(reading.Series, reading.Value.Kind);
            if (reading.Value.Kind == ValueKind.Text) columns.AddText(series, reading.Time, reading.Received, Encoding.UTF8.GetBytes(reading.Value.Text!), reading.Quality);
            else columns.Add(series, reading.Time, reading.Received, reading.Value.Kind, reading.Value.Bits, reading.Quality);
        }
        var batch = new StoreBatch(End, gateway, lane, columns, Names);
        End += columns.Count;
        return batch;
    }

    /// <summary>Values of another lane, which the store never sees, take offsets too.</summary>
    public void Skip(int values) => End += values;
}
