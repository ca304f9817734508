using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using SmartCity.Cloud.Server.Api.Description;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The API's document is made once, whoever asks and however many at once.</summary>
public sealed class ApiDocumentTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_asks_while_it_is_made_waits_for_the_same_and_who_gives_up_does_not_spoil_it()
    {
        var provider = new SlowProvider();
        var document = new ApiDocument(Services(provider));
        using var patience = new CancellationTokenSource();
        var impatient = document.AnswerAsync(patience.Token);
        var others = Enumerable.Range(0, 8).Select(_ => document.AnswerAsync(Stop)).ToList();
        await provider.Begun.Task.WaitAsync(Stop);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        provider.Ready.SetResult(new OpenApiDocument { Info = new OpenApiInfo { Title = "One", Version = "v1" } });
        var texts = await Task.WhenAll((await Task.WhenAll(others)).Select(TextAsync));
        Assert.Contains("\"title\":\"One\"", texts[0].Text, StringComparison.Ordinal);
        Assert.NotEmpty(texts[0].Tag);
        Assert.All(texts, text => Assert.Equal(texts[0], text));
        Assert.Equal(texts[0], await TextAsync(await document.AnswerAsync(Stop)));
        Assert.Equal(1, provider.Made);
    }

    [Fact]
    public async Task What_failed_is_tried_again_by_the_next()
    {
        var provider = new SlowProvider();
        var document = new ApiDocument(Services(provider));
        provider.Ready.SetException(new InvalidOperationException("a route cannot be described"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => document.AnswerAsync(Stop));
        provider.Ready = new TaskCompletionSource<OpenApiDocument>();
        provider.Ready.SetResult(new OpenApiDocument { Info = new OpenApiInfo { Title = "Two", Version = "v1" } });
        Assert.Contains("Two", (await TextAsync(await document.AnswerAsync(Stop))).Text, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(IOpenApiDocumentProvider provider) => new ServiceCollection().AddKeyedSingleton(ApiDocument.Name, provider).BuildServiceProvider();

    private static async Task<(string Text, string Tag)> TextAsync(IResult answer)
    {
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        await answer.ExecuteAsync(context);
        return (System.Text.Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()), context.Response.Headers.ETag.ToString());
    }

    /// <summary>Makes a document when it is told to, and counts how often it was asked.</summary>
    private sealed class SlowProvider : IOpenApiDocumentProvider
    {
        private int _made;

        public int Made => Volatile.Read(ref _made);
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource<OpenApiDocument> Ready { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<OpenApiDocument> GetOpenApiDocumentAsync(CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _made);
            Begun.TrySetResult();
            return Ready.Task;
        }
    }
}
