using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace SmartCity.Cloud.Server.Api.Description;

/// <summary>
/// The API's document as it is sent. What the routes say of themselves changes with the program alone, and to make the document of it takes seconds: it is made
/// once, when somebody first asks, whoever asks meanwhile waits for the same one, and everybody after gets its bytes.
/// </summary>
/// <remarks>Any number of threads.</remarks>
internal sealed class ApiDocument(IServiceProvider services)
{
    /// <summary>Name of the document; its address is <c>/openapi/v1.json</c>.</summary>
    public const string Name = "v1";

    private readonly Lock _one = new();
    private Task<Written>? _written;

    /// <summary>Begins to make it, for whoever is about to ask for it.</summary>
    public void Begin() => _ = WrittenAsync();

    /// <summary>Answers with the document, or 304 where the caller has it already.</summary>
    public async Task<IResult> AnswerAsync(CancellationToken cancellationToken)
    {
        var written = await WrittenAsync().WaitAsync(cancellationToken);
        return Answer.Of(written.Bytes, written.Tag);
    }

    /// <summary>Belongs to none of the requests that wait for it: one that is given up does not spoil it for the others. What failed is tried again by the next.</summary>
    private Task<Written> WrittenAsync()
    {
        lock (_one) return _written is null or { IsFaulted: true } ? _written = Task.Run(WriteAsync) : _written;
    }

    private async Task<Written> WriteAsync()
    {
        var document = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        await document.SerializeAsync(new OpenApiJsonWriter(text, new OpenApiJsonWriterSettings { Terse = true }), ApiDescription.Version, CancellationToken.None);
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        return new Written(bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(XxHash128.Hash(bytes))}\""));
    }

    private sealed record Written(ReadOnlyMemory<byte> Bytes, EntityTagHeaderValue Tag);
}
