using System.Globalization;
using System.Text;

namespace SmartCity.Faults;

/// <summary>A table of reports for people: a line a row of the matrix, what was never run too.</summary>
internal static class Table
{
    /// <summary>Times that a row must have held to count as held.</summary>
    public const int Times = 20;

    /// <summary>Writes it in Markdown.</summary>
    /// <param name="rows">Every row there is.</param>
    /// <param name="reports">What was reported, the oldest first; those of a row are summed up.</param>
    public static string Of(IReadOnlyList<FaultRow> rows, IReadOnlyList<RowReport> reports)
    {
        var text = new StringBuilder();
        var byRow = reports.ToLookup(report => report.Row);
        var full = rows.Count(row => Sum(byRow[row.Name]) is { Held: >= Times, Failed: 0 });
        text.Append(CultureInfo.InvariantCulture, $"""
            # Results of the fault matrix

            Written by `tests/faults table`; the reports themselves are in `results.jsonl`. {rows.Count} rows. {full} have held {Times} times without a failure; {rows.Count(row => Sum(byRow[row.Name]) is { Held: > 0, Failed: 0 })} have held as often as they were tried; {rows.Count(row => Sum(byRow[row.Name]).Failed > 0)} have failed at least once; {rows.Count(row => Sum(byRow[row.Name]) is { Held: 0, Failed: 0 })} were not tried or skipped.

            Each attempt must lose, duplicate, invent, change, disorder and miscount nothing; "figures" are those of the last attempt. Twenty attempts of an exhaustive row together try every instant there is. The command stands for all its runs; "+" behind a commit means that files differed from it. "Back" is the longest time to be ready again; beyond the promise (10 s gateway, 30 s server) an attempt fails, unless the machine's load was over twice its cores.

            | # | row | fault | held | values acknowledged | lost | duplicated | phantom | mutated | disordered | imbalance | back, s | figures | last run | command |
            |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|

            """);
        foreach (var row in rows)
        {
            var its = byRow[row.Name].ToList();
            var (held, failed) = Sum(its);
            text.Append(CultureInfo.InvariantCulture, $"| {row.Number} | {row.Name} | {row.Fault}{(row.IsExhaustive ? " (20 attempts together try every one)" : "")} | ");
            if (its.Count == 0) text.Append("not run | | | | | | | | | | | |\n");
            else if (held + failed == 0) text.Append(CultureInfo.InvariantCulture, $"skipped: {Cell(its[^1].Failures is [var why, ..] ? why : "")} | | | | | | | | | | | |\n");
            else
            {
                var sum = its.Aggregate(new Verdict(0, 0, 0, 0, 0, 0, 0, 0), (all, one) => all.Plus(one.Verdict));
                var figures = string.Join(", ", its[^1].Figures.Select(figure => $"{figure.Key} {figure.Value}"));
                text.Append(CultureInfo.InvariantCulture, $"{held} of {held + failed} | {sum.Acked} | {sum.Lost} | {sum.Duplicated} | {sum.Phantom} | {sum.Mutated} | {sum.Disordered} | {sum.Imbalance} | {its.Max(one => one.RecoverySeconds):0.0} | ");
                text.Append(CultureInfo.InvariantCulture, $"{Cell(figures)} | {its[^1].At:yyyy-MM-dd HH:mm}Z, {string.Join(", ", its.Select(one => one.Commit).Distinct())} | `tests/faults run {row.Name} --times {its.Max(one => one.Times)} --seed {its[^1].Seed}` |\n");
            }
        }
        var failures = rows.SelectMany(row => byRow[row.Name].Where(report => report.Outcome == Outcome.Failed).SelectMany(report => report.Failures.Select(failure => (row.Name, report.Commit, failure)))).ToList();
        if (failures.Count > 0 || rows.Any(row => row.Open is not null))
        {
            text.Append("\n## What did not hold\n\n");
            foreach (var row in rows) if (row.Open is { } open) text.Append(CultureInfo.InvariantCulture, $"- **{row.Name}**, open: {Cell(open)}\n");
            foreach (var (name, commit, failure) in failures) text.Append(CultureInfo.InvariantCulture, $"- {name} ({commit}): {Cell(failure.Length > 500 ? failure[..500] + "…" : failure)}\n");
        }
        return text.ToString();
    }

    private static (int Held, int Failed) Sum(IEnumerable<RowReport> reports) =>
        reports.Aggregate((Held: 0, Failed: 0), (all, one) => (all.Held + one.Passed, all.Failed + (one.Outcome == Outcome.Failed ? one.Failures.Count : 0)));

    private static string Cell(string words) => words.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
