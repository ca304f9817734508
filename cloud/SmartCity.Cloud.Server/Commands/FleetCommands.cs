using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>gateway show|enrol-code|claim-secret|revoke</c> and <c>authority …</c>: through the running server's socket, or on the files of one that does not run.</summary>
internal sealed class FleetCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _issuedColumns = ["serial", "issued", "ends", "how", "key"];
    private static readonly JsonSerializerOptions _indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private static readonly string[] _authorityColumns = ["kind", "name", "fingerprint", "from", "ends", "use"];

    /// <summary>What <c>gateway</c> has beside its list.</summary>
    public IEnumerable<Command> Gateway() => [Show(), Make("enrol-code", "Makes a code by which a gateway enrols within 15 minutes, once; the older code of this gateway holds no longer.", SecretKind.Code),
        Make("claim-secret", "Makes the secret that is put on a gateway's box. It has no end, serves once, and only after an installer has vouched for the box.", SecretKind.Claim), Revoke(), new TwinCommands(args, data).Twin(), new TwinCommands(args, data).Blink()];

    /// <summary>How every gateway stands with the authority; nothing where there is none yet.</summary>
    public async Task<IReadOnlyList<FleetGateway>> StandingsAsync(ParseResult result, CancellationToken stop)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        if (!AdminSocket.Answers(AdminSocket.FileIn(folder)))
        {
            if (!File.Exists(Path.Combine(FleetFiles.FleetIn(folder), "fleet.db"))) return [];
            using var trust = FleetFiles.OpenTrust(folder, TimeProvider.System);
            return [.. trust.All().Select(one => GatewayRoster.Of(trust, one.Gateway)!.Gateway)];
        }
        var all = new List<FleetGateway>();
        using var way = new Way(AdminSocket.Connect(AdminSocket.FileIn(folder)), null);
        for (var next = "/api/v1/fleet/gateways?limit=1000"; next is not null;)
        {
            var page = await way.AskAsync<Page<FleetGateway>>(HttpMethod.Get, next, null, stop);
            all.AddRange(page.Items);
            next = page.Next;
        }
        return all;
    }

    /// <summary><c>authority show|rotate|retire|backup|restore</c>.</summary>
    public Command Authority() => new("authority", "The city's certificate authority.") { ShowAuthority(), Rotate(), Retire(), Backup(), Restore() };

    private Command Show()
    {
        var (id, output) = (Id(), CommonOptions.Output());
        var show = new Command("show", "Shows a gateway and the certificates that were issued to it.") { id, output };
        show.SetAction((result, stop) => Do(result, async way =>
        {
            var name = result.GetValue(id)!;
            var found = way.Files is { } files ? files.Roster(name) ?? throw new CommandException(ExitCode.NotFound, $"No gateway {name} is known.") : await way.AskAsync<FleetGatewayDetail>(HttpMethod.Get, $"/api/v1/fleet/gateways/{Uri.EscapeDataString(name)}", null, stop);
            var (to, format) = (result.InvocationConfiguration.Output, result.GetValue(output));
            if (format == OutputFormat.Table)
                foreach (var (label, value) in Facts(found.Gateway)) await to.WriteLineAsync($"{label,-18} {value}");
            else if (format == OutputFormat.Json)
            {
                await to.WriteLineAsync(JsonSerializer.Serialize(found, _indented));
                return;
            }
            if (format == OutputFormat.Table && found.Certificates.Count > 0) await to.WriteLineAsync();
            if (format != OutputFormat.Table || found.Certificates.Count > 0)
                RowWriter.Write(to, format, _issuedColumns, [.. found.Certificates.Select(one => (IReadOnlyList<object?>)[one.Serial, one.Issued, one.Ends, one.How, one.Key])]);
        }));
        return show;
    }

    private Command Make(string word, string description, SecretKind kind)
    {
        var (id, qr, output) = (Id(), new Option<bool>("--qr") { Description = "Prints its QR symbol too, for a camera." }, new Option<bool>("--json") { Description = "Prints everything as one JSON object." });
        var make = new Command(word, description) { id, qr, output };
        make.SetAction((result, stop) => Do(result, async way =>
        {
            var name = result.GetValue(id)!;
            var made = way.Files is { } files ? files.Desk.Make(way.Actor, name, kind) : await way.AskAsync<MadeCode>(HttpMethod.Post, $"/api/v1/fleet/gateways/{Uri.EscapeDataString(name)}/{word}", null, stop);
            var (to, talk) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
            if (result.GetValue(output))
            {
                await to.WriteLineAsync(JsonSerializer.Serialize(made, JsonSerializerOptions.Web));
                return;
            }
            await to.WriteLineAsync(made.Code);
            if (result.GetValue(qr)) await to.WriteAsync(QrSymbol.Text(made.Qr));
            await talk.WriteLineAsync(made.Expires is { } until
                ? string.Create(CultureInfo.InvariantCulture, $"Holds until {until:yyyy-MM-dd HH:mm:ss} UTC and serves once. At the box: smartcity-gateway enrol --cloud https://THIS-SERVER:8444 --code {made.Code}")
                : $"Put it on the box of {made.Gateway} (--qr draws its symbol). It serves once an installer has vouched for the box at /gateways.");
            await talk.WriteLineAsync($"The city's root has the fingerprint {made.Fingerprint} (SHA-256); its beginning stands in the code.");
        }));
        return make;
    }

    private Command Revoke()
    {
        var (id, reason) = (Id(), new Option<string>("--reason") { Description = "Why, for people, e.g. stolen.", HelpName = "TEXT" });
        var revoke = new Command("revoke", "Shuts a gateway out at once: its keys hold no longer and what it has open is closed. It comes back with a new code and a new key.") { id, reason };
        revoke.SetAction((result, stop) => Do(result, async way =>
        {
            var name = result.GetValue(id)!;
            if (way.Files is { } files) files.Desk.Revoke(way.Actor, name, result.GetValue(reason));
            else await way.AskAsync<object?>(HttpMethod.Post, $"/api/v1/fleet/gateways/{Uri.EscapeDataString(name)}/revoke", new { reason = result.GetValue(reason) }, stop);
            await result.InvocationConfiguration.Error.WriteLineAsync($"{name} is revoked.");
        }));
        return revoke;
    }

    private Command ShowAuthority()
    {
        var output = CommonOptions.Output();
        var show = new Command("show", "Shows the roots and issuing authorities that are trusted.") { output };
        show.SetAction((result, stop) => Do(result, async way =>
            Print(result, output, way.Files is { } files ? FleetDesk.ViewOf(files.Authority) : await way.AskAsync<AuthorityView>(HttpMethod.Get, "/api/v1/fleet/authority", null, stop))));
        return show;
    }

    private Command Rotate()
    {
        var (root, output) = (new Option<bool>("--root") { Description = "Makes a new root too. Gateways learn it with their next renewal; the old one is trusted until it is retired." }, CommonOptions.Output());
        var rotate = new Command("rotate", "Makes a new issuing authority, which signs from now on. What older ones signed goes on holding.") { root, output };
        rotate.SetAction((result, stop) => Do(result, async way =>
            Print(result, output, way.Files is { } files ? files.Desk.Rotate(way.Actor, result.GetValue(root)) : await way.AskAsync<AuthorityView>(HttpMethod.Post, "/api/v1/fleet/authority/rotate", new { root = result.GetValue(root) }, stop))));
        return rotate;
    }

    private Command Retire()
    {
        var (fingerprint, force, output) = (new Argument<string>("FINGERPRINT") { Description = "SHA-256 of the root or issuing authority, or its first eight digits, as show prints it." }, new Option<bool>("--force") { Description = "Even where gateways hold certificates of it; they must enrol again." }, CommonOptions.Output());
        var retire = new Command("retire", "Ends the trust in a root or issuing authority that was rotated away.") { fingerprint, force, output };
        retire.SetAction((result, stop) => Do(result, async way => Print(result, output, way.Files is { } files ? files.Desk.Retire(way.Actor, result.GetValue(fingerprint)!, result.GetValue(force))
            : await way.AskAsync<AuthorityView>(HttpMethod.Post, "/api/v1/fleet/authority/retire", new { fingerprint = result.GetValue(fingerprint), force = result.GetValue(force) }, stop))));
        return retire;
    }

    private Command Backup()
    {
        var (file, passphrase) = (new Argument<string>("FILE") { Description = "Where to write it; it must not exist." }, PassphraseOption());
        var backup = new Command("backup", "Writes the authority's keys and what is known of gateways' keys into one encrypted file. The server may run.") { file, passphrase };
        backup.SetAction(async (result, stop) =>
        {
            var folder = ServerSettings.DataOf(args, result, data);
            await Task.Run(() => Guard(() => AuthorityBackup.Write(folder, result.GetValue(file)!, PassphraseOf(result, passphrase), TimeProvider.System)), stop);
            await result.InvocationConfiguration.Error.WriteLineAsync($"{result.GetValue(file)} holds the authority. Keep its passphrase elsewhere: without it nobody restores anything.");
            return ExitCode.Done;
        });
        return backup;
    }

    private Command Restore()
    {
        var (file, passphrase) = (new Argument<string>("FILE") { Description = "A file that backup has written." }, PassphraseOption());
        var replace = new Option<bool>("--replace") { Description = "In place of an authority that is there; it is set aside beside it." };
        var restore = new Command("restore", "Puts an authority back from a backup. The server must not run. Nothing is touched before the whole file was checked.") { file, passphrase, replace };
        restore.SetAction(async (result, stop) =>
        {
            var options = ServerSettings.Load(args, result, data).Get<ServerOptions>();
            using var held = DataFolder.Take(options.Data);
            var city = options.Ingest.City ?? FleetOptions.CityUsual;
            await Task.Run(() => Guard(() => AuthorityBackup.Restore(options.Data, result.GetValue(file)!, PassphraseOf(result, passphrase), city, result.GetValue(replace), TimeProvider.System)), stop);
            using var authority = Opened(options);
            await result.InvocationConfiguration.Error.WriteLineAsync($"The authority of {authority.City} is back; its root has the fingerprint {authority.Fingerprint}.");
            return ExitCode.Done;
        });
        return restore;
    }

    private static CertificateAuthority Opened(ServerOptions options)
    {
        try
        {
            return FleetFiles.OpenAuthority(options, TimeProvider.System);
        }
        catch (InvalidDataException error)
        {
            throw new CommandException($"It was restored, but cannot be opened: {error.Message}", error);
        }
    }

    private static void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is AuthorityException or SqliteException)
        {
            throw new CommandException(error.Message, error);
        }
    }

    private static Option<string> PassphraseOption() => new("--passphrase-file") { Description = "File with the passphrase of the backup, 12 characters or more, readable by its owner alone; - for the first line of stdin.", HelpName = "FILE", Required = true };

    private static string PassphraseOf(ParseResult result, Option<string> option)
    {
        var file = result.GetValue(option)!;
        if (file == "-") return Console.In.ReadLine()?.Trim() ?? "";
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file) & Others) != 0) throw new CommandException(ExitCode.WrongUse, $"{file} can be read by others; run: chmod 600 {file}");
        return File.ReadAllText(file).Trim();
    }

    private static Argument<string> Id() => new("ID") { Description = "Id of the gateway." };

    private static IEnumerable<(string Label, object? Value)> Facts(FleetGateway one)
    {
        yield return ("gateway", one.Gateway);
        yield return ("state", one.State);
        foreach (var (label, time) in new[] { ("key since", one.Enrolled), ("certificate until", one.CertificateEnds), ("code until", one.CodeExpires), ("claim secret made", one.ClaimMade), ("vouched", one.Vouched), ("claimed", one.Claimed), ("last values", one.LastBatch), ("revoked", one.Revoked) })
            if (time is { } at) yield return (label, at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        if (one.Voucher is { } voucher) yield return ("vouched by", voucher);
        if (one.Reason is { Length: > 0 } reason) yield return ("reason", reason);
        if (one.Software is { } software) yield return ("software", software);
    }

    private static void Print(ParseResult result, Option<OutputFormat> output, AuthorityView view)
    {
        var rows = view.Roots.Select((root, i) => Row("root", root, root.Fingerprint == view.Fingerprint ? "shown by the server" : "")).Concat(view.Issuers.Select((issuer, i) => Row("issuer", issuer, i == view.Issuers.Count - 1 ? "signs" : "")));
        RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _authorityColumns, rows);

        static IReadOnlyList<object?> Row(string kind, AuthorityEntry entry, string use) => [kind, entry.Name, entry.Fingerprint, entry.From, entry.Ends, use];
    }

    private async Task<int> Do(ParseResult result, Func<Way, Task> action)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        var socket = AdminSocket.FileIn(folder);
        try
        {
            using var way = AdminSocket.Answers(socket) ? new Way(AdminSocket.Connect(socket), null) : new Way(null, Files.Open(ServerSettings.Load(args, result, data).Get<ServerOptions>()));
            await action(way);
            return ExitCode.Done;
        }
        catch (FleetException error)
        {
            throw new CommandException(error.IsMissing ? ExitCode.NotFound : ExitCode.WrongUse, error.Message);
        }
        catch (Exception error) when (error is SqliteException or HttpRequestException or InvalidDataException)
        {
            throw new CommandException(error.Message, error);
        }
    }

    /// <summary>The running server, or its files.</summary>
    private sealed record Way(HttpClient? Server, Files? Files) : IDisposable
    {
        public Actor Actor { get; } = new("console", Environment.UserName);

        public async Task<T> AskAsync<T>(HttpMethod method, string path, object? body, CancellationToken stop)
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body is null ? null : JsonContent.Create(body) };
            using var answer = await Server!.SendAsync(request, stop);
            var text = await answer.Content.ReadAsStringAsync(stop);
            if (answer.IsSuccessStatusCode) return text.Length == 0 ? default! : JsonSerializer.Deserialize<T>(text, ApiJson.Answers)!;
            throw new CommandException((int)answer.StatusCode switch { 404 => ExitCode.NotFound, 422 => ExitCode.WrongUse, _ => ExitCode.Failed }, AdminSocket.ReasonOf(text) ?? $"The server answers {(int)answer.StatusCode}.");
        }

        public void Dispose()
        {
            Server?.Dispose();
            Files?.Dispose();
        }
    }

    private sealed record Files(DataFolder Folder, IdentityDatabase Identity, CertificateAuthority Authority, GatewayTrust Trust, FleetDesk Desk) : IDisposable
    {
        public static Files Open(ServerOptions options)
        {
            if (!CertificateAuthority.IsIn(FleetFiles.AuthorityIn(options.Data))) throw new CommandException(ExitCode.NotFound, $"{options.Data} holds no authority. Name the server's folder with --data, or start the server once.");
            var clock = TimeProvider.System;
            // What the server holds in memory must not be changed behind its back.
            var folder = DataFolder.Take(options.Data);
            var identity = new IdentityDatabase(Path.Combine(options.Data, "identity", "identity.db"));
            var (authority, trust, audit) = (FleetFiles.OpenAuthority(options, clock), FleetFiles.OpenTrust(options.Data, clock), new AuditLog(identity, clock));
            var enrolment = new EnrolmentDesk(authority, trust, FleetFiles.OpenSecrets(options.Data), options.Fleet.CertificateLife);
            return new Files(folder, identity, authority, trust, new FleetDesk(authority, trust, enrolment, new EnrolmentThrottle(clock), new EnrolmentAudit(audit, clock), audit, clock));
        }

        public FleetGatewayDetail? Roster(string gateway) => GatewayRoster.Of(Trust, gateway);

        public void Dispose()
        {
            Trust.Dispose();
            Authority.Dispose();
            Identity.Dispose();
            Folder.Dispose();
        }
    }
}
