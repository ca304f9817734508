using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Api;

/// <summary>A problem as it is answered: problem details for programs, a page for a browser that opens a page.</summary>
internal sealed class ProblemAnswer(ProblemKind kind) : IResult
{
    /// <summary>Media type of problem details.</summary>
    public const string MediaType = "application/problem+json";

    public ProblemKind Kind => kind;
    /// <summary>What is wrong this time; null = what the kind says in general, or the errors together.</summary>
    public Sentence? Detail { get; init; }
    /// <summary>What is wrong with each parameter, or with each place of the body as a JSON pointer.</summary>
    public IReadOnlyDictionary<string, Sentence>? Errors { get; init; }
    /// <summary>Stands before each name of <see cref="Errors"/> in <c>pointers</c>.</summary>
    public string PointerRoot { get; init; } = "";
    /// <summary>How much is possible of what is too much.</summary>
    public IReadOnlyDictionary<string, long>? Maxima { get; init; }
    /// <summary>What is wrong with lines of a file, in English: an installer's tool reads them with the file beside it.</summary>
    public IReadOnlyList<string>? Faults { get; init; }
    /// <summary>Seconds after which trying again may help; null where it may not.</summary>
    public int? RetryAfter { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        // For whoever counts them and writes them down.
        httpContext.Items[typeof(ProblemKind)] = kind;
        var language = Language.Accepted(httpContext);
        if (RetryAfter is { } seconds) response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers.ContentLanguage = language.Code;
        response.Headers.Append(HeaderNames.Vary, "Accept-Language, Cookie");
        if (HttpMethods.IsGet(request.Method) && DashboardServices.WantsPage(request) && !request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            var page = PageContext.Of(httpContext, TimeZoneInfo.FindSystemTimeZoneById(httpContext.RequestServices.GetRequiredService<ServerOptions>().DuckDb.CityZone));
            await DashboardServices.Show<ProblemPage>(httpContext, new ProblemPageModel(page, [kind], DetailIn(language), TraceOf(httpContext)), kind.Status).ExecuteAsync(httpContext);
            return;
        }
        response.StatusCode = kind.Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, ApiJson.Writing)) Write(writer, language, TraceOf(httpContext));
        await response.BodyWriter.WriteAsync(body.WrittenMemory, httpContext.RequestAborted);
    }

    /// <summary>Writes the problem details.</summary>
    /// <param name="writer">Takes one object.</param>
    /// <param name="language">Language of title, detail and errors.</param>
    /// <param name="trace">By which the server's log line is found.</param>
    public void Write(Utf8JsonWriter writer, Language language, string trace)
    {
        writer.WriteStartObject();
        writer.WriteString("type", kind.Type);
        writer.WriteString("title", kind.Title(language));
        writer.WriteNumber("status", kind.Status);
        writer.WriteString("detail", DetailIn(language));
        if (Errors is not null)
        {
            writer.WriteStartObject("errors");
            foreach (var (name, what) in Errors) writer.WriteString(name, what.In(language));
            writer.WriteEndObject();
            writer.WriteStartArray("pointers");
            foreach (var name in Errors.Keys) writer.WriteStringValue(PointerRoot.Length == 0 ? name : PointerRoot + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
            writer.WriteEndArray();
        }
        if (Maxima is not null)
        {
            writer.WriteStartObject("maxima");
            foreach (var (name, greatest) in Maxima) writer.WriteNumber(name, greatest);
            writer.WriteEndObject();
        }
        if (Faults is not null)
        {
            writer.WriteStartArray("faults");
            foreach (var fault in Faults) writer.WriteStringValue(fault);
            writer.WriteEndArray();
        }
        writer.WriteString("traceId", trace);
        writer.WriteEndObject();
    }

    /// <summary>By which a request is found in the log.</summary>
    public static string TraceOf(HttpContext context) => Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;

    private string DetailIn(Language language) =>
        Detail is not null ? Detail.In(language)
        : Errors is null ? kind.Detail(language)
        : string.Join(' ', Errors.OrderBy(error => error.Key, StringComparer.Ordinal).Select(error => $"{error.Key}: {error.Value.In(language)}"));
}
