using System.Globalization;
using System.Text.Json;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>What a small city builds today: mosquitto → Node-RED → InfluxDB, all with their defaults. Points are gathered for 100 ms a write, which makes it about ten times faster than a write a message.</summary>
internal sealed class NodeRedChain : IPathSystem
{
    private readonly Child _mosquitto, _influx, _nodeRed;
    private readonly string _query;

    public NodeRedChain(string folder)
    {
        Port = Tools.FreePort();
        var influxPort = Tools.FreePort();
        var redPort = Tools.FreePort();
        var packages = Path.Combine(Tools.Root(), "tests/SmartCity.Benchmarks/npm/node_modules");
        if (!Directory.Exists(packages)) throw new DirectoryNotFoundException($"{packages} is missing. tests/bench installs it.");
        _mosquitto = Tools.Mosquitto(Path.Combine(folder, "mosquitto"), Port);
        _influx = Tools.Influx(Path.Combine(folder, "influx"), influxPort);
        using (var created = Tools.Http.Send(new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{influxPort}/query?q=CREATE+DATABASE+bench"))) created.EnsureSuccessStatusCode();
        _query = $"http://127.0.0.1:{influxPort}/query?db=bench&q=SELECT+count(*)+FROM+telemetry";

        var red = Path.Combine(folder, "node-red");
        Directory.CreateDirectory(red);
        File.WriteAllText(Path.Combine(red, "flows.json"), Flow(Port, influxPort));
        File.WriteAllText(Path.Combine(red, "settings.js"), $$"""
            module.exports = { uiPort: {{redPort}}, uiHost: "127.0.0.1", flowFile: "flows.json", nodesDir: "{{packages}}/node-red-contrib-influxdb",
              logging: { console: { level: "warn" } }, editorTheme: { tours: false }, telemetry: { enabled: false } };
            """);
        _nodeRed = Child.Start("node-red", red, "node", [Path.Combine(packages, "node-red/red.js"), "--userDir", red, "--settings", Path.Combine(red, "settings.js")]);
        _nodeRed.Await(() => Tools.Listens(redPort), TimeSpan.FromSeconds(60));
        // Its subscription stands a moment after its page does.
        Thread.Sleep(2_000);
    }

    public string Name => "mosquitto → Node-RED → InfluxDB";
    public string Durability => "in memory";
    public int Port { get; }
    public IReadOnlyList<Child> Children => [_mosquitto, _nodeRed, _influx];

    public long Arrived()
    {
        using var json = JsonDocument.Parse(Tools.Get(_query));
        if (!json.RootElement.GetProperty("results")[0].TryGetProperty("series", out var series)) return 0;
        return series[0].GetProperty("values")[0].EnumerateArray().Skip(1).Sum(cell => cell.GetInt64());
    }

    public string? Imbalance() => null;

    public void Dispose()
    {
        _nodeRed.Dispose();
        _influx.Dispose();
        _mosquitto.Dispose();
    }

    private static string Flow(int mqtt, int influx)
    {
        const string Gather = """
            const m = msg.payload;
            const device = msg.topic.split('/')[2];
            const fields = {};
            for (const k of Object.keys(m)) if (k !== 'ts' && k !== 'boot' && k !== 'seq') fields[k] = m[k];
            let list = context.get('list');
            if (!list) { list = []; context.set('list', list); }
            // Nanoseconds from microseconds: the client takes a string as it is.
            list.push({ measurement: 'telemetry', tags: { device }, fields, timestamp: String(Date.parse(m.ts.slice(0, 19) + 'Z') / 1000) + m.ts.slice(20, 26) + '000' });
            if (!context.get('timer')) {
              context.set('timer', true);
              setTimeout(() => { context.set('timer', false); const out = context.get('list'); context.set('list', []); node.send({ payload: out }); }, 100);
            }
            return null;
            """;
        object[] nodes =
        [
            new { id = "tab", type = "tab", label = "bench" },
            new Dictionary<string, object> { ["id"] = "broker", ["type"] = "mqtt-broker", ["broker"] = "127.0.0.1", ["port"] = mqtt.ToString(CultureInfo.InvariantCulture), ["protocolVersion"] = "4", ["cleansession"] = true, ["keepalive"] = "60", ["clientid"] = "node-red" },
            new Dictionary<string, object> { ["id"] = "influx", ["type"] = "influxdb", ["hostname"] = "127.0.0.1", ["port"] = influx.ToString(CultureInfo.InvariantCulture), ["protocol"] = "http", ["database"] = "bench", ["influxdbVersion"] = "1.x", ["url"] = $"http://127.0.0.1:{influx}", ["rejectUnauthorized"] = false },
            new Dictionary<string, object> { ["id"] = "in", ["z"] = "tab", ["type"] = "mqtt in", ["topic"] = "city/v1/+/telemetry", ["qos"] = "1", ["datatype"] = "json", ["broker"] = "broker", ["inputs"] = 0, ["wires"] = new[] { new[] { "gather" } } },
            new Dictionary<string, object> { ["id"] = "gather", ["z"] = "tab", ["type"] = "function", ["func"] = Gather, ["outputs"] = 1, ["wires"] = new[] { new[] { "out" } } },
            new Dictionary<string, object> { ["id"] = "out", ["z"] = "tab", ["type"] = "influxdb batch", ["influxdb"] = "influx", ["precision"] = "", ["retentionPolicy"] = "", ["wires"] = Array.Empty<string[]>() },
        ];
        return JsonSerializer.Serialize(nodes);
    }
}
