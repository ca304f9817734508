using System.Text;
using System.Text.Json;
using SmartCity.Cloud.Dashboards.Pages;

namespace SmartCity.Cloud.Server.Faults;

/// <summary>
/// What was wrong, beyond the life of the process: <c>{data}/faults.jsonl</c>, a line where a fault begins and one where it is over. A comfort, nothing
/// hangs on it: what a full disk does not take is left out, and a torn line is passed over. Used by one thread at a time.
/// </summary>
internal sealed class FaultHistory
{
    /// <summary>Faults that are over and still told.</summary>
    public const int PastMax = 200;
    private const long FileBytesMax = 1 << 20;
    private readonly string _file;
    private readonly List<FaultRow> _past = [];
    private long _bytes;

    /// <param name="data">The server's data folder; it exists.</param>
    public FaultHistory(string data)
    {
        _file = Path.Combine(data, "faults.jsonl");
        var open = new Dictionary<(string, string, long), FaultRow>();
        foreach (var row in Read())
        {
            var key = (row.Kind, row.Subject, row.Since);
            if (row.Until is null) open[key] = row;
            else
            {
                open.Remove(key);
                _past.Add(row);
            }
        }
        Open = [.. open.Values.TakeLast(PastMax)];
        if (_past.Count > PastMax) _past.RemoveRange(0, _past.Count - PastMax);
    }

    /// <summary>What was not over when the process before ended.</summary>
    public IReadOnlyList<FaultRow> Open { get; }

    /// <summary>What is over, the latest first.</summary>
    public IEnumerable<FaultRow> Past => Enumerable.Reverse(_past);

    /// <summary>A fault has begun.</summary>
    public void Began(FaultRow row) => Append(row);

    /// <summary>A fault is over.</summary>
    public void Ended(FaultRow row)
    {
        _past.Add(row);
        if (_past.Count > PastMax) _past.RemoveAt(0);
        Append(row);
    }

    private void Append(FaultRow row)
    {
        try
        {
            var line = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(row) + "\n");
            if (_bytes + line.Length > FileBytesMax) Shorten();
            using var file = new FileStream(_file, FileMode.Append, FileAccess.Write, FileShare.Read);
            file.Write(line);
            _bytes = file.Position;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // See the remarks of the class; the log has it too.
        }
    }

    // What is open is written again when it is over.
    private void Shorten()
    {
        File.WriteAllLines(_file + ".new", _past.Select(row => JsonSerializer.Serialize(row)));
        File.Move(_file + ".new", _file, overwrite: true);
    }

    private IEnumerable<FaultRow> Read()
    {
        string[] lines;
        try
        {
            if (!File.Exists(_file)) yield break;
            _bytes = new FileInfo(_file).Length;
            lines = File.ReadAllLines(_file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            yield break;
        }
        foreach (var line in lines)
            if (Parse(line) is { } row) yield return row;
    }

    private static FaultRow? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<FaultRow>(line) is { Kind: not null, Subject: not null, Parts: not null } row && FaultWords.Has(row) ? row : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
