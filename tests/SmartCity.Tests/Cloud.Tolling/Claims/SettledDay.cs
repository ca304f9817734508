using SmartCity.Tests.Cloud.Tolling.Charging;
using SmartCity.Tests.Cloud.Tolling.Rating;
using SmartCity.Tests.FirmwareSim;

namespace SmartCity.Tests.Cloud.Tolling.Claims;

/// <summary>The shipped day of examples, charged: eight tags of the issuer 792, two of the road's own.</summary>
public sealed class SettledDay : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SettledDay()
    {
        using var books = new Books(new SqlitePlace { Folder = _folder["books"] }, Examples.Configuration);
        books.Take([.. CorridorPlatformTests.Events(Shipped("day.ndjson")).SelectMany(lane => lane).OrderBy(e => e.Received)]);
        books.Settle();
        File = Path.Combine(_folder["books"], "tolling.db");
    }

    /// <summary>Its store; a test works on a copy.</summary>
    public string File { get; }

    /// <summary>Path of a shipped file.</summary>
    public static string Shipped(string name) => Path.Combine(Examples.Folder, "settlement", name);

    public void Dispose() => _folder.Dispose();
}
