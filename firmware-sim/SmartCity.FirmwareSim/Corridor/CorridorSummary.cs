using System.Globalization;
using SmartCity.FirmwareSim.Corridor.Score;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>Says what was played, and how charges fared against it.</summary>
internal static class CorridorSummary
{
    /// <summary>Prints how often each fault befell what.</summary>
    public static void Print(CorridorTotals totals, OutputFormat format, TextWriter output, TextWriter talk)
    {
        RowWriter.Write(output, format, ["fault", "evidence", "count"],
            totals.Faults.Select(IReadOnlyList<object?> (one) => [CorridorFaults.NameOf(one.Key.Fault), CorridorFaults.NameOf(one.Key.Evidence), one.Value]));
        talk.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{totals.Passages:N0} passages worth {totals.Net:N0} rial; {totals.Events:N0} events."));
    }

    /// <summary>Prints the differences by cause.</summary>
    public static void Print(CorridorScore score, OutputFormat format, TextWriter output, TextWriter talk)
    {
        RowWriter.Write(output, format, ["cause", "evidence", "fault", "count", "due", "charged", "amount"],
            score.Differences.GroupBy(one => (one.Cause, one.Evidence, one.Fault)).OrderBy(group => group.Key).Select(IReadOnlyList<object?> (group) =>
                [CorridorFaults.NameOf(group.Key.Cause), group.Key.Evidence is { } evidence ? CorridorFaults.NameOf(evidence) : null, group.Key.Fault is { } fault ? CorridorFaults.NameOf(fault) : null,
                    group.LongCount(), group.Sum(one => one.Due), group.Sum(one => one.Charged), group.Sum(one => one.Amount)]));
        var mistakes = score.Differences.Count(one => one.Cause != DifferenceCause.Destroyed);
        talk.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{score.Passages:N0} passages: {score.Due:N0} rial due, {score.Charged:N0} charged, difference {score.Charged - score.Due:N0}; {score.Differences.Count:N0} differences, {mistakes:N0} of them not of destroyed evidence; unexplained {score.Residual:N0}."));
    }
}
