using System.Diagnostics;
using System.Globalization;
using SmartCity.Simulation;

// Runs seeds: --seeds N (default 200) --from S (default 1). A line of JSON for every seed that broke something, then one for all. Exit 0 none did, 1 some did.
int Option(string name, int otherwise) =>
    Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length && int.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

if (args.Length % 2 != 0 || args.Where((_, i) => i % 2 == 0).Any(static name => name is not ("--seeds" or "--from")))
{
    Console.Error.WriteLine("usage: tests/simulate [--seeds N] [--from S]");
    return 2;
}
var (from, seeds) = (Option("--from", 1), Option("--seeds", 200));
var begin = Stopwatch.GetTimestamp();
var events = new SortedDictionary<string, long>(StringComparer.Ordinal);
var broken = 0;
for (var seed = from; seed < from + seeds; seed++)
{
    try
    {
        foreach (var (what, count) in City.Run(seed)) events[what] = events.GetValueOrDefault(what) + count;
    }
    catch (Exception error)
    {
        broken++;
        Console.WriteLine($$"""{"seed":{{seed}},"broken":{{System.Text.Json.JsonSerializer.Serialize(error is BrokenException ? error.Message : error.ToString())}}}""");
    }
}
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $$"""{"from":{{from}},"seeds":{{seeds}},"broken":{{broken}},"seconds":{{Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0}},"events":{{System.Text.Json.JsonSerializer.Serialize(events)}}}"""));
return broken == 0 ? 0 : 1;
