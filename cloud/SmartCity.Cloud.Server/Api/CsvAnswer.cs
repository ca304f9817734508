namespace SmartCity.Cloud.Server.Api;

/// <summary>Streams lines of CSV, however many; the reader's pace holds the store's reader back.</summary>
internal sealed class CsvAnswer : IResult
{
    private const int FlushBytes = 32_768;

    private readonly IAsyncEnumerable<Action<CsvText>> _lines;

    private CsvAnswer(IAsyncEnumerable<Action<CsvText>> lines) => _lines = lines;

    public static IResult Of(IAsyncEnumerable<Action<CsvText>> lines) => new CsvAnswer(lines);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = $"{CsvText.MediaType}; charset=utf-8; header=present";
        httpContext.Response.Headers.CacheControl = "no-store";
        httpContext.Response.Headers.Vary = "Accept";
        var output = httpContext.Response.BodyWriter;
        var text = new CsvText(output);
        await foreach (var line in _lines.WithCancellation(httpContext.RequestAborted))
        {
            line(text);
            text.End();
            if (output.UnflushedBytes >= FlushBytes && (await output.FlushAsync(httpContext.RequestAborted)).IsCompleted) return;
        }
        await output.FlushAsync(httpContext.RequestAborted);
    }
}
