using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.Engines;

/// <summary>A bucket while it is put together, from the engine's answers or from readings in order of time.</summary>
internal sealed class BucketParts
{
    private double _compensation;

    public long Count { get; set; }
    public long Flagged { get; set; }
    /// <summary>Readings that are true, of a series of truth values.</summary>
    public long True { get; set; }
    public double Sum { get; set; }
    public double Min { get; set; } = double.PositiveInfinity;
    public double Max { get; set; } = double.NegativeInfinity;
    public ReadingValue Last { get; set; }

    public void Add(in Reading reading)
    {
        Count++;
        if (reading.Quality != ReadingQuality.Good) Flagged++;
        Last = reading.Value;
        if (reading.Value.Kind == ValueKind.Bool) True += reading.Value.Bits;
        else if (reading.Value.AsNumber() is { } number)
        {
            (Min, Max) = (Math.Min(Min, number), Math.Max(Max, number));
            // Neumaier's sum: the bits that an addition loses are added up beside it.
            var sum = Sum + number;
            _compensation += Math.Abs(Sum) >= Math.Abs(number) ? Sum - sum + number : number - sum + Sum;
            Sum = sum;
        }
    }

    public Bucket ToBucket(BucketQuery query, SeriesEntry series, long start, long end)
    {
        double? coverage = null;
        if (query.ExpectedInterval?.Invoke(series.Key) is { } interval && interval > TimeSpan.Zero)
            coverage = Math.Min(1, Count * interval.TotalMicroseconds / (Math.Min(end, query.To) - Math.Max(start, query.From)));
        var flagged = Flagged / (double)Count;
        return series.Kind switch
        {
            ValueKind.Text => new Bucket(start, end, Count, null, null, null, Last, coverage, flagged),
            ValueKind.Bool => new Bucket(start, end, Count, True, True == Count ? 1 : 0, True > 0 ? 1 : 0, Last, coverage, flagged),
            _ => new Bucket(start, end, Count, Sum + _compensation, Min, Max, Last, coverage, flagged),
        };
    }
}
