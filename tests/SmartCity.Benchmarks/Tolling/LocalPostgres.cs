using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SmartCity.Benchmarks.WholePath;

namespace SmartCity.Benchmarks.Tolling;

/// <summary>A PostgreSQL of Debian's package for one run, on loopback.</summary>
internal static class LocalPostgres
{
    /// <summary>How to connect to one that listens on a port.</summary>
    public static string Connection(int port) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username=bench;Database=postgres");

    /// <summary>Starts one with its data in a folder. It flushes every commit, as it comes from Debian.</summary>
    public static Child Start(string folder, int port)
    {
        var binaries = Directory.EnumerateDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")).Last(bin => File.Exists(Path.Combine(bin, "initdb")));
        // It does not run as root.
        string[] user = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : ["env"];
        var data = Directory.CreateDirectory(Path.Combine(folder, "postgres")).FullName;
        if (Environment.IsPrivilegedProcess) End("chown", "postgres", data);
        End(user[0], [.. user[1..], Path.Combine(binaries, "initdb"), "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        return Child.Start("postgres", folder, user[0], [.. user[1..], Path.Combine(binaries, "postgres"), "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-k", "", "-c", "listen_addresses=127.0.0.1"]);
    }

    private static void End(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = "/" })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    /// <summary>Whether it answers.</summary>
    public static bool Answers(string connection)
    {
        try
        {
            using var open = new NpgsqlConnection(connection);
            open.Open();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>Makes a schema.</summary>
    /// <returns>How to connect into it.</returns>
    public static string NewSchema(string connection, string name)
    {
        using var open = new NpgsqlConnection(connection);
        open.Open();
#pragma warning disable CA2100 // The names are constants.
        using var command = new NpgsqlCommand($"CREATE SCHEMA {name}", open);
#pragma warning restore CA2100
        command.ExecuteNonQuery();
        return $"{connection};Search Path={name}";
    }
}
