using System.Text.Json;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Move;

/// <summary>How far a move is, in the data folder: the target holds the first <paramref name="Moved"/> readings in order of series and time, or some more.</summary>
/// <param name="From">The source, for words.</param>
/// <param name="To">The target.</param>
/// <param name="Offset">The source's offset; a source that went on is another.</param>
/// <param name="Moved">Readings.</param>
/// <param name="Device">Series of the last of them.</param>
/// <param name="Metric">The same.</param>
/// <param name="Time">Its event time, µs.</param>
internal sealed record MoveMark(string From, string To, long Offset, long Moved, string? Device, string? Metric, long Time)
{
    private const string Name = "move.json";

    public void Write(string data) => DurableFile.Replace(Path.Combine(data, Name), JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web));

    public static MoveMark? Read(string data)
    {
        try
        {
            return JsonSerializer.Deserialize<MoveMark>(File.ReadAllBytes(Path.Combine(data, Name)), JsonSerializerOptions.Web);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public static void Remove(string data) => File.Delete(Path.Combine(data, Name));
}
