using System.Diagnostics;
using System.Globalization;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Files;

namespace SmartCity.AppHost;

/// <summary>A local InfluxDB 1.x on a free port, with its data in the city's folder.</summary>
internal sealed class Influx
{
    private readonly string _program;
    private readonly string _folder;
    private readonly int _port;

    private Influx(string program, string folder, int port) => (_program, _folder, _port) = (program, folder, port);

    /// <summary>Address of its HTTP API.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>Finds the program and chooses a port.</summary>
    /// <exception cref="CommandException">There is none, or not of version 1.</exception>
    public static async Task<Influx> FindAsync(string folder, CancellationToken cancellationToken)
    {
        var program = Executables.Find("influxd") ?? throw new CommandException("--store influx needs a local InfluxDB, and there is no influxd. Install it with: sudo apt-get install influxdb");
        var version = await VersionOfAsync(program, cancellationToken);
        if (!version.Contains("InfluxDB v1.", StringComparison.Ordinal) && !version.Contains("InfluxDB 1.", StringComparison.Ordinal))
            throw new CommandException($"{program} is \"{version.Trim()}\"; --store influx starts InfluxDB 1.x. For another one run the server by itself and name its address in the settings.");
        return new Influx(program, folder, Ports.AnyFree());
    }

    /// <summary>Writes its configuration and says how it is started.</summary>
    public PartCommand Command()
    {
        Directory.CreateDirectory(_folder);
        var file = Path.Combine(_folder, "influxdb.conf");
        DurableFile.Replace(file, System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:0"
            [meta]
              dir = "{_folder}/meta"
            [data]
              dir = "{_folder}/data"
              wal-dir = "{_folder}/wal"
              max-series-per-database = 0
              max-values-per-tag = 0
              query-log-enabled = false
            [http]
              bind-address = "127.0.0.1:{_port}"
              log-enabled = false
            [monitor]
              store-enabled = false

            """)));
        return new PartCommand(_program, ["run", "-config", file], _folder);
    }

    private static async Task<string> VersionOfAsync(string program, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, "version") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var text = process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return await text;
    }
}
