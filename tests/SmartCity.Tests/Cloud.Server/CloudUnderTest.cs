using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Durable;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The cloud's server in this process on a free port, with the embedded store, and one gateway's uplink into it.</summary>
internal sealed class CloudUnderTest : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<(string, string), int> _series = [];
    private TestAuthority _authority = null!;
    private GrpcChannel _channel = null!;
    private AsyncDuplexStreamingCall<UplinkRequest, UplinkResponse> _uplink = null!;
    private ulong _next = 1;
    private Action<ServerOptions>? _change;
    private Action<IServiceCollection>? _services;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The server's data folder.</summary>
    public string Data => _folder["data"];
    public WebApplication App { get; private set; } = null!;
    public HttpClient Http { get; private set; } = null!;
    public Uri Address => new($"http://127.0.0.1:{CloudServer.PortOf(App, "http")}");

    public static async Task<CloudUnderTest> StartAsync(Action<ServerOptions>? change = null, Action<IServiceCollection>? services = null)
    {
        var cloud = new CloudUnderTest();
        cloud._authority = new TestAuthority(cloud._folder["pki"]);
        (cloud._change, cloud._services) = (change, services);
        await cloud.RunAsync();
        return cloud;
    }

    /// <summary>Stops the server, lets somebody at its files, and starts it again; the gateway connects again.</summary>
    public async Task RestartAsync(Action whileStopped)
    {
        _uplink.Dispose();
        _channel.Dispose();
        Http.Dispose();
        await App.StopAsync(Stop);
        await App.DisposeAsync();
        whileStopped();
        await RunAsync();
    }

    /// <summary>Settings by which a real gateway of some id connects to this server.</summary>
    public string[] SettingsOf(string gateway)
    {
        using var certificate = _authority.Gateway($"spiffe://tehran/gateway/{gateway}");
        var (file, key) = (_folder[$"pki/{gateway}.pem"], _folder[$"pki/{gateway}.key"]);
        File.WriteAllText(file, certificate.ExportCertificatePem());
        File.WriteAllText(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return [$"--Edge:Uplink:Address=https://localhost:{CloudServer.PortOf(App, "uplink")}", $"--Edge:Uplink:Certificate={file}", $"--Edge:Uplink:Key={key}", $"--Edge:Uplink:Authority={_authority.AuthorityFile}"];
    }

    /// <summary>Sends all names again, as a gateway does of which the cloud knows none.</summary>
    public async Task ResendNamesAsync()
    {
        var batch = new Batch { Lane = SmartCity.Protos.Uplink.V1.Lane.Telemetry, Epoch = 1, FirstSequence = _next };
        foreach (var (device, metric) in _series.OrderBy(series => series.Value).Select(series => series.Key)) batch.NewNames.Add(new SeriesName { Device = device, Metric = metric });
        await _uplink.RequestStream.WriteAsync(new UplinkRequest { Batch = batch }, Stop);
    }

    /// <summary>Says that the numbers up to the next one will not come again.</summary>
    public async Task SendGapAsync(ulong first)
    {
        await _uplink.RequestStream.WriteAsync(new UplinkRequest
        {
            Gap = new Gap { Lane = SmartCity.Protos.Uplink.V1.Lane.Telemetry, Epoch = 1, First = first, Last = _next - 1, Reason = SmartCity.Protos.Uplink.V1.GapReason.Released },
        }, Stop);
        await AcknowledgedAsync();
    }

    private async Task RunAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var options = new ServerOptions { Data = _folder["data"], HttpPort = 0 };
        (options.Ingest.Port, options.Ingest.Certificate, options.Ingest.Key, options.Ingest.Authority) = (0, _authority.ServerFile, _authority.ServerKeyFile, _authority.AuthorityFile);
        _change?.Invoke(options);
        App = CloudServer.Build(builder, options, services =>
        {
            services.AddDuckDbStore(new DuckDbOptions { Folder = _folder["data/readings"] });
            _services?.Invoke(services);
        });
        await App.StartAsync(Stop);
        Http = new HttpClient { BaseAddress = Address };
        await ConnectAsync();
    }

    /// <summary>Sends values with their own times and waits until they are durable.</summary>
    public Task SendAsync(params (string Device, string Metric, double Value, DateTimeOffset Time)[] values) =>
        SendAsync([.. values.Select(value => new Reading(new SeriesKey(value.Device, value.Metric), UnixMicros.From(value.Time), UnixMicros.From(value.Time), ReadingValue.Of(value.Value), ReadingQuality.Good))]);

    /// <summary>Sends readings and waits until they are durable.</summary>
    public async Task SendAsync(IReadOnlyList<Reading> values)
    {
        var batch = new Batch { Lane = SmartCity.Protos.Uplink.V1.Lane.Telemetry, Epoch = 1, FirstSequence = _next, Count = (uint)values.Count, FirstName = (uint)_series.Count };
        var readings = new ReadingBatch();
        foreach (var value in values)
        {
            var key = (value.Series.Device, value.Series.Metric);
            if (!_series.TryGetValue(key, out var number))
            {
                _series.Add(key, number = _series.Count);
                batch.NewNames.Add(new SeriesName { Device = key.Device, Metric = key.Metric, Kind = (uint)value.Value.Kind });
            }
            if (value.Value.Text is { } text) readings.AddText(number, value.Time, value.Received, System.Text.Encoding.UTF8.GetBytes(text), value.Quality);
            else readings.Add(number, value.Time, value.Received, value.Value.Kind, value.Value.Bits, value.Quality);
        }
        var columns = new ArrayBufferWriter<byte>();
        ReadingColumns.Encode(readings, columns);
        (batch.Columns, batch.ColumnsLength, batch.Crc32C) = (ByteString.CopyFrom(columns.WrittenSpan), (uint)columns.WrittenCount, Crc32C.Of(columns.WrittenSpan));
        await _uplink.RequestStream.WriteAsync(new UplinkRequest { Batch = batch }, Stop);
        _next += (ulong)values.Count;
        await AcknowledgedAsync();
    }

    private async Task AcknowledgedAsync()
    {
        while (await _uplink.ResponseStream.MoveNext(Stop))
            if (_uplink.ResponseStream.Current.Ack is { } ack && ack.Through == _next - 1) return;
        throw new InvalidOperationException("The uplink ended without an acknowledgement.");
    }

    /// <summary>Waits until the store holds everything that was sent.</summary>
    public async Task StoredAsync()
    {
        var audit = App.Services.GetRequiredService<CloudAudit>();
        for (var i = 0; i < 2_000; i++)
        {
            if (await audit.TakeAsync(Stop) is { } terms && terms.Sum(term => term.Accepted) == (long)_next - 1 && terms.All(term => term.Queued == 0)) return;
            await Task.Delay(5, Stop);
        }
        Assert.Fail("After 10 s the store has not taken everything.");
    }

    public async ValueTask DisposeAsync()
    {
        _uplink.Dispose();
        _channel.Dispose();
        Http.Dispose();
        await App.DisposeAsync();
        _authority.Dispose();
        _folder.Dispose();
    }

    private async Task ConnectAsync()
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, server, _, _) => server?.Issuer == _authority.Root.Subject;
        handler.SslOptions.ClientCertificates = [_authority.Gateway("spiffe://tehran/gateway/g1")];
        _channel = GrpcChannel.ForAddress($"https://127.0.0.1:{CloudServer.PortOf(App, "uplink")}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        _uplink = new UplinkService.UplinkServiceClient(_channel).Uplink(cancellationToken: Stop);
        await _uplink.RequestStream.WriteAsync(new UplinkRequest { Hello = new Hello { Epoch = 1, Software = "test" } }, Stop);
        Assert.True(await _uplink.ResponseStream.MoveNext(Stop));
        Assert.NotNull(_uplink.ResponseStream.Current.Welcome);
    }
}
