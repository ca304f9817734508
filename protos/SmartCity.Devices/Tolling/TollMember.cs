using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using SmartCity.Model.Tolling;

namespace SmartCity.Devices.Tolling;

/// <summary>One row of the contract's table: a member of a kind of toll event, and what it may hold.</summary>
/// <param name="Name">Name of the member.</param>
/// <param name="IsRequired">Whether an event without it says nothing.</param>
/// <param name="Expects">What it may hold, in words.</param>
/// <param name="Holds">Whether the value that the reader stands on is allowed; leaves the reader on the value's last token.</param>
internal sealed record TollMember(string Name, bool IsRequired, string Expects, TollMember.Check Holds)
{
    /// <summary>See <see cref="Holds"/>.</summary>
    public delegate bool Check(ref Utf8JsonReader reader);

    /// <summary>The name in UTF-8.</summary>
    public byte[] NameBytes { get; } = Encoding.UTF8.GetBytes(Name);

    private const int TextBytesMax = 128;
    private const int CandidatesMax = 32;

    private static readonly SearchValues<byte> _hex = SearchValues.Create("0123456789abcdefABCDEF"u8);
    private static readonly TollMember[] _avc =
    [
        Count("axles", 0, 99), Number("length_cm", 0, 10_000), Number("height_cm", 0, 2_000), Flag("dual_tyre"), Number("speed_kmh", -500, 500), Class("class"), Count("count", 0, ulong.MaxValue),
    ];
    private static readonly TollMember[] _tag =
    [
        Count("issuer", 0, ulong.MaxValue, true), Text("tag", true), Number("rssi_dbm", -200, 100), Count("reads", 0, 1_000_000), Class("status"), Class("class"),
    ];
    private static readonly TollMember[] _anpr =
    [
        new("side", false, "front or rear", (ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String && (reader.Is("front"u8) || reader.Is("rear"u8))),
        new("candidates", true, $"up to {CandidatesMax} objects with text, country and confidence from 0 to 1", AreCandidates),
        new("image", false, "sha256: and hex digits", IsImage),
    ];
    private static readonly TollMember[] _loop = [Number("occupied_ms", 0, 86_400_000, true)];
    private static readonly TollMember[] _counter = [new("counts", true, "an object of counts from 0", AreCounts)];

    /// <summary>The further members of a kind.</summary>
    public static ReadOnlySpan<TollMember> Of(TollEventKind kind) => kind switch
    {
        TollEventKind.Avc => _avc,
        TollEventKind.Tag => _tag,
        TollEventKind.Anpr => _anpr,
        TollEventKind.Loop => _loop,
        TollEventKind.Counter => _counter,
        _ => [],
    };

    /// <summary>Whether the reader stands on a text of 1 to <paramref name="bytesMax"/> bytes of Unicode.</summary>
    public static bool IsText(ref Utf8JsonReader reader, int bytesMax)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.IsEmpty) return false;
        if (!reader.ValueIsEscaped) return reader.ValueSpan.Length <= bytesMax && Utf8.IsValid(reader.ValueSpan);
        Span<byte> text = stackalloc byte[bytesMax];
        return JsonText.Unescape(reader.ValueSpan, text) is not (JsonText.NotUnicode or JsonText.TooLong);
    }

    private static TollMember Count(string name, ulong min, ulong max, bool isRequired = false) =>
        new(name, isRequired, max == ulong.MaxValue ? $"a whole number from {min}" : $"a whole number from {min} to {max}",
            (ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out var count) && count >= min && count <= max);

    private static TollMember Number(string name, double min, double max, bool isRequired = false) =>
        new(name, isRequired, $"a number from {min} to {max}", (ref Utf8JsonReader reader) => IsNumber(ref reader, min, max));

    private static TollMember Flag(string name) =>
        new(name, false, "true or false", (ref Utf8JsonReader reader) => reader.TokenType is JsonTokenType.True or JsonTokenType.False);

    private static TollMember Text(string name, bool isRequired) =>
        new(name, isRequired, $"a text of 1 to {TextBytesMax} bytes", (ref Utf8JsonReader reader) => IsText(ref reader, TextBytesMax));

    /// <summary>Vehicle classes and states are numbers with some makers and names with others.</summary>
    private static TollMember Class(string name) =>
        new(name, false, $"a number, or a text of 1 to {TextBytesMax} bytes",
            (ref Utf8JsonReader reader) => IsNumber(ref reader, double.MinValue, double.MaxValue) || IsText(ref reader, TextBytesMax));

    private static bool IsNumber(ref Utf8JsonReader reader, double min, double max) =>
        reader.TokenType == JsonTokenType.Number && JsonNumber.TryParse(reader.ValueSpan, out var number) && number >= min && number <= max;

    private static bool IsImage(ref Utf8JsonReader reader)
    {
        if (!IsText(ref reader, TextBytesMax) || !reader.ValueSpan.StartsWith("sha256:"u8)) return false;
        var digest = reader.ValueSpan["sha256:".Length..];
        return digest.Length is > 0 and <= 64 && !digest.ContainsAnyExcept(_hex);
    }

    private static bool AreCandidates(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray) return false;
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (++count > CandidatesMax || reader.TokenType != JsonTokenType.StartObject) return false;
            var hasText = false;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var isText = reader.Is("text"u8);
                var isCountry = reader.Is("country"u8);
                var isConfidence = reader.Is("confidence"u8);
                reader.Read();
                if (isText && !(hasText = IsText(ref reader, TextBytesMax))) return false;
                if (isCountry && reader.TokenType != JsonTokenType.Null && !IsText(ref reader, 8)) return false;
                if (isConfidence && !IsNumber(ref reader, 0, 1)) return false;
                reader.Skip();
            }
            if (!hasText) return false;
        }
        return true;
    }

    private static bool AreCounts(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt64(out _)) return false;
        }
        return true;
    }
}
