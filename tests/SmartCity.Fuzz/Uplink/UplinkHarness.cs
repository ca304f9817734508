using System.Buffers;
using Google.Protobuf;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Durable;
using SmartCity.Fuzz.Columns;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;
using SmartCity.Protos.Uplink.V1;
using Lane = SmartCity.Model.Lane;
using WireLane = SmartCity.Protos.Uplink.V1.Lane;

namespace SmartCity.Fuzz.Uplink;

/// <summary>
/// What a gateway with a certificate of ours sends after its greeting: messages, each behind its length, judged by ingest. The first byte chooses:
/// bit 0 checksums and lengths are put right, bit 1 epochs and lanes are, so that mutation gets behind those checks.
/// </summary>
internal sealed class UplinkHarness : IHarness, IDisposable
{
    private const ulong Epoch = 7;
    private const int SeriesMax = 50_000;

    private readonly ZstdSharp.Decompressor _zstd = new();
    private readonly ReadingBatch _batch = new();
    private readonly List<TollEvent> _events = [];
    private DurableLog? _log;
    private string _folder = "";

    public string Name => "uplink";

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            var batch = new ReadingBatch(16);
            const long now = 1_795_500_724_000_000;
            for (var i = 0; i < 6; i++) batch.Add(i % 2, now + i, now, i / 10.0, ReadingQuality.Good);
            batch.AddText(2, now, now, "open"u8, ReadingQuality.Good);
            batch.Add(0, now, now, ValueKind.Bool, 1, ReadingQuality.TimeReplaced);
            batch.TimeRepairs.Add(new TimeRepair(7, 5));
            var columns = ColumnsHarness.Readings(batch)[1..];
            using var zstd = new ZstdSharp.Compressor();
            var first = Batch(WireLane.Telemetry, 1, 8, columns, ["a", "b", "c"]);
            var packed = Batch(WireLane.Telemetry, 9, 8, columns, []);
            (packed.Columns, packed.Compression) = (ByteString.CopyFrom(zstd.Wrap(columns)), Compression.Zstd);
            var tolls = Batch(WireLane.Toll, 1, 2, ColumnsHarness.Tolls([ColumnsHarness.Event(1, "{}"), ColumnsHarness.Event(2, "{}")])[1..], []);
            yield return Stream(0, first, packed);
            yield return Stream(3, first, Batch(WireLane.Telemetry, 5, 8, columns, []), new Gap { Lane = WireLane.Telemetry, Epoch = Epoch, First = 13, Last = 20, Reason = Protos.Uplink.V1.GapReason.Expired });
            yield return Stream(3, tolls, Batch(WireLane.Toll, 3, 0, [], []), new Gap { Lane = WireLane.Toll, Epoch = Epoch, First = 3, Last = ulong.MaxValue, Reason = Protos.Uplink.V1.GapReason.Corrupt });
            yield return Stream(2, new Gap { Lane = WireLane.Alarm, Epoch = Epoch, First = 1, Last = 4, Reason = Protos.Uplink.V1.GapReason.Released }, new Status { QueuedValues = 3 });
        }
    }

    public IEnumerable<byte[]> Words =>
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x18, 1], [0x20, 8], [0x28, 0], [0x12, 0], [0x40, 1], [0x28, 0xB5, 0x2F, 0xFD],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        var choice = input[0];
        var log = Log();
        var lanes = new Dictionary<Lane, LaneIntake>();
        using var stream = new MemoryStream(input[1..].ToArray());
        while (stream.Position < stream.Length)
        {
            UplinkRequest request;
            try
            {
                request = UplinkRequest.Parser.ParseDelimitedFrom(stream);
            }
            catch (InvalidProtocolBufferException)
            {
                return; // so the call ends on the wire
            }
            try
            {
                if (request.MessageCase == UplinkRequest.MessageOneofCase.Batch) Take(Repaired(request.Batch, choice), Intake(request.Batch.Lane), log);
                else if (request.MessageCase == UplinkRequest.MessageOneofCase.Gap) Take(request.Gap, Intake((choice & 2) != 0 ? Known(request.Gap.Lane) : request.Gap.Lane));
            }
            catch (UplinkRefusal refusal)
            {
                Must.Hold(refusal.Code.StartsWith("E-UPLINK-", StringComparison.Ordinal) && refusal.Message.Length > 20, $"a refusal without code or reason: {refusal.Code} {refusal.Message}");
                _ = refusal.ToMessage().ToByteArray();
                return; // the stream ends
            }
        }

        LaneIntake Intake(WireLane lane)
        {
            var known = UplinkStream.LaneOf(lane);
            if (!lanes.TryGetValue(known, out var intake)) lanes.Add(known, intake = new LaneIntake("fuzz", Epoch, known, log, TimeProvider.System));
            return intake;
        }
    }

    private void Take(Batch batch, LaneIntake intake, DurableLog log)
    {
        var next = intake.Next;
        var names = intake.Names;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var taken = intake.Take(batch, _zstd);
        // What is said to be long is never beyond a mebibyte, and rented; what it decodes to is bounded by its bytes.
        Must.Allocate(before, (4 << 20) + 400L * batch.CalculateSize() + 200L * batch.ColumnsLength, "taking a batch");
        Must.Hold(intake.Names >= names && intake.Names <= names + batch.NewNames.Count, "more names than came");
        Must.Hold(intake.Next >= next && intake.Next - next <= batch.Count, "numbers that did not come");
        Must.Equal(batch.Count, taken.Repeated + (taken.Append?.Sequences ?? 0), "values taken and repeated together");
        if (taken.Append is { Sequences: > 0 } append)
        {
            Must.Equal(next, append.FirstSequence, "first number appended");
            Must.Equal(intake.Next, append.FirstSequence + append.Sequences, "next number");
            Must.Equal(append.Sequences, append.Count + append.DeadLetters.Count, "values kept and refused together");
            foreach (var letter in append.DeadLetters) Must.Hold(letter.Reason.Length > 0, "a dead letter without a reason");
            if (append.Lane == Lane.Toll)
            {
                Must.Equal(ColumnsError.None, TollColumns.TryDecode(append.Columns.Span, _events), "error of what goes into the log");
                Must.Equal(append.Count, _events.Count, "events for the log");
            }
            else if (append.Count > 0)
            {
                Must.Equal(ColumnsError.None, ReadingColumns.TryDecode(append.Columns.Span, _batch), "error of what goes into the log");
                Must.Equal(append.Count, _batch.Count, "readings for the log");
                for (var i = 0; i < _batch.Count; i++) Must.Equal(log.Series[_batch.Series[i]].Kind, _batch.Kind[i], "kind of a value and of its series");
            }
        }
        taken.Columns?.Dispose();
        if (taken.Readings is not null) Cloud.Server.Live.ReadingBatchPool.Return(taken.Readings);
    }

    private static void Take(Gap gap, LaneIntake intake)
    {
        var next = intake.Next;
        var append = intake.Take(gap);
        if (append is null)
        {
            Must.Equal(next, intake.Next, "next number after a gap that was known");
            return;
        }
        Must.Equal(next, append.FirstSequence, "first number of the gap");
        Must.Equal(intake.Next, append.GapLast + 1, "next number after the gap");
        Must.Hold(append.GapLast >= append.FirstSequence && append.Gap is not null, "an empty gap");
    }

    private static Batch Repaired(Batch batch, byte choice)
    {
        if ((choice & 2) != 0) batch.Lane = Known(batch.Lane);
        if ((choice & 1) == 0) return batch;
        using var zstd = new ZstdSharp.Decompressor();
        var plain = new byte[1 << 16];
        var length = batch.Columns.Length;
        if (batch.Compression != Compression.Zstd) (plain, batch.Compression) = (batch.Columns.ToByteArray(), Compression.Unspecified);
        else if (!TryUnwrap(zstd, batch.Columns.Span, plain, out length)) return batch;
        batch.ColumnsLength = (uint)length;
        batch.Crc32C = Crc32C.Of(plain.AsSpan(0, length));
        return batch;
    }

    private static bool TryUnwrap(ZstdSharp.Decompressor zstd, ReadOnlySpan<byte> frame, byte[] plain, out int length)
    {
        try
        {
            return zstd.TryUnwrap(frame, plain, out length);
        }
        catch (ZstdSharp.ZstdException)
        {
            length = 0;
            return false;
        }
    }

    private static WireLane Known(WireLane lane) => (WireLane)(1 + (unchecked((uint)lane) % 3));

    private static Batch Batch(WireLane lane, ulong first, uint count, byte[] columns, string[] names)
    {
        var batch = new Batch { Lane = lane, Epoch = Epoch, FirstSequence = first, Count = count, Columns = ByteString.CopyFrom(columns), ColumnsLength = (uint)columns.Length, Crc32C = Crc32C.Of(columns) };
        for (var i = 0; i < names.Length; i++) batch.NewNames.Add(new SeriesName { Device = "d1", Metric = names[i], Kind = i == 2 ? (uint)ValueKind.Text : 0 });
        return batch;
    }

    private static byte[] Stream(byte choice, params IMessage[] messages)
    {
        using var stream = new MemoryStream();
        stream.WriteByte(choice);
        foreach (var message in messages)
        {
            var request = message switch
            {
                Batch batch => new UplinkRequest { Batch = batch },
                Gap gap => new UplinkRequest { Gap = gap },
                Status status => new UplinkRequest { Status = status },
                _ => throw new ArgumentException("No message of the uplink.", nameof(messages)),
            };
            request.WriteDelimitedTo(stream);
        }
        return stream.ToArray();
    }

    public void Dispose()
    {
        _zstd.Dispose();
        CloseLog();
    }

    private void CloseLog()
    {
        if (_log is null) return;
        _log.Dispose();
        _log = null;
        Directory.Delete(_folder, true);
    }

    /// <summary>A log of no rows; a new one when mutation has filled its catalogue with names.</summary>
    private DurableLog Log()
    {
        if (_log is not null && _log.Series.Count < SeriesMax) return _log;
        CloseLog();
        _folder = Directory.CreateTempSubdirectory("smartcity-fuzz-").FullName;
        return _log = DurableLog.Open(new DurableLogOptions { Folder = _folder, ReserveBytes = 0 }, TimeProvider.System);
    }
}
