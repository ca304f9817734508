using System.CommandLine;
using System.Globalization;
using SmartCity.FirmwareSim.Corridor.Score;
using SmartCity.FirmwareSim.Mqtt;
using SmartCity.Hosting.Commands;
using Spectre.Console;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary><c>corridor</c>: plays the lanes of a toll road with known truth.</summary>
internal static class CorridorCommand
{
    public static Command Create()
    {
        var name = new Option<string>("--corridor") { Description = "First part of the ids of toll points, lanes and devices.", DefaultValueFactory = _ => "THN" };
        name.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (result.Tokens[0].Value.Length is 0 or > 32 || result.Tokens[0].Value.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '_' or '-'))))
                result.AddError("--corridor: 1 to 32 of A-Z a-z 0-9 . _ - are needed.");
        });
        var points = Numbers.Option("--points", "Toll points, 1–20.", 4, 1, 20);
        var closed = new Option<bool>("--closed") { Description = "Toll points are junctions, each with an entry and an exit; one pays at the exit." };
        var lanes = Numbers.Option("--lanes", "Lanes of a toll point in each direction, 1–8.", 3, 1, 8);
        var passages = Numbers.Option("--passages", "Vehicles at toll points, 1–10,000,000.", 200_000, 1, 10_000_000);
        var vehicles = new Option<int?>("--vehicles") { Description = "Vehicles that drive; left out, each drives about twice.", HelpName = "COUNT" };
        var day = CorridorDay.Option();
        var zone = new Option<TimeZoneInfo?>("--zone")
        {
            Description = "Zone of the corridor; left out, Asia/Tehran.",
            HelpName = "Asia/Tehran",
            CustomParser = result =>
            {
                if (TimeZoneInfo.TryFindSystemTimeZoneById(result.Tokens.Count == 1 ? result.Tokens[0].Value : "", out var found)) return found;
                result.AddError($"--zone {result.Tokens[0].Value}: no such zone; write it as Asia/Tehran or Europe/Oslo.");
                return TimeZoneInfo.Utc;
            },
        };
        var broker = BrokerAddress.Option();
        var authority = BrokerAddress.AuthorityOption();
        var rate = Numbers.Option("--rate", "Live: passages a second, on average; default 1.", 0.001, 100);
        var duration = Durations.Option("Live: ends after this time; left out, after a day.");
        var seed = Numbers.Option("--seed", "The same seed and options give the same files, to the byte.", 1, 0, int.MaxValue);
        var faults = new Option<CorridorFaults?>("--faults")
        {
            Description = $"none, all, or what goes wrong and how often; left out, all: {CorridorFaults.Describe()}.",
            HelpName = "none|all|lost=0.01,restart,…",
            CustomParser = result =>
            {
                if (CorridorFaults.TryParse(result.Tokens.Count == 1 ? result.Tokens[0].Value : "", out var read) is { } wrong) result.AddError($"--faults: {wrong}");
                return read;
            },
        };
        var tagShare = Share("--tag-share", "Share of vehicles with a tag", 0.7);
        var twoTags = Share("--two-tags", "Share of tagged vehicles with a second tag", 0.015);
        var foreign = Share("--foreign", "Share of vehicles with a plate of another country", 0.01);
        var unregistered = Share("--unregistered", "Share of vehicles without a tag whose plate stands in no register", 0.03);
        var output = new Option<string>("--out") { Description = "File for the events, one a line in the order of their arrival, as `smartcity toll ingest FILE` takes them.", HelpName = "FILE" };
        var truth = new Option<string>("--truth") { Description = "File for the truth, one passage a line.", HelpName = "FILE" };
        var configuration = new Option<string>("--config") { Description = "Folder for what the platform has to know: lanes, prices, accounts, tags, plates, as it imports them.", HelpName = "DIR" };
        var score = new Option<string>("--score") { Description = "Compares charges, one passage a line, with --truth instead of playing; ends with 0 only if every difference is one of destroyed evidence.", HelpName = "FILE" };
        var differences = new Option<string>("--differences") { Description = "With --score: file for every difference, one a line.", HelpName = "FILE" };
        var format = CommonOptions.Output();
        var command = new Command("corridor", "Plays the lanes of a toll road with known truth, live over MQTT, or with --out a whole day into a file in seconds; with --score it compares charges with that truth.")
        {
            broker, authority, rate, duration, name, points, closed, lanes, passages, vehicles, day, zone, seed, faults, tagShare, twoTags, foreign, unregistered, output, truth, configuration, score, differences, format,
        };
        command.SetAction(async (result, stop) =>
        {
            var talk = result.InvocationConfiguration.Error;
            var (rows, print) = (result.GetValue(format), result.InvocationConfiguration.Output);
            if (result.GetValue(score) is { } charges) return Score(charges, result.GetValue(truth), FileOf("--differences", result.GetValue(differences)), rows, print, talk);
            if (result.GetValue(differences) is not null) throw new CommandException(ExitCode.WrongUse, "--differences is of use with --score only.");
            var files = (Events: FileOf("--out", result.GetValue(output)), Truth: FileOf("--truth", result.GetValue(truth)));
            var isLive = files.Events is null;
            foreach (Option one in isLive ? (Option[])[passages, day] : [rate, duration, broker, authority])
                if (result.GetResult(one) is { Implicit: false }) throw new CommandException(ExitCode.WrongUse, $"{one.Name} is of use {(isLive ? "with --out only; played live there are --rate and --duration" : "played live only, without --out")}.");
            var options = new CorridorOptions
            {
                Name = result.GetRequiredValue(name), Points = result.GetValue(points), IsClosed = result.GetValue(closed), Lanes = result.GetValue(lanes), Zone = result.GetValue(zone) ?? TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran"),
                From = 0, To = 0, Passages = 0, Vehicles = 0, IsLive = isLive, Seed = result.GetValue(seed), Faults = result.GetValue(faults) ?? CorridorFaults.All(),
                TagShare = result.GetValue(tagShare), TwoTagShare = result.GetValue(twoTags), ForeignShare = result.GetValue(foreign), UnregisteredShare = result.GetValue(unregistered),
            };
            options = isLive ? CorridorLimits.Live(options, DateTimeOffset.UtcNow, result.GetValue(duration) ?? TimeSpan.FromDays(1), result.GetValue(rate) ?? 1)
                : CorridorLimits.Day(options, result.GetValue(day) ?? CorridorDay.Usual, result.GetValue(passages));
            options = CorridorLimits.WithVehicles(options, result.GetValue(vehicles));
            var play = new CorridorPlay(options);
            if (result.GetValue(configuration) is { } folder) CorridorConfiguration.Write(options, play.Layout, play.Fleet, Directory.CreateDirectory(folder).FullName);
            if (files.Events is null) return await LiveAsync(play, options, BrokerAddress.Of(result, broker, authority), files.Truth, rows, print, talk, stop);
            await PlayAsync(play, options, files.Events, files.Truth, talk, stop);
            CorridorSummary.Print(play.Totals, rows, print, talk);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<int> LiveAsync(CorridorPlay play, CorridorOptions options, BrokerAddress broker, string? truth, OutputFormat format, TextWriter output, TextWriter talk, CancellationToken stop)
    {
        await using var file = truth is null ? null : new FileStream(truth, FileMode.Create, FileAccess.Write, FileShare.Read);
        using var live = new CorridorLive(play, options, broker, TimeProvider.System);
        await talk.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{play.Layout.Devices.Count:N0} devices of the corridor {options.Name} with seed {options.Seed} speak to {broker}."));
        var running = live.RunAsync(file, stop);
        string? told = null;
        while (await Task.WhenAny(running, Task.Delay(1_000, CancellationToken.None)) != running)
        {
            var trouble = live.Trouble;
            if (trouble is not null && told is null) await talk.WriteLineAsync($"Devices cannot stay connected to {broker}: {trouble}. They go on trying.");
            if (trouble is null && told is not null) await talk.WriteLineAsync($"Devices are connected to {broker} again.");
            told = trouble;
        }
        await running;
        CorridorSummary.Print(play.Totals, format, output, talk);
        await talk.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{live.Offered:N0} events sent, {live.Acknowledged:N0} acknowledged."));
        return live.Acknowledged == live.Offered ? ExitCode.Done : ExitCode.Findings;
    }

    private static int Score(string charges, string? truth, string? differences, OutputFormat format, TextWriter output, TextWriter talk)
    {
        if (truth is null) throw new CommandException(ExitCode.WrongUse, "--score: write --truth FILE for what is compared with.");
        foreach (var (option, file) in new[] { ("--score", charges), ("--truth", truth) })
            if (!File.Exists(file)) throw new CommandException(ExitCode.NotFound, $"{option}: {file} does not exist.");
        var score = CorridorScore.Compare(File.ReadLines(charges), File.ReadLines(truth));
        if (differences is not null) File.WriteAllLines(differences, score.Differences.Select(one => one.Write()));
        CorridorSummary.Print(score, format, output, talk);
        return score.IsExplained ? ExitCode.Done : ExitCode.Findings;
    }

    private static Task PlayAsync(CorridorPlay play, CorridorOptions options, string events, string? truth, TextWriter talk, CancellationToken stop)
    {
        if (Console.IsErrorRedirected) return Task.Run(() => CorridorFiles.Write(play, events, truth, _ => { }, stop), stop);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(talk) });
        return console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).StartAsync(async progress =>
        {
            var bar = progress.AddTask("passages", maxValue: options.Passages);
            await Task.Run(() => CorridorFiles.Write(play, events, truth, done => bar.Value = done, stop), stop);
            bar.Value = options.Passages;
        });
    }

    private static string? FileOf(string option, string? file)
    {
        if (file is null) return null;
        var path = Path.GetFullPath(file);
        if (!Directory.Exists(Path.GetDirectoryName(path))) throw new CommandException(ExitCode.NotFound, $"{option}: the folder of {path} does not exist.");
        return Directory.Exists(path) ? throw new CommandException(ExitCode.WrongUse, $"{option}: {path} is a folder; name a file.") : path;
    }

    private static Option<double> Share(string name, string description, double usual) => new(name)
    {
        Description = $"{description}, 0–1.",
        HelpName = "SHARE",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1) return share;
            result.AddError($"{name} {text}: a number from 0 to 1 is needed.");
            return usual;
        },
    };
}
