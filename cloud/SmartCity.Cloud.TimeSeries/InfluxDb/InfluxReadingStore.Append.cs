using System.Text;
using SmartCity.Cloud.TimeSeries.Engines;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

public sealed partial class InfluxReadingStore
{
    /// <summary>
    /// A write whose answer was lost may still be on its way inside the engine. Once the engine has answered again, no older write comes after this
    /// long: InfluxDB 1.x gives one up after 10 s (<c>coordinator.write-timeout</c>).
    /// </summary>
    private static readonly TimeSpan _lateFor = TimeSpan.FromSeconds(15);

    private readonly List<Staged> _lineOf = [];
    private bool _mayBeLate;
    private long _lateThrough;
    private DateTimeOffset? _quietFrom;

    private protected override string? Refuse(EngineSeries series, ReadingBatch readings, int i) =>
        readings.Time[i] < InfluxNames.TimeMin || readings.Time[i] >= InfluxNames.TimeMax ? $"time: {readings.Time[i]} µs lies outside what InfluxDB holds, the years 1678 to 2262."
        : readings.Kind[i] == ValueKind.Double && !double.IsFinite(BitConverter.Int64BitsToDouble(readings.Bits[i])) ? "number: InfluxDB holds finite numbers only."
        : null;

    private protected override async Task WriteAsync(IReadOnlyList<StoreBatch> batches, long nextOffset, CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        HoldBackIfLate();
        try
        {
            for (var at = 0; at < StagedReadings.Count;)
            {
                at = Fill(batches, at);
                await SendAsync(0, _lines.Count, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            ExpectLateWrites(nextOffset);
            throw;
        }
        if (_mayBeLate) _quietFrom ??= Clock.GetUtcNow();
    }

    /// <summary>Writes lines of the staged readings from <paramref name="at"/> on, until a request is full; of a (series, time) only the latest.</summary>
    private int Fill(IReadOnlyList<StoreBatch> batches, int at)
    {
        _lines.Clear();
        _lineOf.Clear();
        for (; at < StagedReadings.Count && _lines.Count < _options.LinesMax; at++)
        {
            var staged = StagedReadings[at];
            var batch = batches[staged.Batch];
            var logOffset = batch.FirstOffset + staged.Index;
            if (IsReplaced(staged, logOffset)) continue;
            _lines.Add(staged.Series.Prefix ??= InfluxNames.PrefixOf(staged.Series.Entry.Key), batch.Readings, staged.Index, logOffset);
            _lineOf.Add(staged);
            if ((batch.Readings.Quality[staged.Index] & ReadingQuality.TimeReplaced) == 0) continue;
            foreach (var repair in batch.Readings.TimeRepairs)
            {
                if (repair.Index != staged.Index) continue;
                _lines.AddRepair(staged.Series.Entry.Key, staged.Time, repair.DeviceTime, logOffset);
                _lineOf.Add(staged);
            }
        }
        return at;
    }

    /// <summary>
    /// Writes lines. Where the engine refuses some for good, those that it names are tried each alone and the others again; where it names none,
    /// the lines are halved, until each refused one has been refused alone, or all of a request together.
    /// </summary>
    private async Task SendAsync(int first, int end, CancellationToken cancellationToken)
    {
        if (first == end || await _client.WriteAsync(_lines.Lines(first, end), cancellationToken).ConfigureAwait(false) is not { } refusal) return;
        if (end - first == 1 || refusal.Dropped == end - first)
        {
            for (var i = first; i < end; i++) RefuseLine(_lineOf[i], $"influx:{(int)refusal.Status} {(refusal.Words.Length <= 500 ? refusal.Words : refusal.Words[..500] + "…")}");
            return;
        }
        _logger.Refused(end - first, refusal.Words);
        var at = first;
        if (refusal.Named.Count > 0)
        {
            for (var i = first; i < end; i++)
            {
                if (!refusal.Named.Contains(Encoding.UTF8.GetString(_lines.Lines(i, i + 1).Span[..^1]))) continue;
                await SendAsync(at, i, cancellationToken).ConfigureAwait(false);
                await SendAsync(i, i + 1, cancellationToken).ConfigureAwait(false);
                at = i + 1;
            }
        }
        if (at > first)
        {
            await SendAsync(at, end, cancellationToken).ConfigureAwait(false);
            return;
        }
        var middle = first + (end - first) / 2;
        await SendAsync(first, middle, cancellationToken).ConfigureAwait(false);
        await SendAsync(middle, end, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>From now on a write of before may come after one that replaces its readings.</summary>
    private void ExpectLateWrites(long through) => (_mayBeLate, _lateThrough, _quietFrom) = (true, Math.Max(_lateThrough, through), null);

    /// <summary>While a lost write may still come, only what it held itself may be written over what is there: anything later would be overwritten by it.</summary>
    /// <exception cref="StoreUnavailableException">The append waits until that can no longer be.</exception>
    private void HoldBackIfLate()
    {
        if (!_mayBeLate) return;
        _quietFrom ??= Clock.GetUtcNow();
        var left = _quietFrom.Value + _lateFor - Clock.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            (_mayBeLate, _lateThrough) = (false, 0);
            return;
        }
        foreach (var latest in Latest.Values)
        {
            if (latest < _lateThrough) continue;
            throw new StoreUnavailableException($"InfluxDB at {_options.Address} may still be busy with a write whose answer was lost; readings that replace others wait {left.TotalSeconds:0} s for it.") { RetryAfter = left };
        }
    }
}
