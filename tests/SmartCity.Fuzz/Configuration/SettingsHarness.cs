using System.ComponentModel.DataAnnotations;
using System.Text;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Edge.Gateway;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Fuzz.Configuration;

/// <summary>Settings. First byte: bit 0 a command line, one argument a line, rather than a JSON file; bits 1 and 2 the settings of a process beside the record that has every kind of member.</summary>
internal sealed class SettingsHarness : IHarness, IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("smartcity-fuzz-").FullName, "settings.json");

    public string Name => "settings";

    public IEnumerable<byte[]> Seeds => new[]
    {
        """B{"Edge":{"HttpPort":8081,"Zone":"Asia/Tehran","Mqtt":{"Port":1883,"WebSocket":"off","Tls":{"Port":8883}},"Spool":{"QuotaBytes":"1GiB"},"Broker":"mqtt://user:pass@host:1883"}}""",
        """F{"Edge":{"Uplink":{"Address":"https://cloud:8443"},"BrokerClient":{"Topics":["a/#","b"]}},"Cloud":{"Ingest":{"Port":0,"HelloWithin":"15s","WindowBytes":"4MiB"}}}""",
        """@{"Probe":{"Password":"s3cret-word","Delay":"1.5h","Rate":0.5,"Big":18446744073709551615,"List":["a","b"],"Map":{"x":1,"y":2},"Parts":[{"Name":"n","Weight":1}],"Colour":"dark-red"}} // end""",
        """@{"Probe":{"Delay":5,"Rate":"x","Lst":[],"Map":7,"Parts":{"a":{"Name":null}},"Probe":{}},"Edge":[],"Logging":{"LogLevel":{"Default":"Debug"}}}""",
        "C--Edge:HttpPort=80\n--Probe:Password=s3cret-word\n--Probe:Parts:0:Name=n\n--Probe:Delay\n250ms",
        "E--Probe:List:0=a\n--Probe:List:1=b\n--Probe:Map:k=3\n--Edge:Mqtt:Prt=1\n--Cloud:Ingest:Address=*",
    }.Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Words => new[]
    {
        "\"Probe\":", "\"Edge\":", "\"Password\":", "\"Delay\":", "\"Rate\":", "\"List\":", "\"Map\":", "\"Parts\":", "--Probe:", ":0", "::", "=", "null", "NaN", "Infinity", "∞", "ms", "KiB", "TiB", "-1", "1e999", "99999999999999999999", "/*", "//", "[", "{", "\\u0000", ":Name", "00:00:00", "10675199.02:48:05.4775808",
    }.Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty) return;
        List<Type> types = [typeof(Probe)];
        if ((input[0] & 2) != 0) types.Add(typeof(GatewayOptions));
        if ((input[0] & 4) != 0) types.Add(typeof(IngestOptions));
        string[] args = [];
        var sources = new SettingsSources();
        if ((input[0] & 1) == 0)
        {
            File.WriteAllBytes(_file, input[1..].ToArray());
            sources = new SettingsSources { Files = [_file] };
        }
        else args = Encoding.UTF8.GetString(input[1..]).Split('\n');
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var settings = SettingsLoader.Load("fuzz", args, types, sources: sources);
            Check(settings, (input[0] & 2) != 0);
        }
        catch (SettingsException refused)
        {
            Must.Hold(refused.Errors.Count > 0, "refused without an error");
            foreach (var error in refused.Errors)
            {
                Must.Hold(error.Where.Length > 0 && error.Message.Length > 4, $"an error that says too little: {error}");
                if (error.Key.EndsWith(":Password", StringComparison.OrdinalIgnoreCase)) Must.Hold(!error.Message.Contains("s3cret", StringComparison.Ordinal), "an error shows a password");
            }
        }
        // An unknown key is compared with every known one; a hostile file can hold a key every six bytes.
        Must.Allocate(before, (4 << 20) + 60_000L * input.Length, "loading");
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, true);

    private static void Check(Settings settings, bool hasGateway)
    {
        var probe = settings.Get<Probe>();
        Must.Hold(probe.Rate is >= 0 and <= 1, "a value outside its range");
        Must.Hold(probe.Delay > TimeSpan.Zero && probe.Delay <= TimeSpan.FromDays(1), "a time outside its range");
        Must.Hold(probe.List.All(item => item is not null) && probe.Parts.All(part => part is { Name.Length: > 0 }), "a list with holes");
        if (!string.IsNullOrEmpty(probe.Password)) Must.Hold(settings.Shown.All(one => !one.Key.Equals("Probe:Password", StringComparison.OrdinalIgnoreCase) || one.Value == "***"), "a password is shown");
        if (hasGateway) Check(settings.Get<GatewayOptions>());
        foreach (var shown in settings.Shown) Must.Hold(shown.Key.Length > 0 && shown.Where.Length > 0, "a setting without key or place");
    }

    private static void Check(GatewayOptions gateway) =>
        Must.Hold(gateway.HttpPort is >= 0 and <= 65_535 && gateway.Mqtt.ConnectionsMax > 0 && gateway.Spool is not null && gateway.Uplink is not null, "a gateway's setting outside its range");

    /// <summary>One member of every kind.</summary>
    public sealed record Probe
    {
        public const string Section = "Probe";
        [Secret] public string? Password { get; init; }
        [Range(typeof(TimeSpan), "00:00:00.0000001", "1.00:00:00")] public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);
        [Range(0.0, 1.0)] public double Rate { get; init; }
        public ulong Big { get; init; }
        public short? Small { get; init; }
        public float Single { get; init; }
        public decimal Exact { get; init; }
        public bool Flag { get; init; }
        public Uri? Address { get; init; }
        public long LimitBytes { get; init; }
        public Shade Colour { get; init; }
        public IReadOnlyList<string> List { get; init; } = [];
        public Dictionary<string, int> Map { get; init; } = [];
        public IReadOnlyList<Part> Parts { get; init; } = [];
    }

    /// <summary>An element of a list, made by its constructor.</summary>
    public sealed record Part([property: Required] string Name, int Weight = 3);

    public enum Shade
    {
        Red,
        DarkRed,
    }
}
