using BenchmarkDotNet.Attributes;
using DuckDB.NET.Data;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Model;

namespace SmartCity.Benchmarks.Readings;

/// <summary>A commit of 50,000 readings to the embedded store, and the same rows through DuckDB's bare appender: what the store adds is counts, offset and newest values.</summary>
[MemoryDiagnoser]
public class StoreAppendBenchmarks
{
    private const int Readings = 50_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-bench-").FullName;
    private readonly CityMix _mix = new(2_500);
    private readonly ReadingBatch _batch = new(2 * Readings);
    private DuckDbReadingStore _store = null!;
    private DuckDBConnection _bare = null!;
    private long _offset;
    private long _time = 1_790_000_000_000_000;

    /// <summary>Opens both; nothing is sealed in between.</summary>
    [GlobalSetup]
    public async Task Open()
    {
        _store = StoreIn(Path.Combine(_folder, "store"));
        _offset = await _store.OpenAsync(CancellationToken.None);
        _bare = DatabaseIn(Path.Combine(_folder, "bare.duckdb"));
    }

    /// <summary>New readings for each iteration, not measured.</summary>
    [IterationSetup]
    public void Fill()
    {
        _batch.Clear();
        while (_batch.Count < Readings)
        {
            _mix.AddStep(_batch, _time);
            _time += 10 * UnixMicros.PerSecond;
        }
        _batch.Truncate(Readings);
    }

    /// <summary>The store.</summary>
    [Benchmark(OperationsPerInvoke = Readings)]
    public async Task Store()
    {
        await _store.AppendAsync([new StoreBatch(_offset, "g1", Lane.Telemetry, _batch, _mix)], _offset + Readings, CancellationToken.None);
        _offset += Readings;
    }

    /// <summary>The bare appender with a commit.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Readings)]
    public void BareAppender()
    {
        using var transaction = _bare.BeginTransaction();
        using (var appender = _bare.CreateAppender("hot"))
        {
            for (var i = 0; i < Readings; i++)
            {
                appender.AppendRow((_batch, i), static (row, at) =>
                {
                    var (batch, i) = at;
                    row.AppendValue((int?)batch.Series[i]).AppendValue((long?)batch.Time[i]).AppendValue((long?)i).AppendValue((long?)batch.Received[i]);
                    if (batch.Kind[i] == ValueKind.Text) row.AppendNullValue().AppendNullValue().AppendValue(System.Text.Encoding.UTF8.GetString(batch.TextAt(i)));
                    else row.AppendValue((double?)BitConverter.Int64BitsToDouble(batch.Bits[i])).AppendNullValue().AppendNullValue();
                    row.AppendValue((byte?)batch.Quality[i]);
                });
            }
            appender.Close();
        }
        transaction.Commit();
    }

    /// <summary>Closes both and deletes their files.</summary>
    [GlobalCleanup]
    public async Task Close()
    {
        await _store.DisposeAsync();
        _bare.Dispose();
        Directory.Delete(_folder, true);
    }

    private static DuckDbReadingStore StoreIn(string folder) =>
        new(new DuckDbOptions { Folder = folder, SealRows = 50_000_000 }, TimeProvider.System, NullLogger<DuckDbReadingStore>.Instance);

    private static DuckDBConnection DatabaseIn(string file)
    {
        var bare = new DuckDBConnection($"DataSource={file};threads=1");
        bare.Open();
        using var create = bare.CreateCommand();
        create.CommandText = "CREATE TABLE hot (series INTEGER, time BIGINT, log_offset BIGINT, received BIGINT, number DOUBLE, whole BIGINT, text VARCHAR, quality UTINYINT)";
        create.ExecuteNonQuery();
        return bare;
    }
}
