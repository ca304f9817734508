using System.Globalization;
using System.IO.Compression;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>
/// A recorded set read by the plainest means, and by none of the simulator's: what the stores must hold after it was replayed.
/// </summary>
internal sealed class RecordedSet
{
    private readonly TimeZoneInfo _zone;
    private readonly HashSet<(string Device, string Metric, DateTime Local, string Cell)> _ambiguous = [];
    private readonly HashSet<(string Device, string Metric, DateTime Local)> _seen = [];

    private RecordedSet(string zone) => _zone = TimeZoneInfo.FindSystemTimeZoneById(zone);

    /// <summary>The zone of its local times.</summary>
    public string Zone => _zone.Id;
    /// <summary>The last value of each (device, metric, time).</summary>
    public Dictionary<(string Device, string Metric, DateTime Utc), string> Readings { get; } = [];
    /// <summary>Cells that hold a value.</summary>
    public long Values { get; private set; }
    /// <summary>Cells that say that there is none.</summary>
    public long Nulls { get; private set; }
    /// <summary>Metrics that are texts.</summary>
    public HashSet<string> Texts { get; } = [];

    /// <summary>Loop detectors: a column each, rows five minutes apart.</summary>
    public static RecordedSet LosAngeles(string folder)
    {
        var set = new RecordedSet("America/Los_Angeles");
        var time = new DateTime(2012, 3, 1);
        foreach (var row in Rows(Path.Combine(folder, "la-loops", "speeds.csv.gz")))
        {
            foreach (var (detector, cell) in row) set.Add("la-" + detector, "speed", time, cell);
            time = time.AddMinutes(5);
        }
        return set;
    }

    /// <summary>Six stations of air quality, hourly.</summary>
    public static RecordedSet Beijing(string folder)
    {
        var set = new RecordedSet("Asia/Shanghai");
        var metrics = new Dictionary<string, string>
        {
            ["PM2.5"] = "pm25", ["PM10"] = "pm10", ["SO2"] = "so2", ["NO2"] = "no2", ["CO"] = "co", ["O3"] = "o3", ["TEMP"] = "temp", ["PRES"] = "pressure", ["DEWP"] = "dew_point",
            ["RAIN"] = "rain", ["wd"] = "wind_dir", ["WSPM"] = "wind_speed",
        };
        set.Texts.Add("wind_dir");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "beijing-air"), "*.csv.gz"))
            foreach (var row in Rows(file))
            {
                var time = new DateTime(Int(row["year"]), Int(row["month"]), Int(row["day"]), Int(row["hour"]), 0, 0);
                foreach (var (column, metric) in metrics) set.Add("beijing-" + row["station"], metric, time, row[column] == "NA" ? "" : row[column]);
            }
        return set;
    }

    /// <summary>Traffic volume with weather, hourly, many hours more than once, through seven springs and autumns.</summary>
    public static RecordedSet Interstate94(string folder)
    {
        var set = new RecordedSet("America/Chicago");
        set.Texts.UnionWith(["holiday", "weather_main", "weather_description"]);
        foreach (var row in Rows(Path.Combine(folder, "i94-volume", "hourly.csv.gz")))
        {
            var time = DateTime.ParseExact(row["date_time"], "dd-MM-yyyy HH:mm", CultureInfo.InvariantCulture);
            foreach (var (column, cell) in row)
                if (column != "date_time") set.Add("i94-301", column, time, column == "holiday" && cell == "None" ? "" : cell);
        }
        return set;
    }

    /// <summary>Means of the local days of each series of numbers, with what the order of summing may change of them.</summary>
    public Dictionary<(string Device, string Metric, DateTime Day), (double Value, double Rounding)> DailyAverages() => Readings.Where(reading => !Texts.Contains(reading.Key.Metric))
        .GroupBy(reading => (reading.Key.Device, reading.Key.Metric, TimeZoneInfo.ConvertTimeFromUtc(reading.Key.Utc, _zone).Date))
        .ToDictionary(day => day.Key, day =>
        {
            var values = day.Select(reading => double.Parse(reading.Value, CultureInfo.InvariantCulture)).ToList();
            return (values.Average(), values.Sum(Math.Abs) * 2.3e-16);
        });

    private void Add(string device, string metric, DateTime local, string cell)
    {
        if (cell.Length == 0)
        {
            Nulls++;
            return;
        }
        if (_zone.IsInvalidTime(local)) throw new InvalidDataException($"{local} does not exist in {_zone.Id}; the recorded sets hold no such time.");
        Values++;
        Readings[(device, metric, local - OffsetOf(device, metric, local, cell))] = cell;
    }

    /// <summary>An hour that comes twice is the first one, unless a different value of the series stood there before.</summary>
    private TimeSpan OffsetOf(string device, string metric, DateTime local, string cell)
    {
        if (!_zone.IsAmbiguousTime(local)) return _zone.GetUtcOffset(local);
        if (_seen.Add((device, metric, local))) _ambiguous.Add((device, metric, local, cell));
        var offsets = _zone.GetAmbiguousTimeOffsets(local);
        return _ambiguous.Contains((device, metric, local, cell)) ? offsets.Max() : offsets.Min();
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<Dictionary<string, string>> Rows(string file)
    {
        using var text = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        // None of the files quotes anything.
        var header = text.ReadLine()!.Split(',');
        while (text.ReadLine() is { } line)
        {
            var cells = line.Split(',');
            var row = new Dictionary<string, string>(header.Length);
            for (var i = 0; i < header.Length; i++) row[header[i]] = cells[i];
            yield return row;
        }
    }
}
