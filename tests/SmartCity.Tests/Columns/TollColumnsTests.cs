using System.Buffers;
using CsCheck;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;
using Xunit;

namespace SmartCity.Tests.Columns;

public sealed class TollColumnsTests
{
    private static readonly Gen<string> _texts = Gen.String[Gen.OneOf(Gen.Char.AlphaNumeric, OneOf('-', 'ت', 'é')), 0, 20];

    private static readonly Gen<TollEvent> _events = Gen.Select(
        Gen.Select(_texts, Gen.ULong, Gen.ULong, Gen.Long), Gen.Select(Gen.Long, Gen.Int[1, 3], _texts, Gen.Int[1, 6]), Gen.Byte, Gen.Byte.Array[0, 60],
        (key, rest, quality, json) => new TollEvent(key.Item1, key.Item2, key.Item3, key.Item4, rest.Item1, (TollClock)rest.Item2, rest.Item3,
            (TollEventKind)rest.Item4, (ReadingQuality)quality, json));

    [Fact]
    public void Every_event_comes_back_with_its_own_json_byte_for_byte() =>
        _events.List[0, 20].Sample(events =>
        {
            var decoded = new List<TollEvent>();
            Assert.Equal(ColumnsError.None, TollColumns.TryDecode(Encoded(events), decoded));
            Assert.Equal(events.Select(Text), decoded.Select(Text));
        });

    [Fact]
    public void Damaged_bytes_give_an_error_or_events_and_never_throw() =>
        Gen.Select(_events.List[1, 5], Gen.Int[0, 100_000], Gen.Byte, Gen.Bool).Sample((events, place, value, cut) =>
        {
            var bytes = Encoded(events);
            var at = place % bytes.Length;
            if (cut) bytes = bytes[..at];
            else bytes[at] = value;
            _ = TollColumns.TryDecode(bytes, []);
        }, iter: 20_000);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static byte[] Encoded(IReadOnlyList<TollEvent> events)
    {
        var output = new ArrayBufferWriter<byte>();
        TollColumns.Encode(events, output);
        return output.WrittenSpan.ToArray();
    }

    private static string Text(TollEvent e) => $"{e with { Json = default }} {Convert.ToHexString(e.Json.Span)}";
}
