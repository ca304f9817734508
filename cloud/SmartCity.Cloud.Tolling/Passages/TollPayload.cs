using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Reads the further members of toll events from their JSON. A malformed member costs only itself. Never throws, for any bytes.</summary>
public static class TollPayload
{
    private delegate bool ReadMember(ref Utf8JsonReader reader, string name);

    /// <summary>Reads a classifier's event.</summary>
    /// <param name="json">The event.</param>
    /// <param name="malformed">Names of members that are not what the contract says are added here; <c>json</c> where the rest cannot be read.</param>
    public static AvcPayload ReadAvc(ReadOnlySpan<byte> json, ICollection<string>? malformed = null)
    {
        var avc = new AvcPayload();
        Read(json, malformed, (ref Utf8JsonReader reader, string name) => name switch
        {
            "axles" => TryInt(ref reader, 99, out var axles) && Set(avc = avc with { Axles = axles }),
            "length_cm" => TryNumber(ref reader, out var length) && Set(avc = avc with { LengthCm = length }),
            "height_cm" => TryNumber(ref reader, out var height) && Set(avc = avc with { HeightCm = height }),
            "dual_tyre" => reader.TokenType is JsonTokenType.True or JsonTokenType.False && Set(avc = avc with { DualTyre = reader.GetBoolean() }),
            "speed_kmh" => TryNumber(ref reader, out var speed) && Set(avc = avc with { SpeedKmh = speed }),
            "class" => TryClass(ref reader, out var vehicle) && Set(avc = avc with { Class = vehicle }),
            "count" => TryCount(ref reader, out var count) && Set(avc = avc with { Count = count }),
            _ => true,
        });
        return avc;
    }

    /// <summary>Reads an antenna's event; see <see cref="ReadAvc"/>.</summary>
    public static TagPayload ReadTag(ReadOnlySpan<byte> json, ICollection<string>? malformed = null)
    {
        var tag = new TagPayload();
        Read(json, malformed, (ref Utf8JsonReader reader, string name) => name switch
        {
            "issuer" => TryCount(ref reader, out var issuer) && Set(tag = tag with { Issuer = issuer }),
            "tag" => TryText(ref reader, out var text) && Set(tag = tag with { Tag = text }),
            "rssi_dbm" => TryNumber(ref reader, out var rssi) && Set(tag = tag with { RssiDbm = rssi }),
            "reads" => TryInt(ref reader, 1_000_000, out var reads) && Set(tag = tag with { Reads = reads }),
            "status" => TryClass(ref reader, out var status) && Set(tag = tag with { Status = status }),
            "class" => TryClass(ref reader, out var vehicle) && Set(tag = tag with { Class = vehicle }),
            _ => true,
        });
        return tag;
    }

    /// <summary>Reads a camera's event; see <see cref="ReadAvc"/>.</summary>
    public static AnprPayload ReadAnpr(ReadOnlySpan<byte> json, ICollection<string>? malformed = null)
    {
        var anpr = new AnprPayload();
        Read(json, malformed, (ref Utf8JsonReader reader, string name) => name switch
        {
            "side" => TryText(ref reader, out var side) && side is "front" or "rear" && Set(anpr = anpr with { Side = side }),
            "candidates" => TryCandidates(ref reader, out var candidates) & Set(anpr = anpr with { Candidates = candidates }),
            "image" => TryText(ref reader, out var image) && Set(anpr = anpr with { Image = image }),
            _ => true,
        });
        return anpr;
    }

    /// <summary>Reads a loop's event; see <see cref="ReadAvc"/>.</summary>
    public static LoopPayload ReadLoop(ReadOnlySpan<byte> json, ICollection<string>? malformed = null)
    {
        double? occupied = null;
        Read(json, malformed, (ref Utf8JsonReader reader, string name) =>
            name != "occupied_ms" || (TryNumber(ref reader, out var number) && number >= 0 && Set(occupied = number)));
        return new LoopPayload(occupied);
    }

    /// <summary>Reads the hardware's counters; see <see cref="ReadAvc"/>.</summary>
    public static CounterPayload ReadCounter(ReadOnlySpan<byte> json, ICollection<string>? malformed = null)
    {
        var counts = new Dictionary<string, ulong>(StringComparer.Ordinal);
        Read(json, malformed, (ref Utf8JsonReader reader, string name) => name != "counts" || TryCounts(ref reader, counts));
        return new CounterPayload(counts);
    }

    private static void Read(ReadOnlySpan<byte> json, ICollection<string>? malformed, ReadMember read)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                malformed?.Add("json");
                return;
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                // On a copy: however far the member is read, the next one is found.
                var inside = reader;
                if (reader.TokenType != JsonTokenType.Null && !Holds(ref inside, name, read)) malformed?.Add(name);
                reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            malformed?.Add("json");
        }
    }

    /// <summary>A text that is no Unicode shows only when it is taken.</summary>
    private static bool Holds(ref Utf8JsonReader reader, string name, ReadMember read)
    {
        try
        {
            return read(ref reader, name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool TryCandidates(ref Utf8JsonReader reader, out IReadOnlyList<AnprCandidate> candidates)
    {
        var read = new List<AnprCandidate>();
        candidates = read;
        if (reader.TokenType != JsonTokenType.StartArray) return false;
        var sound = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var inside = reader;
            if (TryCandidate(ref inside, out var candidate)) read.Add(candidate);
            else sound = false;
            reader.Skip();
        }
        return sound;
    }

    private static bool TryCandidate(ref Utf8JsonReader reader, out AnprCandidate candidate)
    {
        candidate = new AnprCandidate("", null, null);
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (reader.TokenType != JsonTokenType.Null)
            {
                var inside = reader;
                switch (name)
                {
                    case "text":
                        if (!TryText(ref inside, out var text)) return false;
                        candidate = candidate with { Text = text };
                        break;
                    case "country":
                        if (!TryText(ref inside, out var country)) return false;
                        candidate = candidate with { Country = country };
                        break;
                    case "confidence":
                        if (!TryNumber(ref inside, out var confidence) || confidence is < 0 or > 1) return false;
                        candidate = candidate with { Confidence = confidence };
                        break;
                }
            }
            reader.Skip();
        }
        return candidate.Text.Length > 0;
    }

    private static bool TryCounts(ref Utf8JsonReader reader, Dictionary<string, ulong> counts)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        var sound = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (TryCount(ref reader, out var count)) counts[name] = count;
            else sound = false;
            reader.Skip();
        }
        return sound;
    }

    private static bool TryText(ref Utf8JsonReader reader, out string text)
    {
        text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        return text.Length > 0;
    }

    /// <summary>Classes and states are numbers with some makers and names with others; a whole number is written without a fraction.</summary>
    private static bool TryClass(ref Utf8JsonReader reader, out string text)
    {
        if (reader.TokenType != JsonTokenType.Number) return TryText(ref reader, out text);
        text = reader.TryGetDecimal(out var number) ? number.ToString("0.############################", CultureInfo.InvariantCulture) : Encoding.ASCII.GetString(reader.ValueSpan);
        return true;
    }

    private static bool TryNumber(ref Utf8JsonReader reader, out double number)
    {
        number = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out number) && double.IsFinite(number);
    }

    private static bool TryCount(ref Utf8JsonReader reader, out ulong count)
    {
        count = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out count);
    }

    private static bool TryInt(ref Utf8JsonReader reader, int max, out int count)
    {
        count = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out count) && count >= 0 && count <= max;
    }

    private static bool Set<T>(T _) => true;
}
