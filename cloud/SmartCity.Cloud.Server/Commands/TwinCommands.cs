using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Cloud.Fleet.Twins;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Fleet;
using SmartCity.Cloud.Server.Fleet.Twins;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Devices.Twins;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>gateway twin show|set|history|undo</c> and <c>gateway blink</c>: through the running server's socket, or, for all but the blinking, on the files of one that does not run.</summary>
internal sealed class TwinCommands(IReadOnlyList<string> args, Option<string> data)
{
    private const string ReplaceHelp = "Puts the file in the place of the whole configuration; without it, what the file leaves out stays as it is.";
    private static readonly string[] _versionColumns = ["version", "made", "by", "how", "state", "reason"], _driftColumns = ["place", "desired", "inForce"];
    private static readonly JsonSerializerOptions _indented = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>twin …</c>.</summary>
    public Command Twin() => new("twin", "The configuration that is desired of a gateway, and what the gateway makes of it.") { Show(), Set(), History(), Undo() };

    /// <summary><c>blink</c>.</summary>
    public Command Blink()
    {
        var (id, seconds) = (Id(), new Option<int>("--seconds") { Description = "How long, 0 to 600; 0 ends it.", DefaultValueFactory = static _ => 30 });
        var blink = new Command("blink", "Makes the light of a gateway's box blink, so that whoever stands before several sees which it is.") { id, seconds };
        blink.SetAction((result, stop) => Do(result, async way =>
        {
            if (way.Server is null) throw new CommandException("The server does not run; a gateway is reached by it.");
            var answer = await way.AskAsync<CommandEntry>(HttpMethod.Post, $"/api/v1/fleet/gateways/{Uri.EscapeDataString(result.GetValue(id)!)}/blink", JsonSerializer.SerializeToUtf8Bytes(new { seconds = result.GetValue(seconds) }), null, stop);
            if (answer.State != "answered") throw new CommandException($"The gateway has not done it: {answer.State}{(answer.Reason is { } why ? $", {why}" : "")}.");
            await result.InvocationConfiguration.Error.WriteLineAsync($"The light of {result.GetValue(id)} blinks for {result.GetValue(seconds)} s.");
        }));
        return blink;
    }

    private Command Show()
    {
        var (id, desired, reported, output) = (Id(), new Option<bool>("--desired") { Description = "Prints the desired configuration alone, as JSON." }, new Option<bool>("--reported") { Description = "Prints what the gateway has reported alone, as JSON." }, CommonOptions.Output());
        var show = new Command("show", "Shows what is desired of a gateway, what it has made of it, and where the two differ.") { id, desired, reported, output };
        show.SetAction((result, stop) => Do(result, async way =>
        {
            var view = await way.ViewAsync(result.GetValue(id)!, stop);
            var to = result.InvocationConfiguration.Output;
            if (result.GetValue(desired)) await to.WriteLineAsync(JsonSerializer.Serialize(view.Desired.Document, _indented));
            if (result.GetValue(reported)) await to.WriteLineAsync(view.Reported is { } found ? JsonSerializer.Serialize(found.Document, _indented) : throw new CommandException(ExitCode.NotFound, $"{view.Gateway} has not reported yet."));
            if (!result.GetValue(desired) && !result.GetValue(reported)) Print(result, output, view);
        }));
        return show;
    }

    private Command Set()
    {
        var (id, file, patch, replace, ifMatch, wait, output) = (Id(), new Argument<string?>("FILE") { Description = "JSON file with what is to change, null for what is to go; - for stdin.", Arity = ArgumentArity.ZeroOrOne }, new Option<string?>("--patch") { Description = "What is to change, as JSON in place of a file. Others on this machine can read a command line: passwords belong into a file.", HelpName = "JSON" },
            new Option<bool>("--replace") { Description = ReplaceHelp }, IfMatch(), Wait(), CommonOptions.Output());
        var set = new Command("set", "Changes the configuration that is desired of a gateway by a JSON merge patch.") { id, file, patch, replace, ifMatch, wait, output };
        set.SetAction((result, stop) => Do(result, async way =>
        {
            var (named, typed) = (result.GetValue(file), result.GetValue(patch));
            if ((named is null) == (typed is null)) throw new CommandException(ExitCode.WrongUse, "Name a FILE, or give --patch JSON.");
            var body = typed is not null ? Encoding.UTF8.GetBytes(typed) : named == "-" ? Encoding.UTF8.GetBytes(await Console.In.ReadToEndAsync(stop)) : ReadFile(named!);
            await ChangeAsync(result, way, result.GetValue(id)!, result.GetValue(ifMatch), result.GetValue(wait), output, result.GetValue(replace) ? HttpMethod.Put : HttpMethod.Patch, "/desired", body,
                (changes, gateway, expected, by, record) => result.GetValue(replace) ? changes.Replace(gateway, expected, body, by, record) : changes.Patch(gateway, expected, body, by, record), stop);
        }));
        return set;
    }

    private Command History()
    {
        var (id, version, output) = (Id(), new Option<long?>("--version") { Description = "Prints the configuration of one version, as JSON.", HelpName = "N" }, CommonOptions.Output());
        var history = new Command("history", "Lists the versions of what was desired of a gateway and what became of each, the newest first.") { id, version, output };
        history.SetAction((result, stop) => Do(result, async way =>
        {
            var to = result.InvocationConfiguration.Output;
            if (result.GetValue(version) is { } number) await to.WriteLineAsync(JsonSerializer.Serialize((await way.VersionAsync(result.GetValue(id)!, number, stop)).Document, _indented));
            else RowWriter.Write(to, result.GetValue(output), _versionColumns, [.. (await way.HistoryAsync(result.GetValue(id)!, stop)).Select(one => (IReadOnlyList<object?>)[one.Version, one.Made, one.By, one.How, one.State, one.Reason])]);
        }));
        return history;
    }

    private Command Undo()
    {
        var (id, version, ifMatch, wait, output) = (Id(), new Option<long?>("--version") { Description = "The version to go back to, 0 for the gateway's own settings alone; the one before the present one where left out.", HelpName = "N" }, IfMatch(), Wait(), CommonOptions.Output());
        var undo = new Command("undo", "Makes a new version with what was desired before.") { id, version, ifMatch, wait, output };
        undo.SetAction((result, stop) => Do(result, async way =>
            await ChangeAsync(result, way, result.GetValue(id)!, result.GetValue(ifMatch), result.GetValue(wait), output, HttpMethod.Post, "/undo", JsonSerializer.SerializeToUtf8Bytes(new { version = result.GetValue(version) }),
                (changes, gateway, expected, by, record) => changes.Undo(gateway, expected, result.GetValue(version), by, record), stop)));
        return undo;
    }

    private static async Task ChangeAsync(
        ParseResult result, Way way, string gateway, long? ifMatch, int wait, Option<OutputFormat> output, HttpMethod method, string path, byte[] body,
        Func<TwinChanges, string, long, string, Action<string, string>, DesiredTwin> change, CancellationToken stop)
    {
        var before = await way.ViewAsync(gateway, stop);
        var expected = ifMatch ?? before.Desired.Version;
        var view = way.Files is { } files ? files.Change(gateway, expected, change)
            : await way.AskAsync<TwinView>(method, $"/api/v1/fleet/gateways/{Uri.EscapeDataString(gateway)}/twin{path}?wait={wait}", body, expected, stop);
        Print(result, output, view);
        await result.InvocationConfiguration.Error.WriteLineAsync(view.Desired.Version == before.Desired.Version ? "It is the present configuration already; nothing was changed." : $"Version {view.Desired.Version} was made.");
    }

    private static void Print(ParseResult result, Option<OutputFormat> output, TwinView view)
    {
        var (to, format) = (result.InvocationConfiguration.Output, result.GetValue(output));
        if (format == OutputFormat.Json)
        {
            to.WriteLine(JsonSerializer.Serialize(view, _indented));
            return;
        }
        if (format == OutputFormat.Table)
        {
            foreach (var (label, value) in Facts(view)) to.WriteLine($"{label,-12} {value}");
            if (view.Drift.Count > 0) to.WriteLine();
        }
        if (format != OutputFormat.Table || view.Drift.Count > 0)
            RowWriter.Write(to, format, _driftColumns, [.. view.Drift.Select(one => (IReadOnlyList<object?>)[one.Pointer, one.Desired, one.HeldHere ? "(held by the gateway's own settings)" : one.Reported])]);
    }

    private static IEnumerable<(string Label, object? Value)> Facts(TwinView view)
    {
        yield return ("gateway", view.Gateway);
        yield return ("desired", view.Desired.Version == 0 ? "nothing: its own settings hold" : string.Create(CultureInfo.InvariantCulture, $"version {view.Desired.Version} of {view.Desired.Made?.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'} by {view.Desired.By} ({view.Desired.How})"));
        if (view.Reported is not { } reported)
        {
            yield return ("reported", "nothing yet");
            yield break;
        }
        yield return ("reported", string.Create(CultureInfo.InvariantCulture, $"version {reported.Version} {Said(reported.State)}, {reported.At.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}"));
        if (reported.Reason is { } reason) yield return ("reason", reason);
        if (reported.Document.TryGetProperty("faults", out var faults) && faults.ValueKind == JsonValueKind.Array)
            foreach (var fault in faults.EnumerateArray()) yield return ("  at", $"{fault.GetProperty("pointer").GetString()}: {fault.GetProperty("text").GetString()}");
        foreach (var name in new[] { "trialEnds", "software", "started" })
            if (reported.Document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String) yield return (name == "trialEnds" ? "trial ends" : name, value.GetString());
        yield return ("differences", view.Drift.Count == 0 ? "none" : view.Drift.Count.ToString(CultureInfo.InvariantCulture));
    }

    private static string Said(string state) => state switch { "applied" => "is in force", "trial" => "is in force on trial", "rolledBack" => "was rolled back", "refused" => "was refused", _ => state };

    private static byte[] ReadFile(string file)
    {
        if (!File.Exists(file)) throw new CommandException(ExitCode.NotFound, $"There is no file {file}.");
        return File.ReadAllBytes(file);
    }

    private static Argument<string> Id() => new("ID") { Description = "Id of the gateway." };

    private static Option<long?> IfMatch() => new("--if-match") { Description = "The version that is to be replaced; where it is another by now, nothing is changed. Where left out, the present one.", HelpName = "N" };

    private static Option<int> Wait() => new("--wait") { Description = "Seconds to wait for what the gateway makes of it, 0 to 60.", DefaultValueFactory = static _ => 5 };

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
        catch (TwinChangeException error)
        {
            throw new CommandException(error.IsOutdated ? ExitCode.Failed : ExitCode.WrongUse, error.Message);
        }
        catch (Exception error) when (error is Microsoft.Data.Sqlite.SqliteException or HttpRequestException or InvalidDataException)
        {
            throw new CommandException(error.Message, error);
        }
    }

    /// <summary>The running server, or its files.</summary>
    private sealed record Way(HttpClient? Server, Files? Files) : IDisposable
    {
        public async Task<TwinView> ViewAsync(string gateway, CancellationToken stop) =>
            Files is { } files ? files.View(gateway) : await AskAsync<TwinView>(HttpMethod.Get, $"/api/v1/fleet/gateways/{Uri.EscapeDataString(gateway)}/twin", null, null, stop);

        public async Task<TwinVersion> VersionAsync(string gateway, long version, CancellationToken stop) => Files is { } files
            ? files.Version(gateway, version) ?? throw new CommandException(ExitCode.NotFound, $"There is no version {version} of {gateway}.")
            : await AskAsync<TwinVersion>(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/api/v1/fleet/gateways/{Uri.EscapeDataString(gateway)}/twin/history/{version}"), null, null, stop);

        public async Task<IReadOnlyList<TwinVersion>> HistoryAsync(string gateway, CancellationToken stop)
        {
            if (Files is { } files) return files.History(gateway);
            var all = new List<TwinVersion>();
            for (var next = $"/api/v1/fleet/gateways/{Uri.EscapeDataString(gateway)}/twin/history?limit=1000"; next is not null;)
            {
                var page = await AskAsync<Page<TwinVersion>>(HttpMethod.Get, next, null, null, stop);
                all.AddRange(page.Items);
                next = page.Next;
            }
            return all;
        }

        public async Task<T> AskAsync<T>(HttpMethod method, string path, byte[]? body, long? ifMatch, CancellationToken stop)
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
            if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            if (ifMatch is { } version) request.Headers.IfMatch.Add(new EntityTagHeaderValue(string.Create(CultureInfo.InvariantCulture, $"\"{version}\"")));
            using var answer = await Server!.SendAsync(request, stop);
            var text = await answer.Content.ReadAsStringAsync(stop);
            if (answer.IsSuccessStatusCode) return JsonSerializer.Deserialize<T>(text, ApiJson.Answers)!;
            throw new CommandException((int)answer.StatusCode switch { 404 => ExitCode.NotFound, 422 => ExitCode.WrongUse, _ => ExitCode.Failed }, AdminSocket.ReasonOf(text) ?? $"The server answers {(int)answer.StatusCode}.");
        }

        public void Dispose()
        {
            Server?.Dispose();
            Files?.Dispose();
        }
    }

    private sealed record Files(DataFolder Folder, IdentityDatabase Identity, AuditLog Audit, GatewayTrust Trust, TwinStore Store, TwinChanges Changes) : IDisposable
    {
        private static readonly Actor _actor = new("console", Environment.UserName);

        public static Files Open(ServerOptions options)
        {
            if (!File.Exists(Path.Combine(FleetFiles.FleetIn(options.Data), "fleet.db"))) throw new CommandException(ExitCode.NotFound, $"{options.Data} holds no gateways. Name the server's folder with --data, or start the server once.");
            var clock = TimeProvider.System;
            // What the server holds in memory must not be changed behind its back.
            var folder = DataFolder.Take(options.Data);
            var identity = new IdentityDatabase(Path.Combine(options.Data, "identity", "identity.db"));
            var store = FleetFiles.OpenTwins(options.Data);
            return new Files(folder, identity, new AuditLog(identity, clock), FleetFiles.OpenTrust(options.Data, clock), store, new TwinChanges(store, clock));
        }

        public TwinView View(string gateway) => TwinViews.Of(Store, Known(gateway));

        public IReadOnlyList<TwinVersion> History(string gateway) => [.. Store.History(Known(gateway), null, TwinStore.VersionsMax).Select(TwinVersion.Of)];

        public TwinVersion? Version(string gateway, long version) => Store.Find(Known(gateway), version) is { } found ? TwinVersion.Of(found) : null;

        public TwinView Change(string gateway, long expected, Func<TwinChanges, string, long, string, Action<string, string>, DesiredTwin> change)
        {
            change(Changes, Known(gateway), expected, _actor.Name, TwinEndpoints.Recorder(Audit, _actor, gateway));
            return View(gateway);
        }

        public void Dispose()
        {
            Store.Dispose();
            Trust.Dispose();
            Identity.Dispose();
            Folder.Dispose();
        }

        private string Known(string gateway) => Trust.Find(gateway) is not null || Store.Desired(gateway).Version > 0 || Store.Reported(gateway) is not null ? gateway : throw new CommandException(ExitCode.NotFound, $"No gateway {gateway} is known.");
    }
}
