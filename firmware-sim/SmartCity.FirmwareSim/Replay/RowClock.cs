using System.Globalization;
using System.Text;
using SmartCity.Devices;
using SmartCity.Model;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>
/// Gives the rows of one file their times. An ambiguous local hour takes the first offset, unless a different value of the same series follows at the same
/// local time, or the device's local time has stepped back within the hour: then it takes the second.
/// </summary>
internal sealed class RowClock
{
    private readonly TimeRule _rule;
    private readonly LocalTimes? _zone;
    private readonly long _start;
    private readonly Dictionary<string, Hour> _hours = [];

    public RowClock(TimeRule rule)
    {
        _rule = rule;
        if (rule.Zone is not null) _zone = new LocalTimes(TimeZoneInfo.FindSystemTimeZoneById(rule.Zone));
        if (rule.Start is { } start)
            _start = _zone!.Resolve(start)?.First ?? throw new InvalidDataException($"time.start: {start:yyyy-MM-dd HH:mm} does not exist in {rule.Zone}; the clocks jump over it.");
    }

    /// <summary>What a row's time can be.</summary>
    /// <param name="row">Number of the row, from 0.</param>
    /// <param name="text">The row's time as written; empty where rows have none.</param>
    /// <param name="time">The instants that it can mean.</param>
    /// <returns>Why it is of no use, or null.</returns>
    public string? TryRead(long row, string text, out RowTime time)
    {
        time = default;
        if (_rule.Step is { } step)
        {
            time = new RowTime(default, _start + row * (step.Ticks / 10), _start + row * (step.Ticks / 10));
            return null;
        }
        switch (_rule.Format)
        {
            case "unix" or "unix-ms":
                if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return "time:format";
                number *= _rule.Format == "unix" ? 1_000_000 : 1_000;
                if (number < UnixMicros.Min || number > UnixMicros.Max) return "time:range";
                time = new RowTime(default, (long)number, (long)number);
                return null;
            case "rfc3339":
                var reason = DeviceTime.TryParse(Encoding.UTF8.GetBytes(text), out var micros);
                if (reason != RejectReason.None) return RejectReasons.CodeOf(reason);
                time = new RowTime(default, micros, micros);
                return null;
            default:
                if (!DateTime.TryParseExact(text, _rule.Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return "time:format";
                if (_zone!.Resolve(local) is not { } both) return "time:nonexistent";
                time = new RowTime(local, both.First, both.Second);
                return null;
        }
    }

    /// <summary>The instant of one value of a row.</summary>
    public long Of(in RowTime time, string device, string metric, string cell)
    {
        if (time.First == time.Second)
        {
            // The hour is over; nothing of it is needed any more.
            if (_hours.Count > 0) _hours.Remove(device);
            return time.First;
        }
        if (!_hours.TryGetValue(device, out var hour)) _hours[device] = hour = new Hour();
        if (time.Local < hour.Last) hour.IsSecond = true;
        hour.Last = time.Local;
        if (hour.IsSecond) return time.Second;
        if (hour.Values.TryAdd((metric, time.Local), cell)) return time.First;
        return hour.Values[(metric, time.Local)] == cell ? time.First : time.Second;
    }

    /// <summary>The hour that comes twice, for one device.</summary>
    private sealed class Hour
    {
        public DateTime Last { get; set; }
        public bool IsSecond { get; set; }
        public Dictionary<(string Metric, DateTime Local), string> Values { get; } = [];
    }
}

/// <summary>What the time of a row can be.</summary>
/// <param name="Local">Local time, where it is one.</param>
/// <param name="First">The instant, µs since 1970 UTC.</param>
/// <param name="Second">The later instant of a local time that comes twice; else the same.</param>
internal readonly record struct RowTime(DateTime Local, long First, long Second);
