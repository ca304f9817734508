using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

public sealed partial class InfluxReadingStore
{
    /// <summary>
    /// A write whose answer was lost may still be on its way inside the engine. Once the engine has answered again, no older write comes after this
    /// long: InfluxDB 1.x gives one up after 10 s (<c>coordinator.write-timeout</c>).
    /// </summary>
    private static readonly TimeSpan _lateFor = TimeSpan.FromSeconds(15);

    private readonly List<Staged> _staged = [];
    private readonly List<InfluxSeries> _added = [];
    private readonly List<RejectedReading> _rejected = [];
    private readonly List<InfluxIndex.Arrival> _arrivals = [];
    private readonly List<Staged> _lineOf = [];
    private readonly Dictionary<(int Series, long Time), long> _latest = [];
    private readonly Dictionary<(int Series, long Time), string> _refused = [];
    private long _appends;
    private bool _mayBeLate;
    private long _lateThrough;
    private DateTimeOffset? _quietFrom;

    /// <inheritdoc/>
    public Task<AppendResult> AppendAsync(IReadOnlyList<StoreBatch> batches, long nextOffset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batches);
        return InGateAsync(async () =>
        {
            if (nextOffset <= _index.NextOffset) return AppendResult.AllStored;
            Stage(batches);
            if (_staged.Count > 0) await WriteAsync(batches, nextOffset, cancellationToken).ConfigureAwait(false);
            Settle(batches);
            _index.Commit(_added, _arrivals, _rejected, nextOffset);
            foreach (var series in _added) series.IsKept = true;
            Publish(batches);
            return _rejected.Count == 0 ? AppendResult.AllStored : new AppendResult([.. _rejected]);
        }, cancellationToken);
    }

    /// <summary>Sorts the readings into those that can be written and those that no InfluxDB takes.</summary>
    private void Stage(IReadOnlyList<StoreBatch> batches)
    {
        _staged.Clear();
        _added.Clear();
        _rejected.Clear();
        _latest.Clear();
        _refused.Clear();
        _appends++;
        for (var b = 0; b < batches.Count; b++)
        {
            var batch = batches[b];
            if (batch.FirstOffset < _index.NextOffset) continue;
            var readings = batch.Readings;
            for (var i = 0; i < readings.Count; i++)
            {
                var series = SeriesOf(readings.Series[i], batch.Names);
                var time = readings.Time[i];
                if (Refuse(series, readings, i) is { } reason)
                {
                    Reject(batch, i, series, reason);
                    continue;
                }
                var isSuspect = time <= series.StagedTime;
                if (isSuspect) _latest[(series.Id, time)] = batch.FirstOffset + i;
                else series.StagedTime = time;
                _staged.Add(new Staged(series, time, b, i, isSuspect));
            }
        }
    }

    private static string? Refuse(InfluxSeries series, ReadingBatch readings, int i) =>
        readings.Kind[i] != series.Entry.Kind ? $"kind: {series.Entry.Key} holds {series.Entry.Kind} values, this one is {readings.Kind[i]}."
        : readings.Time[i] < InfluxNames.TimeMin || readings.Time[i] >= InfluxNames.TimeMax ? $"time: {readings.Time[i]} µs lies outside what InfluxDB holds, the years 1678 to 2262."
        : readings.Kind[i] == ValueKind.Double && !double.IsFinite(BitConverter.Int64BitsToDouble(readings.Bits[i])) ? "number: InfluxDB holds finite numbers only."
        : null;

    private void Reject(StoreBatch batch, int i, InfluxSeries series, string reason)
    {
        var readings = batch.Readings;
        _rejected.Add(new RejectedReading(batch.FirstOffset + i, batch.Gateway, batch.Lane,
            new Reading(series.Entry.Key, readings.Time[i], readings.Received[i], readings.ValueAt(i), readings.Quality[i]), reason));
    }

    /// <summary>The series of a catalogue number, with its newest time as of this append; a new one is kept with it.</summary>
    /// <exception cref="InvalidDataException">The index belongs to another log.</exception>
    private InfluxSeries SeriesOf(int id, ISeriesNames names)
    {
        var series = id < _series.Length && _series[id] is { } known ? known : Learn(id, names[id]);
        if (series.StagedIn == _appends) return series;
        (series.StagedIn, series.StagedTime) = (_appends, series.NewestTime);
        if (!series.IsChecked)
        {
            if (names[id] is var entry && entry != series.Entry)
                throw new InvalidDataException($"Series {id} is {series.Entry.Key} in {_options.Folder} and {entry.Key} in the log: they do not belong together. Name the folder of this log's index, or an empty one.");
            series.IsChecked = true;
        }
        if (!series.IsKept) _added.Add(series);
        return series;
    }

    private async Task WriteAsync(IReadOnlyList<StoreBatch> batches, long nextOffset, CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        HoldBackIfLate();
        try
        {
            for (var at = 0; at < _staged.Count;)
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
        if (_mayBeLate) _quietFrom ??= _clock.GetUtcNow();
    }

    /// <summary>Writes lines of the staged readings from <paramref name="at"/> on, until a request is full; of a (series, time) only the latest.</summary>
    private int Fill(IReadOnlyList<StoreBatch> batches, int at)
    {
        _lines.Clear();
        _lineOf.Clear();
        for (; at < _staged.Count && _lines.Count < _options.LinesMax; at++)
        {
            var staged = _staged[at];
            var batch = batches[staged.Batch];
            var logOffset = batch.FirstOffset + staged.Index;
            if (_latest.Count > 0 && _latest.TryGetValue((staged.Series.Id, staged.Time), out var latest) && latest > logOffset) continue;
            _lines.Add(staged.Series.Prefix, batch.Readings, staged.Index, logOffset);
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
            for (var i = first; i < end; i++) _refused[KeyOf(i)] = $"influx:{(int)refusal.Status} {(refusal.Words.Length <= 500 ? refusal.Words : refusal.Words[..500] + "…")}";
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

    private (int, long) KeyOf(int line) => (_lineOf[line].Series.Id, _lineOf[line].Time);

    /// <summary>What was kept, in log order; repeats of a refused reading share its fate, being alike in all that the engine looks at but the number.</summary>
    private void Settle(IReadOnlyList<StoreBatch> batches)
    {
        _arrivals.Clear();
        foreach (var staged in _staged)
        {
            var batch = batches[staged.Batch];
            if (_refused.Count > 0 && _refused.TryGetValue((staged.Series.Id, staged.Time), out var reason)) Reject(batch, staged.Index, staged.Series, reason);
            else _arrivals.Add(new InfluxIndex.Arrival(staged.Series.Id, staged.Time, staged.IsSuspect, batch.Gateway, batch.Lane));
        }
        _rejected.Sort(static (a, b) => a.LogOffset.CompareTo(b.LogOffset));
    }

    private void Publish(IReadOnlyList<StoreBatch> batches)
    {
        foreach (var staged in _staged)
        {
            var series = staged.Series;
            series.NewestTime = series.StagedTime;
            if (staged.Time < series.StagedTime || _refused.ContainsKey((series.Id, staged.Time))) continue;
            var readings = batches[staged.Batch].Readings;
            series.Last = new InfluxSeries.Newest(staged.Time, readings.ValueAt(staged.Index), readings.Quality[staged.Index]);
        }
    }

    /// <summary>From now on a write of before may come after one that replaces its readings.</summary>
    private void ExpectLateWrites(long through) => (_mayBeLate, _lateThrough, _quietFrom) = (true, Math.Max(_lateThrough, through), null);

    /// <summary>While a lost write may still come, only what it held itself may be written over what is there: anything later would be overwritten by it.</summary>
    /// <exception cref="StoreUnavailableException">The append waits until that can no longer be.</exception>
    private void HoldBackIfLate()
    {
        if (!_mayBeLate) return;
        _quietFrom ??= _clock.GetUtcNow();
        var left = _quietFrom.Value + _lateFor - _clock.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            (_mayBeLate, _lateThrough) = (false, 0);
            return;
        }
        foreach (var latest in _latest.Values)
        {
            if (latest < _lateThrough) continue;
            throw new StoreUnavailableException($"InfluxDB at {_options.Address} may still be busy with a write whose answer was lost; readings that replace others wait {left.TotalSeconds:0} s for it.") { RetryAfter = left };
        }
    }

    /// <summary>A reading that can be written.</summary>
    private readonly record struct Staged(InfluxSeries Series, long Time, int Batch, int Index, bool IsSuspect);
}
