using System.ComponentModel;
using System.Runtime.InteropServices;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>Makes files and folders durable by the system's own calls, whose errors .NET's flush hides.</summary>
internal static partial class DurableFile
{
    private const int ReadOnly = 0;

    /// <summary>Writes a file's content to the disk.</summary>
    /// <exception cref="IOException">The disk refused; the file must not be relied on.</exception>
    public static void Sync(string file) => Sync(file, static descriptor => FDataSync(descriptor), "fdatasync");

    /// <summary>Writes a folder's entries to the disk, so that a rename in it survives a power cut.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public static void SyncFolder(string folder) => Sync(folder, static descriptor => FSync(descriptor), "fsync");

    private static void Sync(string path, Func<int, int> sync, string call)
    {
        // Elsewhere than on Unix DuckDB's own flush at the end of COPY is what there is.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(path, ReadOnly);
        if (descriptor < 0) throw Failure("open", path);
        try
        {
            if (sync(descriptor) != 0) throw Failure(call, path);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string call, string path) =>
        new($"{call} of {path} failed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}. Check the disk.");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
