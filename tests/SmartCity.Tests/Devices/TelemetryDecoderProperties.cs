using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using SmartCity.Devices;
using SmartCity.Model;

namespace SmartCity.Tests.Devices;

/// <summary>The decoder against a plain reading of the contract with the library's document model.</summary>
public sealed class TelemetryDecoderProperties
{
    private static readonly Gen<string> _name = Gen.OneOf(
        OneOf("a", "b", "a.b", "b.0", "ts2", "\\u0061", "é", "ü.x"), OneOf("pm25", "temp", "state", "a b", "\\n", "0"));
    private static readonly Gen<string> _scalar = Gen.OneOf(
        Gen.Double[-1e6, 1e6].Select(d => d.ToString("R", CultureInfo.InvariantCulture)),
        Gen.Decimal[-1_000, 1_000].Select(d => Math.Round(d, 2).ToString(CultureInfo.InvariantCulture)),
        Gen.Long.Select(l => l.ToString(CultureInfo.InvariantCulture)),
        Gen.Double.Where(double.IsFinite).Select(d => d.ToString("E16", CultureInfo.InvariantCulture)),
        OneOf("true", "false", "null", "0", "-0", "0.5", "1e5"),
        Gen.String[0, 8].Where(IsUnicode).Select(text => JsonSerializer.Serialize(text)));
    private static readonly Gen<string> _value = Gen.Recursive<string>((depth, inner) => depth == 3 ? _scalar : Gen.Frequency(
        (6, _scalar),
        (1, Gen.Select(_name, inner, (name, value) => $"\"{name}\":{value}").Array[0, 3].Select(members => "{" + string.Join(", ", members) + "}")),
        (1, inner.Array[0, 3].Select(items => "[" + string.Join(",", items) + "]"))));
    private static readonly Gen<string> _element = Gen.Select(
        Gen.Select(_name, _value, (name, value) => $"\"{name}\": {value}").Array[0, 5],
        OneOf("", "\"ts\":1795500723412", "\"ts\":\"2026-11-24T06:12:03Z\"", "\"boot\":1,\"seq\":2"),
        Gen.Int[0, 5],
        (members, reserved, at) => "{" + string.Join(",", members.Take(at).Append(reserved).Concat(members.Skip(at)).Where(one => one.Length > 0)) + "}");
    private static readonly Gen<string> _payload = Gen.OneOf(_element, _element.Array[0, 4].Select(elements => "[" + string.Join(" ,", elements) + "]"));

    [Fact]
    public void Payloads_decode_to_what_the_contract_says() => Gen.Select(_payload.Array[1, 3], Gen.Int[1, 40]).Sample((payloads, cut) =>
    {
        var decoding = new Decoding();
        var model = new Model();
        foreach (var payload in payloads)
        {
            var outcome = decoding.Decode(Encoding.UTF8.GetBytes(payload), cut);
            var (kept, rejected) = model.Read(payload);
            Assert.Equal(new PayloadOutcome(kept, 0, rejected, false), outcome);
            Assert.Equal(rejected == 0, decoding.Decoder.DescribeRejections().Length == 0);
        }
        Assert.Equal(model.Readings, Enumerable.Range(0, decoding.Batch.Count).Select(i =>
            (decoding.Numbering.Names[decoding.Batch.Series[i]].Key.Metric, decoding.Batch.ValueAt(i), decoding.Batch.Time[i], decoding.Batch.Quality[i])));
    }, iter: 3_000);

    [Fact]
    public void No_change_of_a_byte_makes_it_throw_or_keep_half_a_payload() =>
        Gen.Select(_payload, Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 3], Gen.Int[1, 40]).Sample((payload, changes, cut) =>
        {
            var bytes = Encoding.UTF8.GetBytes(payload);
            foreach (var (at, change) in changes)
                if (bytes.Length > 0) bytes[at % bytes.Length] = change;
            var decoding = new Decoding();
            var outcome = decoding.Decode(bytes, cut);
            Assert.Equal(outcome.Kept, decoding.Batch.Count);
            if (outcome.IsWhole) Assert.Equal((0, 1), (outcome.Kept, outcome.Rejected));
            Assert.Equal(outcome.IsWhole, !IsJson(bytes));
            Assert.All(decoding.Decoder.Rejections, one => Assert.InRange(one.Offset, 0, bytes.Length));
        }, iter: 3_000);

    [Fact]
    public void Neighbours_of_a_bad_value_are_kept() =>
        Gen.Select(_element.Array[1, 4], Gen.Int[0, 3], OneOf("{\"bad\": 1e400}", "{\"\": 1}", "{\"bad\": \"\\ud800\"}", "{\"bad\": 1, \"ts\": \"noon\"}", "17", "[]", "null")).Sample((elements, at, bad) =>
        {
            var good = new Decoding();
            var mixed = new Decoding();
            var one = good.Decode($"[{string.Join(',', elements)}]");
            var other = mixed.Decode($"[{string.Join(',', elements.Take(at).Append(bad).Concat(elements.Skip(at)))}]");
            Assert.Equal(one with { Rejected = one.Rejected + 1 }, other);
            Assert.Equal(good.Readings(), mixed.Readings());
        }, iter: 500);

    [Fact]
    public void Any_double_reads_as_the_library_reads_it() => Gen.Select(Gen.Double, Gen.Int[0, 17]).Where((value, _) => double.IsFinite(value)).Sample((value, digits) =>
    {
        foreach (var text in new[] { value.ToString("R", CultureInfo.InvariantCulture), value.ToString("E" + digits, CultureInfo.InvariantCulture), Math.Abs(value) < 1e9 ? value.ToString("F" + digits, CultureInfo.InvariantCulture) : "0" })
        {
            Assert.True(JsonNumber.TryParse(Encoding.ASCII.GetBytes(text), out var read));
            Assert.Equal(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)), BitConverter.DoubleToInt64Bits(read));
        }
    }, iter: 3_000);

    [Fact]
    public void Any_text_unescapes_to_itself() => Gen.String[0, 20].Where(IsUnicode).Sample(text =>
    {
        var raw = JsonSerializer.SerializeToUtf8Bytes(text).AsSpan()[1..^1];
        var plain = new byte[200];
        return JsonText.Unescape(raw, plain) == Encoding.UTF8.GetByteCount(text) && Encoding.UTF8.GetString(plain.AsSpan(0, Encoding.UTF8.GetByteCount(text))) == text;
    });

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[++i])) return false;
        }
        return true;
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 16 });
            return document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The contract, read slowly.</summary>
    private sealed class Model
    {
        private readonly Dictionary<string, ValueKind> _kinds = [];

        public List<(string Metric, ReadingValue Value, long Time, ReadingQuality Quality)> Readings { get; } = [];

        public (int Kept, int Rejected) Read(string payload)
        {
            using var document = JsonDocument.Parse(payload);
            var before = Readings.Count;
            var rejected = 0;
            foreach (var element in document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement.EnumerateArray().ToArray() : [document.RootElement])
            {
                var time = element.TryGetProperty("ts", out var ts) ? ts.ValueKind == JsonValueKind.Number ? ts.GetInt64() * 1_000 : UnixMicros.From(ts.GetDateTimeOffset()) : (long?)null;
                var taken = new HashSet<string>();
                foreach (var member in element.EnumerateObject().Where(member => member.Name is not ("ts" or "boot" or "seq"))) Walk(member.Name, member.Value);

                void Walk(string name, JsonElement value)
                {
                    switch (value.ValueKind)
                    {
                        case JsonValueKind.Object:
                            foreach (var member in value.EnumerateObject()) Walk($"{name}.{member.Name}", member.Value);
                            break;
                        case JsonValueKind.Array:
                            var i = 0;
                            foreach (var item in value.EnumerateArray()) Walk($"{name}.{i++}", item);
                            break;
                        case JsonValueKind.Number when double.IsFinite(value.GetDouble()): Take(ReadingValue.Of(value.GetDouble())); break;
                        case JsonValueKind.Number: rejected++; break;
                        case JsonValueKind.True or JsonValueKind.False: Take(ReadingValue.Of(value.GetBoolean())); break;
                        case JsonValueKind.String: Take(ReadingValue.Of(value.GetString()!)); break;
                    }

                    void Take(ReadingValue reading)
                    {
                        if (_kinds.TryGetValue(name, out var kind) && kind != reading.Kind || !taken.Add(name))
                        {
                            rejected++;
                            return;
                        }
                        _kinds[name] = reading.Kind;
                        Readings.Add((name, reading, time ?? Decoding.Now, time is null ? ReadingQuality.GatewayTime : ReadingQuality.Good));
                    }
                }
            }
            return (Readings.Count - before, rejected);
        }
    }
}
