using System.Buffers.Text;
using System.Globalization;
using System.Text;
using SmartCity.Cloud.TimeSeries.Engines;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>Lines of line protocol in a pooled buffer; allocates nothing per reading once it has grown. Not thread-safe.</summary>
/// <remarks>
/// https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
/// <c>pm25,device=air-1 value=12.5,quality=0i,received=1795485689981000i,offset=4711i 1795485689980000</c>, times in µs.
/// Numbers are written with the fewest digits that read back to the same bits.
/// </remarks>
internal sealed class LineBuffer : IDisposable
{
    private readonly PooledBuffer _bytes = new(64 * 1024);
    private readonly List<int> _ends = [];

    public int Count => _ends.Count;

    /// <summary>The lines from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    public ReadOnlyMemory<byte> Lines(int first, int end)
    {
        var start = first == 0 ? 0 : _ends[first - 1];
        return _bytes.Written[start..(end == 0 ? 0 : _ends[end - 1])];
    }

    public void Clear()
    {
        _bytes.Clear();
        _ends.Clear();
    }

    /// <summary>Writes the reading at <paramref name="index"/> of <paramref name="readings"/>.</summary>
    public void Add(ReadOnlySpan<byte> prefix, ReadingBatch readings, int index, long logOffset)
    {
        _bytes.Append(prefix);
        var bits = readings.Bits[index];
        switch (readings.Kind[index])
        {
            case ValueKind.Double:
                _bytes.Append("value="u8);
                Number(BitConverter.Int64BitsToDouble(bits));
                break;
            case ValueKind.Int64:
                _bytes.Append("int="u8);
                Number(bits);
                _bytes.Append("i"u8);
                break;
            case ValueKind.Bool:
                _bytes.Append(bits != 0 ? "bool=true"u8 : "bool=false"u8);
                break;
            default:
                _bytes.Append("text=\""u8);
                Text(readings.TextAt(index));
                _bytes.Append("\""u8);
                break;
        }
        _bytes.Append(",quality="u8);
        Number((long)readings.Quality[index]);
        _bytes.Append("i,received="u8);
        Number(readings.Received[index]);
        _bytes.Append("i,offset="u8);
        Number(logOffset);
        _bytes.Append("i "u8);
        Number(readings.Time[index]);
        End();
    }

    /// <summary>Writes the device's own time of a reading.</summary>
    public void AddRepair(SeriesKey series, long time, long deviceTime, long logOffset)
    {
        _bytes.Append(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{InfluxNames.RepairMeasurement},device={InfluxNames.Encode(series.Device)},metric={InfluxNames.Encode(series.Metric)} device_time={deviceTime}i,offset={logOffset}i {time}")));
        End();
    }

    public void Dispose() => _bytes.Dispose();

    private void End()
    {
        _bytes.Append("\n"u8);
        _ends.Add((int)_bytes.Length);
    }

    private void Number(long number)
    {
        Utf8Formatter.TryFormat(number, _bytes.Room(20), out var written);
        _bytes.Advance(written);
    }

    private void Number(double number)
    {
        number.TryFormat(_bytes.Room(32), out var written, default, CultureInfo.InvariantCulture);
        _bytes.Advance(written);
    }

    /// <summary>In a text only the quotation mark and the backslash are escaped; a line break stands as it is.</summary>
    private void Text(ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAny((byte)'"', (byte)'\\') is var at and >= 0)
        {
            _bytes.Append(text[..at]);
            _bytes.Append("\\"u8);
            _bytes.Append(text.Slice(at, 1));
            text = text[(at + 1)..];
        }
        _bytes.Append(text);
    }
}
