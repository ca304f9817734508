using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Registry;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Operations;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>device …</c>: the registry, through the running server's socket or, where none runs, in its file.</summary>
internal sealed class DeviceCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _commandColumns = ["id", "device", "gateway", "state", "answer"];
    private static readonly string[] _columns = ["id", "model", "name", "site", "area", "lat", "lon", "standing", "discovered"];

    public Command Create() => new("device", "Looks at the registry of devices, models and sites, and changes it.") { List(), Show(), Add(), Retire(), Replace(), Import(), Export(), Tell() };

    private Command List()
    {
        var output = CommonOptions.Output();
        var list = new Command("list", "Lists the devices.") { output };
        list.SetAction(async (result, stop) => Print(result, output, (await LookAsync(result, stop)).Devices));
        return list;
    }

    private Command Show()
    {
        var (id, output) = (Id("Device id."), CommonOptions.Output());
        var show = new Command("show", "Shows one device.") { id, output };
        show.SetAction(async (result, stop) => Print(result, output, [await DeviceAsync(result, result.GetRequiredValue(id), stop)]));
        return show;
    }

    private Command Add()
    {
        var id = Id("Device id, as it publishes.");
        var (model, name, site, area) = (Text("--model", "Id of its model."), Text("--name", "What people call it."), Text("--site", "Id of its site."), Text("--area", "District or corridor."));
        var (latitude, longitude) = (new Option<double?>("--lat") { Description = "Degrees north.", HelpName = "DEGREES" }, new Option<double?>("--lon") { Description = "Degrees east.", HelpName = "DEGREES" });
        var add = new Command("add", "Enters a device, or replaces what stands of it.") { id, model, name, site, area, latitude, longitude };
        add.SetAction(async (result, stop) =>
        {
            var (lat, lon) = (result.GetValue(latitude), result.GetValue(longitude));
            if (lat is null != lon is null) throw new CommandException(ExitCode.WrongUse, "--lat and --lon are given both or not at all.");
            await ChangeAsync(result, [new RegisteredDevice(result.GetRequiredValue(id), result.GetValue(model), result.GetValue(name), result.GetValue(site), result.GetValue(area), lat is null ? null : new DevicePosition(lat.Value, lon!.Value))], stop);
            return ExitCode.Done;
        });
        return add;
    }

    private Command Retire()
    {
        var id = Id("Device id.");
        var back = new Option<bool>("--undo") { Description = "Puts it back into service." };
        var retire = new Command("retire", "Takes a device out of service; its series and history stay.") { id, back };
        retire.SetAction(async (result, stop) =>
        {
            var device = await DeviceAsync(result, result.GetRequiredValue(id), stop);
            await ChangeAsync(result, [device with { Standing = result.GetValue(back) ? DeviceStanding.Active : DeviceStanding.Retired, IsDiscovered = false }], stop);
            return ExitCode.Done;
        });
        return retire;
    }

    private Command Replace()
    {
        var (old, young) = (Id("Device that is taken away."), new Argument<string>("NEW") { Description = "Device that takes its place." });
        var replace = new Command("replace", "Puts a new device in the place of another: it takes over model, name, site, area and position; the old one is retired.") { old, young };
        replace.SetAction(async (result, stop) =>
        {
            var device = await DeviceAsync(result, result.GetRequiredValue(old), stop);
            var id = result.GetRequiredValue(young);
            if (id == device.Id) throw new CommandException(ExitCode.WrongUse, "A device does not replace itself.");
            await ChangeAsync(result, [device with { Standing = DeviceStanding.Retired, IsDiscovered = false }, device with { Id = id, Standing = DeviceStanding.Active, IsDiscovered = false }], stop);
            return ExitCode.Done;
        });
        return replace;
    }

    private Command Import()
    {
        var file = new Argument<string>("FILE") { Description = "JSON (models, sites, devices), CSV or GeoJSON (devices); - for the standard input." };
        var dry = new Option<bool>("--dry-run") { Description = "Says what it would do and does nothing." };
        var import = new Command("import", "Takes a file that export writes, all or nothing; the same file again changes nothing.") { file, dry };
        import.SetAction(async (result, stop) =>
        {
            var name = result.GetRequiredValue(file);
            byte[] content;
            try
            {
                if (name == "-")
                {
                    using var input = new MemoryStream();
                    await Console.OpenStandardInput().CopyToAsync(input, stop);
                    content = input.ToArray();
                }
                else
                {
                    content = await File.ReadAllBytesAsync(name, stop);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CommandException(ExitCode.WrongUse, error.Message);
            }
            await ImportAsync(result, content, Path.GetFileName(name), result.GetValue(dry), stop);
            return ExitCode.Done;
        });
        return import;
    }

    private Command Export()
    {
        var format = new Option<string>("--format") { Description = "json (everything), csv or geojson (devices).", HelpName = "json|csv|geojson", DefaultValueFactory = _ => "json" };
        format.AcceptOnlyFromAmong("json", "csv", "geojson");
        var export = new Command("export", "Writes the registry to the standard output.") { format };
        export.SetAction(async (result, stop) =>
        {
            var registry = await LookAsync(result, stop);
            await result.InvocationConfiguration.Output.WriteAsync(result.GetRequiredValue(format) switch { "csv" => registry.Csv, "geojson" => registry.GeoJson, _ => registry.Json });
            return ExitCode.Done;
        });
        return export;
    }

    private Command Tell()
    {
        var (id, output) = (Id("Device id."), CommonOptions.Output());
        var payload = new Argument<string>("JSON") { Description = "What the device gets; what is no JSON is sent as a text." };
        var request = Text("--id", "Request id; the same again gives the same command back. Made where left out.");
        var timeout = new Option<double?>("--timeout") { Description = "Seconds that an answer is waited for, 1 to 86,400. Default 60.", HelpName = "SECONDS" };
        var wait = new Option<int>("--wait") { Description = "Seconds to wait here for what becomes of it, 0 to 25.", HelpName = "SECONDS", DefaultValueFactory = _ => 10 };
        var tell = new Command("command", "Gives a device a command, and says what became of it. Exit 0 answered or under way, 3 unheard, refused or expired.") { id, payload, request, timeout, wait, output };
        tell.SetAction(async (result, stop) =>
        {
            var socket = AdminSocket.FileIn(ServerSettings.DataOf(args, result, data));
            if (!AdminSocket.Answers(socket)) throw new CommandException("No server runs on this data folder; commands go by a running one. Start it, or name its folder with --data.");
            var body = JsonSerializer.SerializeToUtf8Bytes(new { payload = ParseOr(result.GetRequiredValue(payload)), id = result.GetValue(request), timeoutSeconds = result.GetValue(timeout) });
            var path = string.Create(CultureInfo.InvariantCulture, $"/api/v1/devices/{Uri.EscapeDataString(result.GetRequiredValue(id))}/commands?wait={Math.Clamp(result.GetValue(wait), 0, 25)}");
            var answer = JsonSerializer.Deserialize<CommandEntry>(await AdminSocket.AskAsync(socket, HttpMethod.Post, path, stop, body), ApiJson.Answers)!;
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _commandColumns,
                [[answer.Id, answer.Device, answer.Gateway, answer.State, answer.Answer?.GetRawText() ?? answer.AnswerBase64 ?? answer.Reason]]);
            return answer.State is "unheard" or "refused" or "expired" ? ExitCode.Findings : ExitCode.Done;
        });
        return tell;
    }

    private static JsonElement ParseOr(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(text);
        }
    }

    private static Argument<string> Id(string description) => new("ID") { Description = description };

    private static Option<string?> Text(string name, string description) => new(name) { Description = description, HelpName = "TEXT" };

    private static int Print(ParseResult result, Option<OutputFormat> output, IReadOnlyList<RegisteredDevice> devices)
    {
        RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _columns, [.. devices.Select(IReadOnlyList<object?> (device) =>
            [device.Id, device.Model, device.Name, device.Site, device.Area, device.Position?.Latitude, device.Position?.Longitude, device.Standing.ToString().ToLower(CultureInfo.InvariantCulture), device.IsDiscovered])]);
        return ExitCode.Done;
    }

    private async Task<RegisteredDevice> DeviceAsync(ParseResult result, string id, CancellationToken stop)
    {
        var devices = (await LookAsync(result, stop)).Devices;
        return devices.FirstOrDefault(device => device.Id == id) ?? throw new CommandException(ExitCode.NotFound, $"The registry has no device {id}.{NearestName.Hint(id, devices.Select(device => device.Id))}");
    }

    private Task ChangeAsync(ParseResult result, IReadOnlyList<RegisteredDevice> devices, CancellationToken stop) =>
        ImportAsync(result, JsonSerializer.SerializeToUtf8Bytes(new { devices }, RegistryJson.Options), "the command", false, stop);

    private async Task ImportAsync(ParseResult result, byte[] content, string name, bool isDryRun, CancellationToken stop)
    {
        RegistryResult? done;
        var socket = AdminSocket.FileIn(ServerSettings.DataOf(args, result, data));
        if (AdminSocket.Answers(socket))
        {
            using var server = AdminSocket.Connect(socket);
            using var answer = await server.PostAsync(new Uri($"/api/v1/registry?dryRun={(isDryRun ? "true" : "false")}&name={Uri.EscapeDataString(name)}", UriKind.Relative), new ByteArrayContent(content), stop);
            var text = await answer.Content.ReadAsStringAsync(stop);
            if (!answer.IsSuccessStatusCode)
                throw new CommandException(answer.StatusCode == HttpStatusCode.UnprocessableEntity ? ExitCode.WrongUse : ExitCode.Failed, AdminSocket.ReasonOf(text) ?? $"The server answers {(int)answer.StatusCode}.");
            done = JsonSerializer.Deserialize<RegistryResult>(text, RegistryJson.Options);
        }
        else
        {
            using var registry = Open(result);
            try
            {
                done = registry.Apply(RegistryFile.Read(content, name), isDryRun);
            }
            catch (RegistryException error)
            {
                throw new CommandException(ExitCode.WrongUse, error.Message);
            }
        }
        await result.InvocationConfiguration.Error.WriteLineAsync($"{(isDryRun ? "Would be: " : "")}{done!.Added} added, {done.Changed} changed, {done.Unchanged} unchanged.");
    }

    /// <summary>The registry as it is now, in each of its forms.</summary>
    private async Task<Look> LookAsync(ParseResult result, CancellationToken stop)
    {
        var socket = AdminSocket.FileIn(ServerSettings.DataOf(args, result, data));
        if (!AdminSocket.Answers(socket))
        {
            using var registry = Open(result);
            return new Look(RegistryFile.Json(registry), RegistryFile.Csv(registry), RegistryFile.GeoJson(registry));
        }
        using var server = AdminSocket.Connect(socket);
        return new Look(await GetAsync(Answer.Json), await GetAsync(CsvText.MediaType), await GetAsync(Answer.GeoJson));

        async Task<string> GetAsync(string mediaType)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/registry") { Headers = { { "Accept", mediaType } } };
            using var answer = await server.SendAsync(request, stop);
            var text = await answer.Content.ReadAsStringAsync(stop);
            return answer.IsSuccessStatusCode ? text : throw new CommandException(AdminSocket.ReasonOf(text) ?? $"The server answers {(int)answer.StatusCode}.");
        }
    }

    private SqliteDeviceRegistry Open(ParseResult result)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        if (!Directory.Exists(folder)) throw new CommandException(ExitCode.NotFound, $"{folder} is not there. Name the server's folder with --data.");
        return new SqliteDeviceRegistry(Path.Combine(folder, "registry", "registry.db"), TimeProvider.System);
    }

    private sealed record Look(string Json, string Csv, string GeoJson)
    {
        public IReadOnlyList<RegisteredDevice> Devices => [.. RegistryFile.Read(Encoding.UTF8.GetBytes(Json), "the registry").Select(change => change.Device).OfType<RegisteredDevice>()];
    }
}
