using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Tests.Cloud.Tolling.Ledger;

/// <summary>A real PostgreSQL of a test class, on a free port of loopback, with its data in a folder that goes away. It does not run as root, so that under root it runs as <c>postgres</c>.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = Loopback.FreePort();
    private Process? _process;
    private int _schemas;

    /// <summary>How to connect, into a schema of its own that exists.</summary>
    public string NewSchema()
    {
        var schema = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _schemas)}");
        var plain = string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=test;Database=postgres;Pooling=true");
        using var connection = new Npgsql.NpgsqlConnection(plain);
        connection.Open();
        using var command = new Npgsql.NpgsqlCommand($"CREATE SCHEMA {schema}", connection);
        command.ExecuteNonQuery();
        return $"{plain};Search Path={schema}";
    }

    public async ValueTask InitializeAsync()
    {
        if (Binaries() is not { } binaries)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("CI needs PostgreSQL: apt-get install postgresql.");
            Assert.Skip("There is no PostgreSQL; install it with: apt-get install postgresql");
            return;
        }
        if (Environment.IsPrivilegedProcess) await EndOf(Process.Start("chown", ["postgres", _folder.Path]));
        await EndOf(Start(Path.Combine(binaries, "initdb"), "-D", Data, "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"));
        _process = Start(Path.Combine(binaries, "postgres"), "-D", Data, "-p", _port.ToString(CultureInfo.InvariantCulture), "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off");
        for (var deadline = Environment.TickCount64 + 30_000; ;)
        {
            Assert.False(_process.HasExited, "postgres ended at once.");
            Assert.True(Environment.TickCount64 < deadline, "postgres did not answer within 30 s.");
            try
            {
                _ = NewSchema();
                return;
            }
            catch (Npgsql.NpgsqlException)
            {
                // Not listening yet.
                await Task.Delay(50);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Npgsql.NpgsqlConnection.ClearAllPools();
        if (_process is { HasExited: false } process)
        {
            // Fast shutdown: it ends its own children.
            using (var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
            await process.WaitForExitAsync();
        }
        _process?.Dispose();
        _folder.Dispose();
    }

    private string Data => _folder["data"];

    private static Process Start(string program, params string[] arguments)
    {
        var command = Environment.IsPrivilegedProcess ? new[] { "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", program } : [program];
        var process = Process.Start(new ProcessStartInfo(command[0], [.. command[1..], .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/" })!;
        // Read, so that a full pipe does not stop it.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task EndOf(Process process)
    {
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        process.Dispose();
    }

    private static string? Binaries() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")).LastOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
        : null;
}
