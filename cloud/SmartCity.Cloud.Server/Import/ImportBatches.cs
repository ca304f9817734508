using System.Buffers;
using System.Text;
using Google.Protobuf;
using SmartCity.Cloud.Log;
using SmartCity.Durable;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Protos.Uplink.V1;
using WireLane = SmartCity.Protos.Uplink.V1.Lane;

namespace SmartCity.Cloud.Server.Import;

/// <summary>Makes of a file's rows the batches that a gateway would send: numbered from 1, names once.</summary>
internal sealed class ImportBatches(ImportFile file)
{
    private const int BatchReadings = 8_192;
    private const int BatchTextBytes = 256 << 10;

    private readonly Dictionary<SeriesKey, int> _names = [];
    private readonly List<SeriesName> _newNames = [];
    private readonly ReadingBatch _readings = new(BatchReadings);
    private readonly ArrayBufferWriter<byte> _columns = new();
    private (SeriesKey Key, int Id) _last = (default, -1);

    /// <summary>The batches with the numbers after <paramref name="through"/>.</summary>
    /// <exception cref="ImportStructureException">The file was changed.</exception>
    public async IAsyncEnumerable<Batch> AfterAsync(long through, TimeProvider clock, Action<double> progress, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var source = await file.ReadAsync(clock, cancellationToken);
        var number = 0L;
        while (await source.ReadAsync(cancellationToken))
        {
            var row = source.Row;
            if (!row.IsGood) throw ImportFile.Changed();
            var series = IdOf(row);
            if (++number <= through) continue;
            // Came by import and not live, whatever else is known of it.
            var quality = row.Quality | ReadingQuality.Backfilled;
            if (row.Text is { } text) _readings.AddText(series, row.Time, row.Received, Encoding.UTF8.GetBytes(text), quality);
            else _readings.Add(series, row.Time, row.Received, row.Kind, row.Bits, quality);
            if (_readings.Count < BatchReadings && _readings.TextLength < BatchTextBytes) continue;
            yield return Batch(number);
            progress(source.Progress);
        }
        if (number != file.Rows) throw ImportFile.Changed();
        if (_readings.Count > 0) yield return Batch(number);
    }

    private int IdOf(ImportRow row)
    {
        if (_last.Id >= 0 && _last.Key == row.Series) return _last.Id;
        if (!_names.TryGetValue(row.Series, out var id))
        {
            _names.Add(row.Series, id = _names.Count);
            _newNames.Add(new SeriesName { Device = row.Series.Device, Metric = row.Series.Metric, Kind = (uint)row.Kind });
        }
        _last = (row.Series, id);
        return id;
    }

    private Batch Batch(long last)
    {
        _columns.ResetWrittenCount();
        ReadingColumns.Encode(_readings, _columns);
        var batch = new Batch
        {
            Lane = WireLane.Telemetry, Epoch = file.Epoch, FirstSequence = (ulong)(last - _readings.Count + 1), Count = (uint)_readings.Count,
            FirstName = (uint)(_names.Count - _newNames.Count), NewNames = { _newNames },
            Columns = ByteString.CopyFrom(_columns.WrittenSpan), ColumnsLength = (uint)_columns.WrittenCount, Crc32C = Crc32C.Of(_columns.WrittenSpan),
        };
        _newNames.Clear();
        _readings.Clear();
        return batch;
    }
}
