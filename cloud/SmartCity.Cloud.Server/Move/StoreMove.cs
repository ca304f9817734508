using System.Globalization;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Move;

/// <summary>
/// Moves the readings of a store that nobody writes into another, series by series, and compares both at the end. It goes on where it was broken off: the
/// target's own offset says how many it has. The source stays as it is.
/// </summary>
/// <param name="source">Open; its offset is given.</param>
/// <param name="target">Open.</param>
/// <param name="names">The log's catalogue, whose numbers the target needs.</param>
/// <param name="numberOf">The number of a series in it.</param>
/// <param name="progress">Told what is done and how far that is.</param>
internal sealed class StoreMove(IReadingStore source, IReadingStore target, ISeriesNames names, Func<SeriesKey, int> numberOf, Action<string, double> progress)
{
    private const int ReadingsAtOnce = 50_000;
    /// <summary>The target's counts are this one's until they are the source's.</summary>
    private const string Gateway = "(move)";
    private const int DifferencesMax = 10;

    /// <summary>Readings of an append; tests make it small.</summary>
    internal int AtOnce { get; init; } = ReadingsAtOnce;

    /// <summary>Moves what is not there yet.</summary>
    /// <param name="mark">Where to go on, or a new one.</param>
    /// <param name="sourceOffset">The source's offset.</param>
    /// <param name="targetOffset">The target's.</param>
    /// <param name="keep">Keeps a mark.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    /// <returns>Readings that the target took now.</returns>
    /// <exception cref="MoveException">The target has something else, or refuses a reading.</exception>
    public async Task<long> RunAsync(MoveMark mark, long sourceOffset, long targetOffset, Action<MoveMark> keep, CancellationToken cancellationToken)
    {
        var total = (await source.CountsAsync(cancellationToken)).Sum(count => count.Stored);
        // Appended after the last mark was kept.
        var toSkip = targetOffset - mark.Moved;
        if (toSkip < 0) throw new MoveException($"The target holds {targetOffset} readings of this move, the mark in move.json says {mark.Moved}: it is another one, or was emptied. Empty it, delete move.json, and begin anew.");
        var (moved, began) = (mark.Moved, targetOffset);
        var batch = new ReadingBatch(AtOnce);
        Reading last = default;
        foreach (var series in await source.SeriesAsync(new SeriesFilter(), cancellationToken))
        {
            if (mark.Device is { } device && IsBefore(series.Series, device, mark.Metric!)) continue;
            long? after = mark.Device == series.Series.Device && mark.Metric == series.Series.Metric ? mark.Time : null;
            var number = numberOf(series.Series);
            if (number == 0 || names[number].Kind != series.Kind) throw new MoveException($"The log does not know the series {series.Series}, which the source holds: they do not belong together.");
            await foreach (var reading in source.ReadingsAsync(new RangeQuery([series.Series], UnixMicros.Min, UnixMicros.Max, After: after), cancellationToken))
            {
                if (toSkip > 0)
                {
                    (toSkip, moved) = (toSkip - 1, moved + 1);
                    continue;
                }
                if (reading.Value.Text is { } text) batch.AddText(number, reading.Time, reading.Received, System.Text.Encoding.UTF8.GetBytes(text), reading.Quality);
                else batch.Add(number, reading.Time, reading.Received, reading.Value.Kind, reading.Value.Bits, reading.Quality);
                last = reading;
                if (batch.Count == AtOnce) await GiveAsync();
            }
        }
        if (batch.Count > 0) await GiveAsync();
        if (moved > sourceOffset) throw new MoveException($"{moved} readings were moved out of a store that has taken {sourceOffset} values; they do not belong together.");
        return moved - began;

        async Task GiveAsync()
        {
            // They are numbered from 0 on, below all that the log will give out next.
            var rejected = (await target.AppendAsync([new StoreBatch(moved, Gateway, Lane.Telemetry, batch, names)], moved + batch.Count, cancellationToken)).Rejected;
            if (rejected.Count > 0)
            {
                throw new MoveException($"{target.Name} refuses {rejected.Count} readings that {source.Name} holds, the first one of {rejected[0].Reading.Series} at {UnixMicros.ToTime(rejected[0].Reading.Time):O}: {rejected[0].Reason} " +
                    "A move leaves nothing behind; choose another target, or export those and take them out.");
            }
            moved += batch.Count;
            batch.Clear();
            keep(mark with { Moved = moved, Device = last.Series.Device, Metric = last.Series.Metric, Time = last.Time });
            progress("moved", total == 0 ? 1 : (double)moved / total);
        }
    }

    /// <summary>Reads both from end to end.</summary>
    /// <returns>Count and checksum of each, and the first differences beyond what the target is known to keep.</returns>
    public async Task<MoveComparison> CompareAsync(CancellationToken cancellationToken)
    {
        var (of, to) = (new ReadingsChecksum(), new ReadingsChecksum());
        var differences = new List<string>();
        var count = 0L;
        var total = (await source.CountsAsync(cancellationToken)).Sum(one => one.Stored);
        var kept = target.Capabilities;
        var (left, right) = (await source.SeriesAsync(new SeriesFilter(), cancellationToken), await target.SeriesAsync(new SeriesFilter(), cancellationToken));
        foreach (var extra in right.Select(series => series.Series).Except(left.Select(series => series.Series))) Differ($"{extra} is in the target alone");
        foreach (var series in left)
        {
            var query = new RangeQuery([series.Series], UnixMicros.Min, UnixMicros.Max);
            await using var other = target.ReadingsAsync(query, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await foreach (var reading in LastOfEach(kept.TimeStep, source.ReadingsAsync(query, cancellationToken), of.Add))
            {
                if ((of.Count & 0xFFFF) == 0) progress("compared", total == 0 ? 1 : (double)of.Count / total);
                if (!await other.MoveNextAsync())
                {
                    Differ($"{series.Series} at {UnixMicros.ToTime(reading.Time):O} is missing in the target");
                    continue;
                }
                to.Add(other.Current);
                if (!kept.IsSame(reading, other.Current)) Differ($"{series.Series} at {UnixMicros.ToTime(reading.Time):O} is {reading.Value} there and {other.Current.Value} at {UnixMicros.ToTime(other.Current.Time):O} here");
            }
            while (await other.MoveNextAsync())
            {
                to.Add(other.Current);
                Differ($"{series.Series} at {UnixMicros.ToTime(other.Current.Time):O} is in the target alone");
            }
        }
        return new MoveComparison(of.Count, of.ToString(), to.Count, to.ToString(), count, differences);

        void Differ(string what)
        {
            if (count++ < DifferencesMax) differences.Add(what);
        }
    }

    /// <summary>Of readings that the target takes for one, the last, which replaces those before it; all are told to <paramref name="seen"/>.</summary>
    private static async IAsyncEnumerable<Reading> LastOfEach(long step, IAsyncEnumerable<Reading> readings, Action<Reading> seen)
    {
        Reading? held = null;
        await foreach (var reading in readings)
        {
            seen(reading);
            if (held is { } before && Step(before.Time) != Step(reading.Time)) yield return before;
            held = reading;
        }
        if (held is { } last) yield return last;

        long Step(long time) => time - ((time % step) + step) % step;
    }

    private static bool IsBefore(SeriesKey series, string device, string metric) =>
        string.CompareOrdinal(series.Device, device) is var order && (order < 0 || (order == 0 && string.CompareOrdinal(series.Metric, metric) < 0));
}

/// <summary>Both sides of a move.</summary>
/// <param name="SourceCount">Readings of the source.</param>
/// <param name="SourceChecksum">Over them.</param>
/// <param name="TargetCount">Readings of the target.</param>
/// <param name="TargetChecksum">Over them; another where the target keeps less of a reading.</param>
/// <param name="Different">Readings that differ beyond that.</param>
/// <param name="Differences">The first of them.</param>
internal sealed record MoveComparison(long SourceCount, string SourceChecksum, long TargetCount, string TargetChecksum, long Different, IReadOnlyList<string> Differences);
