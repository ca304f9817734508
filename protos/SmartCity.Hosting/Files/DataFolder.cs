using System.Globalization;

namespace SmartCity.Hosting.Files;

/// <summary>A process's data folder, held by it alone until disposed. The kernel gives the lock back when the process dies in whatever way.</summary>
public sealed class DataFolder : IDisposable
{
    private const string LockName = "process.lock";
    private const string IdName = "process.id";
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held) => (FullPath, _lock) = (path, held);

    /// <summary>Absolute path of the folder.</summary>
    public string FullPath { get; }

    /// <summary>Makes the folder at need (0700) and takes it.</summary>
    /// <exception cref="DataFolderInUseException">Another process holds it.</exception>
    /// <exception cref="IOException">It cannot be made or opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write there.</exception>
    public static DataFolder Take(string path)
    {
        path = Path.GetFullPath(path);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FileStream held;
        try
        {
            held = new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new DataFolderInUseException($"{path} is in use by {HolderOf(path)}. Stop it, or name another folder with --data.", error);
        }
        File.WriteAllText(Path.Combine(path, IdName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new DataFolder(path, held);
    }

    /// <summary>Gives the folder back.</summary>
    public void Dispose() => _lock.Dispose();

    private static string HolderOf(string path)
    {
        try
        {
            return $"process {int.Parse(File.ReadAllText(Path.Combine(path, IdName)), CultureInfo.InvariantCulture)}";
        }
        catch (Exception error) when (error is IOException or FormatException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }
}
