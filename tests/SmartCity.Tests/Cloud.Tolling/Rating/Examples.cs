using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Tolling.Rating;

/// <summary>The configuration that is shipped as an example, as one.</summary>
internal static class Examples
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "cloud", "SmartCity.Cloud.Tolling", "examples");

    public static IReadOnlyList<ConfigFile> Files { get; } = [.. Directory.EnumerateFiles(Folder).Where(path => Path.GetExtension(path) is ".json" or ".csv").Select(path => ConfigFile.Read(path, out _)!)];

    public static TollConfigurationLoad Load { get; } = TollConfiguration.Load(Files);

    public static TollConfiguration Configuration => Load.Configuration ?? throw new InvalidOperationException(string.Join('\n', Load.Errors));

    /// <summary>µs of a wall-clock time at a toll point.</summary>
    public static long At(string point, DateTime local)
    {
        var zone = Configuration.ZoneOf(Configuration.CorridorOf(point)!)!;
        return UnixMicros.From(new DateTimeOffset(local, zone.GetUtcOffset(local)));
    }
}
