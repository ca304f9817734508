using System.Buffers;
using System.Buffers.Binary;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.Quality;

/// <summary>
/// Flags what cannot be: values out of range, changing too fast, or unchanged for too long, by the device's model. A fold over batches in log order:
/// (state, batch) → (state, flags); the same batches in the same order give the same flags. Allocates only while new series come. Not thread-safe.
/// </summary>
/// <remarks>
/// A value is kept and shown whatever it is flagged with. A reading older than its series' newest is judged by its range alone: what came between is not known.
/// A value that itself cannot be says nothing of the speed of the next one.
/// </remarks>
/// <param name="registry">What is believed of each metric.</param>
public sealed class QualityFold(IDeviceRegistry registry)
{
    private const byte Format = 1;
    private const int EntryBytes = 4 + (8 * 3) + 1;
    /// <summary>More than any city has; a damaged state must not ask for memory.</summary>
    private const int SeriesMax = 100_000_000;

    private Known[] _known = new Known[1024];
    private long _revision = -1;

    /// <summary>Flags set since the start, by flag.</summary>
    public long OutOfRange { get; private set; }
    /// <inheritdoc cref="OutOfRange"/>
    public long TooFast { get; private set; }
    /// <inheritdoc cref="OutOfRange"/>
    public long Stuck { get; private set; }

    /// <summary>Adds flags to the readings of a batch, in place.</summary>
    public void Apply(ReadingBatch batch, ISeriesNames names)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(names);
        if (_revision != registry.Revision)
        {
            _revision = registry.Revision;
            for (var i = 0; i < _known.Length; i++) _known[i].IsAsked = false;
        }
        for (var i = 0; i < batch.Count; i++)
        {
            var series = batch.Series[i];
            if (series >= _known.Length) Array.Resize(ref _known, Math.Max(series + 1, _known.Length * 2));
            ref var known = ref _known[series];
            if (!known.IsAsked) (known.Model, known.IsAsked) = (registry.MetricOf(names[series].Key), true);
            if (known.Model is { } model && batch.Kind[i] is ValueKind.Double or ValueKind.Int64) batch.Quality[i] |= Judge(ref known, model, batch.Time[i], NumberAt(batch, i));
        }
    }

    /// <summary>Writes the state.</summary>
    public void Save(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.GetSpan(1)[0] = Format;
        output.Advance(1);
        for (var series = 0; series < _known.Length; series++)
        {
            ref readonly var known = ref _known[series];
            if (!known.HasLast) continue;
            var entry = output.GetSpan(EntryBytes);
            BinaryPrimitives.WriteInt32LittleEndian(entry, series);
            BinaryPrimitives.WriteInt64LittleEndian(entry[4..], known.LastTime);
            BinaryPrimitives.WriteInt64LittleEndian(entry[12..], BitConverter.DoubleToInt64Bits(known.Last));
            BinaryPrimitives.WriteInt64LittleEndian(entry[20..], known.UnchangedSince);
            entry[28] = known.LastWasPossible ? (byte)1 : (byte)0;
            output.Advance(EntryBytes);
        }
    }

    /// <summary>Takes on a state that <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is no such state; the fold is unchanged.</exception>
    public void Load(ReadOnlySpan<byte> state)
    {
        if (state.Length == 0 || state[0] != Format || (state.Length - 1) % EntryBytes != 0) throw new InvalidDataException("These bytes are no state of the quality fold, or one of a newer program.");
        var known = new Known[1024];
        for (var rest = state[1..]; rest.Length > 0; rest = rest[EntryBytes..])
        {
            var series = BinaryPrimitives.ReadInt32LittleEndian(rest);
            if (series is < 0 or > SeriesMax) throw new InvalidDataException("The state of the quality fold names a series that cannot be.");
            if (series >= known.Length) Array.Resize(ref known, Math.Max(series + 1, known.Length * 2));
            known[series] = new Known
            {
                HasLast = true, LastTime = BinaryPrimitives.ReadInt64LittleEndian(rest[4..]), Last = BitConverter.Int64BitsToDouble(BinaryPrimitives.ReadInt64LittleEndian(rest[12..])),
                UnchangedSince = BinaryPrimitives.ReadInt64LittleEndian(rest[20..]), LastWasPossible = rest[28] != 0,
            };
        }
        (_known, _revision) = (known, -1);
    }

    private ReadingQuality Judge(ref Known known, MetricModel model, long time, double value)
    {
        var quality = ReadingQuality.Good;
        var isPossible = !(value < model.Min) && !(value > model.Max);
        if (!isPossible)
        {
            quality |= ReadingQuality.OutOfRange;
            OutOfRange++;
        }
        if (known.HasLast && time <= known.LastTime) return quality;
        if (known.HasLast && known.LastWasPossible && isPossible && model.RateMax is { } rate && Math.Abs(value - known.Last) > rate * (time - known.LastTime) / UnixMicros.PerSecond)
        {
            quality |= ReadingQuality.Rate;
            TooFast++;
        }
        if (!known.HasLast || value != known.Last) known.UnchangedSince = time;
        else if (model.StuckAfter is { } stuck && time - known.UnchangedSince >= stuck.TotalMicroseconds)
        {
            quality |= ReadingQuality.Stuck;
            Stuck++;
        }
        (known.HasLast, known.LastTime, known.Last, known.LastWasPossible) = (true, time, value, isPossible);
        return quality;
    }

    private static double NumberAt(ReadingBatch batch, int i) => batch.Kind[i] == ValueKind.Double ? BitConverter.Int64BitsToDouble(batch.Bits[i]) : batch.Bits[i];

    private struct Known
    {
        public MetricModel? Model;
        public double Last;
        public long LastTime, UnchangedSince;
        public bool IsAsked, HasLast, LastWasPossible;
    }
}
