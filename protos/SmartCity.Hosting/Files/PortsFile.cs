using System.Text.Json;

namespace SmartCity.Hosting.Files;

/// <summary><c>{data}/ports.json</c>: the ports that a process listens on, by name, e.g. <c>{"http":8080,"uplink":8443}</c>.</summary>
public static class PortsFile
{
    /// <summary>Name of the file in the data folder.</summary>
    public const string Name = "ports.json";

    /// <summary>Writes the ports at once; a reader sees all or none.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string data, IReadOnlyDictionary<string, int> ports)
    {
        var readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        DurableFile.Replace(Path.Combine(data, Name), JsonSerializer.SerializeToUtf8Bytes(ports), readable);
    }

    /// <summary>Takes away the ports of an earlier run; before listening, so that nobody reads them as this run's.</summary>
    public static void Clear(string data)
    {
        if (Directory.Exists(data)) File.Delete(Path.Combine(data, Name));
    }

    /// <summary>The ports, or null where no process has written any.</summary>
    public static IReadOnlyDictionary<string, int>? TryRead(string data)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(Path.Combine(data, Name)));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}
