using System.Buffers;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
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
    public static IResult Of(Action<Utf8JsonWriter> write, string mediaType = Json, Action<Utf8JsonWriter>? tagged = null) => new TaggedResult(_ => Bytes(write).WrittenMemory, mediaType, tagged);

    /// <summary>Sends a contract as JSON, or 304 where the caller has it already.</summary>
    /// <param name="value">The contract.</param>
    /// <param name="options">How it is written; null = as the API writes.</param>
    /// <param name="tag">Its version, where it has one; null = what tells one content from another.</param>
    public static IResult Of<T>(T value, JsonSerializerOptions? options = null, EntityTagHeaderValue? tag = null) where T : class => new TaggedResult(
        context => JsonSerializer.SerializeToUtf8Bytes(value, options ?? context.RequestServices.GetRequiredService<IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions), Json, tag: tag);

    /// <summary>Sends JSON that was written before, or 304 where the caller has it already.</summary>
    /// <param name="json">One JSON value, UTF-8.</param>
    /// <param name="tag">Its version.</param>
    public static IResult Of(ReadOnlyMemory<byte> json, EntityTagHeaderValue tag) => new TaggedResult(_ => json, Json, tag: tag);

    /// <summary>Sends a text, or 304 where the caller has it already.</summary>
    public static IResult Text(string text, string mediaType) => new TaggedResult(_ => Encoding.UTF8.GetBytes(text), mediaType);

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

    /// <summary>Whether the caller names a tag in If-None-Match, so that it has what stands under it.</summary>
    public static bool IsKnown(HttpRequest request, EntityTagHeaderValue tag) =>
        request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false) || known.Equals(EntityTagHeaderValue.Any));

    private static ArrayBufferWriter<byte> Bytes(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);
        using var writer = new Utf8JsonWriter(bytes, ApiJson.Writing);
        write(writer);
        writer.Flush();
        return bytes;
    }

    private sealed class TaggedResult(Func<HttpContext, ReadOnlyMemory<byte>> content, string mediaType, Action<Utf8JsonWriter>? tagged = null, EntityTagHeaderValue? tag = null) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var bytes = content(httpContext);
            tag ??= new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(XxHash128.Hash(tagged is null ? bytes.Span : Bytes(tagged).WrittenSpan))}\"", isWeak: tagged is not null);
            var response = httpContext.Response;
            response.GetTypedHeaders().ETag = tag;
            // Kept by the caller, asked for each time; what somebody has a right to see is kept by nobody in between.
            response.Headers.CacheControl = httpContext.User.Identity?.IsAuthenticated == true ? "private, no-cache" : "no-cache";
            response.Headers.Vary = "Accept";
            if (IsKnown(httpContext.Request, tag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
            response.ContentType = mediaType;
            response.ContentLength = bytes.Length;
            if (!HttpMethods.IsHead(httpContext.Request.Method)) await response.Body.WriteAsync(bytes, httpContext.RequestAborted);
        }
    }
}
