using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Edge.Gateway;
using SmartCity.Edge.Spool;
using SmartCity.Hosting.Configuration;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Tests.Edge.Gateway;

/// <summary>A whole gateway in this process, on free ports, without a cloud: what it keeps stays in its spool.</summary>
internal sealed class GatewayUnderTest(string data, params string[] settings) : IAsyncDisposable
{
    private WebApplication? _app;

    public string Data => data;

    public HttpClient Http { get; private set; } = null!;

    public int Port(string name) => _app!.Services.GetRequiredService<Endpoints>().Ports(_app)[name];

    public T Get<T>() where T : notnull => _app!.Services.GetRequiredService<T>();

    public async Task StartAsync()
    {
        string[] ports = ["--Edge:HttpPort=0", "--Edge:Mqtt:Port=0"];
        var loaded = SettingsLoader.Load("gateway", [.. ports, .. settings], [typeof(GatewayOptions)], sources: new SettingsSources { Files = [], Variables = new Dictionary<string, string>() });
        _app = GatewayHost.Build(loaded, data);
        await _app.StartAsync(TestContext.Current.CancellationToken);
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{Port("http")}") };
    }

    public async Task StopAsync()
    {
        if (_app is not { } app) return;
        _app = null;
        Http.Dispose();
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    /// <summary>A counter or gauge of <c>/metrics</c>.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var text = await Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        return double.Parse(text.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>The sum of a term of <c>/audit</c> over all lanes.</summary>
    public async Task<long> AuditAsync(string term)
    {
        var answer = await Http.GetFromJsonAsync<JsonElement>(new Uri("/audit", UriKind.Relative), TestContext.Current.CancellationToken);
        return answer.GetProperty("items").EnumerateArray().Sum(lane => lane.GetProperty(term).GetInt64());
    }

    /// <summary>The line of a part in <c>/health/ready</c>; null where it is well.</summary>
    public async Task<string?> TroubleAsync(string part)
    {
        using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable);
        return json.GetProperty("parts").EnumerateArray().Single(one => one.GetProperty("part").GetString() == part).GetProperty("reason").GetString();
    }

    /// <summary>Every number of telemetry on the disk of a gateway that has stopped, in the order of its numbers, as <c>device/metric</c>, time and value.</summary>
    public static IReadOnlyList<(string Series, long Time, double Value)> Kept(string data)
    {
        using var spool = OpenSpool(data);
        var names = spool.Names((byte)SmartCity.Model.Lane.Telemetry).Select(blob => SeriesName.Parser.ParseFrom(blob)).Select(name => $"{name.Device}/{name.Metric}").ToArray();
        var kept = new List<(string, long, double)>();
        var entries = new List<SpoolEntry>();
        foreach (var position in spool.Positions().Where(position => position.Lane == (byte)SmartCity.Model.Lane.Telemetry && position.Last > 0))
            spool.Read(position.Epoch, position.Lane, 1, int.MaxValue, entries);
        var batch = new ReadingBatch();
        foreach (var entry in entries)
        {
            Assert.Null(entry.Gap);
            batch.Clear();
            Assert.Equal(ColumnsError.None, ReadingColumns.TryDecode(entry.Columns, batch));
            for (var i = 0; i < batch.Count; i++) kept.Add((names[batch.Series[i]], batch.Time[i], BitConverter.Int64BitsToDouble(batch.Bits[i])));
        }
        return kept;
    }

    /// <summary>Opens the spool of a gateway that has stopped.</summary>
    public static SmartCity.Edge.Spool.Spool OpenSpool(string data) => SmartCity.Edge.Spool.Spool.Open(new SpoolOptions
    {
        Folder = Path.Combine(data, "spool"),
        Lanes = [.. Enum.GetValues<SmartCity.Model.Lane>().Select(lane => new SpoolLane((byte)lane, 1L << 30))],
    });

    public async ValueTask DisposeAsync() => await StopAsync();
}
