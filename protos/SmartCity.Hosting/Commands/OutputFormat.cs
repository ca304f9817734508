namespace SmartCity.Hosting.Commands;

/// <summary>How a command prints its rows.</summary>
public enum OutputFormat
{
    /// <summary>Aligned columns for a person.</summary>
    Table,
    /// <summary>One JSON array.</summary>
    Json,
    /// <summary>One JSON object a line.</summary>
    Ndjson,
    /// <summary>RFC 4180 with a header line.</summary>
    Csv,
}
