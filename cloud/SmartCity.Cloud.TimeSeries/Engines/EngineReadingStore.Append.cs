using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.Engines;

public abstract partial class EngineReadingStore
{
    private readonly List<Staged> _staged = [];
    private readonly List<EngineSeries> _added = [];
    private readonly List<RejectedReading> _rejected = [];
    private readonly List<EngineIndex.Arrival> _arrivals = [];
    private readonly Dictionary<(int Series, long Time), long> _latest = [];
    private readonly Dictionary<(int Series, long Time), string> _refused = [];
    private long _appends;

    /// <summary>The readings of this append that can be kept, in log order.</summary>
    private protected IReadOnlyList<Staged> StagedReadings => _staged;

    /// <summary>Of each (series, time) that comes more than once or may stand in the engine already, the highest log offset.</summary>
    private protected IReadOnlyDictionary<(int Series, long Time), long> Latest => _latest;

    /// <inheritdoc/>
    public Task<AppendResult> AppendAsync(IReadOnlyList<StoreBatch> batches, long nextOffset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batches);
        return InGateAsync(async () =>
        {
            if (nextOffset <= Index.NextOffset) return AppendResult.AllStored;
            Stage(batches);
            if (_staged.Count > 0) await WriteAsync(batches, nextOffset, cancellationToken).ConfigureAwait(false);
            Settle(batches);
            Index.Commit(_added, _arrivals, _rejected, nextOffset);
            foreach (var series in _added) series.IsKept = true;
            Publish(batches);
            return _rejected.Count == 0 ? AppendResult.AllStored : new AppendResult([.. _rejected]);
        }, cancellationToken);
    }

    /// <summary>Why the engine can never take a reading; null where it can.</summary>
    private protected abstract string? Refuse(EngineSeries series, ReadingBatch readings, int i);

    /// <summary>Whether a reading stands in the index, because the engine cannot hold it.</summary>
    private protected virtual bool IsBeside(EngineSeries series, ReadingBatch readings, int i) => false;

    /// <summary>An event time as the engine keeps it.</summary>
    private protected virtual long Keep(long time) => time;

    /// <summary>Writes what is staged and returns when the engine has it on its disk; what it refuses for good is told by <see cref="RefuseLine"/>.</summary>
    private protected abstract Task WriteAsync(IReadOnlyList<StoreBatch> batches, long nextOffset, CancellationToken cancellationToken);

    /// <summary>The engine has refused a reading for good.</summary>
    private protected void RefuseLine(Staged staged, string reason) => _refused[(staged.Series.Id, staged.Time)] = reason;

    /// <summary>Whether a later reading of this append takes the place of a staged one, so that it need not be written.</summary>
    private protected bool IsReplaced(Staged staged, long logOffset) => _latest.Count > 0 && _latest.TryGetValue((staged.Series.Id, staged.Time), out var latest) && latest > logOffset;

    /// <summary>Sorts the readings into those that can be written and those that no engine of this kind takes.</summary>
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
            if (batch.FirstOffset < Index.NextOffset) continue;
            var readings = batch.Readings;
            for (var i = 0; i < readings.Count; i++)
            {
                var series = SeriesOf(readings.Series[i], batch.Names);
                if ((readings.Kind[i] != series.Entry.Kind ? $"kind: {series.Entry.Key} holds {series.Entry.Kind} values, this one is {readings.Kind[i]}." : Refuse(series, readings, i)) is { } reason)
                {
                    Reject(batch, i, series, reason);
                    continue;
                }
                var time = Keep(readings.Time[i]);
                var isSuspect = time <= series.StagedTime;
                if (isSuspect) _latest[(series.Id, time)] = batch.FirstOffset + i;
                else series.StagedTime = time;
                _staged.Add(new Staged(series, time, b, i, isSuspect));
            }
        }
    }

    private void Reject(StoreBatch batch, int i, EngineSeries series, string reason)
    {
        var readings = batch.Readings;
        _rejected.Add(new RejectedReading(batch.FirstOffset + i, batch.Gateway, batch.Lane,
            new Reading(series.Entry.Key, readings.Time[i], readings.Received[i], readings.ValueAt(i), readings.Quality[i]), reason));
    }

    /// <summary>The series of a catalogue number, with its newest time as of this append; a new one is kept with it.</summary>
    /// <exception cref="InvalidDataException">The index belongs to another log.</exception>
    private EngineSeries SeriesOf(int id, ISeriesNames names)
    {
        var series = id < _series.Length && _series[id] is { } known ? known : Learn(id, names[id]);
        if (series.StagedIn == _appends) return series;
        (series.StagedIn, series.StagedTime) = (_appends, series.NewestTime);
        if (!series.IsChecked)
        {
            if (names[id] is var entry && entry != series.Entry)
                throw new InvalidDataException($"Series {id} is {series.Entry.Key} in {Folder} and {entry.Key} in the log: they do not belong together. Name the folder of this log's index, or an empty one.");
            series.IsChecked = true;
        }
        if (!series.IsKept) _added.Add(series);
        return series;
    }

    /// <summary>What was kept, in log order; repeats of a refused reading share its fate, being alike in all that the engine looks at but the number.</summary>
    private void Settle(IReadOnlyList<StoreBatch> batches)
    {
        _arrivals.Clear();
        foreach (var staged in _staged)
        {
            var batch = batches[staged.Batch];
            if (_refused.Count > 0 && _refused.TryGetValue((staged.Series.Id, staged.Time), out var reason)) Reject(batch, staged.Index, staged.Series, reason);
            else if (!_keepsBeside) _arrivals.Add(new EngineIndex.Arrival(staged.Series.Id, staged.Time, staged.IsSuspect, batch.Gateway, batch.Lane));
            else
            {
                _arrivals.Add(new EngineIndex.Arrival(staged.Series.Id, staged.Time, staged.IsSuspect, batch.Gateway, batch.Lane)
                {
                    LogOffset = batch.FirstOffset + staged.Index, Value = batch.Readings.ValueAt(staged.Index), Quality = batch.Readings.Quality[staged.Index],
                    IsBeside = IsBeside(staged.Series, batch.Readings, staged.Index), IsNewest = staged.Time >= staged.Series.StagedTime,
                });
            }
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
            series.Last = new EngineSeries.Newest(staged.Time, readings.ValueAt(staged.Index), readings.Quality[staged.Index]);
        }
    }

    /// <summary>A reading that can be written.</summary>
    private protected readonly record struct Staged(EngineSeries Series, long Time, int Batch, int Index, bool IsSuspect);
}
