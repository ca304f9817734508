using System.Net;
using System.Net.Sockets;

namespace SmartCity.Benchmarks.WholePath;

internal static class Tools
{
    public static HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static bool Listens(int port)
    {
        using var socket = new TcpClient();
        socket.Connect(IPAddress.Loopback, port);
        return true;
    }

    public static string Get(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        using var answer = Http.Send(request);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        return reader.ReadToEnd();
    }

    /// <summary>A program of the machine; servers lie where a user's path does not lead.</summary>
    public static string Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{name} is not installed. tests/bench installs what it needs.");

    /// <summary>The checkout.</summary>
    public static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SmartCity.sln"))) return folder.FullName;
        throw new InvalidOperationException("Run this from a checkout.");
    }

    /// <summary>The built program of a project, of this program's own configuration.</summary>
    public static string Built(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Root(), project, "bin", here.Parent!.Name, here.Name, Path.GetFileName(project) + ".dll");
    }

    /// <summary>Debian's mosquitto with its defaults but for its port, its queue (it would drop), what may be in flight (0 = no limit) and no log.</summary>
    public static Child Mosquitto(string folder, int port, string more = "", int inFlight = 0)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "mosquitto.conf");
        File.WriteAllText(file, $"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages {inFlight}\nlog_type error\n{more}\n");
        var child = Child.Start("mosquitto", folder, Find("mosquitto"), ["-c", file]);
        child.Await(() => Listens(port), TimeSpan.FromSeconds(10));
        return child;
    }

    /// <summary>Debian's influxd with its defaults but for its ports, folders and log.</summary>
    public static Child Influx(string folder, int port)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "influxdb.conf");
        File.WriteAllText(file, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:0"
            [meta]
              dir = "{folder}/meta"
            [data]
              dir = "{folder}/data"
              wal-dir = "{folder}/wal"
              max-series-per-database = 0
              query-log-enabled = false
            [http]
              bind-address = "127.0.0.1:{port}"
              log-enabled = false
            [monitor]
              store-enabled = false
            [logging]
              level = "error"

            """);
        var child = Child.Start("influxd", folder, Find("influxd"), ["-config", file]);
        child.Await(() => Get($"http://127.0.0.1:{port}/ping") is not null, TimeSpan.FromSeconds(30));
        return child;
    }
}
