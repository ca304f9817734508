using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.TimeSeries.VictoriaMetrics;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>What the doctor looks at. A running server is asked by its socket; of one that does not run the files and ports are looked at.</summary>
internal static class DoctorChecks
{
    private const long FreeBytesMin = 1L << 30;
    private const double FreePartFew = 0.1;
    private const int PostgresMin = 15;
    private static readonly TimeSpan _clockStep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _backupAge = TimeSpan.FromDays(8);
    private static readonly TimeSpan _endsSoon = TimeSpan.FromDays(14);
    private static readonly TimeSpan _storeAnswersWithin = TimeSpan.FromSeconds(3);

    public static async Task<IReadOnlyList<Finding>> RunAsync(ServerOptions options, CancellationToken stop)
    {
        var findings = new List<Finding> { Versions(), DataFolder(options), FreeSpace(options), Clock(options, DateTimeOffset.UtcNow, KernelClock.IsSynchronised()) };
        using (var certificates = ServerCertificates.Load(options))
        {
            var now = DateTimeOffset.UtcNow;
            if (certificates.Uplink is { } uplink) findings.Add(Certificate("uplink certificate", uplink.Certificate, now));
            if (certificates.Https is { } https && https != certificates.Uplink) findings.Add(Certificate("HTTPS certificate", https.Certificate, now));
            findings.AddRange(Authority(options, now));
            findings.AddRange(certificates.Authorities.Select(authority => Certificate("gateways' authority", authority, now)));
        }
        var socket = AdminSocket.FileIn(options.Data);
        if (AdminSocket.Answers(socket))
        {
            findings.Add(new Finding("server", true, "runs"));
            findings.AddRange(await PartsAsync(socket, stop));
        }
        else
        {
            findings.Add(new Finding("server", true, "does not run"));
            findings.Add(Port("HTTP port", IPAddress.Loopback, options.HttpPort, "Cloud:HttpPort"));
            findings.Add(Port("HTTPS port", Surface.AddressOf(options.HttpsAddress), options.HttpsPortUsed, "Cloud:HttpsPort"));
            findings.Add(Port("uplink port", Surface.AddressOf(options.Ingest.Address), options.Ingest.Port, "Cloud:Ingest:Port"));
            findings.Add(Log(options));
        }
        findings.Add(LastBackup(options, DateTimeOffset.UtcNow));
        if (options.Access.Oidc is { } provider) findings.Add(await ProviderAsync(provider, stop));
        if (options.Store == "victoria") findings.Add(await VictoriaAsync(options.Victoria, stop));
        if (options.Store == "influx") findings.Add(await InfluxAsync(options.Influx.Address, stop));
        if (options.Toll.Postgres is not null) findings.Add(await PostgresAsync(new TollBooks(options).Connection, stop));
        return findings;
    }

    private static Finding Versions() => new("version", true, $"{Backup.BackupTaker.Program}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}");

    /// <summary>Whether the clock stands after everything that was written, and is kept right by something.</summary>
    internal static Finding Clock(ServerOptions options, DateTimeOffset now, bool isSynchronised)
    {
        const string Check = "clock";
        var found = string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd HH:mm:ss} UTC");
        var log = new FileInfo(Path.Combine(options.Data, "log", DurableLogOptions.FileName));
        if (log.Exists && log.LastWriteTimeUtc > now.UtcDateTime + _clockStep)
            return new Finding(Check, false, string.Create(CultureInfo.InvariantCulture, $"{found}, but {log.FullName} was written at {log.LastWriteTimeUtc:yyyy-MM-dd HH:mm:ss} UTC"), "The clock stands wrong, or did then: set it right (timedatectl), and see which readings came meanwhile. Their order does not depend on it, their times do.");
        return isSynchronised ? new Finding(Check, true, $"{found}, kept by the network's time")
            : new Finding(Check, true, $"{found}; nothing keeps it right", "Install and start a time service: apt-get install systemd-timesyncd, or chrony. In a container the machine's counts.");
    }

    /// <summary>Whether the toll road's PostgreSQL answers and is new enough.</summary>
    internal static async Task<Finding> PostgresAsync(string address, CancellationToken stop)
    {
        const string Check = "PostgreSQL";
        Npgsql.NpgsqlConnectionStringBuilder to;
        try
        {
            to = new Npgsql.NpgsqlConnectionStringBuilder(address) { Timeout = (int)_storeAnswersWithin.TotalSeconds, Pooling = false };
        }
        catch (ArgumentException error)
        {
            return new Finding(Check, false, error.Message, "Correct Cloud:Toll:Postgres, e.g. Host=db.example;Database=tolls;Username=smartcity");
        }
        var where = $"{to.Host}, database {to.Database ?? to.Username}";
        try
        {
            await using var connection = new Npgsql.NpgsqlConnection(to.ToString());
            await connection.OpenAsync(stop);
            return connection.PostgreSqlVersion.Major >= PostgresMin ? new Finding(Check, true, $"{connection.PostgreSqlVersion} answers at {where}")
                : new Finding(Check, false, $"{connection.PostgreSqlVersion} answers at {where}", $"Bring it to {PostgresMin} or later.");
        }
        catch (Exception error) when (error is Npgsql.NpgsqlException or TimeoutException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            return new Finding(Check, false, $"{where} does not answer: {error.Message}", "Start PostgreSQL, or correct Cloud:Toll:Postgres and its password. Until it answers toll events stay in the log.");
        }
    }

    /// <summary>The city's own authority: whether its keys can be opened, and how long it holds.</summary>
    private static IEnumerable<Finding> Authority(ServerOptions options, DateTimeOffset now)
    {
        const string Check = "city's authority";
        if (!CertificateAuthority.IsIn(FleetFiles.AuthorityIn(options.Data))) return [new Finding(Check, true, "will be made at the first start")];
        try
        {
            using var authority = FleetFiles.OpenAuthority(options, TimeProvider.System);
            return [.. authority.Roots.Select(root => Certificate("city's root", root, now)), .. authority.Issuers.Select(issuer => Certificate("issuing authority", issuer, now))];
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return [new Finding(Check, false, error.Message, "Put the passphrase or the file back, or restore: smartcity authority restore FILE --passphrase-file FILE")];
        }
    }

    private static Finding DataFolder(ServerOptions options)
    {
        const string Check = "data folder";
        if (!Directory.Exists(options.Data)) return new Finding(Check, true, $"{options.Data} will be made at the first start");
        try
        {
            var probe = Path.Combine(options.Data, $".doctor-{Environment.ProcessId}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return new Finding(Check, true, options.Data);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new Finding(Check, false, error.Message, $"Give this user write permission: chown {Environment.UserName} {options.Data}, or name another folder with --data.");
        }
    }

    /// <summary>How old the last backup is; a server that never had one is told of, one whose backups have stopped is warned of.</summary>
    private static Finding LastBackup(ServerOptions options, DateTimeOffset now)
    {
        const string Check = "backup";
        if (Backup.LastBackup.Read(options.Data) is not { } last) return new Finding(Check, true, "none was taken yet", "Take one with smartcity backup DIR, best to another disk, and let something take them regularly: systemctl enable --now smartcity-backup.timer");
        var found = string.Create(CultureInfo.InvariantCulture, $"{last.Folder}, {(now - last.Taken).TotalHours:0} h ago");
        return now - last.Taken <= _backupAge ? new Finding(Check, true, found) : new Finding(Check, false, found, "Take another with smartcity backup DIR, and see why none was taken since: smartcity_backup_failed_total in /metrics, and the log of what starts it.");
    }

    private static Finding FreeSpace(ServerOptions options)
    {
        var there = new DirectoryInfo(options.Data);
        while (there is { Exists: false, Parent: not null }) there = there.Parent;
        var drive = new DriveInfo(there!.FullName);
        var found = string.Create(CultureInfo.InvariantCulture, $"{drive.AvailableFreeSpace / (double)(1L << 30):0.0} GiB of {drive.TotalSize / (double)(1L << 30):0.0} GiB are free on the volume of {there.FullName}");
        if (drive.AvailableFreeSpace >= FreeBytesMin)
            return new Finding("free space", true, found, drive.AvailableFreeSpace < drive.TotalSize * FreePartFew ? "Less than a tenth is left: free some, or move the data folder to a larger volume before it is full." : null);
        return new Finding("free space", false, found, "Free at least 1 GiB, or move the data folder to a larger volume. When it is full the server takes nothing more and the gateways hold.");
    }

    private static Finding Certificate(string check, X509Certificate2 certificate, DateTimeOffset now)
    {
        var found = string.Create(CultureInfo.InvariantCulture, $"{certificate.Subject}, valid {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} to {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}");
        if (certificate.NotAfter.ToUniversalTime() < now.UtcDateTime) return new Finding(check, false, found, "It has ended: have a new one issued and name it in the settings.");
        if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime) return new Finding(check, false, found, $"It begins later than this machine's clock, {now:yyyy-MM-dd HH:mm} UTC: set the clock right.");
        if (certificate.NotAfter.ToUniversalTime() < now.UtcDateTime + _endsSoon) return new Finding(check, false, found, "It ends within 14 days: have a new one issued.");
        return new Finding(check, true, found);
    }

    private static Finding Port(string check, IPAddress address, int port, string setting)
    {
        if (port == 0) return new Finding(check, true, "any free one");
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return new Finding(check, true, $"{port} is free");
        }
        catch (SocketException error)
        {
            return new Finding(check, false, $"{address}:{port}: {error.Message}", $"End what holds it, or choose another with {setting}.");
        }
    }

    private static Finding Log(ServerOptions options)
    {
        var folder = Path.Combine(options.Data, "log");
        if (!File.Exists(Path.Combine(folder, DurableLogOptions.FileName))) return new Finding("log", true, "none yet");
        try
        {
            using var log = DurableLog.Open(new DurableLogOptions { Folder = folder, ReserveBytes = 0 }, TimeProvider.System);
            return log.Bytes > options.LogQuotaBytes * 0.9
                ? new Finding("log", false, $"holds {log.Bytes} of {options.LogQuotaBytes} bytes", "A consumer is behind: start the server and look at /health/ready.")
                : new Finding("log", true, $"{log.End} values taken, {log.Bytes} bytes held");
        }
        catch (Exception error) when (error is LogInUseException or LogBrokenException or InvalidDataException)
        {
            return new Finding("log", false, error.Message, "Check the disk; restore the folder from a backup if its files are damaged.");
        }
    }

    /// <summary>The lines of a running server's <c>/health/ready</c>.</summary>
    private static async Task<IReadOnlyList<Finding>> PartsAsync(string socket, CancellationToken stop)
    {
        using var server = AdminSocket.Connect(socket);
        try
        {
            using var answer = await server.GetAsync(new Uri("/health/ready", UriKind.Relative), stop);
            using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
            return [.. document.RootElement.GetProperty("parts").EnumerateArray().Select(part =>
            {
                var ok = part.GetProperty("ok").GetBoolean();
                var (name, reason) = (part.GetProperty("part").GetString()!, part.TryGetProperty("reason", out var why) ? why.GetString() : null);
                if (!ok) return new Finding(name, false, reason ?? "not ready", "See the server's own log for what led to it.");
                return reason is null ? new Finding(name, true, "ready") : new Finding(name, true, reason, "It works on meanwhile; /faults of its page says what to do.");
            })];
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return [new Finding("health", false, error.Message, "The server holds its socket but does not answer; look at its log and restart it.")];
        }
    }

    /// <summary>Whether the city's provider describes itself at the address of the settings.</summary>
    internal static async Task<Finding> ProviderAsync(OidcOptions provider, CancellationToken stop)
    {
        const string Check = "sign-in provider";
        var address = new Uri($"{provider.Authority!.ToString().TrimEnd('/')}/.well-known/openid-configuration");
        using var client = new HttpClient { Timeout = _storeAnswersWithin };
        try
        {
            using var answer = await client.GetAsync(address, stop);
            if (!answer.IsSuccessStatusCode) return new Finding(Check, false, $"{address} answers {(int)answer.StatusCode}", "Check Cloud:Access:Oidc:Authority: it is the issuer's address, without what follows it.");
            using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
            return document.RootElement.TryGetProperty("issuer", out var issuer) ? new Finding(Check, true, $"{issuer} answers") : new Finding(Check, false, $"{address} names no issuer", "Check Cloud:Access:Oidc:Authority: is this an OpenID Connect provider?");
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or InvalidOperationException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return new Finding(Check, false, $"{address} cannot be read: {error.Message}", "Start the provider, or correct Cloud:Access:Oidc:Authority. Until it answers only accounts of the server's own sign in.");
        }
    }

    /// <summary>Whether a VictoriaMetrics answers, and runs with the flags that readings need.</summary>
    internal static async Task<Finding> VictoriaAsync(VictoriaOptions options, CancellationToken stop)
    {
        const string Check = "VictoriaMetrics";
        using var client = new HttpClient { Timeout = _storeAnswersWithin };
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(options.Address.AbsoluteUri.TrimEnd('/') + "/"), "flags"));
            if (options.Token is { } token) request.Headers.Authorization = new("Bearer", token);
            else if (options.User is { } user) request.Headers.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{options.Password}")));
            using var answer = await client.SendAsync(request, stop);
            if (!answer.IsSuccessStatusCode) return new Finding(Check, false, $"{options.Address} answers {(int)answer.StatusCode} to /flags", "Check Cloud:Victoria:Address, and User and Password or Token: is this a single-node VictoriaMetrics that lets us in?");
            var flags = VictoriaFlags.Read(await answer.Content.ReadAsStringAsync(stop));
            if (flags.Wrong is { } wrong) return new Finding(Check, false, $"{options.Address.Authority} {wrong}", "Set it in the service's arguments (Debian: /etc/default/victoria-metrics) and restart it. Until then values stay in the log.");
            return new Finding(Check, true, $"answers at {options.Address.Authority}, keeps readings for {flags.Retention}");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return new Finding(Check, false, $"{options.Address} does not answer: {error.Message}", "Start VictoriaMetrics with -dedup.minScrapeInterval=1ms, or correct Cloud:Victoria:Address. Until it answers values stay in the log.");
        }
    }

    private static async Task<Finding> InfluxAsync(Uri address, CancellationToken stop)
    {
        using var client = new HttpClient { Timeout = _storeAnswersWithin };
        try
        {
            using var answer = await client.GetAsync(new Uri(address, "/ping"), stop);
            // A 3.x asks for its token even here; it is there.
            if (answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) return new Finding("InfluxDB", true, $"answers at {address.Authority}");
            return new Finding("InfluxDB", false, $"{address} answers {(int)answer.StatusCode} to /ping", "Check Cloud:Influx:Address: is this an InfluxDB?");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return new Finding("InfluxDB", false, $"{address} does not answer: {error.Message}", "Start InfluxDB, or correct Cloud:Influx:Address. Until it answers values stay in the log.");
        }
    }
}
