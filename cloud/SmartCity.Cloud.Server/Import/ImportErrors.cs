using System.Globalization;

namespace SmartCity.Cloud.Server.Import;

/// <summary>What is wrong with the rows of a file: the first hundred in words, the rest counted.</summary>
internal sealed class ImportErrors
{
    private const int KeptMax = 100;
    private const int FoundLengthMax = 80;
    private readonly List<ImportError> _first = [];

    public IReadOnlyList<ImportError> First => _first;
    public long Count { get; private set; }

    public void Add(string place, string column, string? found, string expected)
    {
        Count++;
        if (_first.Count < KeptMax) _first.Add(new ImportError(place, column, found is null ? "nothing" : Shown(found), expected));
    }

    /// <summary>A text as it can be shown: in quotation marks, short, without control characters.</summary>
    public static string Shown(string text)
    {
        var shown = string.Concat(text.Take(FoundLengthMax).Select(letter => char.IsControl(letter) ? '·' : letter));
        return $"\"{shown}{(text.Length > FoundLengthMax ? "…" : "")}\"";
    }
}

/// <summary>One thing that is wrong.</summary>
/// <param name="Place">Line or row.</param>
/// <param name="Column">Name of the column, or what else tells the place.</param>
/// <param name="Found">What stands there.</param>
/// <param name="Expected">What should.</param>
internal sealed record ImportError(string Place, string Column, string Found, string Expected)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Place}, {Column}: found {Found}, expected {Expected}");
}

/// <summary>The file as a whole cannot be read: nothing of it is.</summary>
internal sealed class ImportStructureException : Exception
{
    public ImportStructureException(string place, string column, string found, string expected) : base(new ImportError(place, column, found, expected).ToString()) { }
    public ImportStructureException(string message) : base(message) { }
    public ImportStructureException(string message, Exception inner) : base(message, inner) { }
}
