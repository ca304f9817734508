using System.Security.Cryptography;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Import;

/// <summary>
/// A file to import. It is read twice: once to look whether all of it is good, since a file with errors is refused whole, and once to hand it over.
/// Its epoch is made of its content, and a row's number is its place: so the same file again, whole or the rest of it, changes nothing that is there.
/// </summary>
internal sealed record ImportFile
{
    private readonly (long Length, DateTime Written) _seen;

    private ImportFile(string path, (long Length, DateTime Written) seen) => (Path, _seen) = (path, seen);

    public string Path { get; }
    /// <summary>Made of the content; never 0.</summary>
    public ulong Epoch { get; private init; }
    public long Rows { get; private init; }
    public int Series { get; private init; }
    /// <summary>Least event time, µs.</summary>
    public long From { get; private init; }
    /// <summary>Greatest event time, µs.</summary>
    public long To { get; private init; }
    public ImportErrors Errors { get; } = new();

    /// <summary>Reads the whole file and says what it holds and what is wrong with its rows.</summary>
    /// <param name="path">The file; one that begins with <c>PAR1</c> is Parquet, one whose name ends in <c>.lp</c> line protocol, any other CSV.</param>
    /// <param name="clock">What lies ahead of it is no time of a reading.</param>
    /// <param name="progress">Share done, 0–1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ImportStructureException">It is none that can be read.</exception>
    public static async Task<ImportFile> CheckAsync(string path, TimeProvider clock, Action<double> progress, CancellationToken cancellationToken)
    {
        var file = new ImportFile(path, LookAt(path));
        var series = new HashSet<SeriesKey>();
        var (rows, from, to) = (0L, long.MaxValue, long.MinValue);
        await using var source = await OpenAsync(path, file.Errors, clock, cancellationToken);
        SeriesKey last = default;
        while (await source.ReadAsync(cancellationToken))
        {
            rows++;
            if (rows % 4096 == 0) progress(source.Progress);
            if (!source.Row.IsGood) continue;
            if (source.Row.Series != last) series.Add(last = source.Row.Series);
            (from, to) = (Math.Min(from, source.Row.Time), Math.Max(to, source.Row.Time));
        }
        return file with { Epoch = await EpochOfAsync(path, cancellationToken), Rows = rows, Series = series.Count, From = from, To = to };
    }

    /// <summary>The good file's rows for a second time.</summary>
    /// <exception cref="ImportStructureException">It is no longer the file that was looked at.</exception>
    public async Task<IImportSource> ReadAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        if (LookAt(Path) != _seen) throw Changed();
        return await OpenAsync(Path, new ImportErrors(), clock, cancellationToken);
    }

    public static ImportStructureException Changed() => new("The file was changed while it was read. Import a file that nobody writes to.");

    /// <summary>By what a file is known to have been changed.</summary>
    public static (long Length, DateTime Written) LookAt(string path) => new FileInfo(path) is var file ? (file.Length, file.LastWriteTimeUtc) : default;

    private static async Task<IImportSource> OpenAsync(string path, ImportErrors errors, TimeProvider clock, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        try
        {
            var rules = new ImportRules(errors, UnixMicros.Now(clock));
            var head = new byte[4];
            var isParquet = await file.ReadAtLeastAsync(head, 4, throwOnEndOfStream: false, cancellationToken) == 4 && head.AsSpan().SequenceEqual("PAR1"u8);
            file.Position = 0;
            if (isParquet) return await ParquetSource.OpenAsync(file, rules, cancellationToken);
            return path.EndsWith(".lp", StringComparison.OrdinalIgnoreCase) ? new LineSource(file, rules) : new CsvSource(file, rules);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>The epoch that a file's content makes; never 0.</summary>
    public static async Task<ulong> EpochOfAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return Math.Max(1, BitConverter.ToUInt64(await SHA256.HashDataAsync(file, cancellationToken)));
    }
}
