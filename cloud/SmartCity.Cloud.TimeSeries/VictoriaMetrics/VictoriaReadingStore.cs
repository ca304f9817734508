using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using SmartCity.Cloud.TimeSeries.Engines;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.VictoriaMetrics;

/// <summary>
/// Readings in VictoriaMetrics, which holds numbers at milliseconds and cannot replace one by another: what it cannot hold, and what replaces a reading,
/// stands in the index beside it, and goes before it in every answer.
/// </summary>
/// <remarks>
/// <code>
/// AppendAsync ─► lines of an import, a series each ─► gzip ─► POST /api/v1/import ─► snapshot (its disk has them now) ─► index: seen, beside, counts, offset
/// </code>
/// An import may be repeated after a lost answer: it writes the same numbers, and of those the engine shows one.
/// </remarks>
public sealed partial class VictoriaReadingStore : EngineReadingStore
{
    /// <summary>Two days ahead the engine takes nothing more; nothing is left to its clock being ours.</summary>
    private static readonly TimeSpan _ahead = TimeSpan.FromDays(1);
    private static readonly TimeSpan _flushEvery = TimeSpan.FromSeconds(1);
    private const int LineBytesMax = 4 << 20;

    private readonly VictoriaOptions _options;
    private readonly ILogger _logger;
    private readonly VictoriaClient _client;
    private readonly PooledBuffer _lines = new(64 * 1024);
    private readonly Dictionary<EngineSeries, List<Staged>> _bySeries = [];
    private bool _isOurs;
    private long _flushed;
    private long _oldest = long.MinValue;

    /// <summary>Creates the store; nothing is opened yet.</summary>
    public VictoriaReadingStore(VictoriaOptions options, TimeProvider clock, ILogger<VictoriaReadingStore> logger)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Folder, keepsBeside: true, clock)
    {
        (_options, _logger) = (options, logger);
        _client = new VictoriaClient(options, clock);
    }

    /// <inheritdoc/>
    public override string Name => "victoria";

    /// <inheritdoc/>
    public override StoreCapabilities Capabilities => StoreCapabilities.VictoriaMetrics;

    private protected override void DisposeEngine()
    {
        _client.Dispose();
        _lines.Dispose();
    }

    private protected override string? Refuse(EngineSeries series, ReadingBatch readings, int i) =>
        readings.Time[i] < UnixMicros.Min || readings.Time[i] > UnixMicros.Max ? $"time: {readings.Time[i]} µs lies outside the years 1 to 9999." : null;

    /// <summary>Whole milliseconds, also before 1970.</summary>
    private protected override long Keep(long time) => time - ((time % 1_000) + 1_000) % 1_000;

    private protected override bool IsBeside(EngineSeries series, ReadingBatch readings, int i)
    {
        var time = Keep(readings.Time[i]);
        if (time < VictoriaNames.MillisMin || time < _oldest || time > UnixMicros.From(Clock.GetUtcNow() + _ahead)) return true;
        return readings.Kind[i] switch
        {
            ValueKind.Double => BitConverter.Int64BitsToDouble(readings.Bits[i]) is var number && !(Math.Abs(number) <= VictoriaNames.NumberMax && IsKept(number)),
            ValueKind.Int64 => Math.Abs((double)readings.Bits[i]) > VictoriaNames.NumberMax,
            ValueKind.Bool => false,
            _ => true,
        };
    }

    /// <summary>Whether a number keeps its digits among those of a sensor: a tiny one would be written as nothing beside them, and minus zero loses its sign.</summary>
    private static bool IsKept(double number) => number == 0 ? !double.IsNegative(number) : Math.Abs(number) >= 1e-9;

    private protected override async Task WriteAsync(IReadOnlyList<StoreBatch> batches, long nextOffset, CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        foreach (var list in _bySeries.Values) list.Clear();
        foreach (var staged in StagedReadings)
        {
            var batch = batches[staged.Batch];
            if (IsReplaced(staged, batch.FirstOffset + staged.Index) || IsBeside(staged.Series, batch.Readings, staged.Index)) continue;
            if (!_bySeries.TryGetValue(staged.Series, out var list)) _bySeries.Add(staged.Series, list = []);
            list.Add(staged);
        }
        var written = 0;
        Staged last = default;
        _lines.Clear();
        foreach (var (series, list) in _bySeries)
        {
            if (list.Count == 0) continue;
            written += list.Count;
            last = list[^1];
            Line(series, list, batches, isQuality: false);
            if (list.Exists(staged => batches[staged.Batch].Readings.Quality[staged.Index] != ReadingQuality.Good)) Line(series, list, batches, isQuality: true);
            if (_lines.Length < LineBytesMax) continue;
            await _client.ImportAsync(_lines.Written, cancellationToken).ConfigureAwait(false);
            _lines.Clear();
        }
        if (_lines.Length > 0) await _client.ImportAsync(_lines.Written, cancellationToken).ConfigureAwait(false);
        if (written > 0) await FlushAsync(written, last, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One line of an import: a series with its values and their times.</summary>
    private void Line(EngineSeries series, List<Staged> list, IReadOnlyList<StoreBatch> batches, bool isQuality)
    {
        _lines.Append(isQuality ? VictoriaNames.PrefixOf(series.Entry.Key, VictoriaNames.QualityLabel) : series.Prefix ??= VictoriaNames.PrefixOf(series.Entry.Key, null));
        var isFirst = true;
        foreach (var staged in list)
        {
            var readings = batches[staged.Batch].Readings;
            if (isQuality && readings.Quality[staged.Index] == ReadingQuality.Good) continue;
            Number(isQuality ? (double)readings.Quality[staged.Index] : readings.ValueAt(staged.Index).AsNumber()!.Value);
        }
        _lines.Append("],\"timestamps\":["u8);
        isFirst = true;
        foreach (var staged in list)
            if (!isQuality || batches[staged.Batch].Readings.Quality[staged.Index] != ReadingQuality.Good) Number(staged.Time / 1_000);
        _lines.Append("]}\n"u8);

        void Number(double number)
        {
            if (!isFirst) _lines.Append(","u8);
            isFirst = false;
            number.TryFormat(_lines.Room(32), out var bytes, default, CultureInfo.InvariantCulture);
            _lines.Advance(bytes);
        }
    }

    /// <summary>The offset is saved only behind this. A trickle is brought to the disk once a second, so that the engine is not kept busy with it.</summary>
    private async Task FlushAsync(int written, Staged last, CancellationToken cancellationToken)
    {
        if (written < _options.FlushAtOnce && _flushEvery - Clock.GetElapsedTime(_flushed) is var wait && wait > TimeSpan.Zero && _flushed != 0)
            await Task.Delay(wait, Clock, cancellationToken).ConfigureAwait(false);
        await _client.FlushAsync(VictoriaNames.SelectorOf(last.Series.Entry.Key, ""), last.Time / 1_000, cancellationToken).ConfigureAwait(false);
        _flushed = Clock.GetTimestamp();
    }

    /// <summary>Finds the engine, and whose it is. Call in the gate.</summary>
    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if (await _client.ConnectAsync(cancellationToken).ConfigureAwait(false)) _isOurs = false;
        if (_isOurs) return;
        var owners = await _client.OwnersAsync(cancellationToken).ConfigureAwait(false);
        if (owners.Any(owner => owner != Index.Id))
        {
            throw new StoreUnavailableException($"VictoriaMetrics at {_options.Address} holds the readings of another server's log. Name another one in Cloud:Victoria:Address, " +
                $"or, if that server is gone for good and this one shall write on in it, delete its mark: /api/v1/admin/tsdb/delete_series?match[]={{__name__=\"{VictoriaNames.Quoted(VictoriaNames.OwnerMetric)}\"}}");
        }
        // Readings older than the engine keeps would be dropped by it without a word.
        _oldest = _client.Flags!.Kept is { } kept ? UnixMicros.From(Clock.GetUtcNow()) - (long)Math.Min(kept.TotalMicroseconds, UnixMicros.PerDay * 365_000.0) + UnixMicros.PerDay : long.MinValue;
        if (owners.Count == 0)
        {
            var now = Clock.GetUtcNow().ToUnixTimeMilliseconds();
            var mark = $"{{\"metric\":{{\"__name__\":{System.Text.Json.JsonSerializer.Serialize(VictoriaNames.OwnerMetric)},\"id\":\"{Index.Id}\"}},\"values\":[1],\"timestamps\":[{now}]}}\n";
            await _client.ImportAsync(Encoding.UTF8.GetBytes(mark), cancellationToken).ConfigureAwait(false);
            await _client.FlushAsync($"{{__name__=\"{VictoriaNames.Quoted(VictoriaNames.OwnerMetric)}\"}}", now, cancellationToken).ConfigureAwait(false);
        }
        _isOurs = true;
        _logger.Connected(_options.Address, _client.Flags.Retention);
    }
}
