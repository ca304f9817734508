using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Commands;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Certificates;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Files;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Server;

public sealed class ServerCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalAuthority _authority;

    public ServerCommandTests() => _authority = LocalAuthority.Open(_folder["pki"], "tehran");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Without_a_server_the_files_are_read()
    {
        await FillAsync();
        var complete = JsonDocument.Parse((await RunAsync(3, "completeness", "--output", "json")).Output).RootElement[0];
        Assert.Equal(("g1", "telemetry", "18446744073709551615", 3), (complete.GetProperty("gateway").GetString(), complete.GetProperty("lane").GetString(), complete.GetProperty("epoch").GetString(), complete.GetProperty("missing").GetInt32()));
        Assert.Contains("2–4 expired", (await RunAsync(3, "completeness", "--gateway", "g1")).Output);
        Assert.StartsWith("gateway,connected,", (await RunAsync(0, "gateway", "list", "--output", "csv")).Output);
        Assert.Contains("\"series\":\"d/t\",\"kind\":\"bool\",\"time\":\"1970-01-01T00:00:00.000001Z\"", (await RunAsync(0, "dead-letter", "list", "--output", "ndjson")).Output);
        Assert.Contains("series:kind", (await RunAsync(0, "dead-letter", "show", "1")).Output);
        Assert.Contains("1,false,\"series:kind is Double, the value is Bool\"", (await RunAsync(3, "dead-letter", "resubmit", "1", "--output", "csv")).Output);
        await RunAsync(0, "dead-letter", "discard", "1");
        await RunAsync(4, "dead-letter", "show", "1");
    }

    [Fact]
    public async Task Beside_a_running_server_it_is_asked_by_its_socket()
    {
        await FillAsync();
        using var stop = new CancellationTokenSource();
        var serving = RunUntilAsync([.. Words("serve"), .. Settings()], stop.Token);
        await Eventually.HoldsAsync("the server has written its ports", () => PortsFile.TryRead(Data) is { Count: 3 } || serving.IsCompleted);
        Assert.False(serving.IsCompleted, serving.IsCompleted ? (await serving).Talk : "");
        Assert.Contains("2–4 expired", (await RunAsync(3, "completeness")).Output);
        Assert.Contains("g1", (await RunAsync(0, "gateway", "list")).Output);
        Assert.Contains("1,false,", (await RunAsync(3, "dead-letter", "resubmit", "1", "--output", "csv")).Output);
        Assert.Contains("There is no dead letter 9.", (await RunAsync(4, "dead-letter", "resubmit", "9")).Talk);
        await RunAsync(0, "dead-letter", "discard", "1");
        Assert.Contains("There is no dead letter 1.", (await RunAsync(4, "dead-letter", "show", "1")).Talk);
        Assert.Contains("No gateway g9 has ever sent.", (await RunAsync(4, "completeness", "--gateway", "g9")).Talk);
        await RunAsync(0, "user", "add", "mina", "--role", "toll manager");
        await RunAsync(0, "token", "create", "--account", "mina", "--right", "read", "--right", "toll-read", "--name", "night");
        Assert.Contains("mina,night,true,read toll-read", (await RunAsync(0, "token", "list", "--output", "csv")).Output);
        Assert.Contains("E1,numbered,0", (await RunAsync(0, "toll", "reconcile", "--from", "0001-01-01", "--to", "9999-12-31", "--output", "csv")).Output);
        Assert.Contains("2026-12-01 does not come before to, 2026-01-01.", (await RunAsync(1, "toll", "reconcile", "--from", "2026-12-01", "--to", "2026-01-01")).Talk);
        Assert.Matches("^backup,folder,city.*\r\n[0-9]{8}T[0-9]{6}Z,", (await RunAsync(0, "backup", _folder["backups"], "--keep", "1", "--output", "csv")).Output);
        Assert.Contains("lie in one another", (await RunAsync(1, "backup", Path.Combine(Data, "backups"))).Talk);
        var (exit, output, _) = await RunAsync([.. Words("doctor"), .. Settings()]);
        Assert.True(exit == 0, output);
        Assert.Contains(_folder["backups"], output);
        Assert.Contains("readings", output);
        Assert.Equal(1, (await RunAsync([.. Words("serve"), .. Settings()])).Exit);   // the folder is taken
        await stop.CancelAsync();
        Assert.Equal(0, (await serving).Exit);
        Assert.Null(PortsFile.TryRead(Data));
    }

    [Fact]
    public async Task Devices_are_entered_retired_replaced_and_carried_over_in_files()
    {
        Directory.CreateDirectory(Data);
        var file = _folder["devices.csv"];
        await File.WriteAllTextAsync(file, "id,model,lat,lon\nair-1,air,35.7,51.4\nair-2,air,,\n", TestContext.Current.CancellationToken);
        Assert.Contains("Would be: 2 added", (await RunAsync(0, "device", "import", file, "--dry-run")).Talk);
        Assert.DoesNotContain("air-1", (await RunAsync(0, "device", "list")).Output);
        Assert.Contains("2 added, 0 changed, 0 unchanged", (await RunAsync(0, "device", "import", file)).Talk);
        Assert.Contains("0 added, 0 changed, 2 unchanged", (await RunAsync(0, "device", "import", file)).Talk);
        await RunAsync(0, "device", "replace", "air-1", "air-9");
        Assert.Contains("air-9,air,,,,35.7,51.4,active", (await RunAsync(0, "device", "list", "--output", "csv")).Output);
        Assert.Contains("air-1,air,,,,35.7,51.4,retired", (await RunAsync(0, "device", "show", "air-1", "--output", "csv")).Output);
        await RunAsync(0, "device", "retire", "air-1", "--undo");
        Assert.Contains("active", (await RunAsync(0, "device", "show", "air-1")).Output);
        Assert.Contains("There is no model none", (await RunAsync(2, "device", "add", "x", "--model", "none")).Talk, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Did you mean air-1", (await RunAsync(4, "device", "show", "air-11")).Talk);
        Assert.Contains("\"coordinates\":[51.4,35.7]", (await RunAsync(0, "device", "export", "--format", "geojson")).Output);
    }

    [Theory]
    [InlineData(2, "Did you mean dead-letter?", "dead-leter", "list")]
    [InlineData(2, "Commands: list, show, resubmit, discard.", "dead-letter", "eat")]
    [InlineData(2, "-1 is no number of a dead letter", "dead-letter", "show", "-1")]
    [InlineData(2, "--gateway", "completeness", "--gateway")]
    [InlineData(2, "table, json, ndjson, csv", "completeness", "--output", "xml")]
    [InlineData(4, "holds no log", "completeness")]
    public async Task Wrong_use_and_absent_data_have_their_exit_codes(int exit, string said, params string[] words)
    {
        var (output, talk) = await RunAsync(exit, words);
        Assert.Empty(output);
        Assert.Contains(said, talk);
    }

    [Fact]
    public async Task Every_error_of_the_settings_is_said_at_once()
    {
        var (exit, _, talk) = await RunAsync(["serve", .. Settings(), "--Cloud:HtpPort=1", "--Cloud:Ingest:HelloWithin=5", "--Cloud:Ingest:Address=here", "--Cloud:Store=oracle",
            "--Cloud:LogQuotaBytes=1MiB", "--Cloud:Influx:Address=nowhere", "--Cloud:HttpsCertificate=/nowhere.pem"]);
        Assert.Equal(2, exit);
        Assert.Contains("Cloud:HtpPort: is not known. Did you mean Cloud:HttpPort?", talk);
        Assert.Contains("Cloud:Ingest:HelloWithin: \"5\" cannot be used: a time needs its unit: 5ms, 5s", talk);
        Assert.Contains("Cloud:Ingest:Address: \"here\" is no IP address", talk);
        Assert.Contains("Cloud:Store: one of duckdb, influx, victoria is needed.", talk);
        Assert.Contains("Cloud:LogQuotaBytes: at least 64MiB are needed.", talk);
        Assert.Contains("Cloud:Influx:Address: \"nowhere\" cannot be used", talk);
        Assert.Contains("Cloud:HttpsCertificate: there is no file /nowhere.pem.", talk);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_refused_before_anything_is_made()
    {
        var other = _authority.Server("other");
        var (exit, _, talk) = await RunAsync([.. Words("serve"), .. Settings(), $"--Cloud:Ingest:Key={other.Key}"]);
        Assert.Equal(2, exit);
        Assert.Contains($"Cloud:Ingest:Key: {other.Key} is not the private key of", talk);
        Assert.False(Directory.Exists(Data));
    }

    [Theory]
    [InlineData("--Cloud:HttpPort=70000", "70000 is no port: 0 (any free one) to 65535 is needed")]
    [InlineData("--Cloud:HttpsPort=8443", "port 8443 is taken by Cloud:")]
    [InlineData("--Cloud:Ingest:Authority=/etc", "/etc is a folder; a file is needed")]
    [InlineData("--Cloud:Ingest:Authority=/etc/hostname", "holds no certificate; a PEM file with BEGIN CERTIFICATE is needed")]
    [InlineData("--Cloud:HttpsCertificate=/etc/hostname", "a certificate and its key are set together or not at all")]
    public async Task A_setting_that_cannot_be_used_is_named_with_what_is_needed(string setting, string said)
    {
        var (exit, output, talk) = await RunAsync(["serve", "--data", Data, .. Settings(), "--Cloud:Ingest:Port=8443", setting]);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(said, talk);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_private_key_that_others_can_read_is_refused_with_its_remedy()
    {
        var server = _authority.Server();
        File.SetUnixFileMode(server.Key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var (exit, _, talk) = await RunAsync(["serve", "--data", Data, .. Settings()]);
        Assert.Equal(2, exit);
        Assert.Contains($"Cloud:Ingest:Key: {server.Key} can be read by others; run: chmod 600 {server.Key}", talk);
    }

    [Fact]
    public async Task The_settings_are_shown_with_their_places_and_without_secrets()
    {
        var (exit, output, _) = await RunAsync(["config", "show", "--output", "csv", .. Settings(), "--Cloud:Influx:Password=geheim"]);
        Assert.Equal(0, exit);
        Assert.Contains("Cloud:HttpPort,0,command line", output);
        Assert.Contains("Cloud:Store,duckdb,default", output);
        Assert.DoesNotContain("geheim", output);
    }

    [Fact]
    public async Task The_doctor_names_what_is_wrong_and_what_to_do()
    {
        using var holder = new TcpListener(System.Net.IPAddress.Loopback, 0);
        holder.Start();
        var port = ((System.Net.IPEndPoint)holder.LocalEndpoint).Port;
        var (exit, output, _) = await RunAsync([.. Words("doctor"), .. Settings(), $"--Cloud:HttpPort={port}", "--Cloud:Store=influx", "--Cloud:Influx:Address=http://127.0.0.1:1", "--Cloud:Toll:Postgres=Host=127.0.0.1;Port=1;Database=tolls;Username=city", "--Cloud:Toll:PostgresPassword=hidden"]);
        Assert.Equal(3, exit);
        var wrong = output.Split('\n').Where(line => line.StartsWith("WRONG", StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, wrong.Length);
        Assert.Contains("HTTP port", wrong[0]);
        Assert.Contains("InfluxDB", wrong[1]);
        Assert.Contains("PostgreSQL", wrong[2]);
        Assert.DoesNotContain("hidden", output);
        Assert.Contains("warn   backup", output);
        Assert.Contains("choose another with Cloud:HttpPort", output);
        var well = await RunAsync([.. Words("doctor", "--output", "json"), .. Settings()]);
        Assert.Equal(0, well.Exit);
        var states = JsonDocument.Parse(well.Output).RootElement.EnumerateArray().ToDictionary(line => line.GetProperty("check").GetString()!, line => line.GetProperty("state").GetString());
        Assert.Equal(("ok", "ok", "warning"), (states["version"], states["data folder"], states["backup"]));
    }

    [Fact]
    public void The_doctor_finds_a_clock_that_stands_before_what_was_written()
    {
        var options = new ServerOptions { Data = _folder["clock"] };
        var now = DateTimeOffset.Parse("2026-11-28T07:00:00Z", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("ok", DoctorChecks.Clock(options, now, isSynchronised: true).State);
        Assert.Equal("warning", DoctorChecks.Clock(options, now, isSynchronised: false).State);
        Directory.CreateDirectory(Path.Combine(options.Data, "log"));
        var log = Path.Combine(options.Data, "log", DurableLogOptions.FileName);
        File.WriteAllText(log, "");
        File.SetLastWriteTimeUtc(log, now.UtcDateTime.AddSeconds(30));
        Assert.Equal("ok", DoctorChecks.Clock(options, now, isSynchronised: true).State);
        File.SetLastWriteTimeUtc(log, now.UtcDateTime.AddHours(3));
        var wrong = DoctorChecks.Clock(options, now, isSynchronised: true);
        Assert.Equal("error", wrong.State);
        Assert.Contains("2026-11-28 10:00:00", wrong.Found);
    }

    [Fact]
    public async Task An_account_added_without_a_server_is_hashed_as_the_server_would()
    {
        using var stop = new CancellationTokenSource();
        var serving = RunUntilAsync([.. Words("serve"), .. Settings(), "--Cloud:Access:PasswordRounds=3456"], stop.Token);
        await Eventually.HoldsAsync("the server has written its ports", () => PortsFile.TryRead(Data) is { Count: 3 } || serving.IsCompleted);
        await stop.CancelAsync();
        Assert.Equal(0, (await serving).Exit);
        await RunAsync(0, "user", "add", "mina", "--role", "operator");
        using var database = new SqliteConnection($"Data Source={Path.Combine(Data, "identity", "identity.db")};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = "SELECT password FROM account WHERE name = 'mina'";
        // Version, kind of hash, rounds.
        Assert.Equal(3_456u, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Convert.FromBase64String((string)command.ExecuteScalar()!).AsSpan(5)));
        // Of a server that has never said so nothing is guessed.
        command.CommandText = "DELETE FROM kept_option";
        command.ExecuteNonQuery();
        Assert.Contains("Start the server once", (await RunAsync(1, "user", "add", "ali", "--role", "operator")).Talk);
    }

    [Fact]
    public async Task Passkeys_are_listed_and_removed_without_a_server_and_beside_one()
    {
        using var stop = new CancellationTokenSource();
        var serving = RunUntilAsync([.. Words("serve"), .. Settings(), "--Cloud:Access:PasswordRounds=1000"], stop.Token);
        await Eventually.HoldsAsync("the server has written its ports", () => PortsFile.TryRead(Data) is { Count: 3 } || serving.IsCompleted);
        var file = Path.Combine(Data, "identity", "identity.db");
        using (var database = new IdentityDatabase(file))
        {
            using var accounts = new SqliteConnection($"Data Source={file};Pooling=False");
            accounts.Open();
            using var choose = accounts.CreateCommand();
            choose.CommandText = "UPDATE account SET must_change = 0";
            choose.ExecuteNonQuery();
            var passkeys = new Passkeys(database, new AuditLog(database, TimeProvider.System), TimeProvider.System);
            foreach (var name in (string[])["laptop", "phone"]) passkeys.Add(new Actor("test", "test"), "admin", name, new UserPasskeyInfo(Guid.NewGuid().ToByteArray(), [1], DateTimeOffset.UnixEpoch, 0, null, true, false, false, [], []));
        }
        await RunAsync(0, "user", "passkeys", "admin", "--remove", "1");
        Assert.Contains("There is no account none.", (await RunAsync(4, "user", "passkeys", "none")).Talk);
        Assert.Equal("id,name,created,lastUsed,isBackedUp", (await RunAsync(0, "user", "passkeys", "admin", "--output", "csv")).Output.Split('\n')[0].TrimEnd());
        await stop.CancelAsync();
        Assert.Equal(0, (await serving).Exit);
        Assert.StartsWith("2,phone,", (await RunAsync(0, "user", "passkeys", "admin", "--output", "csv")).Output.Split('\n')[1], StringComparison.Ordinal);
        Assert.Contains("There is no account none.", (await RunAsync(4, "user", "passkeys", "none")).Talk);
        await RunAsync(4, "user", "passkeys", "admin", "--remove", "1");
        await RunAsync(0, "user", "passkeys", "admin", "--remove", "2");
        Assert.DoesNotContain("phone", (await RunAsync(0, "user", "passkeys", "admin")).Output, StringComparison.Ordinal);
    }

    private string Data => _folder["data"];

    private string[] Settings()
    {
        var server = _authority.Server();
        return
        [
            "--Cloud:HttpPort=0", "--Cloud:Ingest:Port=0", $"--Cloud:Ingest:Certificate={server.Certificate}", $"--Cloud:Ingest:Key={server.Key}",
            $"--Cloud:Ingest:Authority={_authority.AuthorityFile}",
        ];
    }

    private async Task FillAsync()
    {
        using var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(Data, "log"), ReserveBytes = 0 }, TimeProvider.System);
        log.Series.NumberOf(new SeriesKey("d", "t"), ValueKind.Double);
        var letter = new DeadLetter(0, "g1", Lane.Telemetry, new SeriesKey("d", "t"), ValueKind.Bool, 1, 1, "true", "series:kind", 1);
        await log.AppendAsync(new LogAppend { Gateway = "g1", Epoch = ulong.MaxValue, Lane = Lane.Telemetry, FirstSequence = 1, Sequences = 1, DeadLetters = [letter] }, TestContext.Current.CancellationToken);
        await log.AppendAsync(new LogAppend { Gateway = "g1", Epoch = ulong.MaxValue, Lane = Lane.Telemetry, FirstSequence = 2, Gap = GapReason.Expired, GapLast = 4 }, TestContext.Current.CancellationToken);
    }

    private string[] Words(params string[] words) => ["--data", Data, .. words];

    private async Task<(string Output, string Talk)> RunAsync(int exit, params string[] words)
    {
        var (found, output, talk) = await RunAsync(Words(words));
        Assert.True(exit == found, $"Exit {found}, not {exit}. {talk}{output}");
        return (output, talk);
    }

    private static Task<(int Exit, string Output, string Talk)> RunAsync(string[] words) => RunUntilAsync(words, TestContext.Current.CancellationToken);

    private static async Task<(int Exit, string Output, string Talk)> RunUntilAsync(string[] words, CancellationToken stop)
    {
        using var output = new StringWriter();
        using var talk = new StringWriter();
        var exit = await CommandLine.RunAsync(ServerCommand.Create(words), words, output, talk, stop);
        return (exit, output.ToString(), talk.ToString());
    }
}
