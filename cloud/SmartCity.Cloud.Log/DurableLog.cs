using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>
/// The cloud's durable log. Guarantee: an append that ended as <see cref="AppendStatus.Appended"/> is on the disk, whole, with the watermark
/// that says so in the same transaction; any other outcome left nothing. Consumers read it at their own offsets.
/// </summary>
/// <remarks>
/// <code>
/// AppendAsync ─► bounded channel ─► writer thread: one transaction for all that waits (≤ 1 MiB) ─► fsync ─► outcomes, then readers wake
/// </code>
/// While one commit waits for the disk the next one gathers, so an idle log commits at once and a busy one in groups.
/// One SQLite database in WAL mode with <c>synchronous=FULL</c>. All members are thread-safe.
/// </remarks>
public sealed partial class DurableLog : IDisposable
{
    private const int WaitingMax = 4096;
    private const long CheckedBytesMax = 256 << 20;

    private readonly DurableLogOptions _options;
    private readonly TimeProvider _clock;
    private readonly string _source;
    private readonly FileStream _ownership;
    private readonly ReserveFile _reserve;
    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;
    private readonly Lock _read = new();
    private readonly Channel<Work> _work = Channel.CreateBounded<Work>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _committedEnd;
    private long _committedBytes;
    private volatile bool _full;
    private bool _disposed;

    private DurableLog(DurableLogOptions options, TimeProvider clock, FileStream ownership)
    {
        (_options, _clock, _ownership) = (options, clock, ownership);
        _reserve = new ReserveFile(Path.Combine(options.Folder, "log.reserve"), options.ReserveBytes);
        _source = new SqliteConnectionStringBuilder { DataSource = Path.Combine(options.Folder, DurableLogOptions.FileName), Pooling = false, DefaultTimeout = 5 }.ToString();
        _writer = new SqliteConnection(_source);
        _reader = new SqliteConnection(_source);
        _thread = new Thread(WriteAll) { Name = "log writer", IsBackground = true };
    }

    /// <summary>Opens the log of a folder, or makes it.</summary>
    /// <exception cref="LogInUseException">Another process owns the folder.</exception>
    /// <exception cref="InvalidDataException">A newer program wrote it.</exception>
    /// <exception cref="LogBrokenException">The folder or the database cannot be read or written.</exception>
    public static DurableLog Open(DurableLogOptions options, TimeProvider clock)
    {
        var ownership = Own(options.Folder);
        try
        {
            var file = new DamagedDatabase(options.Folder, DurableLogOptions.FileName, clock);
            file.Finish();
            var wal = WriteAheadLog.Mend(file.File);
            var damage = file.Marked ?? wal.Damage;
            if (damage is null)
            {
                try
                {
                    return Start(options, clock, ownership, null, wal.Note);
                }
                catch (SqliteException error) when (DamagedDatabase.Is(error))
                {
                    damage = error.Message;
                }
            }
            return Start(options, clock, ownership, Rescue(options, clock, file, damage), wal.Note);
        }
        catch (SqliteException error)
        {
            ownership.Dispose();
            throw new LogBrokenException($"The log in {options.Folder} cannot be opened: {error.Message}. Check the disk, and that the folder may be written.", error);
        }
        catch
        {
            ownership.Dispose();
            throw;
        }
    }

    private static DurableLog Start(DurableLogOptions options, TimeProvider clock, FileStream ownership, string? rescued, string? repaired)
    {
        var log = new DurableLog(options, clock, ownership);
        try
        {
            if (rescued is not null) log._notes.Add(rescued);
            if (repaired is not null) log._notes.Add(repaired);
            log.OpenDatabase(rescued is not null);
        }
        catch
        {
            log.CloseFiles();
            throw;
        }
        log._thread.Start();
        return log;
    }

    /// <summary>Makes a new database out of a damaged one, which is kept under another name.</summary>
    /// <returns>What happened, what was kept and what not.</returns>
    private static string Rescue(DurableLogOptions options, TimeProvider clock, DamagedDatabase file, string damage)
    {
        var sideNotes = new List<string>();
        string told;
        using (var side = SideFile.Open(options.Folder, clock, sideNotes.Add))
            told = LogRescue.Run(file.File, file.Made, side, UnixMicros.Now(clock));
        var aside = file.SetAside();
        file.Finish();
        file.Forget();
        return string.Join(' ', [$"The log's database was damaged ({damage}) and is set aside as {aside}; a new one was made.", told, .. sideNotes]);
    }

    /// <summary>Series numbers and what they stand for.</summary>
    public SeriesCatalogue Series { get; } = new();

    /// <summary>Offset that the next value gets; everything below it is durable.</summary>
    public long End => Volatile.Read(ref _committedEnd);

    /// <summary>Bytes of the rows held.</summary>
    public long Bytes => Volatile.Read(ref _committedBytes);

    /// <summary>Bytes that may still come before the quota; 0 while the volume or the quota is full.</summary>
    public long Room => _full ? 0 : Math.Max(0, _options.QuotaBytes - Bytes);

    /// <summary>Whether the last commit found the volume full.</summary>
    public bool IsFull => _full;

    /// <summary>Dead letters held.</summary>
    public long DeadLetterCount => Volatile.Read(ref _deadLetters);

    /// <summary>Most that may be.</summary>
    public long DeadLettersMax => _options.DeadLettersMax;

    /// <summary>Fails with a <see cref="LogBrokenException"/> when the disk or the database fails; the process must end then.</summary>
    public Task Broken => _broken.Task;

    /// <summary>Appends a batch or a gap; ends when it is durable or refused.</summary>
    /// <exception cref="LogBrokenException">The disk failed; whether it is durable is known after the next start.</exception>
    public async ValueTask<Task<AppendOutcome>> EnqueueAsync(LogAppend append, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(append);
        await _work.Writer.WriteAsync(new Work(append, null, null), cancellationToken).ConfigureAwait(false);
        return append.Done.Task;
    }

    /// <summary>Appends and waits for the outcome.</summary>
    /// <exception cref="LogBrokenException">The disk failed.</exception>
    public async Task<AppendOutcome> AppendAsync(LogAppend append, CancellationToken cancellationToken) =>
        await (await EnqueueAsync(append, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary>Ends when a value at <paramref name="offset"/> or beyond is durable.</summary>
    public async Task WaitAsync(long offset, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the look, so that a commit in between is not missed.
            var grown = Volatile.Read(ref _grown);
            if (End > offset) return;
            await grown.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A reader of its own for one consumer.</summary>
    public LogReader OpenReader() => new(this, _source);

    /// <summary>Commits what waits and closes.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _work.Writer.TryComplete();
        if (_thread.IsAlive) _thread.Join();
        Close();
    }

    private void OpenDatabase(bool isRescued)
    {
        _side = SideFile.Open(_options.Folder, _clock, Note);
        _writer.Open();
        // 8 KiB pages, as rows are tens of kilobytes; the write-ahead log is checkpointed at 16 MiB and cut back to that size.
        DatabaseHeader.Execute(_writer, "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2000; " +
            "PRAGMA journal_size_limit=16777216; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;");
        if (_options.FileBytesMax > 0)
            DatabaseHeader.Execute(_writer, string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count={Math.Max(1, _options.FileBytesMax / 8192)}"));
        LogSchema.Ensure(_writer, _writer.DataSource);
        // Finds pages that two tables claim before a write makes it worse: about 1 GB/s, so only where it costs no start.
        if (new FileInfo(_writer.DataSource).Length <= CheckedBytesMax) DatabaseHeader.Check(_writer);
        _reader.Open();
        DatabaseHeader.Execute(_reader, "PRAGMA query_only=1; PRAGMA cache_size=-2048;");
        PrepareStatements();
        LoadState();
        LoadSeries();
        ProveContinuity(isRescued);
        Publish();
        _reserve.Keep();
        if (DamagedDatabase.Kept(_options.Folder) is { Length: > 0 } kept && !isRescued)
            Note($"Set aside earlier and still there: {string.Join(", ", kept)}. Delete them by hand when someone has looked at them.");
    }

    private void LoadSeries()
    {
        using var series = new Statement(_writer, "SELECT id, device, metric, kind, seal FROM series ORDER BY id");
        while (series.Step())
        {
            var (fields, text) = Sound(SealKind.Series, "series", [series.Long(0), series.Long(3)], Encoding.UTF8.GetBytes($"{series.Text(1)}\0{series.Text(2)}"), series.Maybe(4));
            var split = text.IndexOf('\0', StringComparison.Ordinal);
            if (split < 0 || fields[0] != Series.Count + 1) throw Wrong("series");
            Series.Load(new SeriesEntry(new SeriesKey(text[..split], text[(split + 1)..]), (ValueKind)fields[1]));
        }
    }

    private void Close()
    {
        CloseFiles();
        _ownership.Dispose();
    }

    private void CloseFiles()
    {
        DisposeStatements();
        _reader.Dispose();
        _writer.Dispose();
        _side?.Dispose();
    }

    private static FileStream Own(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(Path.Combine(folder, "log.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new LogBrokenException($"The folder {folder} may not be written. Give its owner write permission.", error);
        }
        catch (IOException error)
        {
            throw new LogInUseException($"The log in {folder} belongs to another running process. Stop that one, or give this one another folder.", error);
        }
    }

    private readonly record struct Work(LogAppend? Append, Action? Operation, TaskCompletionSource? Done);
}
