using System.Globalization;
using Grpc.Core;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Live;
using SmartCity.Durable;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;
using SmartCity.Protos.Uplink.V1;
using DeadLetter = SmartCity.Cloud.Log.DeadLetter;
using GapReason = SmartCity.Model.GapReason;
using Lane = SmartCity.Model.Lane;
using WireLane = SmartCity.Protos.Uplink.V1.Lane;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>
/// One (epoch, lane) of one stream: checks what comes and turns it into appends with the catalogue's series numbers.
/// It runs ahead of the log: <see cref="Next"/> counts what was handed over, not what is durable.
/// </summary>
internal sealed class LaneIntake
{
    private const int ColumnsLengthMax = 1 << 20;
    private const int CountMax = 100_000;
    private const int NamesMax = 1_000_000;
    private const int DeviceLengthMax = 128;
    private const int MetricLengthMax = 256;

    private readonly string _gateway;
    private readonly DurableLog _log;
    private readonly TimeProvider _clock;
    private readonly List<int> _series;
    private readonly List<TollEvent> _events = [];

    public LaneIntake(string gateway, ulong epoch, Lane lane, DurableLog log, TimeProvider clock)
    {
        (_gateway, Epoch, Lane, _log, _clock) = (gateway, epoch, lane, log, clock);
        var position = log.PositionOf(gateway, epoch, lane);
        Next = position.Through + 1;
        _series = [.. log.NamesOf(gateway, epoch, lane)];
    }

    public ulong Epoch { get; }
    public Lane Lane { get; }
    /// <summary>Next number to come.</summary>
    public long Next { get; private set; }
    /// <summary>Names known.</summary>
    public int Names => _series.Count;

    /// <summary>What became of a batch: to be appended, or known already (then <see cref="Append"/> is null).</summary>
    /// <param name="Append">The append, or null.</param>
    /// <param name="Columns">Its memory, to be given back when the append has ended.</param>
    /// <param name="Readings">The readings for the live tap, or null.</param>
    /// <param name="Repeated">Values that had come before.</param>
    public readonly record struct Taken(LogAppend? Append, PooledColumns? Columns, ReadingBatch? Readings, long Repeated);

    /// <summary>Checks and translates a batch.</summary>
    /// <exception cref="UplinkRefusal">It cannot be what a gateway of ours sends.</exception>
    public Taken Take(Batch batch, ZstdSharp.Decompressor zstd)
    {
        if (batch.ColumnsLength > ColumnsLengthMax) throw Refuse("E-UPLINK-SIZE", StatusCode.ResourceExhausted, $"columns_length is {batch.ColumnsLength}; at most {ColumnsLengthMax} bytes a batch. Send smaller batches.");
        if (batch.Count > CountMax) throw Refuse("E-UPLINK-COUNT", StatusCode.InvalidArgument, $"count is {batch.Count}; at most {CountMax} a batch. Send smaller batches.");
        var newNames = TakeNames(batch);
        if (batch.Count == 0)
        {
            if (!batch.Columns.IsEmpty) throw Refuse("E-UPLINK-COUNT", StatusCode.InvalidArgument, "count is 0, but there are columns.");
            return new Taken(newNames.Count == 0 ? null : Append(batch, newNames, 0, 0, 0, default, []), null, null, 0);
        }
        CheckNumbers(batch.FirstSequence, batch.Count);
        var first = (long)batch.FirstSequence;
        var count = (int)batch.Count;
        if (first > Next) throw Gap(first);
        if (first + count <= Next)
        {
            CheckSameAsTaken(batch);
            return new Taken(newNames.Count == 0 ? null : Append(batch, newNames, 0, 0, 0, default, []), null, null, count);
        }
        var skip = (int)(Next - first);
        if (skip > 0) CheckSameAsTaken(batch);
        using var raw = Decompress(batch, zstd);
        if (Crc32C.Of(raw.Written.Span) != batch.Crc32C)
            throw Refuse("E-UPLINK-CRC", StatusCode.DataLoss, $"the checksum of numbers {first} to {first + count - 1} is wrong; the bytes were changed on the way or in the spool. Send them again.");
        var taken = Lane == Lane.Toll ? TakeToll(batch, newNames, raw, skip) : TakeReadings(batch, newNames, raw, skip);
        Next = first + count;
        return taken;
    }

    /// <summary>Checks a gap.</summary>
    /// <returns>What to append; null where its numbers are all accounted for.</returns>
    /// <exception cref="UplinkRefusal">It does not follow, or has no reason.</exception>
    public LogAppend? Take(Gap gap)
    {
        if (gap.Last < gap.First) throw Refuse("E-UPLINK-NUMBERS", StatusCode.InvalidArgument, $"a gap goes from {gap.First} to {gap.Last}; the last must not lie before the first.");
        CheckNumbers(gap.First, unchecked(gap.Last - gap.First + 1));
        if (!Enum.IsDefined(gap.Reason) || gap.Reason == Protos.Uplink.V1.GapReason.Unspecified) throw Refuse("E-UPLINK-GAP", StatusCode.InvalidArgument, $"a gap needs a reason: expired, corrupt or released; not {(int)gap.Reason}.");
        var (first, last) = ((long)gap.First, (long)gap.Last);
        if (first > Next) throw Gap(first);
        if (last < Next) return null;
        var append = new LogAppend { Gateway = _gateway, Epoch = Epoch, Lane = Lane, FirstSequence = Next, Gap = (GapReason)gap.Reason, GapLast = last };
        Next = last + 1;
        return append;
    }

    private List<int> TakeNames(Batch batch)
    {
        var added = new List<int>();
        if (batch.NewNames.Count == 0) return added;
        if (batch.FirstName > _series.Count)
            throw Refuse("E-UPLINK-NAMES", StatusCode.FailedPrecondition, $"names begin at {batch.FirstName}; the next one is {_series.Count}. Send the names from there on.");
        if (batch.FirstName + (long)batch.NewNames.Count > NamesMax)
            throw Refuse("E-UPLINK-NAMES", StatusCode.ResourceExhausted, $"more than {NamesMax} names in one epoch and lane.");
        for (var i = 0; i < batch.NewNames.Count; i++)
        {
            var name = batch.NewNames[i];
            CheckName(name);
            var number = _log.Series.NumberOf(new SeriesKey(name.Device, name.Metric), (ValueKind)name.Kind);
            var id = (int)batch.FirstName + i;
            if (id < _series.Count)
            {
                if (_series[id] != number)
                    throw Refuse("E-UPLINK-CLONE", StatusCode.PermissionDenied, $"name {id} is {_log.Series[_series[id]].Key} here and {name.Device}/{name.Metric} there: two spools send under one epoch. Stop the copy, or remove its spool.");
                continue;
            }
            _series.Add(number);
            added.Add(number);
        }
        return added;
    }

    private void CheckName(SeriesName name)
    {
        if (name.Device.Length is 0 or > DeviceLengthMax || name.Device.Any(char.IsControl)) throw Refuse("E-UPLINK-NAMES", StatusCode.InvalidArgument, $"a device id has 1–{DeviceLengthMax} characters, none of them control characters.");
        if (name.Metric.Length is 0 or > MetricLengthMax || name.Metric.Any(char.IsControl)) throw Refuse("E-UPLINK-NAMES", StatusCode.InvalidArgument, $"a metric of {name.Device} has {name.Metric.Length} characters or control characters; 1–{MetricLengthMax} are allowed.");
        if (name.Kind > (uint)ValueKind.Text) throw Refuse("E-UPLINK-NAMES", StatusCode.InvalidArgument, $"{name.Device}/{name.Metric} has kind {name.Kind}; known are 0 to {(int)ValueKind.Text}.");
    }

    private void CheckNumbers(ulong first, ulong count)
    {
        if (first == 0) throw Refuse("E-UPLINK-NUMBERS", StatusCode.FailedPrecondition, $"numbers begin at 1; {Next} is expected.");
        if (count == 0 || first > long.MaxValue - 1 || count > long.MaxValue - 1 - first)
            throw Refuse("E-UPLINK-NUMBERS", StatusCode.FailedPrecondition, $"numbers from {first} on overflow; {Next} is expected.");
    }

    /// <summary>The same numbers with other content can only come from a second spool that was copied from the first.</summary>
    private void CheckSameAsTaken(Batch batch)
    {
        if (_log.TakenAs(_gateway, Epoch, Lane, (long)batch.FirstSequence) is not { } taken || taken.Sequences != batch.Count || taken.WireCrc == batch.Crc32C) return;
        throw Refuse("E-UPLINK-CLONE", StatusCode.PermissionDenied,
            $"numbers {batch.FirstSequence} to {batch.FirstSequence + batch.Count - 1} were taken before with other content: two spools send under one epoch. Stop the copy, or remove its spool.");
    }

    private PooledColumns Decompress(Batch batch, ZstdSharp.Decompressor zstd)
    {
        var length = (int)batch.ColumnsLength;
        var raw = new PooledColumns();
        try
        {
            var target = raw.GetSpan(length)[..length];
            switch (batch.Compression)
            {
                case Compression.Unspecified when batch.Columns.Length == length:
                    batch.Columns.Span.CopyTo(target);
                    break;
                case Compression.Zstd when TryUnwrap(zstd, batch.Columns.Span, target):
                    break;
                case Compression.Unspecified or Compression.Zstd:
                    throw Refuse("E-UPLINK-COLUMNS", StatusCode.InvalidArgument, $"the columns do not have the {length} bytes that columns_length says.");
                default:
                    throw Refuse("E-UPLINK-COLUMNS", StatusCode.Unimplemented, $"compression {(int)batch.Compression} is not known; use none or zstd.");
            }
            raw.Advance(length);
            return raw;
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    /// <summary>The library says by its answer alone that there is too little room; of a damaged frame it throws.</summary>
    private static bool TryUnwrap(ZstdSharp.Decompressor zstd, ReadOnlySpan<byte> frame, Span<byte> target)
    {
        try
        {
            return zstd.TryUnwrap(frame, target, out var written) && written == target.Length;
        }
        catch (ZstdSharp.ZstdException)
        {
            return false;
        }
    }

    private Taken TakeToll(Batch batch, List<int> newNames, PooledColumns raw, int skip)
    {
        var error = TollColumns.TryDecode(raw.Written.Span, _events, CountMax);
        if (error != ColumnsError.None || _events.Count != batch.Count) throw BadColumns(error, _events.Count, batch.Count);
        var columns = new PooledColumns();
        TollColumns.Encode(skip == 0 ? _events : _events.GetRange(skip, _events.Count - skip), columns);
        var count = _events.Count - skip;
        _events.Clear();
        return new Taken(Append(batch, newNames, skip, count, count, columns.Written, []), columns, null, skip);
    }

    private Taken TakeReadings(Batch batch, List<int> newNames, PooledColumns raw, int skip)
    {
        var readings = ReadingBatchPool.Rent();
        PooledColumns? columns = null;
        try
        {
            var error = ReadingColumns.TryDecode(raw.Written.Span, readings, CountMax);
            if (error != ColumnsError.None || readings.Count != batch.Count) throw BadColumns(error, readings.Count, batch.Count);
            var conflicts = Translate(readings);
            List<DeadLetter> letters = [];
            if (conflicts || skip > 0) readings = WithoutConflicts(readings, skip, letters);
            columns = new PooledColumns();
            if (readings.Count > 0) ReadingColumns.Encode(readings, columns);
            return new Taken(Append(batch, newNames, skip, (int)batch.Count - skip, readings.Count, columns.Written, letters), columns, readings, skip);
        }
        catch
        {
            ReadingBatchPool.Return(readings);
            columns?.Dispose();
            throw;
        }
    }

    /// <summary>Puts the catalogue's numbers in place of the epoch's.</summary>
    /// <returns>Whether a value is of another kind than its series.</returns>
    private bool Translate(ReadingBatch readings)
    {
        var names = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_series);
        var series = readings.Series.AsSpan(0, readings.Count);
        var kinds = readings.Kind.AsSpan(0, readings.Count);
        var conflicts = false;
        for (var i = 0; i < series.Length; i++)
        {
            if (series[i] >= names.Length) throw Refuse("E-UPLINK-SERIES", StatusCode.FailedPrecondition, $"series {series[i]} has no name; names go up to {names.Length - 1}. Send the names first.");
            series[i] = names[series[i]];
            conflicts |= _log.Series.KindOf(series[i]) != kinds[i];
        }
        return conflicts;
    }

    private ReadingBatch WithoutConflicts(ReadingBatch readings, int skip, List<DeadLetter> letters)
    {
        var kept = ReadingBatchPool.Rent();
        var repair = 0;
        for (var i = 0; i < readings.Count; i++)
        {
            while (repair < readings.TimeRepairs.Count && readings.TimeRepairs[repair].Index < i) repair++;
            if (i < skip) continue;
            var entry = _log.Series[readings.Series[i]];
            if (entry.Kind != readings.Kind[i])
            {
                letters.Add(new DeadLetter(0, _gateway, Lane, entry.Key, readings.Kind[i], readings.Time[i], readings.Received[i], readings.ValueAt(i).ToString(),
                    string.Create(CultureInfo.InvariantCulture, $"series:kind is {entry.Kind}, the value is {readings.Kind[i]}"), UnixMicros.Now(_clock)));
                continue;
            }
            if (repair < readings.TimeRepairs.Count && readings.TimeRepairs[repair].Index == i) kept.TimeRepairs.Add(new TimeRepair(kept.Count, readings.TimeRepairs[repair].DeviceTime));
            if (readings.Kind[i] == ValueKind.Text) kept.AddText(readings.Series[i], readings.Time[i], readings.Received[i], readings.TextAt(i), readings.Quality[i]);
            else kept.Add(readings.Series[i], readings.Time[i], readings.Received[i], readings.Kind[i], readings.Bits[i], readings.Quality[i]);
        }
        ReadingBatchPool.Return(readings);
        return kept;
    }

    private LogAppend Append(Batch batch, List<int> newNames, int skip, int sequences, int count, ReadOnlyMemory<byte> columns, List<DeadLetter> letters) => new()
    {
        Gateway = _gateway, Epoch = Epoch, Lane = Lane, FirstSequence = (long)batch.FirstSequence + skip, Sequences = sequences, Count = count,
        FirstName = _series.Count - newNames.Count, NewNames = newNames, Columns = columns, WireCrc = batch.Crc32C, DeadLetters = letters,
        // On the stream's own thread, so that the log's one writer need not.
        ColumnsHash = count > 0 ? System.Security.Cryptography.SHA256.HashData(columns.Span) : default,
    };

    private UplinkRefusal BadColumns(ColumnsError error, int found, uint count) => error == ColumnsError.None
        ? Refuse("E-UPLINK-COUNT", StatusCode.FailedPrecondition, $"count is {count}; the columns hold {found}. {Next} is expected.")
        : Refuse("E-UPLINK-COLUMNS", StatusCode.InvalidArgument, $"the columns cannot be read: {error}.");

    private UplinkRefusal Gap(long first) =>
        Refuse("E-UPLINK-SEQUENCE", StatusCode.FailedPrecondition, $"numbers {Next} to {first - 1} are missing. Send from {Next} on, or a gap record.");

    private UplinkRefusal Refuse(string code, StatusCode status, string reason) =>
        new(code, status, $"Lane {Lanes.NameOf(Lane)}, epoch {Epoch}: {reason}") { Lane = (WireLane)Lane, Epoch = Epoch, ExpectedFirst = (ulong)Next };
}
