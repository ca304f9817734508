using System.IO.Pipelines;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Streams rows as CSV or Parquet, however many, in constant memory; the reader's pace holds the store's reader back. One that is cut off has no proper end.</summary>
internal sealed class RowsAnswer(RowTable table, string mediaType, string fileName) : IResult
{
    /// <summary>Media types of rows.</summary>
    public static readonly string[] MediaTypes = [CsvText.MediaType, ParquetRows.MediaType];

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var headers = httpContext.Response.Headers;
        httpContext.Response.ContentType = mediaType == CsvText.MediaType ? $"{mediaType}; charset=utf-8; header=present" : mediaType;
        headers.CacheControl = "no-store";
        headers.Vary = "Accept";
        headers.ContentDisposition = $"attachment; filename=\"{fileName}{(mediaType == CsvText.MediaType ? ".csv" : ".parquet")}\"";
        await WriteAsync(table, mediaType, httpContext.Response.BodyWriter, httpContext.RequestAborted);
    }

    /// <summary>Writes rows in the format of a media type.</summary>
    public static async Task WriteAsync(RowTable table, string mediaType, PipeWriter output, CancellationToken cancellationToken)
    {
        using var parquet = mediaType == ParquetRows.MediaType ? new ParquetRows(output, table.Columns) : null;
        IRowWriter writer = parquet is not null ? parquet : new CsvText(output, table.Columns);
        await foreach (var row in table.Rows.WithCancellation(cancellationToken))
        {
            row(writer);
            writer.EndRow();
            if (writer.IsDue && !await writer.FlushAsync(cancellationToken)) return;
        }
        await writer.FinishAsync(cancellationToken);
    }
}
