using System.Security.Cryptography;
using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Files that somebody looks at before they are taken: kept for an hour, <see cref="FilesMax"/> at most, the oldest give way.</summary>
internal sealed class StagedFiles(ServerOptions options, TimeProvider clock)
{
    private const int FilesMax = 16;
    private static readonly TimeSpan _kept = TimeSpan.FromHours(1);
    private readonly Lock _lock = new();
    private readonly string _folder = Path.Combine(options.Data, "tolling", "staged");

    /// <summary>Keeps a file.</summary>
    /// <returns>SHA-256 of it, by which it is found again.</returns>
    public string Put(ReadOnlyMemory<byte> content)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        lock (_lock)
        {
            Directory.CreateDirectory(_folder);
            var files = new DirectoryInfo(_folder).GetFiles().OrderByDescending(file => file.LastWriteTimeUtc).ToList();
            foreach (var old in files.Where((file, i) => i >= FilesMax - 1 || clock.GetUtcNow().UtcDateTime - file.LastWriteTimeUtc > _kept)) old.Delete();
            var half = Path.Combine(_folder, hash + ".half");
            File.WriteAllBytes(half, content.Span);
            File.SetLastWriteTimeUtc(half, clock.GetUtcNow().UtcDateTime);
            File.Move(half, Path.Combine(_folder, hash), overwrite: true);
        }
        return hash;
    }

    /// <summary>A file that was kept; null where it is not any more.</summary>
    public byte[]? Find(string hash)
    {
        if (hash.Length != 64 || !hash.All(char.IsAsciiHexDigitLower)) return null;
        lock (_lock)
        {
            var path = Path.Combine(_folder, hash);
            return File.Exists(path) && File.ReadAllBytes(path) is var content && Convert.ToHexStringLower(SHA256.HashData(content)) == hash ? content : null;
        }
    }

    /// <summary>Gives a file up.</summary>
    public void Remove(string hash)
    {
        lock (_lock) File.Delete(Path.Combine(_folder, hash));
    }
}
