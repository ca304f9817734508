using System.Buffers;
using System.Globalization;
using System.Text;
using SmartCity.Devices;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;

namespace SmartCity.Tests.Devices;

/// <summary>A decoder with what it needs, for one device.</summary>
internal sealed class Decoding
{
    /// <summary>2026-11-24T06:12:04Z.</summary>
    public const long Now = 1_795_500_724L * UnixMicros.PerSecond;

    public Decoding(int seriesMax = int.MaxValue)
    {
        Numbering = new TestNumbering(seriesMax);
        Decoder = new TelemetryDecoder(Numbering);
    }

    public TestNumbering Numbering { get; }
    public TelemetryDecoder Decoder { get; }
    public ReadingBatch Batch { get; } = new(16);
    public DeviceSeries Device { get; } = new("d1"u8);
    public Receipt Receipt { get; set; } = new(Now, true);
    public IRepeatFilter? Repeats { get; set; }

    public PayloadOutcome Decode(string json) => Decode(Encoding.UTF8.GetBytes(json));

    public PayloadOutcome Decode(byte[] json, int cut = int.MaxValue) => Decoder.Decode(Device, Pieces(json, cut), Batch, Receipt, Repeats);

    /// <summary>All readings so far, each as <c>metric=value</c>.</summary>
    public string[] Readings() => [.. Enumerable.Range(0, Batch.Count).Select(i => $"{Numbering.Names[Batch.Series[i]].Key.Metric}={Batch.ValueAt(i).ToString().ToString(CultureInfo.InvariantCulture)}")];

    /// <summary>Bytes as a sequence of pieces of <paramref name="cut"/> bytes.</summary>
    public static ReadOnlySequence<byte> Pieces(byte[] bytes, int cut)
    {
        if (bytes.Length <= cut) return new ReadOnlySequence<byte>(bytes);
        var first = new Piece(bytes.AsMemory(0, cut), 0);
        var last = first;
        for (var at = cut; at < bytes.Length; at += cut) last = last.Append(bytes.AsMemory(at, Math.Min(cut, bytes.Length - at)));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var piece = new Piece(memory, RunningIndex + Memory.Length);
            Next = piece;
            return piece;
        }
    }
}
