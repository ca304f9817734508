using System.Globalization;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>Says what was played.</summary>
internal static class CorridorSummary
{
    /// <summary>Prints counts, a fault a line.</summary>
    public static void Print(CorridorTotals totals, TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{totals.Passages:N0} passages worth {totals.Net:N0} rial; {totals.Events:N0} events."));
        foreach (var ((fault, evidence), count) in totals.Faults)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{CorridorFaults.NameOf(fault),-20} {evidence.ToString().ToLowerInvariant(),-6} {count,12:N0}"));
    }
}
