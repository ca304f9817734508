using System.Globalization;
using Microsoft.Data.Sqlite;

namespace SmartCity.Edge.Spool;

/// <summary>
/// The durable store-and-forward queue. Guarantee: what <see cref="Commit"/> returned from is on the disk, whole, through kill -9 and
/// power cut; what it threw from is not there at all or the process ends. Each value keeps the (epoch, lane, number) under which it was
/// appended until it is released; nothing leaves without being released, expired by rule, or recorded as a gap.
/// </summary>
/// <remarks>
/// One SQLite database in WAL mode with <c>synchronous=FULL</c>. One connection writes, under one lock and meant for one committing thread;
/// another reads beside it. A new epoch begins when continuity with the numbers already given out cannot be proven: a new or damaged
/// database, another machine, a copied or restored file. All members are thread-safe.
/// </remarks>
public sealed partial class Spool : IDisposable
{
    private const int EpochsKept = 64;
    private const int NotesMax = 20;
    private const long CheckedBytesMax = 64 << 20;

    private readonly SpoolOptions _options;
    private readonly string _file;
    private readonly FileStream _ownership;
    private readonly ReserveFile _reserve;
    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;
    private readonly Lock _write = new();
    private readonly Lock _read = new();
    private readonly Dictionary<byte, LaneState> _lanes;
    private readonly Dictionary<(long Ordinal, byte Lane), Position> _positions = [];
    private readonly SortedDictionary<long, ulong> _epochs = [];
    private readonly Dictionary<ulong, long> _ordinals = [];
    private volatile string[] _notes = [];
    private long _currentOrdinal;
    private ulong _epoch;
    private long _deadLetterBytes;
    private long _deadLetterCount;
    private long _marks;
    private long _touch;
    private bool _disposed;

    private Spool(SpoolOptions options, FileStream ownership)
    {
        _options = options;
        _ownership = ownership;
        _file = Path.Combine(options.Folder, SpoolOptions.FileName);
        _reserve = new ReserveFile(Path.Combine(options.Folder, "spool.reserve"), options.ReserveBytes);
        _lanes = options.Lanes.ToDictionary(lane => lane.Lane, lane => new LaneState(lane));
        var source = new SqliteConnectionStringBuilder { DataSource = _file, Pooling = false, DefaultTimeout = 5 };
        _writer = new SqliteConnection(source.ToString());
        _reader = new SqliteConnection(source.ToString());
    }

    /// <summary>Opens the spool of a folder, or makes it; takes up to a second for each few million rows held.</summary>
    /// <exception cref="SpoolInUseException">Another process owns the folder.</exception>
    /// <exception cref="InvalidDataException">A newer program wrote it.</exception>
    /// <exception cref="SpoolBrokenException">The disk cannot be read or written.</exception>
    public static Spool Open(SpoolOptions options)
    {
        Directory.CreateDirectory(options.Folder);
        var ownership = Own(options.Folder);
        try
        {
            var rescued = DamagedFile.RescueIfNeeded(options, out var repaired);
            Spool spool;
            try
            {
                spool = Start(options, ownership, rescued);
            }
            catch (SqliteException damaged) when (DamagedDatabase.Is(damaged))
            {
                spool = Start(options, ownership, DamagedFile.Rescue(options, damaged.Message));
            }
            if (repaired is not null) spool.Note(repaired);
            return spool;
        }
        catch (SqliteException error)
        {
            ownership.Dispose();
            throw new SpoolBrokenException($"The spool in {options.Folder} cannot be opened: {error.Message}. Check the disk, and that the folder may be written.", error);
        }
        catch
        {
            ownership.Dispose();
            throw;
        }
    }

    /// <summary>The epoch under which rows are numbered now.</summary>
    public ulong Epoch => Volatile.Read(ref _epoch);

    /// <summary>What an operator must know, found at the opening or since: a damaged file set aside, a copy recognised. Empty when all is well; at most 20.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Raised with each note after the opening.</summary>
    public event Action<string>? Noted;

    /// <summary>Raised on the committing thread after a commit that appended or recorded something to send.</summary>
    public event Action? Committed;

    /// <summary>Bytes that the lane may still take: its quota less what it holds. Without bound where the lane expires its oldest.</summary>
    public long Room(byte lane)
    {
        var state = LaneOf(lane);
        return state.Options.WhenFull == WhenFull.ExpireOldest ? long.MaxValue : state.Options.QuotaBytes - Volatile.Read(ref state.CommittedBytes);
    }

    /// <summary>Gives lanes other quotas and rules, from the next commit on. What is held beyond a smaller quota stays.</summary>
    /// <param name="lanes">Lanes of this spool; those left out keep theirs.</param>
    public void SetQuotas(IEnumerable<SpoolLane> lanes)
    {
        ArgumentNullException.ThrowIfNull(lanes);
        lock (_write)
            foreach (var lane in lanes) LaneOf(lane.Lane).Options = lane;
    }

    /// <summary>Bytes that the dead letters may still take.</summary>
    public long DeadLetterRoom => _options.DeadLetterQuotaBytes - Volatile.Read(ref _deadLetterBytes);

    /// <summary>Dead letters kept.</summary>
    public long DeadLetterCount => Volatile.Read(ref _deadLetterCount);

    /// <summary>Last number given out in the lane under the current epoch, as of the last commit; 0 = none.</summary>
    public long Last(byte lane) => Volatile.Read(ref LaneOf(lane).CommittedLast);

    /// <summary>The audit equation of each lane, as of the last commit.</summary>
    public IReadOnlyList<SpoolAudit> Audit()
    {
        lock (_write)
        {
            return [.. _lanes.Values.Select(lane => new SpoolAudit(
                lane.Options.Lane, lane.Accepted, lane.Stored, lane.Superseded, lane.HeldValues, lane.DeadLettered, lane.Expired, lane.HeldBytes, lane.Options.QuotaBytes))];
        }
    }

    /// <summary>Names of the current epoch, by lane and in the order of their ids.</summary>
    public IReadOnlyList<byte[]> Names(byte lane) => Names(Epoch, lane, 0, int.MaxValue);

    /// <summary>All marks.</summary>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Marks()
    {
        lock (_read)
        {
            return Guarded(() =>
            {
                using var statement = new Statement(_reader, "SELECT key, value, seal FROM mark ORDER BY touched");
                var marks = new List<KeyValuePair<byte[], byte[]>>();
                while (statement.Step())
                {
                    var (key, value) = (statement.Blob(0), statement.Blob(1));
                    // Without its mark a repeat is not known as one; with a wrong one a new value would be.
                    if (statement.Maybe(2) is not { } seal || seal == SealOfMark(key, value)) marks.Add(new(key, value));
                }
                return marks;
            });
        }
    }

    /// <summary>Closes the files. What was not committed is not kept.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        lock (_write)
        lock (_read)
        {
            DisposeStatements();
            _reader.Dispose();
            _writer.Dispose();
        }
        _ownership.Dispose();
    }

    private static FileStream Own(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "spool.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new SpoolInUseException($"The spool in {folder} belongs to another running process. Stop that one, or give this one another folder.", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new SpoolBrokenException($"The folder {folder} may not be written. Give its owner write permission.", error);
        }
    }

    private static Spool Start(SpoolOptions options, FileStream ownership, string? note)
    {
        var spool = new Spool(options, ownership);
        try
        {
            if (note is not null) spool.Note(note);
            spool.Connect();
            spool.Load();
            if (spool._lanes.Values.Any(lane => Residual(lane) != 0)) spool.SweepAtStart();
            spool.ProveContinuity(isRescued: note is not null);
            spool._reserve.Keep();
            if (note is null && DamagedDatabase.Kept(options.Folder) is { Length: > 0 } kept)
                spool.Note($"Set aside earlier and still there: {string.Join(", ", kept)}. Delete them by hand when someone has looked at them.");
            return spool;
        }
        catch
        {
            spool._reader.Dispose();
            spool._writer.Dispose();
            throw;
        }
    }

    private void Connect()
    {
        _writer.Open();
        // 8 KiB pages: a row of tens of kilobytes takes a third of the overflow pages of the default. The log is checkpointed at 16 MiB
        // and cut back to that size, so it stays bounded however long the process runs.
        DatabaseHeader.Execute(_writer, "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2000; " +
            "PRAGMA journal_size_limit=16777216; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY;");
        if (_options.FileBytesMax > 0)
            DatabaseHeader.Execute(_writer, string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count={Math.Max(1, _options.FileBytesMax / 8192)}"));
        SpoolSchema.Ensure(_writer, _file);
        // Finds pages that two tables claim before a write makes it worse: about 1 GB/s, so only where it costs no start.
        if (new FileInfo(_file).Length <= CheckedBytesMax) DatabaseHeader.Check(_writer);
        _reader.Open();
        DatabaseHeader.Execute(_reader, "PRAGMA query_only=1; PRAGMA cache_size=-2048;");
        PrepareStatements();
    }

    private void Load()
    {
        Each("SELECT ordinal, epoch, began, seal FROM epoch", row =>
        {
            var fields = Sound(SealKind.Epoch, "epoch", [row.Long(0), row.Long(1), row.Long(2)], row.Maybe(3));
            Know(fields[0], unchecked((ulong)fields[1]));
        });
        Each("SELECT epoch, lane, next, released, names, seal FROM position", row =>
        {
            var fields = Sound(SealKind.Position, "position", [row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4)], row.Maybe(5));
            var position = PositionOf(fields[0], (byte)fields[1]);
            position.State = position.State with { Next = fields[2], Released = fields[3], Names = (int)fields[4] };
        });
        List<byte> begunAnew = [];
        Each("SELECT lane, accepted, stored, superseded, dead_lettered, expired, seal FROM counter", row =>
        {
            long[] fields = [row.Long(0), row.Long(1), row.Long(2), row.Long(3), row.Long(4), row.Long(5)];
            var verdict = Seal.Check(SealKind.Counter, fields, row.Maybe(6));
            if (verdict != SealVerdict.Whole) Note(Repaired("counter", verdict));
            if (!_lanes.TryGetValue(unchecked((byte)fields[0]), out var lane) && verdict == SealVerdict.Damaged) return;
            lane ??= LaneOf((byte)fields[0]);
            if (verdict == SealVerdict.Damaged) begunAnew.Add(lane.Options.Lane);
            else (lane.Accepted, lane.Stored, lane.Superseded, lane.DeadLettered, lane.Expired) = (fields[1], fields[2], fields[3], fields[4], fields[5]);
        });
        Each("SELECT lane, sum(count), sum(bytes) FROM row INDEXED BY row_place GROUP BY lane", row =>
        {
            if (!_lanes.TryGetValue(unchecked((byte)row.Long(0)), out var lane)) throw Damaged("row");
            (lane.HeldValues, lane.HeldBytes) = (row.Long(1), row.Long(2));
            lane.CommittedBytes = lane.HeldBytes;
        });
        Each("SELECT count(*), coalesce(sum(bytes), 0) FROM dead_letter", row => (_deadLetterCount, _deadLetterBytes) = (row.Long(0), row.Long(1)));
        Each("SELECT count(*), coalesce(sum(length(key)+length(value)), 0) FROM kept", row => (_keptCount, _keptBytes) = (row.Long(0), row.Long(1) + row.Long(0) * RowOverheadBytes));
        _keptCommittedBytes = _keptBytes;
        Each("SELECT count(*), coalesce(max(touched), 0) FROM mark", row => (_marks, _touch) = (row.Long(0), row.Long(1)));
        foreach (var lane in begunAnew.Select(LaneOf)) BeginCounters(lane);

        void Each(string sql, Action<Statement> use)
        {
            using var statement = new Statement(_writer, sql);
            while (statement.Step()) use(statement);
        }
    }

    /// <summary>The books of a lane whose counters are lost: what is there now was accepted.</summary>
    private void BeginCounters(LaneState lane)
    {
        using var letters = new Statement(_writer, "SELECT coalesce(sum(\"values\"), 0) FROM dead_letter WHERE lane=?");
        letters.With(lane.Options.Lane).Step();
        lane.DeadLettered = letters.Long(0);
        lane.Accepted = lane.HeldValues + lane.DeadLettered;
        Note($"The counters of lane {lane.Options.Lane} were damaged and begin anew with what is held; what was counted before is not known. No value was lost by it.");
    }

    private long[] Sound(int kind, string what, long[] fields, long? seal)
    {
        var verdict = Seal.Check(kind, fields, seal);
        if (verdict == SealVerdict.Damaged) throw Damaged(what);
        if (verdict == SealVerdict.Repaired) Note(Repaired(what, verdict));
        return fields;
    }

    private void Note(string note)
    {
        if (_notes.Length < NotesMax) _notes = [.. _notes, note];
        Noted?.Invoke(note);
    }

    private void SweepAtStart()
    {
        var before = _lanes.Values.Sum(lane => lane.Expired);
        Sweep();
        Note(string.Create(CultureInfo.InvariantCulture,
            $"The books did not balance when the spool was opened, so the records of all rows were checked: {_lanes.Values.Sum(lane => lane.Expired) - before} values are lost and told to the cloud as gaps. Check the disk."));
    }

    private static string Repaired(string what, SealVerdict verdict) =>
        $"A record of table {what} was damaged{(verdict == SealVerdict.Repaired ? " in one bit, which was put right" : "")}. Check the disk.";

    private static SqliteException Damaged(string table) => new($"a record of table {table} is not what was written", SQLitePCL.raw.SQLITE_CORRUPT);

    private void Know(long ordinal, ulong epoch)
    {
        _epochs[ordinal] = epoch;
        _ordinals[epoch] = ordinal;
    }

    private LaneState LaneOf(byte lane) =>
        _lanes.TryGetValue(lane, out var state) ? state : throw new InvalidOperationException($"Lane {lane} is not among the spool's lanes ({string.Join(", ", _lanes.Keys)}).");

    private Position PositionOf(long ordinal, byte lane)
    {
        if (!_positions.TryGetValue((ordinal, lane), out var position))
            _positions[(ordinal, lane)] = position = new Position(ordinal, lane);
        return position;
    }

    private long Now() => (_options.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private sealed class LaneState(SpoolLane options)
    {
        public volatile SpoolLane Options = options;
        public long Accepted, Stored, Superseded, DeadLettered, Expired, HeldValues, HeldBytes;
        /// <summary>As of the last commit; read without the lock.</summary>
        public long CommittedBytes;
        /// <summary>As of the last commit, current epoch; read without the lock.</summary>
        public long CommittedLast;
    }

    private sealed class Position(long ordinal, byte lane)
    {
        public long Ordinal { get; } = ordinal;
        public byte Lane { get; } = lane;
        public PositionState State = new(1, 0, 0);
    }

    private readonly record struct PositionState(long Next, long Released, int Names);
}
