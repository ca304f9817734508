using System.Text.Json.Serialization;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>
/// How recorded CSV files become telemetry. Written as JSON; comments and trailing commas are allowed. Exactly one of <see cref="Columns"/> (a metric a
/// column) and <see cref="Wide"/> (a device a column) is given.
/// </summary>
internal sealed record ReplayMapping
{
    /// <summary>Name of the set.</summary>
    public required string Name { get; init; }
    /// <summary>Files in the folder, with <c>*</c> and <c>?</c>; those that end in <c>.gz</c> are unpacked.</summary>
    public required IReadOnlyList<string> Files { get; init; }
    /// <summary>The device id: text with <c>{columns}</c> of the row; in a wide file <c>{column}</c> is the column's heading. Characters that no id has are %-encoded.</summary>
    public required string Device { get; init; }
    /// <summary>The time of a row.</summary>
    public required TimeRule Time { get; init; }
    /// <summary>One character between cells. Default <c>,</c>.</summary>
    public char Delimiter { get; init; } = ',';
    /// <summary>Cells that stand for no value, beside the empty one.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
    /// <summary>Columns that are metrics.</summary>
    public IReadOnlyList<ColumnRule> Columns { get; init; } = [];
    /// <summary>The metric of a file that has a column for each device.</summary>
    public WideRule? Wide { get; init; }
}

/// <summary>Where a row's time comes from: <see cref="Text"/> read by <see cref="Format"/>, or <see cref="Start"/> and <see cref="Step"/>.</summary>
internal sealed record TimeRule
{
    /// <summary>Text with <c>{columns}</c> of the row.</summary>
    public string? Text { get; init; }
    /// <summary>A .NET date and time format such as <c>dd-MM-yyyy HH:mm</c>, or <c>unix</c>, <c>unix-ms</c>, <c>rfc3339</c>, which need no zone.</summary>
    public string? Format { get; init; }
    /// <summary>Local time of the first row, where rows have no time.</summary>
    public DateTime? Start { get; init; }
    /// <summary>Time from row to row, as it passes.</summary>
    public TimeSpan? Step { get; init; }
    /// <summary>IANA zone of local times.</summary>
    public string? Zone { get; init; }
}

/// <summary>A column that is a metric.</summary>
internal sealed record ColumnRule
{
    /// <summary>Heading of the column.</summary>
    public required string Column { get; init; }
    /// <summary>Name of the metric.</summary>
    public required string Metric { get; init; }
    /// <summary>UCUM code of its unit.</summary>
    public string? Unit { get; init; }
    /// <summary>What its cells are.</summary>
    public CellKind Kind { get; init; }
    /// <summary>Cells of this column that stand for no value, beside those of the mapping.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}

/// <summary>The one metric of a wide file.</summary>
internal sealed record WideRule
{
    /// <summary>Name of the metric.</summary>
    public required string Metric { get; init; }
    /// <summary>UCUM code of its unit.</summary>
    public string? Unit { get; init; }
    /// <summary>What its cells are.</summary>
    public CellKind Kind { get; init; }
}

/// <summary>What the cells of a column are.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CellKind>))]
internal enum CellKind
{
    /// <summary>Decimal numbers.</summary>
    Number,
    /// <summary>Texts of at most 256 bytes.</summary>
    Text,
    /// <summary><c>true</c>, <c>false</c>, <c>1</c> or <c>0</c>.</summary>
    Bool,
}
