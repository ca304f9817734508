using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using SmartCity.Cloud.Log;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Devices.Tolling;
using SmartCity.Durable;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;
using SmartCity.Protos.Uplink.V1;
using WireLane = SmartCity.Protos.Uplink.V1.Lane;

namespace SmartCity.Cloud.Server.Import;

/// <summary>
/// A file of toll events, one JSON object a line with its <c>device</c>. It is checked whole before any of it is handed over, by the decoder that the gateways
/// use; its epoch is made of its content and an event's number is its place, so the same file again changes nothing. Nobody but the device stamped these
/// events: their gateway time is their own. Readings of <c>health</c> events go the telemetry lane's way, as they do from a gateway.
/// </summary>
internal sealed class TollFile : ISeriesNumbering
{
    private const int LineBytesMax = 256 << 10;
    private const int BatchEvents = 2_000;
    private const int BatchBytes = 512 << 10;

    private readonly (long Length, DateTime Written) _seen;
    private readonly TimeProvider _clock;
    private readonly Dictionary<SeriesKey, (int Number, ValueKind Kind)> _numbers = [];
    private readonly List<SeriesName> _names = [];
    private readonly Dictionary<string, DeviceSeries> _devices = new(StringComparer.Ordinal);

    private TollFile(string path, TimeProvider clock) => (Path, _clock, _seen) = (path, clock, ImportFile.LookAt(path));

    public string Path { get; }
    /// <summary>Made of the content; never 0.</summary>
    public ulong Epoch { get; private set; }
    public long Events { get; private set; }
    /// <summary>Readings of its <c>health</c> events.</summary>
    public long Readings { get; private set; }
    public int Devices => _devices.Count;
    /// <summary>Least event time, µs; of no meaning where there are no events.</summary>
    public long From { get; private set; } = long.MaxValue;
    /// <summary>Greatest event time, µs; of no meaning where there are no events.</summary>
    public long To { get; private set; } = long.MinValue;
    public ImportErrors Errors { get; } = new();

    int ISeriesNumbering.Generation => 0;

    /// <summary>Reads the whole file and says what it holds and what is wrong with its lines.</summary>
    /// <exception cref="ImportStructureException">It is none that can be read.</exception>
    public static async Task<TollFile> CheckAsync(string path, TimeProvider clock, Action<double> progress, CancellationToken cancellationToken)
    {
        var file = new TollFile(path, clock);
        await foreach (var decoded in file.ReadAsync(file.Errors, progress, cancellationToken))
        {
            file.Events++;
            file.Readings += decoded.Health.Count;
            (file.From, file.To) = (Math.Min(file.From, decoded.Event.Time), Math.Max(file.To, decoded.Event.Time));
        }
        if (file.Events == 0 && file.Errors.Count == 0) throw new ImportStructureException("line 1", "byte 1", "an empty file", "a toll event a line");
        file.Epoch = await ImportFile.EpochOfAsync(path, cancellationToken);
        return file;
    }

    /// <summary>The events with the numbers after <paramref name="through"/>, for the toll lane.</summary>
    /// <exception cref="ImportStructureException">The file was changed.</exception>
    public async IAsyncEnumerable<Batch> EventsAfterAsync(long through, Action<double> progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var events = new List<TollEvent>();
        var columns = new ArrayBufferWriter<byte>();
        var (number, bytes) = (0L, 0);
        await foreach (var (found, _) in ReadAgainAsync(progress, cancellationToken))
        {
            if (++number <= through) continue;
            events.Add(found);
            bytes += found.Json.Length;
            if (events.Count < BatchEvents && bytes < BatchBytes) continue;
            yield return Batch();
        }
        if (number != Events) throw ImportFile.Changed();
        if (events.Count > 0) yield return Batch();

        Batch Batch()
        {
            columns.ResetWrittenCount();
            TollColumns.Encode(events, columns);
            var batch = BatchOf(WireLane.Toll, number, events.Count, columns);
            events.Clear();
            bytes = 0;
            return batch;
        }
    }

    /// <summary>The health readings with the numbers after <paramref name="through"/>, for the telemetry lane.</summary>
    /// <exception cref="ImportStructureException">The file was changed.</exception>
    public async IAsyncEnumerable<Batch> ReadingsAfterAsync(long through, Action<double> progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var readings = new ReadingBatch();
        var columns = new ArrayBufferWriter<byte>();
        var (number, named) = (0L, 0);
        await foreach (var (_, health) in ReadAgainAsync(progress, cancellationToken))
        {
            for (var i = 0; i < health.Count; i++)
            {
                if (++number <= through) continue;
                var quality = health.Quality[i] | ReadingQuality.Backfilled;
                if (health.Kind[i] == ValueKind.Text) readings.AddText(health.Series[i], health.Time[i], health.Received[i], health.TextAt(i), quality);
                else readings.Add(health.Series[i], health.Time[i], health.Received[i], health.Kind[i], health.Bits[i], quality);
            }
            if (readings.Count < BatchEvents && readings.TextLength < BatchBytes / 2) continue;
            yield return Batch();
        }
        if (number != Readings) throw ImportFile.Changed();
        if (readings.Count > 0) yield return Batch();

        Batch Batch()
        {
            columns.ResetWrittenCount();
            ReadingColumns.Encode(readings, columns);
            var batch = BatchOf(WireLane.Telemetry, number, readings.Count, columns);
            batch.FirstName = (uint)named;
            batch.NewNames.AddRange(_names.Skip(named));
            named = _names.Count;
            readings.Clear();
            return batch;
        }
    }

    int ISeriesNumbering.NumberOf(ReadOnlySpan<byte> device, ReadOnlySpan<byte> metric, ValueKind kind)
    {
        var key = new SeriesKey(Encoding.UTF8.GetString(device), Encoding.UTF8.GetString(metric));
        if (_numbers.TryGetValue(key, out var known)) return known.Kind == kind ? known.Number : ISeriesNumbering.KindConflict;
        _numbers.Add(key, (_names.Count, kind));
        _names.Add(new SeriesName { Device = key.Device, Metric = key.Metric, Kind = (uint)kind });
        return _names.Count - 1;
    }

    private Batch BatchOf(WireLane lane, long last, int count, ArrayBufferWriter<byte> columns) => new()
    {
        Lane = lane, Epoch = Epoch, FirstSequence = (ulong)(last - count + 1), Count = (uint)count,
        Columns = ByteString.CopyFrom(columns.WrittenSpan), ColumnsLength = (uint)columns.WrittenCount, Crc32C = Crc32C.Of(columns.WrittenSpan),
    };

    private IAsyncEnumerable<(TollEvent Event, ReadingBatch Health)> ReadAgainAsync(Action<double> progress, CancellationToken cancellationToken)
    {
        if (ImportFile.LookAt(Path) != _seen) throw ImportFile.Changed();
        // The names are numbered in the order of the file, each time anew.
        _numbers.Clear();
        _names.Clear();
        _devices.Clear();
        return ReadAsync(new ImportErrors(), progress, cancellationToken);
    }

    /// <summary>The good events, each with the readings that it holds, valid until the next.</summary>
    private async IAsyncEnumerable<(TollEvent Event, ReadingBatch Health)> ReadAsync(ImportErrors errors, Action<double> progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var decoder = new TollDecoder(this);
        var events = new List<TollEvent>(1);
        var health = new ReadingBatch(64);
        var receipt = new Receipt(UnixMicros.Now(_clock), ClockTrusted: true);
        var (line, taken) = (0L, 0L);
        await foreach (var bytes in LinesAsync(cancellationToken))
        {
            line++;
            taken += bytes.Length + 1;
            if (line % 4096 == 0) progress((double)taken / Math.Max(1, _seen.Length));
            events.Clear();
            health.Clear();
            var place = string.Create(CultureInfo.InvariantCulture, $"line {line}");
            if (DeviceOf(bytes.Span, place, errors, out var member) is not { } device) continue;
            // What is left is the event as the device sends it, so that it and the same one from a gateway are the same to the byte.
            byte[] sent = [.. bytes.Span[..member.Start], .. bytes.Span[member.End..]];
            var outcome = decoder.Decode(device, sent, events, health, receipt);
            if (events.Count != 1)
            {
                var said = outcome.Rejected > 0 ? decoder.Rejections[0].Text : "no event";
                errors.Add(place, "event", Encoding.UTF8.GetString(bytes.Span), said);
            }
            else if ((events[0].Quality & ReadingQuality.TimeReplaced) != 0) errors.Add(place, "ts", Encoding.UTF8.GetString(bytes.Span), "a time after the year 1999 that does not lie ahead");
            else if (decoder.Health.Rejected > 0) errors.Add(place, "health", Encoding.UTF8.GetString(bytes.Span), decoder.DescribeHealthRejections());
            else yield return (events[0] with { Received = events[0].Time }, health);
        }
    }

    /// <param name="line">The line.</param>
    /// <param name="place">Where it is, for words.</param>
    /// <param name="errors">Takes what is wrong with it.</param>
    /// <param name="member">Where its device stands, with the comma that parts it from its neighbour.</param>
    private DeviceSeries? DeviceOf(ReadOnlySpan<byte> line, string place, ImportErrors errors, out (int Start, int End) member)
    {
        string? id = null;
        var (lastEnd, leads) = (0, false);
        member = default;
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = PayloadLimits.Default.DepthMax });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("it is no object");
            while (reader.Read())
            {
                if (leads) member.End = (int)reader.TokenStartIndex;
                leads = false;
                if (reader.TokenType != JsonTokenType.PropertyName) break;
                var isDevice = reader.ValueTextEquals("device"u8);
                var start = (int)reader.TokenStartIndex;
                reader.Read();
                if (isDevice && id is not null) throw new JsonException("device stands here twice");
                if (isDevice && reader.TokenType == JsonTokenType.String) id = reader.GetString();
                reader.Skip();
                if (isDevice)
                {
                    leads = lastEnd == 0;
                    member = (leads ? start : lastEnd, (int)reader.BytesConsumed);
                }
                lastEnd = (int)reader.BytesConsumed;
            }
        }
        // Bad UTF-8 surfaces as InvalidOperationException.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            errors.Add(place, "line", Encoding.UTF8.GetString(line), $"one JSON object in UTF-8: {error.Message}");
            return null;
        }
        if (id is null || !DeviceId.IsValid(id))
        {
            errors.Add(place, "device", id, "1–128 of A-Za-z0-9._:-");
            return null;
        }
        if (_devices.TryGetValue(id, out var known)) return known;
        return _devices[id] = new DeviceSeries(Encoding.UTF8.GetBytes(id));
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(Path);
        var reader = PipeReader.Create(content, new StreamPipeReaderOptions(bufferSize: 64 << 10));
        var line = 0L;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            while (TryTakeLine(ref buffer, read.IsCompleted, out var bytes))
            {
                line++;
                yield return bytes;
            }
            if (buffer.Length > LineBytesMax) throw new ImportStructureException($"line {line + 1}", "byte 1", $"more than {LineBytesMax} bytes", "one toll event a line");
            reader.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted) break;
        }
        await reader.CompleteAsync();
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, bool isLast, out ReadOnlyMemory<byte> line)
    {
        line = default;
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, end).ToArray();
            buffer = buffer.Slice(buffer.GetPosition(1, end));
        }
        else if (isLast && !buffer.IsEmpty)
        {
            line = buffer.ToArray();
            buffer = buffer.Slice(buffer.End);
        }
        else return false;
        if (line.Length > 0 && line.Span[^1] == '\r') line = line[..^1];
        return true;
    }
}
