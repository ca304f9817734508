using System.CommandLine;
using SmartCity.AppHost;
using SmartCity.Hosting.Commands;

var devices = new Option<int>("--devices") { Description = "Simulated devices, 1–100,000.", DefaultValueFactory = _ => 500 };
devices.Validators.Add(result => { if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var count) && count is < 1 or > 100_000) result.AddError("--devices: 1 to 100,000 are needed."); });
var seed = new Option<int>("--seed") { Description = "Seed of the simulated city; the same seed gives the same city.", DefaultValueFactory = _ => 1 };
var port = new Option<int>("--port") { Description = "HTTP port of the server; 0 lets every part take any free port.", DefaultValueFactory = _ => 8080 };
port.Validators.Add(result => { if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var number) && number is < 0 or > 65535) result.AddError("--port: 0 (any free one) to 65535 is needed."); });
var store = new Option<StoreKind>("--store")
{
    Description = "Where readings are stored.",
    HelpName = "duckdb|influx",
    DefaultValueFactory = _ => StoreKind.DuckDb,
    CustomParser = result =>
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (text == "influx") return StoreKind.Influx;
        if (text != "duckdb") result.AddError($"--store {text}: one of duckdb, influx is needed.");
        return StoreKind.DuckDb;
    },
};
var replay = new Option<DirectoryInfo>("--replay") { Description = "Folder of recorded data to replay in place of the simulated city.", HelpName = "DIR" };
replay.AcceptExistingOnly();
var noBrowser = new Option<bool>("--no-browser") { Description = "Does not open the page." };
var data = CommonOptions.Data("city");

var root = new RootCommand("Runs the city in a box: server, gateway and simulated devices on this machine.") { devices, seed, data, port, store, replay, noBrowser };
root.SetAction((result, stop) =>
{
    var options = new CityOptions
    {
        Data = Path.GetFullPath(result.GetRequiredValue(data)),
        Devices = result.GetValue(devices),
        Seed = result.GetValue(seed),
        Port = result.GetValue(port),
        Store = result.GetValue(store),
        Replay = result.GetValue(replay)?.FullName,
        OpensBrowser = !result.GetValue(noBrowser),
    };
    return City.RunAsync(options, result.InvocationConfiguration.Output, new StatusView(result.InvocationConfiguration.Error, !Console.IsOutputRedirected && !Console.IsErrorRedirected), stop);
});
return await CommandLine.RunAsync(root, args);
