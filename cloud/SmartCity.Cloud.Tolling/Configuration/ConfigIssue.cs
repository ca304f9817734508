namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>A place in a configuration file.</summary>
/// <param name="File">Name of the file as it was given.</param>
/// <param name="Line">Line, from 1; of CSV the line its row begins on, the header being line 1. 0 = the file as a whole.</param>
/// <param name="Path">JSON path such as <c>$.tariffs[0].prices[3]</c>; empty for CSV.</param>
public sealed record ConfigPlace(string File, int Line, string Path = "")
{
    /// <summary>Nowhere.</summary>
    public static ConfigPlace None { get; } = new("", 0);

    /// <summary><c>tariffs.json line 7 $.tariffs[0]</c>.</summary>
    public override string ToString() => File + (Line > 0 ? $" line {Line}" : "") + (Path.Length > 0 ? " " + Path : "");
}

/// <summary>What is wrong, or worth a look, in configuration files.</summary>
/// <param name="Place">Where.</param>
/// <param name="Reason">What, with the value found and what was expected; of a conflict the other place too.</param>
/// <param name="Other">The other of two rows in conflict; else null.</param>
public sealed record ConfigIssue(ConfigPlace Place, string Reason, ConfigPlace? Other = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Place}: {Reason}";
}
