using System.Text;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Live;

/// <summary>The newest value of each series that has gone out, by catalogue number. Not thread-safe.</summary>
internal sealed class LiveBoard
{
    private LiveValue[] _values = new LiveValue[1024];
    private readonly List<int> _known = [];

    /// <summary>Numbers of the series with a value, in order of their first one.</summary>
    public IReadOnlyList<int> Known => _known;

    public ref readonly LiveValue this[int series] => ref _values[series];

    /// <summary>Usual interval of a series, µs; 0 = not known.</summary>
    public long IntervalOf(int series) => series < _values.Length ? _values[series].Interval : 0;

    /// <summary>Takes a frame on; its values stand in it afterwards.</summary>
    public void Take(ReadingBatch frame, ISeriesNames names)
    {
        for (var i = 0; i < frame.Count; i++)
        {
            var series = frame.Series[i];
            if (series >= _values.Length) Array.Resize(ref _values, Math.Max(series + 1, _values.Length * 2));
            ref var value = ref _values[series];
            if (value.Name is null)
            {
                value.Name = names[series].Key;
                value.Kind = frame.Kind[i];
                _known.Add(series);
            }
            else
            {
                // One pause teaches little: an outage is no habit.
                var gap = frame.Time[i] - value.Time;
                if (gap > 0) value.Interval = value.Interval == 0 ? gap : (long)((value.Interval * 0.8) + (Math.Min(gap, value.Interval * 4.0) * 0.2));
            }
            value.Time = frame.Time[i];
            value.Quality = frame.Quality[i];
            if (frame.Kind[i] == ValueKind.Text)
            {
                value.Number = double.NaN;
                value.Text = Encoding.UTF8.GetString(frame.TextAt(i));
            }
            else
            {
                value.Number = frame.Kind[i] == ValueKind.Double ? BitConverter.Int64BitsToDouble(frame.Bits[i]) : frame.Bits[i];
                value.Text = null;
            }
        }
    }
}

/// <summary>A value as it is sent.</summary>
internal struct LiveValue
{
    /// <summary>Device and metric; null where the series has no value yet.</summary>
    public SeriesKey? Name;
    public ValueKind Kind;
    /// <summary>Event time, µs.</summary>
    public long Time;
    /// <summary>Usual interval of its event times, µs; 0 = not known.</summary>
    public long Interval;
    public ReadingQuality Quality;
    /// <summary>The value as a number, NaN for text.</summary>
    public double Number;
    public string? Text;
}
