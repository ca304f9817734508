using SmartCity.Model;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Kind of a column of rows.</summary>
internal enum RowColumnKind
{
    /// <summary>Text.</summary>
    Text,
    /// <summary>A number, or none.</summary>
    Number,
    /// <summary>A whole number.</summary>
    Whole,
    /// <summary>An instant.</summary>
    Time,
    /// <summary>A value of any of the four kinds, or none.</summary>
    Value,
}

/// <summary>A column of rows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it holds.</param>
internal readonly record struct RowColumn(string Name, RowColumnKind Kind);

/// <summary>Rows with their columns; each row writes as many cells as there are columns, of their kinds and in their order.</summary>
/// <param name="Columns">The columns.</param>
/// <param name="Rows">The rows, as they come.</param>
internal sealed record RowTable(IReadOnlyList<RowColumn> Columns, IAsyncEnumerable<Action<IRowWriter>> Rows);

/// <summary>Takes rows cell by cell into a file format.</summary>
internal interface IRowWriter
{
    /// <summary>Whether so much is buffered that it should be flushed.</summary>
    bool IsDue { get; }

    void Text(string? text);
    void Number(double? number);
    void Whole(long number);
    /// <param name="micros">µs since 1970 UTC.</param>
    /// <param name="zone">Whose offset a text shows; UTC where null. A format with instants of its own needs none.</param>
    void Time(long micros, TimeZoneInfo? zone = null);
    void Value(ReadingValue? value);
    void EndRow();

    /// <summary>Hands over what is buffered; waits while the reader is slower.</summary>
    /// <returns>False where nobody reads any more.</returns>
    Task<bool> FlushAsync(CancellationToken cancellationToken);

    /// <summary>Writes the end; without it the file is not whole.</summary>
    Task FinishAsync(CancellationToken cancellationToken);
}
