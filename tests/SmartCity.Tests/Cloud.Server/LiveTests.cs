using System.Buffers.Binary;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Live values from the uplink to a WebSocket and to an event stream.</summary>
public sealed class LiveTests
{
    private static readonly DateTimeOffset _now = DateTimeOffset.UtcNow;
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_value_reaches_an_open_page_and_a_page_that_comes_later()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        using var early = await OpenAsync(cloud, "");
        await cloud.SendAsync([Of("d1", "pm25", ReadingValue.Of(12.5)), Of("d1", "state", ReadingValue.Of("ok")), Of("d1", "door", ReadingValue.Of(true))]);
        var seen = await early.UntilAsync(shown => shown.Count == 3);
        Assert.Equal([("d1/pm25", 12.5, null), ("d1/state", double.NaN, "ok"), ("d1/door", 1, null)], seen);

        using var late = await OpenAsync(cloud, "?device=d1&metric=pm25");
        Assert.Equal([("d1/pm25", 12.5, null)], await late.UntilAsync(shown => shown.Count > 0));
        await cloud.SendAsync([Of("d2", "pm25", ReadingValue.Of(1.0)), Of("d1", "pm25", ReadingValue.Of(13.0), 1)]);
        Assert.Equal([("d1/pm25", 13.0, null)], await late.UntilAsync(shown => shown.Any(value => value.Value == 13)));
    }

    [Fact]
    public async Task A_quiet_connection_gets_a_sign_of_life_with_the_servers_time()
    {
        await using var cloud = await CloudUnderTest.StartAsync(options => options.Live.TickInterval = TimeSpan.FromMilliseconds(100));
        using var socket = await OpenAsync(cloud, "");
        var all = await socket.ReceiveAsync();
        var tick = await socket.ReceiveAsync();
        Assert.Equal((2, 16), (all.Bytes[0], all.Bytes.Length));
        Assert.Equal((1, 16), (tick.Bytes[0], tick.Bytes.Length));
        Assert.InRange(BinaryPrimitives.ReadDoubleLittleEndian(tick.Bytes.AsSpan(8)), _now.ToUnixTimeMilliseconds() - 1000, _now.ToUnixTimeMilliseconds() + 60_000);
    }

    [Fact]
    public async Task An_event_stream_carries_the_values_of_its_filter()
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        await cloud.SendAsync([Of("d1", "pm25", ReadingValue.Of(12.5)), Of("d1", "door", ReadingValue.Of(false)), Of("d2", "pm25", ReadingValue.Of(1.0))]);
        using var response = await cloud.Http.GetAsync("/api/v1/live.sse?device=d1", HttpCompletionOption.ResponseHeadersRead, Stop);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Stop));
        var events = new List<string>();
        while (events.Count < 2)
            if (await reader.ReadLineAsync(Stop) is { } line && line.StartsWith("data: ", StringComparison.Ordinal)) events.Add(line[6..]);
        var values = events.Select(data => JsonDocument.Parse(data).RootElement).ToDictionary(data => data.GetProperty("metric").GetString()!, data => data.GetProperty("value").ToString());
        Assert.Equal(("12.5", "False"), (values["pm25"], values["door"]));
    }

    [Theory]
    [InlineData("/api/v1/live.sse?devise=d1", HttpStatusCode.BadRequest, "no parameter devise")]
    [InlineData("/api/v1/live", HttpStatusCode.BadRequest, "is a WebSocket")]
    public async Task What_cannot_be_answered_is_refused_in_words(string path, HttpStatusCode status, string words)
    {
        await using var cloud = await CloudUnderTest.StartAsync();
        var response = await cloud.Http.GetAsync(path, Stop);
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains(words, await response.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task A_page_of_another_host_gets_nothing_and_too_many_connections_are_told_to_come_back()
    {
        await using var cloud = await CloudUnderTest.StartAsync(options => options.Live.ConnectionsMax = 1);
        var error = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(cloud, "", "http://elsewhere.example"));
        Assert.Contains("403", error.Message);
        using (await ConnectAsync(cloud, "", cloud.Address.GetLeftPart(UriPartial.Authority)))
        {
            error = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(cloud, ""));
            Assert.Contains("503", error.Message);
        }
    }

    private static Reading Of(string device, string metric, ReadingValue value, int seconds = 0) =>
        new(new SeriesKey(device, metric), UnixMicros.From(_now.AddSeconds(seconds)), UnixMicros.From(_now), value, ReadingQuality.Good);

    private static async Task<ClientWebSocket> ConnectAsync(CloudUnderTest cloud, string query, string? origin = null)
    {
        var socket = new ClientWebSocket();
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        await socket.ConnectAsync(new Uri($"ws://{cloud.Address.Authority}/api/v1/live{query}"), Stop);
        return socket;
    }

    private static async Task<LivePage> OpenAsync(CloudUnderTest cloud, string query) => new(await ConnectAsync(cloud, query));

    /// <summary>Reads as a page does.</summary>
    private sealed class LivePage(ClientWebSocket socket) : IDisposable
    {
        private readonly Dictionary<uint, string> _names = [];
        private readonly Dictionary<uint, string> _texts = [];
        private readonly Dictionary<uint, double> _values = [];

        /// <summary>Reads until the page shows what is wanted.</summary>
        public async Task<List<(string Series, double Value, string? Text)>> UntilAsync(Func<List<(string Series, double Value, string? Text)>, bool> isWanted)
        {
            while (true)
            {
                var (bytes, isText) = await ReceiveAsync();
                if (isText)
                {
                    var json = JsonDocument.Parse(bytes).RootElement;
                    if (json.TryGetProperty("names", out var names)) foreach (var name in names.EnumerateArray()) _names[name[0].GetUInt32()] = $"{name[1]}/{name[2]}";
                    if (json.TryGetProperty("texts", out var texts)) foreach (var text in texts.EnumerateArray()) _texts[text[0].GetUInt32()] = text[1].GetString()!;
                    continue;
                }
                var n = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4));
                Assert.Equal(16 + (n * 21), bytes.Length);
                for (var i = 0; i < n; i++)
                    _values[BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(16 + (n * 16) + (i * 4)))] = BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(16 + (i * 8)));
                // Whatever has a value was named before.
                var shown = _values.Select(pair => (_names[pair.Key], pair.Value, _texts.GetValueOrDefault(pair.Key))).ToList();
                if (isWanted(shown)) return shown;
            }
        }

        public async Task<(byte[] Bytes, bool IsText)> ReceiveAsync()
        {
            var buffer = new byte[1 << 16];
            var length = 0;
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(length), Stop);
                length += part.Count;
                if (part.EndOfMessage) return (buffer[..length], part.MessageType == WebSocketMessageType.Text);
            }
        }

        public void Dispose() => socket.Dispose();
    }
}
