using System.CommandLine;
using System.Globalization;
using SmartCity.Faults;
using SmartCity.Hosting.Commands;

var times = new Option<int>("--times") { Description = "How often each row is tried.", DefaultValueFactory = _ => 20 };
var seed = new Option<int?>("--seed") { Description = "Seed of the random instants; the same one takes the same instants. Default: a new one, which is printed." };
var report = new Option<FileInfo?>("--report") { Description = "File that gets the report too, a line of JSON a row." };
var breakage = new Option<Breakage>("--break") { Description = "Proves that a row can fail: the comparison itself overlooks, repeats, invents or changes one stored row." };
var names = new Argument<string[]>("row") { Description = "Names of rows; `list` has them all.", Arity = ArgumentArity.OneOrMore };

var list = new Command("list", "Lists the rows of the fault matrix that can be brought about.");
list.SetAction(result =>
{
    foreach (var row in Rows.All) result.InvocationConfiguration.Output.WriteLine($"{row.Number,3}  {row.Name,-28}  {row.Fault}{(row.Open is { } open ? $" (open: {open})" : "")}{(Tools.Missing(row.Needs) is { } missing ? $" ({missing})" : "")}");
    return ExitCode.Done;
});
var run = new Command("run", "Brings about the named faults.") { names, times, seed, report, breakage };
run.SetAction((result, stop) =>
{
    var wanted = new List<FaultRow>();
    foreach (var name in result.GetRequiredValue(names))
        wanted.Add(Rows.All.FirstOrDefault(row => row.Name == name || row.Number.ToString(CultureInfo.InvariantCulture) == name) ?? throw new CommandException(ExitCode.WrongUse, $"There is no row {name}; see: tests/faults list"));
    return RunAsync(wanted, result, stop);
});
var all = new Command("all", "Brings about every fault.") { times, seed, report, breakage };
all.SetAction((result, stop) => RunAsync(Rows.All, result, stop));
var days = new Option<int?>("--day") { Description = "Number of the day. Default: today's." };
var seconds = new Option<int>("--seconds") { Description = "Seconds that the rows of a day may take together.", DefaultValueFactory = _ => 90 };
var today = new Command("rotate", "Brings about the faults of a day once: over some days, all that are short enough.") { days, seconds, seed, report };
today.SetAction((result, stop) => RunAsync(Rotation.Of(Rows.All, result.GetValue(days) ?? DateOnly.FromDateTime(DateTime.UtcNow).DayNumber, result.GetValue(seconds)), result, stop, 1));
var reports = new Argument<FileInfo[]>("report") { Description = "Files that --report wrote.", Arity = ArgumentArity.OneOrMore };
var table = new Command("table", "Prints a table of reports in Markdown.") { reports };
table.SetAction(result =>
{
    var lines = result.GetRequiredValue(reports).SelectMany(file => File.ReadLines(file.FullName)).Where(line => line.Length > 0).Select(RowReport.Parse).OrderBy(one => one.At).ToList();
    result.InvocationConfiguration.Output.Write(Table.Of(Rows.All, lines));
    return ExitCode.Done;
});
var root = new RootCommand("Brings about the faults of the fault matrix under load and compares what was acknowledged with what is stored. Exit 0 every row held, 1 one did not, 3 rows were skipped.") { list, run, all, today, table };
return await CommandLine.RunAsync(root, args);

async Task<int> RunAsync(IReadOnlyList<FaultRow> rows, ParseResult result, CancellationToken stop, int? count = null)
{
    var chosen = result.GetValue(seed) ?? Random.Shared.Next();
    var talk = result.InvocationConfiguration.Error;
    talk.WriteLine($"seed {chosen}");
    var run = new FaultRun(count ?? result.GetValue(times), chosen, result.GetValue(breakage), what => talk.WriteLine(what));
    var (failed, skipped) = (0, 0);
    foreach (var row in rows)
    {
        var found = await run.RunAsync(row, stop);
        if (stop.IsCancellationRequested) return ExitCode.Interrupted;
        result.InvocationConfiguration.Output.WriteLine(found.ToJson());
        if (result.GetValue(report) is { } file) await File.AppendAllTextAsync(file.FullName, found.ToJson() + "\n", stop);
        talk.WriteLine($"{row.Name}: {found.Outcome.ToString().ToLowerInvariant()}, {found.Passed} of {found.Times} held; {found.Verdict}; back in {found.RecoverySeconds.ToString("0.0", CultureInfo.InvariantCulture)} s; gateway at most {found.RssPeakMegabytes} MiB{(found.Outcome == Outcome.Skipped ? $"; {found.Failures[0]}" : "")}");
        if (found.Outcome == Outcome.Failed) failed++;
        if (found.Outcome == Outcome.Skipped) skipped++;
    }
    return failed > 0 ? ExitCode.Failed : skipped > 0 ? ExitCode.Findings : ExitCode.Done;
}
