using System.Security.Cryptography;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>One file of configuration as it was given: JSON or CSV in UTF-8.</summary>
/// <param name="Name">Name in messages, and in the stored history the one under which a later file takes its place.</param>
/// <param name="Content">All of it.</param>
public sealed record ConfigFile(string Name, ReadOnlyMemory<byte> Content)
{
    /// <summary>Most bytes of a file, 32 MiB: some 300,000 prices in JSON, a million in CSV.</summary>
    public const int BytesMax = 32 << 20;

    /// <summary>Lower-case hex SHA-256 of the content.</summary>
    public string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Content.Span));

    /// <summary>Reads a file, unless it is greater than <see cref="BytesMax"/>; then nothing of it is read.</summary>
    /// <param name="path">Path. The name is its last part.</param>
    /// <param name="issue">Why it was not read; else null.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static ConfigFile? Read(string path, out ConfigIssue? issue)
    {
        using var stream = File.OpenRead(path);
        var name = Path.GetFileName(path);
        issue = stream.Length > BytesMax ? TooLarge(name, stream.Length) : null;
        if (issue is not null) return null;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new ConfigFile(name, content);
    }

    internal static ConfigIssue TooLarge(string name, long length) => new(new ConfigPlace(name, 0), $"the file has {length} bytes; at most {BytesMax} are read, split it");
}
