using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Durable;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Protos.Uplink.V1;
using WireLane = SmartCity.Protos.Uplink.V1.Lane;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The whole road from the wire to the store, over real TLS on loopback.</summary>
public sealed class IngestTests : IAsyncLifetime
{
    private const ulong Epoch = 0xFEDC_BA98_7654_3210;
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryReadingStore _store = new();
    private TestAuthority _authority = null!;
    private WebApplication _app = null!;
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _authority = new TestAuthority(_folder["pki"]);
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_batch_is_acknowledged_stored_once_and_balances_at_every_step()
    {
        using var channel = Open(_authority.Gateway("spiffe://tehran/gateway/g1"));
        using (var call = await GreetAsync(channel))
        {
            await call.RequestStream.WriteAsync(Message(Batch(1, 4, names: true)), Stop);
            Assert.Equal(4UL, await AckAsync(call));
            await BalancedAsync();
            await call.RequestStream.WriteAsync(Message(Batch(1, 4)), Stop);   // again
            await call.RequestStream.WriteAsync(Message(Batch(3, 4)), Stop);   // overlapping
            await UntilAckAsync(call, 6);
            await call.RequestStream.WriteAsync(new UplinkRequest { Gap = new Gap { Lane = WireLane.Telemetry, Epoch = Epoch, First = 7, Last = 9, Reason = Protos.Uplink.V1.GapReason.Expired } }, Stop);
            await UntilAckAsync(call, 9);
        }
        await UntilAsync(() => _store.Count == 6);
        await BalancedAsync();
        var terms = Assert.Single((await AuditAsync())!);
        Assert.Equal(("g1", 9, 6, 3), (terms.Gateway, terms.Accepted, terms.Stored, terms.Expired));

        // After a restart the cloud goes on where it was.
        await _app.DisposeAsync();
        await StartAsync();
        Assert.Equal(9, _app.Services.GetRequiredService<DurableLog>().PositionOf("g1", Epoch, Model.Lane.Telemetry).Through);
        await UntilAsync(async () => await AuditAsync() is not null);
        await BalancedAsync();
    }

    [Theory]
    [InlineData("gap", "E-UPLINK-SEQUENCE", StatusCode.FailedPrecondition)]
    [InlineData("crc", "E-UPLINK-CRC", StatusCode.DataLoss)]
    [InlineData("count", "E-UPLINK-COUNT", StatusCode.FailedPrecondition)]
    [InlineData("zero", "E-UPLINK-NUMBERS", StatusCode.FailedPrecondition)]
    [InlineData("overflow", "E-UPLINK-NUMBERS", StatusCode.FailedPrecondition)]
    [InlineData("epoch", "E-UPLINK-EPOCH", StatusCode.PermissionDenied)]
    [InlineData("lane", "E-UPLINK-LANE", StatusCode.InvalidArgument)]
    [InlineData("series", "E-UPLINK-SERIES", StatusCode.FailedPrecondition)]
    [InlineData("names", "E-UPLINK-NAMES", StatusCode.FailedPrecondition)]
    [InlineData("length", "E-UPLINK-SIZE", StatusCode.ResourceExhausted)]
    [InlineData("garbage", "E-UPLINK-COLUMNS", StatusCode.InvalidArgument)]
    [InlineData("clone", "E-UPLINK-CLONE", StatusCode.PermissionDenied)]
    public async Task What_no_gateway_of_ours_sends_is_refused_with_its_code(string what, string code, StatusCode status)
    {
        using var channel = Open(_authority.Gateway("spiffe://tehran/gateway/g1"));
        using var call = await GreetAsync(channel);
        await call.RequestStream.WriteAsync(Message(Batch(1, 4, names: true)), Stop);
        Assert.Equal(4UL, await AckAsync(call));
        var bad = Batch(5, 4);
        switch (what)
        {
            case "gap": bad.FirstSequence = 6; break;
            case "crc": bad.Crc32C ^= 1; break;
            case "count": bad.Count = 5; break;
            case "zero": bad.FirstSequence = 0; break;
            case "overflow": bad.FirstSequence = ulong.MaxValue - 1; break;
            case "epoch": bad.Epoch = 1; break;
            case "lane": bad.Lane = (WireLane)9; break;
            case "series": bad = Batch(5, 4, series: 5); break;
            case "names": bad = Batch(5, 4, names: true); bad.FirstName = 3; break;
            case "length": bad.ColumnsLength = 2 << 20; break;
            case "garbage": bad.Columns = ByteString.CopyFrom(1, 200, 3); bad.ColumnsLength = 3; bad.Crc32C = Crc32C.Of(bad.Columns.Span); break;
            case "clone": bad = Batch(1, 4, value: 99); break;
        }
        await call.RequestStream.WriteAsync(Message(bad), Stop);
        Rejected? rejected = null;
        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(Stop)) if (call.ResponseStream.Current.Rejected is { } found) rejected = found;
        });
        Assert.Equal(status, error.StatusCode);
        Assert.Equal(code, rejected?.Code);
        if (what == "gap") Assert.Equal(5UL, rejected!.ExpectedFirst);
        Assert.Equal(4, _app.Services.GetRequiredService<DurableLog>().PositionOf("g1", Epoch, Model.Lane.Telemetry).Through);
        await BalancedAsync();
    }

    /// <summary>Row 23 of the bad-input matrix, and of row 22 what the library reads: nothing of it is taken, and the next stream is served.</summary>
    [Theory]
    [InlineData("longer than a message may be", StatusCode.ResourceExhausted)]
    [InlineData("a bomb of gzip", StatusCode.ResourceExhausted)]
    [InlineData("compressed without saying how", StatusCode.Internal)]
    [InlineData("compressed in an unknown way", StatusCode.Unimplemented)]
    [InlineData("a number of eleven bytes", StatusCode.Internal)]
    [InlineData("cut off", StatusCode.Internal)]
    public async Task A_message_that_cannot_be_one_is_refused_before_it_is_read(string what, StatusCode status)
    {
        var (flag, encoding, body) = what switch
        {
            "longer than a message may be" => ((byte)0, null, new byte[(1 << 20) + 1]),
            "a bomb of gzip" => ((byte)1, "gzip", Gzip(new byte[64 << 20])),
            "compressed without saying how" => ((byte)1, (string?)null, Gzip([1])),
            "compressed in an unknown way" => ((byte)1, "br", [1]),
            "a number of eleven bytes" => ((byte)0, null, [0x0A, 12, 0x09, .. Enumerable.Repeat((byte)0xFF, 11)]),
            _ => ((byte)0, null, new byte[] { 0x0A, 100, 1 }),
        };
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, server, _, _) => server?.Issuer == _authority.Root.Subject;
        handler.SslOptions.ClientCertificates = [_authority.Gateway("spiffe://tehran/gateway/g1")];
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://127.0.0.1:{CloudServer.PortOf(_app, "uplink")}/smartcity.uplink.v1.UplinkService/Uplink")
        {
            Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([flag, .. BitConverter.GetBytes(System.Net.IPAddress.HostToNetworkOrder(body.Length)), .. body]) { Headers = { ContentType = new("application/grpc") } },
        };
        request.Headers.TE.Add(new("trailers"));
        if (encoding is not null) request.Headers.Add("grpc-encoding", encoding);
        using var answer = await client.SendAsync(request, Stop);
        await answer.Content.ReadAsByteArrayAsync(Stop);
        var found = answer.TrailingHeaders.TryGetValues("grpc-status", out var trailer) ? trailer.Single() : answer.Headers.GetValues("grpc-status").Single();
        Assert.Equal(status, (StatusCode)int.Parse(found, System.Globalization.CultureInfo.InvariantCulture));
        using var channel = Open(_authority.Gateway("spiffe://tehran/gateway/g1"));
        using var call = await GreetAsync(channel);
        await call.RequestStream.WriteAsync(Message(Batch(1, 4, names: true)), Stop);
        Assert.Equal(4UL, await AckAsync(call));

        static byte[] Gzip(byte[] bytes)
        {
            using var packed = new MemoryStream();
            using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest)) gzip.Write(bytes);
            return packed.ToArray();
        }
    }

    [Fact]
    public async Task A_value_of_another_kind_than_its_series_goes_to_the_dead_letters_alone()
    {
        using var channel = Open(_authority.Gateway("spiffe://tehran/gateway/g1"));
        using var call = await GreetAsync(channel);
        var batch = Batch(1, 2, names: true);
        batch.NewNames[0].Kind = (uint)ValueKind.Text;
        await call.RequestStream.WriteAsync(Message(batch), Stop);
        Assert.Equal(2UL, await AckAsync(call));
        var letters = _app.Services.GetRequiredService<DurableLog>().DeadLetters();
        Assert.Equal(2, letters.Count);
        Assert.Equal("d/t", letters[0].Series.ToString());
        await BalancedAsync();
    }

    [Fact]
    public async Task A_newer_stream_takes_the_place_of_the_older()
    {
        using var channel = Open(_authority.Gateway("spiffe://tehran/gateway/g1"));
        using var older = await GreetAsync(channel);
        using var newer = await GreetAsync(channel);
        var error = await Assert.ThrowsAsync<RpcException>(() => older.ResponseStream.MoveNext(Stop));
        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        await newer.RequestStream.WriteAsync(Message(Batch(1, 4, names: true)), Stop);
        Assert.Equal(4UL, await AckAsync(newer));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("foreign")]
    [InlineData("two names")]
    [InlineData("no gateway")]
    [InlineData("server use")]
    [InlineData("expired")]
    public async Task Who_is_no_gateway_of_ours_gets_no_answer(string what)
    {
        using var elsewhere = new TestAuthority(_folder["elsewhere"]);
        using var certificate = what switch
        {
            "none" => null,
            "foreign" => elsewhere.Gateway("spiffe://tehran/gateway/g1"),
            "two names" => _authority.Gateway("spiffe://tehran/gateway/g1", "spiffe://tehran/gateway/g2"),
            "no gateway" => _authority.Gateway("spiffe://tehran/server/g1"),
            "server use" => _authority.Issue("g1", "1.3.6.1.5.5.7.3.1", san => san.AddUri(new Uri("spiffe://tehran/gateway/g1"))),
            _ => _authority.Issue("g1", "1.3.6.1.5.5.7.3.2", san => san.AddUri(new Uri("spiffe://tehran/gateway/g1")), days: -1),
        };
        using var channel = Open(certificate);
        // Which of the two depends on whether the connection ends before or while the client sends.
        Assert.True(await Record.ExceptionAsync(() => GreetAsync(channel)) is RpcException or IOException);
        Assert.Empty(_app.Services.GetRequiredService<DurableLog>().Gateways());
    }

    [Fact]
    public async Task A_store_that_fails_before_or_after_its_commit_loses_and_doubles_nothing()
    {
        (_store.FailBefore, _store.FailAfter) = (2, 1);
        using var channel = Open(_authority.Gateway("spiffe://tehran/gateway/g1"));
        using var call = await GreetAsync(channel);
        for (var i = 0; i < 10; i++)
        {
            await call.RequestStream.WriteAsync(Message(Batch((ulong)(1 + i * 4), 4, names: i == 0)), Stop);
            await BalancedAsync();
        }
        await UntilAckAsync(call, 40);
        await UntilAsync(async () => (await AuditAsync())!.Single() is { Stored: 40, Queued: 0, Superseded: 0 });
        await BalancedAsync();
    }

    [Fact]
    public async Task Two_that_send_from_copies_are_told_apart_and_the_later_one_is_refused_over_a_restart_too()
    {
        var certificate = _authority.Gateway("spiffe://tehran/gateway/g1");
        using (var channel = Open(certificate))
        using (var original = await GreetAsync(channel, 1))
        using (var copying = Open(certificate))
        using (await GreetAsync(copying, 2))
        using (var later = Open(certificate))
        using (var again = await GreetAsync(later, 1))
        {
            Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => RefusedAsync(copying, 2))).StatusCode);
            // The copy's attempt did not end the stream of the right one.
            await again.RequestStream.WriteAsync(Message(Batch(1, 4, names: true)), Stop);
            Assert.Equal(4UL, await AckAsync(again));
        }
        await _app.DisposeAsync();
        await StartAsync();
        using var copy = Open(certificate);
        Assert.Equal("E-UPLINK-CLONE", (await Assert.ThrowsAsync<RpcException>(() => RefusedAsync(copy, 2))).Status.Detail.Split(':')[0]);
        using var restarted = Open(certificate);
        using var third = await GreetAsync(restarted, 3);

        async Task RefusedAsync(GrpcChannel channel, ulong incarnation)
        {
            using var call = new UplinkService.UplinkServiceClient(channel).Uplink(cancellationToken: Stop);
            await call.RequestStream.WriteAsync(new UplinkRequest { Hello = new Hello { Epoch = Epoch, Incarnation = incarnation } }, Stop);
            while (await call.ResponseStream.MoveNext(Stop)) Assert.Equal(UplinkResponse.MessageOneofCase.Rejected, call.ResponseStream.Current.MessageCase);
        }
    }

    [Fact]
    public async Task While_a_store_hangs_the_audit_answers_with_its_last_look_and_says_so()
    {
        using var channel = Open(_authority.Gateway("spiffe://tehran/gateway/g1"));
        using var call = await GreetAsync(channel);
        await call.RequestStream.WriteAsync(Message(Batch(1, 4, names: true)), Stop);
        await UntilAsync(() => _store.Count == 4);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{CloudServer.PortOf(_app, "http")}") };
        using (var look = await LookAsync()) Assert.True(look.RootElement.GetProperty("current").GetBoolean());
        var hang = new TaskCompletionSource();
        _store.Hang = hang.Task;
        await call.RequestStream.WriteAsync(Message(Batch(5, 4)), Stop);
        await UntilAckAsync(call, 8);
        await UntilAsync(async () =>
        {
            using var look = await LookAsync();
            return !look.RootElement.GetProperty("current").GetBoolean() && look.RootElement.GetProperty("items")[0].GetProperty("stored").GetInt64() == 4
                && look.RootElement.GetProperty("reason").GetString()!.Contains("append", StringComparison.Ordinal);
        });
        hang.SetResult();
        await UntilAsync(async () =>
        {
            using var look = await LookAsync();
            return look.RootElement.GetProperty("current").GetBoolean() && look.RootElement.GetProperty("items")[0].GetProperty("stored").GetInt64() == 8;
        });

        async Task<JsonDocument> LookAsync() => JsonDocument.Parse(await http.GetStringAsync("/audit", Stop));
    }

    [Fact]
    public async Task Toll_events_are_kept_once_by_key_and_a_key_with_other_content_is_kept_beside()
    {
        using var channel = Open(_authority.Gateway("spiffe://tehran/gateway/g1"));
        using var call = await GreetAsync(channel);
        await call.RequestStream.WriteAsync(Message(Toll(1, (1, "{}"), (2, "{}"), (1, "{}"), (2, "{ }"))), Stop);
        Assert.Equal(4UL, await AckAsync(call));
        await BalancedAsync();
        await UntilAsync(async () => (await AuditAsync())!.Single() is { Queued: 0 });
        var terms = (await AuditAsync())!.Single();
        Assert.Equal(("toll", 4, 3, 1), (terms.Lane, terms.Accepted, terms.Stored, terms.Superseded));
        Assert.Equal(1, _app.Services.GetRequiredService<SmartCity.Cloud.Server.Consumers.TollEventConsumer>().Counts().Single().KeyConflicts);
    }

    [Fact]
    public async Task Under_load_from_several_gateways_the_audit_is_zero_at_every_look()
    {
        const int Batches = 150, Readings = 40;
        var gateways = Enumerable.Range(1, 3).Select(async number =>
        {
            using var channel = Open(_authority.Gateway($"spiffe://tehran/gateway/g{number}"));
            using var call = await GreetAsync(channel);
            var acknowledged = UntilAckAsync(call, Batches * Readings);
            for (var i = 0; i < Batches; i++) await call.RequestStream.WriteAsync(Message(Batch((ulong)(1 + (i * Readings)), Readings, names: i == 0)), Stop);
            await acknowledged;
        }).ToArray();
        while (!Task.WhenAll(gateways).IsCompleted) await BalancedAsync();
        await Task.WhenAll(gateways);
        await UntilAsync(async () => (await AuditAsync())!.Sum(terms => terms.Stored + terms.Superseded) == 3 * Batches * Readings);
        await BalancedAsync();
        // All three sent the same device's times.
        Assert.Equal(Batches * Readings, _store.Count);
    }

    [Fact]
    public async Task Each_port_answers_its_own_routes_alone()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{CloudServer.PortOf(_app, "http")}") };
        Assert.Equal(System.Net.HttpStatusCode.OK, (await http.GetAsync("/health/live", Stop)).StatusCode);
        Assert.Contains("smartcity_log_end_offset 0", await http.GetStringAsync("/metrics", Stop));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await http.PostAsync("/smartcity.uplink.v1.UplinkService/Uplink", null, Stop)).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, (await http.GetAsync("/api/v1/completeness?from=yesterday", Stop)).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await http.GetAsync("/api/v1/completeness?gateway=nobody", Stop)).StatusCode);
    }

    private async Task StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var options = new ServerOptions { Data = _folder["data"], HttpPort = 0 };
        (options.Ingest.Port, options.Ingest.Certificate, options.Ingest.Key, options.Ingest.Authority) = (0, _authority.ServerFile, _authority.ServerKeyFile, _authority.AuthorityFile);
        _app = CloudServer.Build(builder, options, services => services.AddSingleton<IReadingStore>(_store));
        await _app.StartAsync(Stop);
    }

    private GrpcChannel Open(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, server, _, _) => server?.Issuer == _authority.Root.Subject;
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        return GrpcChannel.ForAddress($"https://127.0.0.1:{CloudServer.PortOf(_app, "uplink")}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    private static async Task<AsyncDuplexStreamingCall<UplinkRequest, UplinkResponse>> GreetAsync(GrpcChannel channel, ulong incarnation = 0)
    {
        var call = new UplinkService.UplinkServiceClient(channel).Uplink(cancellationToken: Stop);
        await call.RequestStream.WriteAsync(new UplinkRequest { Hello = new Hello { Epoch = Epoch, Software = "test", Incarnation = incarnation } }, Stop);
        Assert.True(await call.ResponseStream.MoveNext(Stop));
        var welcome = call.ResponseStream.Current.Welcome;
        Assert.Equal(3, welcome.Watermarks.Count);
        Assert.True(welcome.CreditBytes > 0);
        return call;
    }

    private static UplinkRequest Message(Batch batch) => new() { Batch = batch };

    private static Batch Batch(ulong first, int count, bool names = false, int series = 0, double? value = null)
    {
        var readings = new ReadingBatch();
        for (var i = 0; i < count; i++) readings.Add(series, ((long)first + i) * 1_000_000, ((long)first + i) * 1_000_000, value ?? first + (ulong)i, ReadingQuality.Good);
        var columns = new ArrayBufferWriter<byte>();
        ReadingColumns.Encode(readings, columns);
        var batch = new Batch
        {
            Lane = WireLane.Telemetry, Epoch = Epoch, FirstSequence = first, Count = (uint)count, Columns = ByteString.CopyFrom(columns.WrittenSpan),
            ColumnsLength = (uint)columns.WrittenCount, Crc32C = Crc32C.Of(columns.WrittenSpan), FirstName = names ? 0u : 1u,
        };
        if (names) batch.NewNames.Add(new SeriesName { Device = "d", Metric = "t", Kind = (uint)ValueKind.Double });
        return batch;
    }

    private static Batch Toll(ulong first, params (ulong Sequence, string Json)[] events)
    {
        var columns = new ArrayBufferWriter<byte>();
        TollColumns.Encode([.. events.Select(e => new Model.Tolling.TollEvent(
            "L1", 1, e.Sequence, 1, 1, Model.Tolling.TollClock.Locked, "THN-1-L2", Model.Tolling.TollEventKind.Tag, ReadingQuality.Good, System.Text.Encoding.UTF8.GetBytes(e.Json)))], columns);
        return new Batch
        {
            Lane = WireLane.Toll, Epoch = Epoch, FirstSequence = first, Count = (uint)events.Length, Columns = ByteString.CopyFrom(columns.WrittenSpan),
            ColumnsLength = (uint)columns.WrittenCount, Crc32C = Crc32C.Of(columns.WrittenSpan),
        };
    }

    private static async Task<ulong> AckAsync(AsyncDuplexStreamingCall<UplinkRequest, UplinkResponse> call)
    {
        while (await call.ResponseStream.MoveNext(Stop)) if (call.ResponseStream.Current.Ack is { } ack) return ack.Through;
        throw new InvalidOperationException("The stream ended without an acknowledgement.");
    }

    private static async Task UntilAckAsync(AsyncDuplexStreamingCall<UplinkRequest, UplinkResponse> call, ulong through)
    {
        while (await AckAsync(call) < through) { }
    }

    private Task<IReadOnlyList<AuditTerms>?> AuditAsync() => _app.Services.GetRequiredService<CloudAudit>().TakeAsync(Stop);

    private async Task BalancedAsync()
    {
        await UntilAsync(async () => await AuditAsync() is not null);
        Assert.All((await AuditAsync())!, terms => Assert.Equal(0, terms.Imbalance));
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 1_000; i++)
        {
            if (await condition()) return;
            await Task.Delay(10, Stop);
        }
        Assert.Fail("The condition did not come true within 10 s.");
    }
}
