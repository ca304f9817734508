using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Import;

/// <summary>Rows of a file of readings, one after the other, in constant memory.</summary>
internal interface IImportSource : IAsyncDisposable
{
    /// <summary>The row read last; good only where <see cref="ImportRow.IsGood"/>.</summary>
    ImportRow Row { get; }
    /// <summary>Share of the file that was read, 0–1.</summary>
    double Progress { get; }

    /// <summary>Reads the next row. What is wrong with it goes to the errors that the source was made with.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="ImportStructureException">The file cannot be read any further.</exception>
    ValueTask<bool> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>One row, used again for the next.</summary>
internal sealed class ImportRow
{
    /// <summary>Where it stands: <c>line 17</c> or <c>row 16</c>.</summary>
    public string Place => $"{Unit} {Number}";
    public required string Unit { get; init; }
    public long Number { get; set; }
    public bool IsGood { get; set; }
    public SeriesKey Series { get; set; }
    public long Time { get; set; }
    public long Received { get; set; }
    public ValueKind Kind { get; set; }
    public long Bits { get; set; }
    public string? Text { get; set; }
    public ReadingQuality Quality { get; set; }
}

/// <summary>Rules for what a row may hold, the same for every format.</summary>
internal sealed class ImportRules(ImportErrors errors, long now)
{
    /// <summary>As far ahead a gateway believes a device.</summary>
    private const long AheadMax = 5 * 60 * UnixMicros.PerSecond;
    private const int DeviceLengthMax = 128;
    private const int MetricLengthMax = 256;
    private const int TextBytesMax = 32_768;
    private const int SeriesMax = 1_000_000;

    private readonly Dictionary<SeriesKey, (ValueKind Kind, string Place)> _kinds = [];

    public ImportErrors Errors { get; } = errors;

    /// <summary>Whether the names can be used; said where not.</summary>
    public bool Names(ImportRow row)
    {
        var (device, metric) = (row.Series.Device, row.Series.Metric);
        var isGood = true;
        if (device.Length is 0 or > DeviceLengthMax || !device.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or ':' or '-' or '%'))
            isGood = Wrong(row, "device", device, $"1–{DeviceLengthMax} of A-Za-z0-9 . _ : - %");
        if (metric.Length is 0 or > MetricLengthMax || metric.Any(char.IsControl))
            isGood = Wrong(row, "metric", metric, $"1–{MetricLengthMax} characters, none of them control characters");
        return isGood;
    }

    /// <summary>Whether time and kind can be; said where not.</summary>
    public bool Check(ImportRow row)
    {
        if (row.Time > now + AheadMax && (row.Quality & ReadingQuality.ClockNotTrusted) == 0) return Wrong(row, "ts", Api.Times.Write(row.Time), "no time that lies ahead");
        if (row.Text is { } text && Encoding.UTF8.GetByteCount(text) > TextBytesMax) return Wrong(row, "value", text, $"at most {TextBytesMax} bytes of text");
        if (!_kinds.TryGetValue(row.Series, out var known))
        {
            if (_kinds.Count >= SeriesMax) throw new ImportStructureException($"{row.Place}: more than {SeriesMax:N0} series. Split the file.");
            _kinds.Add(row.Series, (row.Kind, row.Place));
            return true;
        }
        return known.Kind == row.Kind || Wrong(row, "value", Api.Answer.NameOf(row.Kind), $"{Api.Answer.NameOf(known.Kind)}, which {row.Series} holds since {known.Place}");
    }

    /// <summary>Says that a cell is wrong; false, for the caller to return.</summary>
    public bool Wrong(ImportRow row, string column, string? found, string expected)
    {
        Errors.Add(row.Place, column, found, expected);
        return false;
    }
}
