using System.Globalization;
using System.Security.Cryptography;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>Copies and hashes files; a copy is on the disk when the call returns. Each byte is read once.</summary>
internal static class BackupCopy
{
    private const int BufferBytes = 1 << 20;
    /// <summary>Backups hold keys and accounts: they are the owner's alone.</summary>
    public const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Copies a file into a new one.</summary>
    /// <returns>Its size and SHA-256.</returns>
    public static async Task<(long Bytes, string Sha256)> CopyAsync(string from, string to, UnixFileMode mode, Action<long> copied, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        await using var source = Read(from);
        await using var target = new FileStream(to, options);
        var found = await PassAsync(source, target, copied, cancellationToken);
        DurableFile.Sync(target.SafeFileHandle, to);
        return found;
    }

    /// <summary>Hashes a file.</summary>
    public static async Task<(long Bytes, string Sha256)> HashAsync(string file, Action<long> read, CancellationToken cancellationToken)
    {
        await using var source = Read(file);
        return await PassAsync(source, null, read, cancellationToken);
    }

    /// <summary>Makes a file durable that another wrote.</summary>
    public static void Sync(string file)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        DurableFile.Sync(handle, file);
    }

    /// <summary>Makes the folder of a file at need.</summary>
    public static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, FolderMode);
    }

    /// <summary>Makes the names in a folder and in all below it durable.</summary>
    public static void SyncFolders(string folder)
    {
        foreach (var below in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories)) DurableFile.SyncFolder(below);
        DurableFile.SyncFolder(folder);
    }

    /// <summary>Rights of a file, octal.</summary>
    public static string ModeOf(string file) => OperatingSystem.IsWindows() ? "600" : Convert.ToString((int)File.GetUnixFileMode(file) & 0b111_111_111, 8);

    /// <summary>A number of bytes for people.</summary>
    public static string Size(long bytes) => bytes < 10_000 ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
        : bytes < 10_000_000 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} kB") : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:#,0} MB");

    private static FileStream Read(string file) => new(file, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });

    private static async Task<(long, string)> PassAsync(FileStream source, FileStream? target, Action<long> passed, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var bytes = 0L; ;)
            {
                var count = await source.ReadAsync(buffer, cancellationToken);
                if (count == 0) return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
                hash.AppendData(buffer, 0, count);
                if (target is not null) await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                bytes += count;
                passed(count);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
