using System.Net.Http.Headers;
using System.Text.Json;
using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms.Delivery;

/// <summary>A POST of JSON. 2xx is delivered; 408, 429 and 5xx are tried again; another answer is the other side's last word. Redirects are not followed.</summary>
internal sealed class WebhookSender : IAlarmSender, IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(5), MaxResponseHeadersLength = 16 })
    {
        Timeout = TimeSpan.FromSeconds(15),
    };

    public AlarmChannelKind Kind => AlarmChannelKind.Webhook;

    public async Task SendAsync(AlarmChannel channel, AlarmMessage message, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, channel.Url);
        request.Headers.Add("Idempotency-Key", message.Id);
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(message, JsonSerializerOptions.Web));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            // What it answers is not read: only whether it took it.
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)answer.StatusCode;
            if (answer.IsSuccessStatusCode) return;
            throw new AlarmSendException($"{channel.Url} answers {status}") { IsForGood = status is not (408 or 429) and < 500 };
        }
        catch (HttpRequestException error)
        {
            throw new AlarmSendException($"{channel.Url}: {error.Message}", error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AlarmSendException($"{channel.Url} does not answer within 15 s", error);
        }
    }

    public void Dispose() => _http.Dispose();
}
