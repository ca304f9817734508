using System.Buffers;
using System.IO.Hashing;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Answers with an entity tag, so that who asks again and again is told "unchanged" in a few bytes.</summary>
internal static class Answer
{
    /// <summary>Media type of features on a map.</summary>
    public const string GeoJson = "application/geo+json";
    /// <summary>Media type of plain JSON.</summary>
    public const string Json = "application/json";

    /// <summary>Writes JSON and sends it, or 304 where the caller has it already.</summary>
    /// <param name="write">Writes one JSON value.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <param name="tagged">Writes what tells one answer from another where that is not the whole of it (an age changes with every look); null = the whole.</param>
    public static IResult Of(Action<Utf8JsonWriter> write, string mediaType = Json, Action<Utf8JsonWriter>? tagged = null) => new JsonResult(write, mediaType, tagged);

    /// <summary>The media type of <paramref name="possible"/> that the caller likes best, the first where it has no wish; null where it accepts none.</summary>
    public static string? Negotiate(HttpRequest request, params ReadOnlySpan<string> possible)
    {
        var accepted = request.GetTypedHeaders().Accept;
        if (accepted.Count == 0) return possible[0];
        string? best = null;
        var (bestQuality, bestPlace) = (0.0, int.MaxValue);
        foreach (var type in possible)
        {
            // The most specific line that matches decides.
            var line = accepted.Where(one => new MediaTypeHeaderValue(type).IsSubsetOf(one)).OrderBy(one => one.MatchesAllTypes ? 2 : one.MatchesAllSubTypes ? 1 : 0).FirstOrDefault();
            if (line is null) continue;
            var (quality, place) = (line.Quality ?? 1, accepted.IndexOf(line));
            if (quality <= 0 || quality < bestQuality || (quality == bestQuality && place >= bestPlace)) continue;
            (best, bestQuality, bestPlace) = (type, quality, place);
        }
        return best;
    }

    /// <summary>Writes a value as JSON: a number, a truth value or a text; null for a number that JSON has not.</summary>
    public static void WriteValue(this Utf8JsonWriter writer, string name, ReadingValue value)
    {
        writer.WritePropertyName(name);
        switch (value.Kind)
        {
            case ValueKind.Bool: writer.WriteBooleanValue(value.Bits != 0); break;
            case ValueKind.Int64: writer.WriteNumberValue(value.Bits); break;
            case ValueKind.Text: writer.WriteStringValue(value.Text); break;
            default:
                var number = BitConverter.Int64BitsToDouble(value.Bits);
                if (double.IsFinite(number)) writer.WriteNumberValue(number);
                else writer.WriteNullValue();
                break;
        }
    }

    /// <summary>Name of a kind of value.</summary>
    public static string NameOf(ValueKind kind) => kind switch { ValueKind.Double => "double", ValueKind.Int64 => "int64", ValueKind.Bool => "bool", _ => "text" };

    private sealed class JsonResult(Action<Utf8JsonWriter> write, string mediaType, Action<Utf8JsonWriter>? tagged) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var bytes = Bytes(write);
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(XxHash128.Hash((tagged is null ? bytes : Bytes(tagged)).WrittenSpan))}\"", isWeak: tagged is not null);
            var response = httpContext.Response;
            response.GetTypedHeaders().ETag = tag;
            // Kept by the caller, asked for each time.
            response.Headers.CacheControl = "no-cache";
            response.Headers.Vary = "Accept";
            if (httpContext.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false) || known.Equals(EntityTagHeaderValue.Any)))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
            response.ContentType = mediaType;
            response.ContentLength = bytes.WrittenCount;
            if (!HttpMethods.IsHead(httpContext.Request.Method)) await response.Body.WriteAsync(bytes.WrittenMemory, httpContext.RequestAborted);
        }

        private static ArrayBufferWriter<byte> Bytes(Action<Utf8JsonWriter> write)
        {
            var bytes = new ArrayBufferWriter<byte>(4096);
            using var writer = new Utf8JsonWriter(bytes);
            write(writer);
            writer.Flush();
            return bytes;
        }
    }
}
