using System.Globalization;
using Parquet;
using Parquet.Schema;
using SmartCity.Cloud.Server.Api;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Import;

/// <summary>Parquet as the export writes it: a row group at a time. <c>received</c>, <c>quality</c> and any of the four value columns may be absent; other columns are passed over.</summary>
internal sealed class ParquetSource : IImportSource
{
    /// <summary>Rows of one group at most: some 500 MB.</summary>
    private const int GroupRowsMax = 5_000_000;
    private const int CheckEvery = 4_096;

    private readonly Stream _file;
    private readonly ParquetReader _reader;
    private readonly ImportRules _rules;
    private readonly long _rows;
    private readonly DataField _device, _metric, _time;
    private readonly DataField? _received, _quality, _number, _whole, _truth, _text;
    private string?[] _devices = [], _metrics = [], _texts = [];
    private DateTime?[] _times = [], _receiveds = [];
    private long?[] _qualities = [], _wholes = [];
    private double?[] _numbers = [];
    private bool?[] _truths = [];
    private int _group, _at, _count;

    private ParquetSource(Stream file, ParquetReader reader, ImportRules rules)
    {
        (_file, _reader, _rules) = (file, reader, rules);
        _rows = reader.RowGroups.Sum(group => group.RowCount);
        (_device, _metric, _time) = (Need("device", typeof(string)), Need("metric", typeof(string)), Need("ts", typeof(DateTime)));
        (_received, _quality) = (Find("received", typeof(DateTime)), Find("quality", typeof(long)));
        (_number, _whole, _truth, _text) = (Find("number", typeof(double)), Find("whole", typeof(long)), Find("truth", typeof(bool)), Find("text", typeof(string)));
        if (_number is null && _whole is null && _truth is null && _text is null)
            throw new ImportStructureException("schema", "value", "none of number, whole, truth and text", "at least one of them");
    }

    public ImportRow Row { get; } = new() { Unit = "row" };

    public double Progress => _rows == 0 ? 1 : Row.Number / (double)_rows;

    /// <exception cref="ImportStructureException">It is not one of ours.</exception>
    public static async Task<ParquetSource> OpenAsync(Stream file, ImportRules rules, CancellationToken cancellationToken)
    {
        try
        {
            return new ParquetSource(file, await ParquetReader.CreateAsync(file, leaveStreamOpen: true, cancellationToken: cancellationToken), rules);
        }
        catch (Exception error) when (error is not (OperationCanceledException or ImportStructureException))
        {
            throw new ImportStructureException($"This is no Parquet file, or one that is not whole: {error.Message}", error);
        }
    }

    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (_at == _count)
        {
            if (_group == _reader.RowGroupCount) return false;
            await FillAsync(_group++, cancellationToken);
        }
        if (_at % CheckEvery == 0) cancellationToken.ThrowIfCancellationRequested();
        Row.Number++;
        Take(_at++);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _file.DisposeAsync();
    }

    private void Take(int i)
    {
        (Row.Text, Row.Bits, Row.IsGood) = (null, 0, false);
        if (_devices[i] is not { } device || _metrics[i] is not { } metric)
        {
            _rules.Wrong(Row, _devices[i] is null ? "device" : "metric", null, "a name");
            return;
        }
        // Rows of one series come together; the pair is made once for them.
        if (Row.Series.Device != device || Row.Series.Metric != metric) Row.Series = new SeriesKey(device, metric);
        if (!_rules.Names(Row)) return;
        if (_times[i] is not { } time)
        {
            _rules.Wrong(Row, "ts", null, "a time");
            return;
        }
        Row.Time = Micros(time);
        Row.Received = _received is not null && _receiveds[i] is { } received ? Micros(received) : Row.Time;
        var quality = _quality is null ? 0 : _qualities[i] ?? 0;
        if (quality is < 0 or > byte.MaxValue)
        {
            _rules.Wrong(Row, "quality", quality.ToString(CultureInfo.InvariantCulture), "flags from 0 to 255");
            return;
        }
        Row.Quality = (ReadingQuality)quality;
        Row.IsGood = Value(i) && _rules.Check(Row);
    }

    private bool Value(int i)
    {
        var (number, whole, truth, text) = (_number is null ? null : _numbers[i], _whole is null ? null : _wholes[i], _truth is null ? null : _truths[i], _text is null ? null : _texts[i]);
        var values = (number is null ? 0 : 1) + (whole is null ? 0 : 1) + (truth is null ? 0 : 1) + (text is null ? 0 : 1);
        if (values != 1) return _rules.Wrong(Row, "value", values == 0 ? null : $"{values} values", "one of number, whole, truth and text");
        if (number is { } one)
        {
            if (!double.IsFinite(one)) return _rules.Wrong(Row, "number", one.ToString(CultureInfo.InvariantCulture), "a finite number");
            (Row.Kind, Row.Bits) = (ValueKind.Double, BitConverter.DoubleToInt64Bits(one));
        }
        else if (whole is { } integer) (Row.Kind, Row.Bits) = (ValueKind.Int64, integer);
        else if (truth is { } flag) (Row.Kind, Row.Bits) = (ValueKind.Bool, flag ? 1 : 0);
        else (Row.Kind, Row.Text) = (ValueKind.Text, text);
        return true;
    }

    private static long Micros(DateTime time) => UnixMicros.From(new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)));

    private async Task FillAsync(int group, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = _reader.OpenRowGroupReader(group);
            if (reader.RowCount is < 0 or > GroupRowsMax) throw new ImportStructureException("schema", $"row group {group + 1}", $"{reader.RowCount:N0} rows", $"at most {GroupRowsMax:N0}. Write it with smaller row groups");
            (_count, _at) = ((int)reader.RowCount, 0);
            await TextsAsync(reader, _device, Room(ref _devices), cancellationToken);
            await TextsAsync(reader, _metric, Room(ref _metrics), cancellationToken);
            await ValuesAsync(reader, _time, Room(ref _times), cancellationToken);
            if (_received is not null) await ValuesAsync(reader, _received, Room(ref _receiveds), cancellationToken);
            if (_quality is not null) await WholesAsync(reader, _quality, Room(ref _qualities), cancellationToken);
            if (_number is not null) await ValuesAsync(reader, _number, Room(ref _numbers), cancellationToken);
            if (_whole is not null) await WholesAsync(reader, _whole, Room(ref _wholes), cancellationToken);
            if (_truth is not null) await ValuesAsync(reader, _truth, Room(ref _truths), cancellationToken);
            if (_text is not null) await TextsAsync(reader, _text, Room(ref _texts), cancellationToken);
        }
        catch (Exception error) when (error is not (OperationCanceledException or ImportStructureException))
        {
            throw new ImportStructureException($"Row group {group + 1} of {_reader.RowGroupCount} cannot be read: {error.Message}", error);
        }

        Memory<T> Room<T>(ref T[] column)
        {
            if (column.Length < _count) column = new T[_count];
            return column.AsMemory(0, _count);
        }
    }

    private static ValueTask TextsAsync(ParquetRowGroupReader reader, DataField field, Memory<string?> to, CancellationToken cancellationToken) => reader.ReadAsync(field, to, cancellationToken: cancellationToken);

    /// <summary>A column that may hold none, or never does.</summary>
    private static async Task ValuesAsync<T>(ParquetRowGroupReader reader, DataField field, Memory<T?> to, CancellationToken cancellationToken) where T : struct
    {
        if (field.IsNullable)
        {
            await reader.ReadAsync(field, to, cancellationToken: cancellationToken);
            return;
        }
        var plain = new T[to.Length];
        await reader.ReadAsync<T>(field, plain.AsMemory(), cancellationToken: cancellationToken);
        for (var i = 0; i < plain.Length; i++) to.Span[i] = plain[i];
    }

    /// <summary>Whole numbers of any width up to 64 bits: other writers keep flags in a byte.</summary>
    private static Task WholesAsync(ParquetRowGroupReader reader, DataField field, Memory<long?> to, CancellationToken cancellationToken)
    {
        return Type.GetTypeCode(field.ClrType) switch
        {
            TypeCode.Byte => As<byte>(value => value),
            TypeCode.SByte => As<sbyte>(value => value),
            TypeCode.Int16 => As<short>(value => value),
            TypeCode.UInt16 => As<ushort>(value => value),
            TypeCode.Int32 => As<int>(value => value),
            TypeCode.UInt32 => As<uint>(value => value),
            _ => ValuesAsync(reader, field, to, cancellationToken),
        };

        async Task As<T>(Func<T, long> widen) where T : struct
        {
            var narrow = new T?[to.Length];
            await ValuesAsync<T>(reader, field, narrow, cancellationToken);
            for (var i = 0; i < narrow.Length; i++) to.Span[i] = narrow[i] is { } value ? widen(value) : null;
        }
    }

    private DataField Need(string name, Type type) => Find(name, type) ?? throw new ImportStructureException("schema", "columns", $"no column {name}", "at least device, metric, ts and one of number, whole, truth and text");

    private DataField? Find(string name, Type type)
    {
        var field = _reader.Schema.DataFields.FirstOrDefault(field => field.Name == name);
        if (field is null) return null;
        var fits = type == typeof(string) ? field.ClrType == typeof(ReadOnlyMemory<char>) || field.ClrType == typeof(string)
            : type == typeof(long) ? Type.GetTypeCode(field.ClrType) is >= TypeCode.SByte and <= TypeCode.Int64
            : field.ClrType == type;
        return fits && !field.IsArray ? field : throw new ImportStructureException("schema", name, field.ClrType.Name, type == typeof(DateTime) ? "a timestamp" : type.Name.ToLowerInvariant());
    }
}
