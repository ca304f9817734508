using System.Buffers;
using System.IO.Pipelines;
using Parquet;
using Parquet.Schema;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Api;

/// <summary>
/// Writes rows as Parquet while they come, a row group of 65,536 rows at a time, which bounds the memory whatever the file's length.
/// A column of values of any kind becomes four: <c>number</c>, <c>whole</c>, <c>truth</c> and <c>text</c>, of which one holds the value; with the column's
/// name in front unless that is <c>value</c>. Times are UTC instants to the µs.
/// </summary>
internal sealed class ParquetRows : IRowWriter, IDisposable
{
    /// <summary>Media type.</summary>
    public const string MediaType = "application/vnd.apache.parquet";
    private const int GroupRows = 65_536;
    private static readonly ParquetOptions _options = new() { CompressionMethod = CompressionMethod.Zstd };

    private readonly List<Cells> _cells = [];
    private readonly ParquetSchema _schema;
    private readonly PipeStream _stream;
    private ParquetWriter? _writer;
    private int _at;
    private int _rows;

    public ParquetRows(PipeWriter output, IReadOnlyList<RowColumn> columns)
    {
        _stream = new PipeStream(output);
        foreach (var (name, kind) in columns)
        {
            var prefix = name == "value" ? "" : name + "_";
            Add(kind switch
            {
                RowColumnKind.Text => [new Texts(name, isNullable: false)],
                RowColumnKind.Number => [new Cells<double>(new DataField(name, typeof(double), true))],
                RowColumnKind.Whole => [new Cells<long>(new DataField(name, typeof(long), true))],
                RowColumnKind.Time => [new Cells<DateTime>(new DateTimeDataField(name, DateTimeFormat.Timestamp, true, DateTimeTimeUnit.Micros, true))],
                _ => [new Cells<double>(new DataField(prefix + "number", typeof(double), true)), new Cells<long>(new DataField(prefix + "whole", typeof(long), true)),
                    new Cells<bool>(new DataField(prefix + "truth", typeof(bool), true)), new Texts(prefix + "text", isNullable: true)],
            });
        }
        _schema = new ParquetSchema(_cells.Select(Field (cells) => cells.Field));

        void Add(Cells[] cells) => _cells.AddRange(cells);
    }

    public bool IsDue => _rows >= GroupRows;

    public void Text(string? text) => ((Texts)Next()).Add(text ?? "");

    public void Number(double? number) => ((Cells<double>)Next()).Add(number);

    public void Whole(long number) => ((Cells<long>)Next()).Add(number);

    public void Time(long micros, TimeZoneInfo? zone = null) => ((Cells<DateTime>)Next()).Add(UnixMicros.ToTime(micros).UtcDateTime);

    public void Value(ReadingValue? value)
    {
        ((Cells<double>)Next()).Add(value is { Kind: ValueKind.Double } number ? number.AsNumber() : null);
        ((Cells<long>)Next()).Add(value is { Kind: ValueKind.Int64 } whole ? whole.Bits : null);
        ((Cells<bool>)Next()).Add(value is { Kind: ValueKind.Bool } truth ? truth.Bits != 0 : null);
        ((Texts)Next()).Add(value is { Kind: ValueKind.Text } text ? text.Text : null);
    }

    public void EndRow()
    {
        if (_at != _cells.Count) throw new InvalidOperationException($"A row has {_at} cells, not {_cells.Count}.");
        _at = 0;
        _rows++;
    }

    public async Task<bool> FlushAsync(CancellationToken cancellationToken)
    {
        _writer ??= await ParquetWriter.CreateAsync(_schema, _stream, _options, cancellationToken: cancellationToken);
        if (_rows > 0)
        {
            using var group = _writer.CreateRowGroup();
            foreach (var cells in _cells) await cells.WriteAsync(group, cancellationToken);
            group.CompleteValidate();
            _rows = 0;
        }
        return await _stream.HandOverAsync(cancellationToken);
    }

    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        // Writes the footer.
        await _writer!.DisposeAsync();
        await _stream.HandOverAsync(cancellationToken);
    }

    public void Dispose() => _stream.Dispose();

    private Cells Next() => _cells[_at++];

    private abstract class Cells(DataField field)
    {
        public DataField Field { get; } = field;

        public abstract Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken);
    }

    private sealed class Cells<T>(DataField field) : Cells(field) where T : struct
    {
        private readonly T?[] _values = new T?[GroupRows];
        private int _count;

        public void Add(T? value) => _values[_count++] = value;

        public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
        {
            await group.WriteAsync<T>(Field, _values.AsMemory(0, _count), cancellationToken: cancellationToken);
            _count = 0;
        }
    }

    private sealed class Texts(string name, bool isNullable) : Cells(new DataField(name, typeof(string), isNullable))
    {
        private readonly List<string?> _values = [];

        public void Add(string? value) => _values.Add(value);

        public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
        {
            await group.WriteAsync(Field, _values!);
            _values.Clear();
        }
    }

    /// <summary>A stream into a pipe that goes forward alone, and copies without waiting: a row group is bounded, and after it the pipe is handed over.</summary>
    private sealed class PipeStream(PipeWriter output) : Stream
    {
        private long _length;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => _length;
        public override long Position { get => _length; set => throw new NotSupportedException(); }

        public async Task<bool> HandOverAsync(CancellationToken cancellationToken) => !(await output.FlushAsync(cancellationToken)).IsCompleted;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            output.Write(buffer);
            _length += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer.AsSpan(offset, count));
            return Task.CompletedTask;
        }

        public override void Flush() { }
        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
